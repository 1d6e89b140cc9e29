"""What is known about a computation before it runs. Nothing of the user's is called.

Laws:

1. What is not known is counted as unknown; no size and no duration is guessed.
2. A graph of more than ``max_tasks`` tasks is not expanded. Its critical path and width are those
   of its operations, and its memory is unknown.
3. A value that is already there weighs nothing on a path, as nothing has to run for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from treadle.diagnostics.explain.known import (
    durations,
    held_bytes,
    join_repeats,
    labels_of,
    result_sizes,
)
from treadle.diagnostics.explain.paths import critical_path, width
from treadle.diagnostics.explain.simulate import Simulation, in_order, in_parallel
from treadle.graph.operation import is_literal
from treadle.graph.plan import Plan, expand

if TYPE_CHECKING:
    from treadle.diagnostics.explain.runs import Run
    from treadle.graph.graph import Graph

#: Graphs with more tasks are looked at by operation.
MAX_TASKS = 1_000_000


class Peak(NamedTuple):
    """What a scheduler would hold at its fullest moment.

    Attributes
    ----------
    scheduler, workers
        Who would run it; for processes, the figures are those of the fullest one.
    results
        Results at once.
    nbytes
        Bytes at once, of the results whose size is known.
    unknown
        Tasks whose result has an unknown size; with any, ``nbytes`` is a lower bound.
    """

    scheduler: str
    workers: int
    results: int
    nbytes: int
    unknown: int


class Estimate(NamedTuple):
    """Times expected from a recorded run, in seconds.

    Attributes
    ----------
    work, span
        All tasks one after the other (T1), and those of the critical path (T-infinity).
    makespan
        A simulated run with this many workers, without any cost besides the tasks.
    unknown
        Tasks of functions that the recorded run did not run; they count as 0 seconds.
    """

    work: float
    span: float
    makespan: float
    unknown: int


@dataclass(frozen=True)
class Forecast:
    """What is known before running.

    Attributes
    ----------
    workers
        The number of workers that the figures are for.
    operations
        By function: how many tasks run it, as they will be run.
    tasks_before, tasks
        Tasks as described (None where unknown), and as they will be run: without what nobody
        needs, and fused.
    values
        How many of ``tasks`` are values that are already there.
    expanded
        Whether tasks were looked at one by one; otherwise figures are those of operations.
    held_bytes
        Bytes of the values and arguments that the graph itself holds.
    sources, sources_unknown, source_bytes
        Tasks that read no other task (and so may read files), how many of them have results of an
        unknown size, and the bytes of the others.
    path
        Tasks on the critical path.
    path_labels
        Their functions in order, repeats joined: ``(("load", 1), ("add", 6))``.
    width
        Tasks of the widest level.
    peaks
        Per scheduler; empty when the graph was not expanded.
    sizes_from
        Where sizes of results come from.
    estimate
        Times, when a recorded run was given.
    """

    workers: int
    operations: Mapping[str, int]
    tasks_before: int | None
    tasks: int
    values: int
    expanded: bool
    held_bytes: int
    sources: int
    sources_unknown: int
    source_bytes: int
    path: int
    path_labels: Sequence[tuple[str, int]]
    width: int
    peaks: Sequence[Peak] = ()
    sizes_from: str = "the operations' own estimates"
    estimate: Estimate | None = None
    #: The plan, for whoever wants to look further; None when the graph was not expanded.
    plan: Plan | None = field(default=None, repr=False, compare=False)

    @property
    def calls(self) -> int:
        """Tasks that call a function: those that are not values already."""
        return self.tasks - self.values

    @property
    def parallelism(self) -> float:
        """The speed-up that the graph allows when all tasks take equally long."""
        return self.calls / self.path if self.path else 1.0

    def bound(self, workers: int) -> float:
        """Return the most speed-up that ``workers`` workers can reach on tasks of equal length."""
        if not self.calls:
            return 1.0
        steps = max(self.path, -(-self.calls // workers))
        return self.calls / steps

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as plain values."""
        shown = {
            name: getattr(self, name)
            for name in self.__dataclass_fields__
            if name not in ("plan", "peaks", "estimate", "operations", "path_labels")
        }
        return shown | {
            "operations": dict(self.operations),
            "calls": self.calls,
            "path_labels": [list(pair) for pair in self.path_labels],
            "parallelism": self.parallelism,
            "peaks": [peak._asdict() for peak in self.peaks],
            "estimate": None if self.estimate is None else self.estimate._asdict(),
        }


