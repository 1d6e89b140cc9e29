"""Pools of worker processes, and which of them stay warm.

Starting an interpreter takes a tenth of a second, importing what tasks need may take seconds, so
workers are kept. Laws:

1. A pool serves one run at a time. A second run at the same time gets a pool of its own; with a
   ``WorkerPool`` that somebody holds, it waits for its turn.
2. Warm pools end when the interpreter ends, after ``processes.keep-warm`` without a run, and when
   the environment variables that their workers were started with have changed.
3. A child that the parent forks neither uses nor ends the parent's workers.
4. A worker that has imported a module of the user which has changed since is replaced.
5. Closing waits a moment for workers to end by themselves, never long, and then kills them.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import selectors
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from typing import Any

from treadle.errors import SchedulerError
from treadle.local.processes import sources
from treadle.local.processes.output import OutputReader, Stream
from treadle.local.processes.spawn import WorkerProcess, worker_environment
from treadle.local.threads import check_workers, default_workers
from treadle.serialize import dumps_function
from treadle.store.segments import Segments
from treadle.units import parse_timedelta

#: Seconds that workers get to end by themselves.
GRACE = 0.5
#: Seconds between SIGTERM and SIGKILL for workers that are ended in the middle of a task.
BRIEF = 0.1

_pools: weakref.WeakSet[WorkerPool] = weakref.WeakSet()
_warm: list[WorkerPool] = []
_lock = threading.Lock()


class Member:
    """A worker process with its output and what it was sent already."""

    def __init__(self, pool: WorkerPool) -> None:
        folders = {
            "directory": pool.segments.directory,
            "temporary_directory": pool.temporary_directory,
        }
        self.process = WorkerProcess(folders, pool.environment)
        popen = self.process.process
        assert popen.stdout is not None and popen.stderr is not None
        self.stdout: Stream = pool.output.add(popen.stdout, "stdout")
        self.stderr: Stream = pool.output.add(popen.stderr, "stderr")
        #: What it was sent in the current run.
        self.codes: set[int] = set()
        self.constants: set[int] = set()
        self.initialized = False

    def owns(self, thing: object) -> bool:
        """Whether a socket or sentinel is of this worker."""
        return thing is self.process.channel.sock or thing is self.process.sentinel


class WorkerPool:
    """Worker processes to run on, held by the caller.

    Without one, ``scheduler="processes"`` uses pools that are kept warm between calls.

    Parameters
    ----------
    num_workers
        How many processes; by default the number of cores this process may use. They are started
        when they are first needed.
    initializer
        Called once in each process before its first task.
    blas_threads
        Threads that BLAS and OpenMP libraries use in each process. ``"auto"`` divides the cores by
        the workers; None does not limit them. Variables that are set in the environment
        (``OMP_NUM_THREADS`` and the like) win. The environment of this process is not changed.

    Examples
    --------
    >>> from treadle.local.processes import WorkerPool
    >>> pool = WorkerPool(2)
    >>> pool.num_workers
    2
    >>> pool.close()
    """

    def __init__(
        self,
        num_workers: int | None = None,
        *,
        initializer: Callable[[], object] | None = None,
        blas_threads: int | str | None = "auto",
    ) -> None:
        self.num_workers = check_workers(num_workers)
        self.initializer = None if initializer is None else dumps_function(initializer)
        if blas_threads == "auto":
            blas_threads = max(1, default_workers() // self.num_workers)
        if isinstance(blas_threads, str) or (blas_threads is not None and blas_threads < 1):
            raise SchedulerError(
                f"blas_threads is {blas_threads!r}; give a number from 1, 'auto', or None for no "
                "limit"
            )
        self.blas_threads = blas_threads
        self.surroundings = dict(os.environ)
        self.environment = worker_environment(blas_threads)
        #: Workers by number, and all of them, also those without a number.
        self.members: list[Member | None] = []
        self.live: list[Member] = []
        self.run = 0
        self.sources: dict[str, int] = {}
        self.selector: selectors.BaseSelector | None = None
        self.timed = False  # whether a timer looks after it
        self.idle_since = time.monotonic()
        self.closed = False
        self.interrupted = False  # in the middle of `kill`
        self._pid = os.getpid()
        self._turn = threading.Lock()
        self._holder = -1
        self.started = self.interrupted = False
        _pools.add(self)

    @property
    def settings(self) -> tuple[int, bytes | None, int | None]:
        """What makes two pools exchangeable."""
        return self.num_workers, self.initializer, self.blas_threads

    def _start(self) -> None:
        if self.interrupted:
            self._end()
        if not self.started:
            self.temporary_directory = _temporary_directory()
            self.segments = Segments(temporary_directory=self.temporary_directory)
            self.output = OutputReader()
            self.started = True

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """Have the pool for oneself."""
        if self._holder == threading.get_ident():
            raise SchedulerError(
                "this pool is running a computation of the same thread (from an observer or a "
                "callback): give the inner computation another pool, or none"
            )
        with self._turn:
            if self.closed:
                raise SchedulerError("the pool is closed: make a new WorkerPool")
            if os.getpid() != self._pid:
                raise SchedulerError(
                    "the pool belongs to the process that this one was forked from: make a new one"
                )
            self._holder = threading.get_ident()
            try:
                self._start()
                # Of this run alone: workers that it does not use may still have something to say.
                self.selector = selectors.DefaultSelector()
                yield
            finally:
                if self.selector is not None:
                    self.selector.close()
                    self.selector = None
                self._holder = -1
                self.idle_since = time.monotonic()

    def ensure(self, count: int) -> list[Member]:
        """Return ``count`` workers, started where necessary."""
        times = sources.times()
        if sources.changed(self.sources, times):
            for member in list(self.live):
                self.discard(member)
        self.sources = times
        for member in [m for m in self.live if m.process.has_ended()]:
            self.discard(member)
        self.members += [None] * (count - len(self.members))
        return [member or self.start(place) for place, member in enumerate(self.members[:count])]

    def start(self, place: int | None) -> Member:
        """Start a worker; one without a place stands beside the others until it is discarded."""
        member = Member(self)
        self.live.append(member)
        if place is not None:
            self.members[place] = member
        return member

    def discard(self, member: Member) -> int:
        """End a process, if it has not ended, and return its exit code."""
        member.process.kill()
        code = member.process.reap()
        self.output.remove([member.stdout, member.stderr])
        if self.selector is not None:
            for thing in (member.process.channel.sock, member.process.sentinel):
                with contextlib.suppress(KeyError, ValueError):
                    self.selector.unregister(thing)
        member.process.release()
        self.live.remove(member)
        self.members = [None if other is member else other for other in self.members]
        return code

    def remove_files(self) -> None:
        """Remove what dead workers wrote and could not tell: between runs no file is needed."""
        for name in os.listdir(self.segments.directory):
            with contextlib.suppress(OSError):
                os.unlink(os.path.join(self.segments.directory, name))

    def kill(self) -> None:
        """End all processes, whatever they do. Quick; the next run starts new ones."""
        if not self.started or os.getpid() != self._pid:
            return
        self.interrupted = True
        try:
            for member in self.live:
                member.process.kill(force=False)
            _await_end(self.live, BRIEF)
        finally:
            # Not even an impatient second Ctrl-C leaves a process or a file behind.
            for member in self.live:
                member.process.kill()
            self.segments.close()
        self._end()

    def close(self) -> None:
        """End the processes; they get a moment to do so by themselves. May be repeated."""
        if self.closed or os.getpid() != self._pid:
            return
        self.closed = True
        if not self.started:
            return
        for member in self.live:
            member.process.channel.send(("stop",))
        _await_end(self.live, GRACE)
        self.segments.close()
        self._end()

    def _end(self) -> None:
        for member in list(self.live):
            self.discard(member)
        self.members.clear()
        self.output.close()
        self.started = self.interrupted = False

    def __enter__(self) -> WorkerPool:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __repr__(self) -> str:
        threads = "unlimited" if self.blas_threads is None else self.blas_threads
        state = "closed" if self.closed else f"{len(self.live)} running"
        return (
            f"<WorkerPool: {self.num_workers} workers, {state}, BLAS threads per worker: {threads}>"
        )

    def forget_in_child(self) -> None:
        """Let go, in a forked child, of what belongs to the parent."""
        self.closed = True
        for member in self.live:
            member.process.abandon()


def _await_end(members: list[Member], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    with selectors.DefaultSelector() as selector:
        for member in members:
            if member.process.process.returncode is None:
                selector.register(member.process.sentinel, selectors.EVENT_READ)
        while selector.get_map() and (left := deadline - time.monotonic()) > 0:
            for key, _ in selector.select(left):
                selector.unregister(key.fileobj)


def _temporary_directory() -> str | None:
    from treadle import config

    found: Any = config.get("temporary-directory", None)
    return None if found is None else str(found)


@contextlib.contextmanager
def warm_pool(
    num_workers: int | None, initializer: Callable[[], object] | None
) -> Iterator[WorkerPool]:
    """Have a warm pool, or a new one, for the time of a block."""
    from treadle import config

    blas_threads: Any = config.get("processes.blas-threads", "auto")
    fresh = WorkerPool(num_workers, initializer=initializer, blas_threads=blas_threads)
    pool = fresh
    stale: list[WorkerPool] = []
    with _lock:
        for known in list(_warm):
            if known.closed or known.surroundings != fresh.surroundings:
                _warm.remove(known)
                stale.append(known)
            elif known.settings == fresh.settings:
                _warm.remove(known)
                pool = known
                break
    for known in stale:
        known.close()
    try:
        with pool.turn():
            yield pool
    finally:
        keep = parse_timedelta(config.get("processes.keep-warm", "60 s"))
        if pool.closed:
            pass
        elif keep <= 0:
            pool.close()
        else:
            with _lock:
                _warm.append(pool)
                _expire_later(pool, keep)


def _expire_later(pool: WorkerPool, seconds: float) -> None:
    """See to it that a warm pool ends when it has not been used for some time."""
    if pool.timed:
        return

    def look() -> None:
        with _lock:
            idle = time.monotonic() - pool.idle_since if pool in _warm else 0.0
            pool.timed = False
            if pool.closed:
                return
            if idle < seconds:
                start(seconds - idle)
                return
            _warm.remove(pool)
        pool.close()

    def start(wait: float) -> None:
        pool.timed = True
        timer = threading.Timer(wait, look)
        timer.daemon = True
        timer.start()

    start(seconds)


def close_warm_pools() -> None:
    """End all processes that are kept warm; the next computation starts new ones."""
    with _lock:
        pools = list(_warm)
        _warm.clear()
    for pool in pools:
        pool.close()


def _at_exit() -> None:
    for pool in list(_pools):
        pool.close()


def _after_fork() -> None:
    global _lock
    _lock = threading.Lock()
    _warm.clear()
    for pool in list(_pools):
        pool.forget_in_child()
    _pools.clear()


atexit.register(_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
