"""Private directories of sessions: whose they are, and clearing up after killed ones.

A directory is named ``treadle-<user>-<process>-<start of process>-<random>``.

Laws:

1. A directory is removed only if it belongs to this user, is a directory and not a link to one, and
   its owner is gone: no process has that number and start time, and nobody holds its lock. The
   lock covers owners whose numbers mean nothing here, in another container with the same /dev/shm.
2. In doubt, it stays.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterable

SHARED_MEMORY = "/dev/shm"
_NAME = re.compile(r"treadle-(\d+)-(\d+)-(\d+)-[0-9a-f]{8}")


def session_name() -> str:
    """Make a name for a directory that this process owns."""
    return f"treadle-{_user()}-{os.getpid()}-{_start_of(os.getpid())}-{secrets.token_hex(4)}"


def session_roots(temporary_directory: str | None = None) -> list[str]:
    """List the places for sessions' directories, the best first."""
    roots = [temporary_directory or tempfile.gettempdir()]
    if os.path.isdir(SHARED_MEMORY) and os.access(SHARED_MEMORY, os.W_OK | os.X_OK):
        roots.insert(0, SHARED_MEMORY)
    return roots


def lock(directory: str, *, exclusive: bool = False) -> int | None:
    """Lock a directory for the life of the descriptor that is returned.

    None where the system or the file system has no such locks. Raises BlockingIOError where an
    exclusive lock was asked for and somebody holds one.
    """
    if sys.platform == "win32":
        return None
    import fcntl

    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB if exclusive else fcntl.LOCK_SH)
    except OSError as error:
        os.close(descriptor)
        if isinstance(error, BlockingIOError):
            raise
        return None
    return descriptor


def sweep(roots: Iterable[str] | None = None) -> list[str]:
    """Remove the directories of this user's sessions whose owners are gone.

    Parameters
    ----------
    roots
        Where to look; shared memory and the temporary directory unless given.

    Returns
    -------
    list of str
        The directories that were removed.
    """
    removed = []
    for root in session_roots() if roots is None else roots:
        try:
            names = sorted(os.listdir(root))
        except OSError:
            continue
        for name in names:
            match = _NAME.fullmatch(name)
            if match is None or int(match[1]) != _user():
                continue
            path = os.path.join(root, name)
            if _is_abandoned(path, int(match[2]), int(match[3])):
                shutil.rmtree(path, ignore_errors=True)
                if not os.path.lexists(path):
                    removed.append(path)
    return removed


def _is_abandoned(path: str, pid: int, start: int) -> bool:
    if _start_of(pid) == start or os.path.islink(path):
        return False
    try:
        if hasattr(os, "getuid") and os.lstat(path).st_uid != os.getuid():
            return False
        descriptor = lock(path, exclusive=True)
    except OSError:
        return False  # held by a living process, or not ours to open, or gone already
    if descriptor is not None:
        os.close(descriptor)
    return True


def _user() -> int:
    return os.getuid() if hasattr(os, "getuid") else 0


def _start_of(pid: int) -> int | None:
    """When the process started, in a unit of the system's choice; None where there is none."""
    if sys.platform == "linux":
        try:
            with open(f"/proc/{pid}/stat", "rb") as file:
                # The command may contain spaces and brackets; the rest follows its last bracket.
                fields = file.read().rpartition(b")")[2].split()
        except OSError:
            return None
        # Clock ticks since boot, which no change of the clock affects. A process that was killed
        # but not yet waited for is gone.
        return None if fields[0] in (b"Z", b"X") else int(fields[19])
    import psutil

    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return int(process.create_time() * 1000)
    except psutil.NoSuchProcess:
        return None
