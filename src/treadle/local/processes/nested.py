"""What changes where the caller is itself a task in a worker process.

A module that starts a computation at its top level is imported by a worker as soon as a function
of it arrives. Without a rule, the worker would start workers of its own, which import the module,
and so on. So: while a worker unpickles, starting a computation on processes is an error, which
names the line.

Inside a task such a computation is all right. It runs in the worker's own thread, because the
machine's cores are taken already; only a task that asks for a number of workers gets them, and
what these start again runs in their own thread. So processes multiply once at most.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from treadle.errors import SchedulerError

#: Environment variable that counts how many worker processes this one is inside of. (Names that
#: begin with TREADLE_ are settings.)
DEPTH = "_TREADLE_WORKER_DEPTH"

_unpickling = 0


class UnguardedModuleError(SchedulerError):
    """A module that starts a computation on processes was imported by a worker process."""


def depth() -> int:
    """Return 0 outside worker processes, 1 in a worker, 2 in a worker of a worker's pool."""
    return int(os.environ.get(DEPTH, "0"))


@contextmanager
def unpickling() -> Iterator[None]:
    """Mark that a worker imports what it unpickles."""
    global _unpickling
    _unpickling += 1
    try:
        yield
    finally:
        _unpickling -= 1


def refuse_while_importing() -> None:
    """Raise UnguardedModuleError when a worker got here by importing an unguarded module."""
    if not _unpickling:
        return
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if frame.f_code.co_name == "<module>":
            name, file, line = frame.f_globals["__name__"], frame.f_code.co_filename, frame.f_lineno
            raise UnguardedModuleError(
                f"module {name!r} starts a computation on processes while it is imported,\n"
                f"at {file}:{line}. Worker processes import it too, to find its functions,\n"
                "and would start workers without end. Put the lines that run things under\n"
                '    if __name__ == "__main__":\n'
                "or into a function that the main program calls."
            )
        frame = frame.f_back


def cause_of(error: BaseException) -> BaseException:
    """Return what a failed unpickling comes from, bare, where it is an unguarded module."""
    link: BaseException | None = error
    while link is not None:
        if isinstance(link, UnguardedModuleError):
            # How the worker got there is of no interest: the text names file and line.
            return UnguardedModuleError(*link.args)
        link = link.__cause__ or link.__context__
    return error
