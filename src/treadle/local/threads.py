"""The threaded scheduler: every thread that finishes a task takes the next ready one itself.

There is no coordinator and no lock round a task. What threads share is touched only by operations
that are atomic in CPython, with the interpreter lock and in free-threaded builds alike
(``list.append``, ``list.pop``, ``dict.setdefault``). Laws:

1. A task becomes ready exactly once: of the threads that finish its inputs, the one that arrives
   last makes it ready. Arrivals are counted by popping tokens, not by ``n -= 1``.
2. A result is dropped when its last reader has run; readers are counted the same way.
3. The thread that makes tasks ready keeps the one that comes first in static order and runs it
   next, so chains and subtrees stay on one thread. Others go onto the stack of ready tasks.
4. A thread sleeps only after it has registered as a sleeper and then found the stack empty. Whoever
   pushes looks for sleepers afterwards. If both miss each other, the pusher still comes back to
   the stack itself: parallelism may be lost for a moment, a task never.
5. The run is over when every thread that takes part sleeps, or one of them failed.

The calling thread waits and can be interrupted at any time, unless it runs a task of an outer run
itself: then it takes part, so that nested runs always make progress.
"""

from __future__ import annotations

import ctypes
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from treadle.errors import SchedulerError
from treadle.graph.operation import GATHER, PLAIN, SPREAD
from treadle.local.collecting import collector_paused
from treadle.local.exits import exited
from treadle.local.observe import run_observed

if TYPE_CHECKING:
    from treadle.graph.plan import Plan
    from treadle.local.observe import Observer

#: How long an interrupted run waits for its threads to notice, in seconds.
_GRACE = 0.5

_PREFIX = "treadle-"  # of the names of our threads

_this_thread = threading.local()


class _Stopped(BaseException):
    """Raised inside a task of a run that was interrupted."""


