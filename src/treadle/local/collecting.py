"""Keeping Python's cyclic garbage collector out of work that makes only objects that stay.

Expanding a graph makes some objects per task, none of them garbage. The collector would go through
the whole heap several times meanwhile, and find nothing: half the time of a large expansion. The
pause is for treadle's own code only, never while a task runs.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_pauses = 0
_was_on = False


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause automatic collection; pauses of several threads overlap as they like.

    Examples
    --------
    >>> import gc
    >>> with collector_paused():
    ...     gc.isenabled()
    False
    >>> gc.isenabled()
    True
    """
    global _pauses, _was_on
    with _lock:
        if _pauses == 0:
            _was_on = gc.isenabled()
            gc.disable()
        _pauses += 1
    try:
        yield
    finally:
        with _lock:
            _pauses -= 1
            if _pauses == 0 and _was_on:
                gc.enable()
