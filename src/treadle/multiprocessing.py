"""``get`` of the process scheduler, for raw graphs."""

from __future__ import annotations

from typing import Any

from treadle.collection import get_with


def get(dsk: Any, keys: Any, **kwargs: Any) -> Any:
    """Run a raw graph with worker processes and return the values of ``keys``."""
    return get_with("processes", dsk, keys, **kwargs)
