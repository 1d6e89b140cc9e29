"""What a local scheduler tells about a run while it happens.

Progress bars, profilers, callbacks and ``explain`` are observers. A run without one measures
nothing per task. Methods are called from the threads that run the tasks, or from the parent
process when tasks run in others; an observer that keeps state guards it itself.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from time import perf_counter, thread_time
from typing import TYPE_CHECKING, Any, NamedTuple

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


class Observer:
    """Base of observers: every method does nothing."""

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
        for member in self.members:
            member.on_start(plan, scheduler, num_workers)

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
        for member in self.members:
            member.on_finish(errored)


#: Observers registered for every run of the process, in order of registration.
registered: list[Observer] = []

_scoped: ContextVar[tuple[Observer, ...]] = ContextVar("treadle_observers", default=())


_inside: ContextVar[bool] = ContextVar("treadle_inside_run", default=False)


@contextmanager
def observing(observer: Observer) -> Iterator[Observer]:
    """Let ``observer`` watch every run started inside the block."""
    token = _scoped.set((*_scoped.get(), observer))
    try:
        yield observer
    finally:
        _scoped.reset(token)


@contextmanager
def claim() -> Iterator[Observer | None]:
    """Yield the observer of the run that starts now, or None.

    A run started by a task of this one is part of that task and goes unobserved.
    """
    members = () if _inside.get() else (*registered, *_scoped.get())
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