def forecast(
    before: Graph, after: Graph, workers: int, run: Run | None = None, max_tasks: int = MAX_TASKS
) -> Forecast:
    """Look at a graph.

    Parameters
    ----------
    before, after
        The graph as described, and as the passes left it.
    workers
        How many workers to make projections for.
    run
        A recorded run of the same functions, from which durations and sizes are taken.
    max_tasks
        Graphs with more tasks are not expanded.
    """
    if after.ntasks > max_tasks:
        return _by_operation(before.ntasks, after, workers)
    return by_task(before.ntasks, expand(after.outputs), workers, run)


def by_task(tasks_before: int | None, plan: Plan, workers: int, run: Run | None = None) -> Forecast:
    """Look at every task of a plan."""
    operations = plan.operations
    literal = [is_literal(operation) for operation in operations]
    weights = [0.0 if is_value else 1.0 for is_value in literal]
    reads = plan.reads()
    length, path = critical_path(reads, weights)
    labels = labels_of(operations)
    counts = Counter(label for label, is_value in zip(labels, literal, strict=True) if not is_value)
    sizes, unknown = result_sizes(operations, labels, literal, run)
    sources = [task for task, inputs in enumerate(reads) if not inputs and not literal[task]]
    missing = set(unknown)
    expected = durations(labels, literal, run)
    times = weights if expected is None else [seconds or 0.0 for seconds in expected]
    dependents = plan.dependents()
    outputs = set(plan.outputs)
    simulated = {
        "sync": (1, in_order(reads, outputs, times, sizes)),
        "threads": (workers, in_parallel(reads, dependents, outputs, times, sizes, workers)),
        "processes": (
            workers,
            in_parallel(reads, dependents, outputs, times, sizes, workers, separate=True),
        ),
    }
    return Forecast(
        workers=workers,
        operations=dict(counts.most_common()),
        tasks_before=tasks_before,
        tasks=len(plan),
        values=sum(literal),
        expanded=True,
        held_bytes=held_bytes(dict.fromkeys(operations)),
        sources=len(sources),
        sources_unknown=sum(task in missing for task in sources),
        source_bytes=int(sum(sizes[task] for task in sources if task not in missing)),
        path=int(length),
        path_labels=join_repeats([labels[task] for task in path if not literal[task]]),
        width=int(width(reads, weights)),
        peaks=[
            Peak(name, count, result.results, int(result.nbytes), len(missing))
            for name, (count, result) in simulated.items()
        ],
        sizes_from="the operations' own estimates"
        + ("" if run is None else ", else the mean of the recorded results of the same function"),
        estimate=None if expected is None else _estimate(reads, expected, simulated["threads"][1]),
        plan=plan,
    )


def _by_operation(tasks_before: int, graph: Graph, workers: int) -> Forecast:
    operations = graph.operations
    number = {operation: place for place, operation in enumerate(operations)}
    reads = [[number[source] for source in operation.inputs()] for operation in operations]
    literal = [is_literal(operation) for operation in operations]
    weights = [0.0 if is_value else 1.0 for is_value in literal]
    length, path = critical_path(reads, weights)
    counts: Counter[str] = Counter()
    for operation, is_value in zip(operations, literal, strict=True):
        if not is_value:
            counts[operation.label] += operation.ntasks
    sources = [
        operation
        for operation, inputs, is_value in zip(operations, reads, literal, strict=True)
        if not inputs and not is_value
    ]
    return Forecast(
        workers=workers,
        operations=dict(counts.most_common()),
        tasks_before=tasks_before,
        tasks=graph.ntasks,
        values=sum(literal),
        expanded=False,
        held_bytes=held_bytes(operations),
        sources=sum(operation.ntasks for operation in sources),
        sources_unknown=sum(o.ntasks for o in sources if o.nbytes is None),
        source_bytes=sum(o.ntasks * o.nbytes for o in sources if o.nbytes is not None),
        path=int(length),
        path_labels=join_repeats([operations[place].label for place in path if not literal[place]]),
        width=int(
            width(
                reads,
                [w * operation.ntasks for w, operation in zip(weights, operations, strict=True)],
            )
        ),
    )


def _estimate(
    reads: Sequence[Sequence[int]], expected: Sequence[float | None], threads: Simulation
) -> Estimate:
    times = [seconds or 0.0 for seconds in expected]
    return Estimate(
        work=sum(times),
        span=critical_path(reads, times)[0],
        makespan=threads.makespan,
        unknown=sum(seconds is None for seconds in expected),
    )
