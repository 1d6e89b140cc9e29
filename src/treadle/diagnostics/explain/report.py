"""What a recorded run says: work, critical path, speed-up, and where its time went.

Laws:

1. Time that a task spent waiting for the interpreter lock or for a core is no work: alone it would
   not have waited. So T1 and T-infinity leave these waits out; ``in_tasks`` has them.
2. The account adds up to workers times wall time (see ``accounting``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from treadle.diagnostics.explain.accounting import Account, account
from treadle.diagnostics.explain.known import join_repeats, labels_of
from treadle.diagnostics.explain.paths import critical_path
from treadle.diagnostics.explain.simulate import in_parallel
from treadle.errors import SchedulerError

if TYPE_CHECKING:
    from treadle.diagnostics.explain.runs import Run


@dataclass(frozen=True)
class Failure:
    """A run that gave no figures.

    Attributes
    ----------
    name
        The scheduler as it was asked for.
    reason
        Why.
    """

    name: str
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as plain values."""
        return {"name": self.name, "failed": self.reason}


@dataclass(frozen=True)
class Report:
    """The figures of one run. Times are in seconds.

    Attributes
    ----------
    name
        The scheduler as it was asked for.
    scheduler, workers
        What ran it, and with how many workers.
    complete
        Whether every task ran; an exception ends a run early.
    elapsed
        The whole call, with optimising and planning; None when only the run was recorded.
    wall
        The run, from start to end.
    tasks
        How many tasks ran.
    in_tasks, cpu
        The sum of all tasks' wall times, and of their processor times.
    core, lock
        The parts of ``in_tasks`` spent waiting for a core, and for the interpreter lock; None
        where unknown.
    work, span
        T1, the time of all tasks in a row, and T-infinity, that of the critical path.
    path_labels
        The functions on the critical path in order, repeats joined.
    makespan
        How long a simulated run of tasks of these durations takes with as many workers.
    account
        Where the worker-seconds went.
    costs
        By kind: seconds, bytes and number of what was reported besides tasks.
    functions
        By function: how many tasks ran and their seconds, the longest first.
    """

    name: str
    scheduler: str
    workers: int
    complete: bool
    elapsed: float | None
    wall: float
    tasks: int
    in_tasks: float
    cpu: float
    core: float | None
    lock: float | None
    work: float
    span: float
    path_labels: Sequence[tuple[str, int]]
    makespan: float
    account: Account
    costs: Mapping[str, Mapping[str, float]]
    functions: Mapping[str, tuple[int, float]]

    @property
    def allowed(self) -> float:
        """The speed-up that the graph allows with any number of workers: T1 / T-infinity."""
        return self.work / self.span if self.span else 1.0

    @property
    def best_time(self) -> float:
        """The time that no run with as many workers can beat: max(T1 / p, T-infinity)."""
        return max(self.work / self.workers, self.span)

    @property
    def greedy_time(self) -> float:
        """The time that a run without idle workers and costs stays below: T1 / p + T-infinity."""
        return self.work / self.workers + self.span

    @property
    def allowed_here(self) -> float:
        """The most speed-up that this number of workers can reach."""
        return self.work / self.best_time if self.best_time else 1.0

    def achieved(self, work: float | None = None) -> float:
        """Return how many times faster than ``work`` seconds the run was; T1 when None."""
        work = self.work if work is None else work
        return work / self.wall if self.wall else 1.0

    @property
    def outside(self) -> float:
        """Seconds of the call outside the run: optimising, planning, putting results back."""
        return 0.0 if self.elapsed is None else max(0.0, self.elapsed - self.wall)

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as plain values."""
        shown = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return shown | {
            "path_labels": [list(pair) for pair in self.path_labels],
            "account": self.account._asdict(),
            "costs": {kind: dict(cost) for kind, cost in self.costs.items()},
            "functions": {label: list(pair) for label, pair in self.functions.items()},
            "allowed": self.allowed,
            "allowed_here": self.allowed_here,
            "best_time": self.best_time,
            "greedy_time": self.greedy_time,
            "achieved": self.achieved(),
        }


def report(run: Run, name: str | None = None, elapsed: float | None = None) -> Report:
    """Work out the figures of a recorded run.

    Raises
    ------
    SchedulerError
        The run is not over, or another run overlapped with it.
    """
    if run.end is None:
        raise SchedulerError("the run is not over: explain it when compute() has returned")
    if run.mixed:
        raise SchedulerError(
            "two runs overlapped in this recording, and what tasks reported cannot be told apart: "
            "record each run in a `with record()` block of its own"
        )
    plan = run.plan
    reads = plan.reads()
    durations = [0.0] * len(plan)
    functions: dict[str, tuple[int, float]] = {}
    labels = labels_of(plan.operations)
    for task, took, effort in zip(run.tasks, run.durations, run.efforts, strict=True):
        durations[task] = effort
        count, seconds = functions.get(labels[task], (0, 0.0))
        functions[labels[task]] = (count + 1, seconds + took)
    span, path = critical_path(reads, durations)
    simulated = in_parallel(
        reads, plan.dependents(), set(plan.outputs), durations, durations, run.num_workers
    )
    spent = account(
        reads,
        run.tasks,
        run.workers,
        run.starts,
        run.ends,
        run.cpu,
        run.core,
        run.locked,
        run.start,
        run.end,
        run.num_workers,
        {"record": run.recording} | {kind: cost.seconds for kind, cost in run.costs.items()},
    )
    return Report(
        name=run.scheduler if name is None else name,
        scheduler=run.scheduler,
        workers=run.num_workers,
        complete=not run.errored and len(run.tasks) == len(plan),
        elapsed=elapsed,
        wall=run.wall,
        tasks=len(run.tasks),
        in_tasks=sum(run.durations),
        cpu=sum(run.cpu),
        core=sum(run.core) if run.core_known else None,
        lock=sum(run.locked) if run.lock_known else None,
        work=sum(durations),
        span=span,
        path_labels=join_repeats([labels[task] for task in path if durations[task]]),
        makespan=simulated.makespan,
        account=spent,
        costs={
            kind: {"seconds": cost.seconds, "nbytes": cost.nbytes, "count": cost.count}
            for kind, cost in run.costs.items()
        },
        functions=dict(sorted(functions.items(), key=lambda item: -item[1][1])),
    )
