"""Looking at graphs and runs: drawings, progress, profiles, explanations."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from treadle.diagnostics.cache import CacheProfiler
    from treadle.diagnostics.plots import visualize
    from treadle.diagnostics.profile import Profiler
    from treadle.diagnostics.progress import ProgressBar
    from treadle.diagnostics.resources import ResourceProfiler

__all__ = ["CacheProfiler", "Profiler", "ProgressBar", "ResourceProfiler", "visualize"]

#: Where the public names live; they are imported when somebody asks for them.
_LATER = {
    "CacheProfiler": "treadle.diagnostics.cache",
    "Profiler": "treadle.diagnostics.profile",
    "ProgressBar": "treadle.diagnostics.progress",
    "ResourceProfiler": "treadle.diagnostics.resources",
    "visualize": "treadle.diagnostics.plots",
}


def __getattr__(name: str) -> Any:
    where = _LATER.get(name)
    if where is None:
        raise AttributeError(f"module 'treadle.diagnostics' has no attribute {name!r}")
    value = getattr(import_module(where), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})
