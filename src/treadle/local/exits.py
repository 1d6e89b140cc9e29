"""``sys.exit`` called by a task that runs outside the caller's thread."""

from __future__ import annotations

from treadle.errors import TaskError


def exited(error: SystemExit) -> TaskError:
    """Say what happened; as itself, SystemExit would end the caller's program without a word."""
    failed = TaskError(
        f"the task called sys.exit({error.code!r}). A task cannot end the program: return a value, "
        "or raise an exception"
    )
    failed.__cause__ = error
    return failed.with_traceback(error.__traceback__)
