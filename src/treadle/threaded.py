"""``get`` of the threaded scheduler, for raw graphs."""

from __future__ import annotations

from typing import Any

from treadle.collection import get_with


def get(dsk: Any, keys: Any, **kwargs: Any) -> Any:
    """Run a raw graph with threads and return the values of ``keys``; see ``treadle.get``.

    Examples
    --------
    >>> get({"x": 1, "y": (sum, ["x", "x"])}, "y", num_workers=2)
    2
    """
    return get_with("threads", dsk, keys, **kwargs)
