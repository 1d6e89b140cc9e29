"""Shared-memory files of one session: how large results pass between processes.

One process, the owner, makes a private directory in shared memory; workers attach to it. A result
is one file: the pickle, then each buffer at a multiple of 64 bytes. The maker writes the file and
passes its descriptor, a `Segment`, to whoever needs the result.

Laws:

1. A file is written once, completely, before its descriptor is known to anybody, and never changed.
2. Bytes are written straight from the buffers they are in, and read by mapping the file. The only
   copies are the one into shared memory and those of pages that a reader writes to; files below
   MAPPED bytes are read instead, which costs less than mapping them.
3. A full file system is an error with both figures, never a crash: files are written with write(),
   since touching a mapped page that has no room kills the process.
4. The owner removes the directory when it ends. When it is killed, the next session does.
"""

from __future__ import annotations

import errno
import itertools
import mmap
import os
import secrets
import shutil
import sys
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, NamedTuple

from treadle.errors import TreadleError
from treadle.store.sessions import lock, session_name, session_roots, sweep

__all__ = ["Segment", "Segments", "StoreFull", "sweep"]

ALIGNMENT = 64  # bytes: a cache line, and what the widest vector instructions ask for
MAPPED = 256 * 1024  # bytes; below that, reading is as fast as mapping

# Before Python 3.13 every mapping holds a file descriptor. Half of them are left to the program.
_mappings: weakref.WeakSet[mmap.mmap] = weakref.WeakSet()


class StoreFull(TreadleError, OSError):
    """No file system has room for a result."""


class Segment(NamedTuple):
    """Describes a file of a session; plain data, for messages between processes.

    Attributes
    ----------
    name
        The file, inside the session's directory unless absolute.
    nbytes
        Its size.
    sizes
        The sizes of the parts: the pickle, then each buffer.
    """

    name: str
    nbytes: int
    sizes: tuple[int, ...]


class Segments:
    """A private directory of shared-memory files that belongs to one session.

    Parameters
    ----------
    directory
        The directory. An owner makes it, so it must not exist; others attach to it. Without one, a
        new owner's goes to ``/dev/shm``, or the temporary directory where there is none, after the
        directories of killed sessions there were removed.
    owner
        Whether this object removes the directory when it is closed, collected, or the process ends.
    temporary_directory
        Where files go that do not fit; the system's temporary directory unless given. The owner
        makes a directory there too. A process that attaches with another one cannot use it.

    Examples
    --------
    >>> with Segments() as segments:
    ...     segment = segments.put(b"pickle", [bytes(100)])
    ...     data, buffers = segments.get(segment)
    ...     bytes(data), len(buffers[0])
    (b'pickle', 100)
    """

    def __init__(
        self,
        directory: str | None = None,
        *,
        owner: bool = True,
        temporary_directory: str | None = None,
    ) -> None:
        if directory is None and not owner:
            raise ValueError("a process that is not the owner needs the owner's directory")
        if directory is None:
            roots = session_roots(temporary_directory)
            sweep(roots)
            directory = os.path.join(roots[0], session_name())
        self.directory = os.path.abspath(directory)
        # Where files go that do not fit into the directory.
        self._overflow = os.path.join(
            os.path.abspath(temporary_directory or tempfile.gettempdir()),
            os.path.basename(self.directory),
        )
        self._token = secrets.token_hex(4)
        self._counter = itertools.count()
        self._undeleted: list[str] = []
        self._finalizer: weakref.finalize[Any, Any] | None = None
        if owner:
            made = _make((self.directory, self._overflow))
            locks = [lock(path) for path in made]
            self._finalizer = weakref.finalize(self, _remove, os.getpid(), made, locks)

    def put(self, data: bytes, buffers: Sequence[Any] = ()) -> Segment:
        """Write one result.

        Parameters
        ----------
        data
            The pickle.
        buffers
            Its buffers: contiguous bytes-like objects, which are written from where they are.

        Raises
        ------
        StoreFull
            Where neither the directory nor the temporary directory has room for it.
        """
        parts = [memoryview(part).cast("B") for part in (data, *buffers)]
        sizes = tuple(part.nbytes for part in parts)
        *offsets, nbytes = _layout(sizes)
        name = f"{os.getpid():x}-{self._token}-{next(self._counter):x}"
        rooms = []
        for directory in dict.fromkeys((self.directory, self._overflow)):
            if directory == self._overflow and not os.path.isdir(directory):
                continue  # the owner may not write there, or has another one
            room = shutil.disk_usage(directory).free
            rooms.append(f"{room:,} bytes free in {os.path.dirname(directory)}")
            path = os.path.join(directory, name)
            if nbytes <= room and _write(path, parts, offsets, nbytes):
                return Segment(name if directory == self.directory else path, nbytes, sizes)
        raise StoreFull(
            errno.ENOSPC,
            f"no room for a result of {nbytes:,} bytes: {', '.join(rooms)}. Make room there, use "
            "smaller chunks, or set temporary-directory to a larger file system",
        )

    def get(self, segment: Segment) -> tuple[memoryview, list[memoryview]]:
        """Read one result.

        Returns
        -------
        data : memoryview
            The pickle.
        buffers : list of memoryview
            Its buffers. They can be written to and no other process sees that: a page that is
            written to (4 KiB as a rule) is copied at the first write. What is only read is shared.
            The memory stays while a view of it lives, also after `delete` and `close`.
        """
        whole = _read(os.path.join(self.directory, segment.name), segment.nbytes)
        parts = [
            whole[offset : offset + size]
            for offset, size in zip(_layout(segment.sizes), segment.sizes, strict=False)
        ]
        return parts[0], parts[1:]

    def delete(self, segment: Segment) -> None:
        """Remove a result's file, if it is there; views of it stay valid."""
        pending = [*self._undeleted, os.path.join(self.directory, segment.name)]
        self._undeleted = [path for path in pending if not _unlink(path)]

    @property
    def nbytes(self) -> int:
        """Bytes in the session's files, whichever process made them."""
        total = 0
        for directory in {self.directory, self._overflow}:
            total += sum(_sizes(directory))
        return total

    def close(self) -> None:
        """Remove the directory and all files in it, if this object owns it. May be repeated."""
        if self._finalizer is not None:
            self._finalizer()

    def __enter__(self) -> Segments:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.close()


