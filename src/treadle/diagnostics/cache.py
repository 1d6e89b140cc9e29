"""``CacheProfiler``: which results were alive when, and how large they were."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from treadle.diagnostics.watch import ResultsWatch
from treadle.local.observe import Observer, TaskRecord

if TYPE_CHECKING:
    from treadle.graph.operation import Key
    from treadle.graph.plan import Plan


class CacheData(NamedTuple):
    """One result.

    It was alive from ``cache_time`` until ``free_time`` (``time.perf_counter`` seconds): until the
    last task that reads it had run or, for what the caller asked for, until the run ended.
    """

    key: Key
    task: str
    metric: float
    cache_time: float
    free_time: float


class CacheProfiler(ResultsWatch):
    """Record how long the results of tasks live, and how large they are.

    Parameters
    ----------
    metric
        ``metric(result)``: its size. Every result counts 1 when None. It is called in the thread
        that ran the task. Results that stay in another process are None here.
    metric_name
        What the plot calls it.

    Attributes
    ----------
    results
        A list of named tuples ``(key, task, metric, cache_time, free_time)``.

    Examples
    --------
    >>> from treadle import delayed
    >>> from treadle.diagnostics import CacheProfiler
    >>> with CacheProfiler(metric=len, metric_name="items") as profiler:
    ...     numbers = delayed(list)(range(5)).compute()
    >>> [(result.task, result.metric) for result in profiler.results]
    [('list', 5)]
    """

    def __init__(
        self, metric: Callable[[Any], float] | None = None, metric_name: str | None = None
    ) -> None:
        self.metric = metric
        self.metric_name = metric_name or getattr(metric, "__name__", "results")
        self.results: list[CacheData] = []

    def for_run(self) -> Observer:
        return _Recorder(self.results, self.metric)


class _Recorder(Observer):
    def __init__(self, results: list[CacheData], metric: Callable[[Any], float] | None) -> None:
        self.results = results
        self.metric = metric
        self.sizes: list[tuple[int, float, float]] = []
        self.plan: Plan | None = None

    def on_start(self, plan: Plan, scheduler: str, num_workers: int) -> None:
        self.plan = plan

    def on_task_finished(self, record: TaskRecord, value: Any) -> None:
        size = 1 if self.metric is None else self.metric(value)
        self.sizes.append((record.task, size, record.end))

    def on_finish(self, errored: bool) -> None:
        plan, self.plan = self.plan, None
        if plan is None or not self.sizes:
            return
        sizes = tuple(self.sizes)
        ended = {task: end for task, _, end in sizes}
        over = max(ended.values())
        readers = plan.dependents()
        kept = frozenset(plan.outputs)
        for task, size, made in sizes:
            freed = over
            if task not in kept and readers[task]:
                freed = max([ended.get(reader, over) for reader in readers[task]])
            key, label = plan.key(task), plan.operations[task].label
            self.results.append(CacheData(key, label, size, made, freed))
