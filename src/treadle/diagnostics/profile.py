"""``Profiler``: when each task ran, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from treadle.diagnostics.watch import ResultsWatch
from treadle.local.observe import Observer, TaskRecord

if TYPE_CHECKING:
    from treadle.graph.operation import Key
    from treadle.graph.plan import Plan


class TaskData(NamedTuple):
    """One task that ran.

    ``task`` is the name of its function. Times are ``time.perf_counter`` seconds. ``worker_id``
    numbers the threads or processes of a run from 0.
    """

    key: Key
    task: str
    start_time: float
    end_time: float
    worker_id: int


class Profiler(ResultsWatch):
    """Record when each task ran, and where.

    Results add up over the runs until ``clear``.

    Attributes
    ----------
    results
        A list of named tuples ``(key, task, start_time, end_time, worker_id)`` of the runs that
        have ended, each run in the order in which its tasks ended.

    Examples
    --------
    >>> from treadle import get
    >>> from treadle.diagnostics import Profiler
    >>> with Profiler() as profiler:
    ...     total = get({"total": (sum, [1, 2])}, "total")
    >>> [(result.key, result.task, result.worker_id) for result in profiler.results]
    [('total', 'sum', 0)]
    """

    def __init__(self) -> None:
        self.results: list[TaskData] = []

    def for_run(self) -> Observer:
        return _Recorder(self.results)


class _Recorder(Observer):
    """Collects the records of one run and names the tasks at its end."""

    def __init__(self, results: list[TaskData]) -> None:
        self.results = results
        self.records: list[TaskRecord] = []
        self.plan: Plan | None = None

    def on_start(self, plan: Plan, scheduler: str, num_workers: int) -> None:
        self.plan = plan

    def on_task_finished(self, record: TaskRecord, value: Any) -> None:
        self.records.append(record)

    def on_finish(self, errored: bool) -> None:
        plan, self.plan = self.plan, None
        if plan is None:
            return
        # Names are made here, so that results do not keep the graph and its data alive.
        self.results.extend(
            [
                TaskData(plan.key(task), plan.operations[task].label, start, end, worker)
                for task, worker, start, end, _ in tuple(self.records)
            ]
        )
