"""How a worker process died: what is known, and the error that says it.

Laws: what the process did to itself (a crash, an exit code) is told from what somebody did to it
(SIGKILL, SIGTERM); the text names the class of the cause, the task, and what the process wrote
last. Reading counters of the kernel is best effort: a machine without them loses a hint.
"""

from __future__ import annotations

import signal
import sys
from typing import NamedTuple

from treadle.errors import WorkerDied
from treadle.units import format_bytes

_INSIDE = ("SIGSEGV", "SIGABRT", "SIGBUS", "SIGFPE", "SIGILL", "SIGSYS", "SIGTRAP")
_ADVICE = {
    "crash": "C code crashed: see the stack above, and run it with scheduler='sync' under a "
    "debugger.",
    "exit": "Something called os._exit(). Raise an exception instead; sys.exit() is one.",
    "out of memory": "Use fewer workers (num_workers=) or smaller pieces.",
    "killed": "If nobody did that on purpose, memory ran out: use fewer workers (num_workers=) or "
    "smaller pieces.",
    "terminated": "Somebody, or a batch system at the end of its time, asked the process to end.",
}


class Death(NamedTuple):
    """What is known about the end of a process.

    ``cause`` is ``"crash"``, ``"exit"``, ``"out of memory"``, ``"killed"`` or ``"terminated"``;
    ``exitcode`` is negative for a signal; ``peak_rss`` is in bytes.
    """

    cause: str
    exitcode: int
    pid: int
    stderr: str
    peak_rss: int | None

    @property
    def signal(self) -> str | None:
        """The name of the signal that ended the process, if one did."""
        if self.exitcode >= 0:
            return None
        try:
            return signal.Signals(-self.exitcode).name
        except ValueError:
            return f"signal {-self.exitcode}"

    @property
    def certain(self) -> bool:
        """Whether the process did it to itself, so that the task it ran is to blame."""
        return self.cause in ("crash", "exit")


class ProcessDied(WorkerDied):
    """A worker process died while it ran a task, and the task did it.

    Attributes
    ----------
    death
        Cause class, exit code, signal, pid, last lines of stderr, peak memory.
    key
        The key of the task; None where no task is to blame.
    """

    def __init__(self, message: str, death: Death, key: object = None) -> None:
        super().__init__(message)
        self.death = death
        self.key = key

    def __reduce__(self) -> tuple[type[ProcessDied], tuple[str, Death, object]]:
        return type(self), (str(self), self.death, self.key)


def classify(exitcode: int, pid: int, stderr: str, peak_rss: int | None, oom_kills: int) -> Death:
    """Say how a process died; ``oom_kills`` counts kills for lack of memory during the run."""
    cause = "exit"
    if exitcode < 0:
        try:
            name = signal.Signals(-exitcode).name
        except ValueError:
            name = ""
        if name in _INSIDE:
            cause = "crash"
        elif name == "SIGKILL":
            cause = "out of memory" if oom_kills else "killed"
        else:
            cause = "terminated"
    elif sys.platform == "win32" and exitcode >= 0xC0000000:
        cause = "crash"  # an NTSTATUS error code
    return Death(cause, exitcode, pid, stderr, peak_rss)


def error_of(death: Death, key: object = None, alone: bool = False) -> ProcessDied:
    """Make the error to raise."""
    end = f"by {death.signal}" if death.signal else f"with exit code {death.exitcode}"
    what = {
        "crash": f"crashed ({death.signal or hex(death.exitcode)})",
        "exit": f"ended itself {end}",
        "out of memory": f"was killed for lack of memory ({death.signal})",
        "killed": f"was killed ({death.signal})",
        "terminated": f"was ended from outside ({death.signal})",
    }[death.cause]
    where = f"while it ran task {key!r}" if key is not None else "while it ran no task"
    lines = [f"worker process {death.pid} {what} {where}."]
    if alone:
        lines.append("The task was run a second time with nothing beside it, and it died again.")
    if death.peak_rss:
        lines.append(f"Its memory reached {format_bytes(death.peak_rss)}.")
    tail = death.stderr.strip().splitlines()[-20:]
    if tail:
        lines += ["Last lines of its stderr:", *["    " + line for line in tail]]
    lines.append(_ADVICE[death.cause])
    return ProcessDied("\n".join(lines), death, key)


def oom_kills() -> int:
    """Return how many processes the kernel has killed for lack of memory, as far as it says."""
    total = 0
    for path, name in (
        ("/proc/vmstat", "oom_kill"),
        ("/sys/fs/cgroup/memory.events", "oom_kill"),
    ):
        try:
            with open(path) as file:
                for line in file:
                    key, _, count = line.partition(" ")
                    if key == name:
                        total += int(count)
        except (OSError, ValueError):
            continue
    return total
