"""treadle runs Python work graphs in parallel and within memory.

>>> from treadle import compute, delayed
>>> inc = delayed(lambda x: x + 1)
>>> compute(inc(1), inc(2))
(2, 3)
"""

from __future__ import annotations

import os as _os
from importlib import import_module as _import_module
from typing import TYPE_CHECKING, Any

from treadle import config
from treadle.collection import (
    Collection,
    TreadleMethodsMixin,
    compute,
    get,
    is_treadle_collection,
    optimize,
    persist,
)
from treadle.delayed import delayed
from treadle.graph import naming as _naming
from treadle.graph.annotations import annotate, get_annotations

if TYPE_CHECKING:
    from treadle.diagnostics.drawing import visualize
    from treadle.diagnostics.explain import explain
    from treadle.graph.sizes import sizeof
    from treadle.graph.tokens import normalize_token
    from treadle.tokens import tokenize

__version__ = "0.1.0"

__all__ = [
    "Collection",
    "TreadleMethodsMixin",
    "annotate",
    "compute",
    "config",
    "delayed",
    "explain",
    "get",
    "get_annotations",
    "is_treadle_collection",
    "normalize_token",
    "optimize",
    "persist",
    "sizeof",
    "tokenize",
    "visualize",
]

#: Names that are imported when somebody asks for them, and where they live.
_LATER = {
    "explain": "treadle.diagnostics.explain",
    "normalize_token": "treadle.graph.tokens",
    "sizeof": "treadle.graph.sizes",
    "tokenize": "treadle.tokens",
    "visualize": "treadle.diagnostics.drawing",
}

_naming.seed(_os.urandom(16))


def __getattr__(name: str) -> Any:
    where = _LATER.get(name)
    if where is None:
        raise AttributeError(f"module 'treadle' has no attribute {name!r}")
    value = getattr(_import_module(where), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})
