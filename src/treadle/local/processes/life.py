"""How a worker notices that its parent is gone, even while C code holds the interpreter lock.

The parent holds the writing end of a pipe and never writes. When the parent ends, however it ends,
the kernel closes that end. While a task runs, the reading end is armed: the kernel then sends
SIGIO, whose default action ends the process without asking the interpreter. Between tasks the
thread that waits for messages notices the end of the socket instead, and can tidy up.

``PR_SET_PDEATHSIG`` would be simpler and is wrong: it fires when the *thread* that started the
process ends.
"""

from __future__ import annotations

import os
import select
import signal
import sys


class Life:
    """The worker's end of the pipe; ``descriptor`` is -1 where there is none."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._idle = 0
        self._armed = 0
        if sys.platform == "win32" or descriptor < 0:
            return
        import fcntl

        os.set_inheritable(descriptor, False)
        self._fcntl = fcntl.fcntl
        self._set = fcntl.F_SETFL
        fcntl.fcntl(descriptor, fcntl.F_SETOWN, os.getpid())
        self._idle = fcntl.fcntl(descriptor, fcntl.F_GETFL)
        self._armed = self._idle | os.O_ASYNC if hasattr(os, "O_ASYNC") else self._idle

    def arm(self) -> None:
        """From now on, die at once with the parent."""
        if self._armed != self._idle:
            self._fcntl(self._descriptor, self._set, self._armed)
            if select.select([self._descriptor], [], [], 0)[0]:
                os.kill(os.getpid(), signal.SIGKILL)  # gone before the alarm was set

    def disarm(self) -> None:
        """From now on, wait to be told."""
        if self._armed != self._idle:
            self._fcntl(self._descriptor, self._set, self._idle)
