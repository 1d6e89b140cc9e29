"""How a worker process is started, and what connects it with its parent.

A worker is a fresh interpreter: never a fork, which would copy locks that other threads hold, and
never multiprocessing's spawn, which imports the main program again. So a main program needs no
``if __name__ == "__main__"`` guard; its functions travel by value.

What connects the two (POSIX): a socket for messages, two pipes for stdout and stderr, sixteen
bytes of shared memory in which the worker notes the task it is in, and a pipe on which nothing is
ever written, whose end tells the worker that the parent is gone. On Windows the socket is handed
over by ``socket.share``, the note is a named mapping, and the end of the socket is the sign.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping

from treadle import errors
from treadle.errors import SchedulerError
from treadle.local.processes.channel import ParentEnd
from treadle.local.processes.nested import DEPTH, depth

#: Variables by which numerical libraries take the number of threads they use.
BLAS_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "BLIS_NUM_THREADS",
)

#: The task that a worker is in, and the run.
NOTE = struct.Struct("<qq")
_PROGRAM = (
    # Before anything is imported: what lies in the current directory is none of our business.
    "import sys; sys.path[:] = {path!r}; "
    "from treadle.local.processes.worker import main; main({arguments!r})"
)


class WorkerProcess:
    """A worker process, seen from its parent."""

    def __init__(self, folders: Mapping[str, object], environment: Mapping[str, str]) -> None:
        if not sys.executable:
            raise SchedulerError(
                "the path of the Python interpreter is unknown (sys.executable is empty), so no "
                "worker process can be started: use scheduler='threads'"
            )
        ours, theirs = socket.socketpair()
        self.channel = ParentEnd(ours)
        self.ready = False
        self.started = time.monotonic()
        self.peak_rss: int | None = None
        try:
            if sys.platform == "win32":
                self.process, self.note, self._life = _start_windows(theirs, folders, environment)
            else:
                self.process, self.note, self._life = _start_posix(theirs, folders, environment)
        except BaseException:
            self.channel.close()
            raise
        finally:
            theirs.close()
        self.pid = self.process.pid
        self.sentinel = _sentinel(self.process)

    def running(self, run: int) -> int:
        """The task of a run that the worker is in, -1 for none."""
        task, of_run = NOTE.unpack_from(self.note, 0)
        return int(task) if of_run == run else -1

    def reap(self) -> int:
        """Return the exit code of a process that has ended; negative for a signal."""
        process = self.process
        # Where there is no waitid, the thread of `watch` is the one to wait.
        if process.returncode is None and hasattr(os, "wait4") and hasattr(os, "waitid"):
            with contextlib.suppress(ChildProcessError):
                pid, status, usage = os.wait4(process.pid, 0)
                if pid == process.pid:
                    process.returncode = os.waitstatus_to_exitcode(status)
                    unit = 1 if sys.platform == "darwin" else 1024
                    self.peak_rss = usage.ru_maxrss * unit
        return process.wait()

    def has_ended(self) -> bool:
        """Whether the process has ended, without waiting for it."""
        return self.process.returncode is not None or _poll(self.process)

    def kill(self, force: bool = True) -> None:
        """End the process and what it started."""
        if self.process.returncode is not None:
            return
        if sys.platform == "win32":
            self.process.kill()
            return
        # The worker leads a process group of its own: what its tasks started goes with it.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL if force else signal.SIGTERM)

    def release(self) -> None:
        """Close what connects us; a worker still alive takes it as the parent's end."""
        self.channel.close()
        if self._life >= 0:
            os.close(self._life)
            self._life = -1
        self.sentinel.close()
        with contextlib.suppress(BufferError):
            self.note.close()

    def abandon(self) -> None:
        """Close, in a forked child, what would keep the worker from noticing the parent's end."""
        with contextlib.suppress(OSError):
            os.close(self.channel.sock.detach())
        if self._life >= 0:
            os.close(self._life)
            self._life = -1
        self.process.returncode = 0  # not our child: nothing to wait for, or to warn of