def _layout(sizes: Sequence[int]) -> Iterator[int]:
    """Where each part starts, and then where the file ends."""
    end = 0
    for size in sizes:
        start = -(-end // ALIGNMENT) * ALIGNMENT
        yield start
        end = start + size
    yield end


def _write(path: str, parts: Sequence[memoryview], offsets: Sequence[int], nbytes: int) -> bool:
    """Write a file; False, and no file, where the file system is full after all."""
    try:
        with open(path, "xb", buffering=0) as file:
            for part, offset in zip(parts, offsets, strict=True):
                file.seek(offset)
                while part:
                    part = part[file.write(part) :]
            file.truncate(nbytes)
    except BaseException as error:
        _unlink(path)
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return False
        raise
    return True


def _read(path: str, nbytes: int) -> memoryview:
    with open(path, "rb", buffering=0) as file:
        if nbytes >= MAPPED and len(_mappings) < _mappings_allowed():
            # A private mapping: writes of this process go to copies of the pages.
            if sys.version_info >= (3, 13) and sys.platform != "win32":
                mapping = mmap.mmap(file.fileno(), nbytes, access=mmap.ACCESS_COPY, trackfd=False)
            else:
                mapping = mmap.mmap(file.fileno(), nbytes, access=mmap.ACCESS_COPY)
                _mappings.add(mapping)
            return memoryview(mapping)
        whole = memoryview(bytearray(nbytes))
        rest = whole
        while rest:
            count = file.readinto(rest)
            if not count:
                raise EOFError(f"{path} ends {rest.nbytes:,} bytes before its {nbytes:,} bytes")
            rest = rest[count:]
        return whole


def _mappings_allowed() -> int:
    if sys.platform == "win32":
        return sys.maxsize
    import resource

    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return sys.maxsize if files == resource.RLIM_INFINITY else files // 2


def _unlink(path: str) -> bool:
    """Remove a file; False where the system refuses to while it is mapped (Windows)."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        return True
    except PermissionError:
        return False
    return True


def _sizes(directory: str) -> Iterator[int]:
    try:
        with os.scandir(directory) as entries:
            for entry in entries:
                try:
                    yield entry.stat(follow_symlinks=False).st_size
                except FileNotFoundError:
                    continue  # deleted by another process just now
    except FileNotFoundError:
        return


def _make(directories: Sequence[str]) -> list[str]:
    """Make the session's directory, and the one for what does not fit if that can be made."""
    made: list[str] = []
    for path in dict.fromkeys(directories):
        try:
            os.makedirs(path, 0o700)
        except OSError as error:
            if made and error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
                break
            for earlier in made:
                os.rmdir(earlier)
            raise
        made.append(path)
    return made


def _remove(owner: int, directories: Sequence[str], locks: Sequence[int | None]) -> None:
    if os.getpid() != owner:
        return  # a forked child inherits this call, not the session
    for directory in directories:
        shutil.rmtree(directory, ignore_errors=True)
    for descriptor in locks:
        if descriptor is not None:
            os.close(descriptor)
