"""Names for people: function labels, and unique names for operations that have no content hash.

A fresh name is a label and a scrambled serial number. Serial numbers are handed out per process;
``seed`` tells processes apart. Ring 0 draws no randomness, so the surface seeds it once at import.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from hashlib import blake2b
from typing import Any

#: The next serial number; calling it is atomic in every CPython.
next_serial: Callable[[], int] = itertools.count(1).__next__

_seed = b""


def seed(value: bytes) -> None:
    """Make the fresh names of this process differ from those of every other process."""
    global _seed
    _seed = value


def fresh_name(label: str, serial: int) -> str:
    """Return the name of the operation with this serial number; the same for the same inputs.

    Examples
    --------
    >>> fresh_name("inc", 1) == fresh_name("inc", 1) != fresh_name("inc", 2)
    True
    """
    digest = blake2b(serial.to_bytes(8, "little"), digest_size=16, key=_seed).hexdigest()
    return f"{label}-{digest}"


def label_of(func: Callable[..., Any]) -> str:
    """Return the short name of a callable as a person would say it.

    Examples
    --------
    >>> import functools, operator
    >>> label_of(sum), label_of(functools.partial(max, 1)), label_of(operator.itemgetter(0))
    ('sum', 'max', 'itemgetter')
    """
    seen = 0
    while seen < 8:  # partials of partials; a bound keeps odd objects from looping
        inner = getattr(func, "func", None) or getattr(func, "__wrapped__", None)
        if inner is None or hasattr(func, "__name__"):
            break
        func, seen = inner, seen + 1
    name = getattr(func, "__name__", None)
    if not isinstance(name, str):
        name = type(func).__name__
    return "lambda" if name == "<lambda>" else name
