"""What a local scheduler tells about a run while it happens.

Progress bars, profilers, callbacks and ``explain`` are observers. A run without one measures
nothing per task. Methods are called from the threads that run the tasks, or from the parent
process when tasks run in others; an observer that keeps state guards it itself. Laws:

1. What is registered is a watcher. It makes an observer for each run, so that runs of several
   threads at once do not mix.
2. Whoever was told that a run began is told that it ended, whatever the others do.
3. After a failed run, tasks that were under way may still report; observers ignore them.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from time import perf_counter, thread_time
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from treadle.graph.plan import Plan


class TaskRecord(NamedTuple):
    """One task that ran.

    ``start`` and ``end`` are ``time.perf_counter`` seconds, ``cpu`` the processor seconds that the
    thread spent; ``worker`` numbers the thread or process from 0.
    """

    task: int
    worker: int
    start: float
    end: float
    cpu: float


class Watcher(Protocol):
    """What can be registered for runs to come."""

    def for_run(self) -> Observer:
        """Return the observer of one run."""
        ...


class Observer:
    """Base of observers: every method does nothing."""

    def for_run(self) -> Observer:
        """Return this observer, as the watcher of all runs; for those that tell runs apart."""
        return self

    def on_start(self, plan: Plan, scheduler: str, num_workers: int) -> None:
        """A run begins."""

    def on_task_started(self, task: int, worker: int) -> None:
        """A task is about to run."""

    def on_task_finished(self, record: TaskRecord, value: Any) -> None:
        """A task has run; ``value`` is None where the result stays in another process."""

    def on_cost(self, kind: str, seconds: float, nbytes: int) -> None:
        """Time went into something other than tasks: 'plan', 'pickle', 'move'."""

    def on_finish(self, errored: bool) -> None:
        """The run has ended."""


class Observers(Observer):
    """Several observers as one."""

    def __init__(self, members: Sequence[Observer]) -> None:
        self.members = tuple(members)

    def on_start(self, plan: Plan, scheduler: str, num_workers: int) -> None:
        with ExitStack() as started:
            for member in self.members:
                member.on_start(plan, scheduler, num_workers)
                started.callback(member.on_finish, True)
            started.pop_all()

    def on_task_started(self, task: int, worker: int) -> None:
        for member in self.members:
            member.on_task_started(task, worker)

    def on_task_finished(self, record: TaskRecord, value: Any) -> None:
        for member in self.members:
            member.on_task_finished(record, value)

    def on_cost(self, kind: str, seconds: float, nbytes: int) -> None:
        for member in self.members:
            member.on_cost(kind, seconds, nbytes)

    def on_finish(self, errored: bool) -> None:
        with ExitStack() as stack:
            for member in reversed(self.members):
                stack.callback(member.on_finish, errored)


#: Watchers registered for every run of the process, in order of registration.
registered: list[Watcher] = []

_scoped: ContextVar[tuple[Watcher, ...]] = ContextVar("treadle_watchers", default=())


_inside: ContextVar[bool] = ContextVar("treadle_inside_run", default=False)


def enter(watcher: Watcher) -> None:
    """Let ``watcher`` watch the runs started from here on, until ``leave``."""
    _scoped.set((*_scoped.get(), watcher))


def leave(watcher: Watcher) -> None:
    """Undo the last ``enter`` of ``watcher``."""
    scoped = _scoped.get()
    for place in range(len(scoped) - 1, -1, -1):
        if scoped[place] is watcher:
            _scoped.set((*scoped[:place], *scoped[place + 1 :]))
            break


@contextmanager
def observing(observer: Observer) -> Iterator[Observer]:
    """Let ``observer`` watch every run started inside the block."""
    enter(observer)
    try:
        yield observer
    finally:
        leave(observer)


@contextmanager
def claim() -> Iterator[Observer | None]:
    """Yield the observer of the run that starts now, or None.

    A run started by a task of this one is part of that task and goes unobserved.
    """
    watchers = () if _inside.get() else (*registered, *_scoped.get())
    members = [watcher.for_run() for watcher in watchers]
    token = _inside.set(True)
    try:
        if not members:
            yield None
        else:
            yield members[0] if len(members) == 1 else Observers(members)
    finally:
        _inside.reset(token)


def run_observed(plan: Plan, task: int, values: list[Any], worker: int, observer: Observer) -> Any:
    """Run one task and report it; an exception is the caller's to report."""
    observer.on_task_started(task, worker)
    start, before = perf_counter(), thread_time()
    value = plan.run(task, values)
    cpu, end = thread_time() - before, perf_counter()
    observer.on_task_finished(TaskRecord(task, worker, start, end, cpu), value)
    return value