def default_workers() -> int:
    """Return the number of cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def check_workers(num_workers: int | None) -> int:
    """Return the number of workers to use.

    Raises
    ------
    SchedulerError
        ``num_workers`` is not a whole number above zero.
    """
    if num_workers is None:
        return default_workers()
    if isinstance(num_workers, bool) or not isinstance(num_workers, int) or num_workers < 1:
        raise SchedulerError(
            f"num_workers={num_workers!r} cannot run anything: give a whole number of at least 1, "
            f"or None for one worker per core (here {default_workers()})"
        )
    return num_workers


def run(
    plan: Plan,
    *,
    num_workers: int | None = None,
    observer: Observer | None = None,
    pool: ThreadPoolExecutor | None = None,
) -> list[Any]:
    """Run every task of ``plan`` with threads and return the values of its outputs.

    Parameters
    ----------
    plan
        What to run.
    num_workers
        Threads to use; one per core when None, or as many as ``pool`` has.
    observer
        Told about every task.
    pool
        A ``ThreadPoolExecutor`` to borrow the threads from.
    """
    if pool is not None:
        if not isinstance(pool, ThreadPoolExecutor):
            raise SchedulerError(
                f"pool={pool!r} does not lend threads of this process: give a ThreadPoolExecutor, "
                "or use the executor itself as the scheduler: compute(scheduler=pool)"
            )
        if num_workers is None:
            num_workers = pool._max_workers
    number = check_workers(num_workers)
    with collector_paused():
        prepared = _Run(plan, number, observer, pool)
    return prepared.result()


class _Run:
    """The shared state of one run."""

    def __init__(
        self,
        plan: Plan,
        num_workers: int,
        observer: Observer | None,
        pool: ThreadPoolExecutor | None,
    ) -> None:
        n = len(plan)
        self.plan = plan
        self.num_workers = num_workers
        self.observer = observer
        self.pool = pool
        self.values: list[Any] = [None] * n
        self.readers = plan.dependents()
        self.reads = plan.reads()
        #: Tasks with more than two inputs: one token per input but the last to arrive.
        self.tokens: dict[int, list[None]] = {}
        #: Tasks with two inputs: the input that arrived first.
        self.arrived: dict[int, int] = {}
        #: Results with several readers: one token per reader but the last.
        self.holds: dict[int, list[None]] = {}
        self.keep = frozenset(plan.outputs)
        for task, reads in enumerate(self.reads):
            if len(reads) > 2:
                self.tokens[task] = [None] * (len(reads) - 1)
        if plan.shared:
            for task, readers in enumerate(self.readers):
                if len(readers) > 1:
                    self.holds[task] = [None] * (len(readers) - 1)
        self.ready = [task for task in range(n - 1, -1, -1) if not self.reads[task]]
        self.lock = threading.Lock()  # guards the numbers below, never held while a task runs
        self.joined = 0
        self.started = 0
        self.sleepers: list[Any] = []
        self.finished = threading.Event()
        self.error: BaseException | None = None
        self.threads: list[threading.Thread] = []

    # -- life of a run ------------------------------------------------------------------------

    def result(self) -> list[Any]:
        observer = self.observer
        if observer is not None:
            observer.on_start(self.plan, "threads", self.num_workers)
        errored = True
        try:
            try:
                if self.ready:
                    self._start()
                    self._wait()
            except BaseException as interrupt:
                # Ctrl-C, wherever it struck: errors of tasks do not come this way.
                self._stop(interrupt)
                raise
            if self.error is not None:
                raise self.error
            errored = False
        finally:
            self.error = None  # break the cycle error -> traceback -> frame -> self
            if observer is not None:
                observer.on_finish(errored)
        values = self.values
        return [values[out] for out in self.plan.outputs]

    def _start(self) -> None:
        # A thread of the pool that only waited would be missing in it, perhaps the last one.
        nested = getattr(_this_thread, "running", False) or _belongs(self.pool)
        spare = self.num_workers
        if nested:
            # The outer run's threads count: nesting must not multiply threads.
            ours = [t for t in threading.enumerate() if t.name.startswith(_PREFIX)]
            spare = max(0, self.num_workers - len(ours))
            self.num_workers = spare + 1
        for _ in range(min(spare, len(self.ready))):
            self._start_thread()
        if nested:
            self._join()

    def _wait(self) -> None:
        # Without a timeout Ctrl-C would not get through on Windows.
        while not self.finished.wait(None if os.name == "posix" else 0.1):
            pass
        for thread in self.threads:
            # A thread that has signalled the end needs no more than its last few instructions,
            # but one that was told to stop after an error may still be inside a task.
            if self.error is None:
                thread.join()

    def _stop(self, error: BaseException) -> None:
        """End the run: no further task starts, and tasks that run are asked to stop."""
        self._end(error)
        started = [thread for thread in self.threads if thread.ident is not None]
        for thread in started:
            if thread.is_alive():
                ctypes.pythonapi.PyThreadState_SetAsyncExc(
                    ctypes.c_ulong(thread.ident or 0), ctypes.py_object(_Stopped)
                )
        for thread in started:
            thread.join(_GRACE / len(started))

    def _end(self, error: BaseException | None) -> None:
        with self.lock:
            if self.error is None and not self.finished.is_set():
                self.error = error
            self.finished.set()
            sleepers, self.sleepers = self.sleepers, []
        for sleeper in sleepers:
            sleeper.release()

    def _start_thread(self) -> None:
        with self.lock:
            if self.started >= self.num_workers:
                return
            self.started += 1
            number = self.started
        # Options and annotations set by the caller hold inside its tasks.
        run_here = copy_context().run
        if self.pool is not None:
            self.pool.submit(run_here, self._join)
            return
        # Daemons: a task stuck in C code must not keep an interrupted program alive.
        thread = threading.Thread(
            target=run_here, args=(self._join,), name=f"{_PREFIX}{number}", daemon=True
        )
        self.threads.append(thread)
        thread.start()

    def _join(self) -> None:
        """Take part in the run until it is over."""
        with self.lock:
            if self.finished.is_set():
                return
            worker = self.joined
            self.joined += 1
        nested = getattr(_this_thread, "running", False)
        _this_thread.running = True
        try:
            self._work(worker)
        except _Stopped:
            pass
        except SystemExit as error:
            self._end(exited(error))
        except BaseException as error:
            self._end(error)
        finally:
            _this_thread.running = nested

    # -- running tasks --------------------------------------------------------------------------

    def _work(self, worker: int) -> None:
        plan, values, observer = self.plan, self.values, self.observer
        operations, all_deps = plan.operations, plan.deps
        ready, is_finished = self.ready, self.finished.is_set
        finish = self._finish
        task = -1
        while True:
            if task < 0:
                try:
                    task = ready.pop()
                except IndexError:
                    if self._sleep():
                        return
                    continue
            if is_finished():
                return
            operation = operations[task]
            form = operation.form
            if observer is not None:
                value = run_observed(
                    plan, task, [values[dep] for dep in all_deps[task]], worker, observer
                )
            elif form == PLAIN:
                value = operation.func(*operation.args)
            elif form == SPREAD:
                value = operation.func(*[values[dep] for dep in all_deps[task]])
            elif form == GATHER:
                value = operation.func([values[dep] for dep in all_deps[task]])
            else:
                value = plan.run(task, [values[dep] for dep in all_deps[task]])
            values[task] = value
            del value
            task = finish(task)

    def _finish(self, task: int) -> int:
        """Drop what nobody reads any more, and return the next task to run here, or -1."""
        for dep in self.reads[task]:
            tokens = self.holds.get(dep)
            if (tokens is None or not _take(tokens)) and dep not in self.keep:
                self.values[dep] = None
        chosen = -1
        surplus = False
        for reader in self.readers[task]:
            count = len(self.reads[reader])
            if count == 2:
                if self.arrived.setdefault(reader, task) == task:
                    continue
                del self.arrived[reader]
            elif count > 2 and _take(self.tokens[reader]):
                continue
            if chosen < 0:
                chosen = reader
            else:
                self.ready.append(reader)
                surplus = True
        if surplus:
            self._wake()
        return chosen

    def _wake(self) -> None:
        if self.sleepers:
            with self.lock:
                sleeper = self.sleepers.pop() if self.sleepers else None
            if sleeper is not None:
                sleeper.release()
        elif self.started < self.num_workers:
            self._start_thread()

    def _sleep(self) -> bool:
        """Sleep until there may be work; return whether the run is over."""
        sleeper = threading.Lock()
        sleeper.acquire()
        with self.lock:
            self.sleepers.append(sleeper)
            if self.ready or self.finished.is_set():
                self.sleepers.remove(sleeper)
                return self.finished.is_set()
            over = len(self.sleepers) == self.joined
        if over:
            # Nobody is left who could make a task ready.
            self._end(None)
            return True
        sleeper.acquire()
        return self.finished.is_set()


def _belongs(pool: ThreadPoolExecutor | None) -> bool:
    """Whether the calling thread is one of the pool's."""
    if pool is None:
        return False
    # By name: a thread runs for a moment before the pool lists it.
    return threading.current_thread().name.startswith(f"{pool._thread_name_prefix}_")


def _take(tokens: list[None]) -> bool:
    """Take one token; False when there was none left, that is for the last who comes."""
    try:
        tokens.pop()
    except IndexError:
        return False
    return True