class _Sentinel:
    """A selectable object that becomes readable when a process ends."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def fileno(self) -> int:
        return self._descriptor

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _sentinel(process: subprocess.Popen[bytes]) -> _Sentinel | socket.socket:
    if hasattr(os, "pidfd_open"):
        with contextlib.suppress(OSError):
            return _Sentinel(os.pidfd_open(process.pid))
    return watch(process)


def watch(process: subprocess.Popen[bytes]) -> socket.socket:
    """Return a socket that becomes readable when ``process`` ends, where the kernel has no such."""
    ours, theirs = socket.socketpair()

    def wait() -> None:
        with contextlib.suppress(OSError):
            if hasattr(os, "waitid"):
                # Leaves the exit status for `reap`.
                os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
            else:
                process.wait()
        theirs.close()

    threading.Thread(target=wait, name="treadle-sentinel", daemon=True).start()
    return ours


def _poll(process: subprocess.Popen[bytes]) -> bool:
    if hasattr(os, "waitid"):
        try:
            flags = os.WEXITED | os.WNOWAIT | os.WNOHANG
            return os.waitid(os.P_PID, process.pid, flags) is not None
        except ChildProcessError:
            return True
    return process.poll() is not None


def worker_environment(blas_threads: int | None) -> dict[str, str]:
    """Return the environment of a worker; ours stays as it is.

    Variables that the user has set win over ``blas_threads``.
    """
    environment = dict(os.environ)
    if blas_threads is not None:
        for name in BLAS_VARIABLES:
            environment.setdefault(name, str(blas_threads))
    environment[DEPTH] = str(depth() + 1)
    return environment


def _command(arguments: dict[str, object]) -> list[str]:
    own = os.path.dirname(os.path.dirname(os.path.abspath(errors.__file__)))
    path = sys.path if own in sys.path else [own, *sys.path]
    program = _PROGRAM.format(path=path, arguments=arguments)
    return [sys.executable, *_interpreter_flags(), "-c", program]


def _interpreter_flags() -> list[str]:
    """Return the flags this interpreter was started with, as far as they matter to tasks."""
    flags = sys.flags
    found = ["-I"] * flags.isolated + ["-E"] * flags.ignore_environment
    found += ["-s"] * flags.no_user_site + ["-B"] * flags.dont_write_bytecode
    if flags.optimize:
        found.append("-" + "O" * flags.optimize)
    found += [f"-W{option}" for option in sys.warnoptions]
    for name, value in sys._xoptions.items():
        found += ["-X", name if value is True else f"{name}={value}"]
    return found


def _start_posix(
    theirs: socket.socket, folders: Mapping[str, object], environment: Mapping[str, str]
) -> tuple[subprocess.Popen[bytes], mmap.mmap, int]:
    if sys.platform == "win32":
        raise NotImplementedError
    life_read, life_write = os.pipe()
    # A file without a name: nothing of it stays behind, however we end.
    with tempfile.TemporaryFile() as file:
        file.write(NOTE.pack(-1, -1))
        file.flush()
        note = mmap.mmap(file.fileno(), NOTE.size)
        arguments: dict[str, object] = {
            **folders,
            "socket": theirs.fileno(),
            "life": life_read,
            "note": file.fileno(),
        }
        try:
            process = subprocess.Popen(
                _command(arguments),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
                pass_fds=(theirs.fileno(), life_read, file.fileno()),
                # Ctrl-C in the terminal is for the parent, which decides what becomes of workers.
                process_group=0,
            )
        except BaseException:
            os.close(life_write)
            note.close()
            raise
        finally:
            os.close(life_read)
    return process, note, life_write


def _start_windows(
    theirs: socket.socket, folders: Mapping[str, object], environment: Mapping[str, str]
) -> tuple[subprocess.Popen[bytes], mmap.mmap, int]:
    if sys.platform != "win32":
        raise NotImplementedError
    name = f"treadle-{os.getpid()}-{theirs.fileno()}-{time.monotonic_ns()}"
    note = mmap.mmap(-1, NOTE.size, tagname=name)
    NOTE.pack_into(note, 0, -1, -1)
    process = subprocess.Popen(
        _command({**folders, "note": name}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        creationflags=subprocess.CREATE_NEW_PROCESS_GROUP,
    )
    # A socket can be given to a process only once its pid is known.
    share = theirs.share(process.pid)
    assert process.stdin is not None
    process.stdin.write(len(share).to_bytes(4, "little") + share)
    process.stdin.close()
    return process, note, -1
