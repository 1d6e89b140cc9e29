"""How far a run is and how long it will take, from what its tasks have cost so far.

No clock and no output here: the caller says what time it is. Tasks are weighed by the mean time of
their function, once one of them has run; until then by the mean of all tasks. Work is what tasks
measured, so the ratio of work to time contains the parallelism that the run really has.

All of this competes with the tasks for the interpreter: tasks are counted in loops that run in C,
and of many that ended at once only a sample is timed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from treadle.graph.plan import Plan
    from treadle.local.observe import TaskRecord


#: Of the tasks that are added at once, about so many are timed.
_SAMPLE = 500


class Progress(NamedTuple):
    """The state of a run at one moment.

    ``rate`` is in tasks per second, ``elapsed`` and ``left`` in seconds; ``left`` is None where
    nothing is known. ``errored`` is None while the run goes on.
    """

    done: int
    total: int
    elapsed: float
    rate: float
    left: float | None
    label: str
    errored: bool | None

    @property
    def fraction(self) -> float:
        """The share of tasks that have run, from 0 to 1."""
        return self.done / self.total if self.total else 1.0


class Estimate:
    """Counts the tasks of a run and extrapolates.

    Parameters
    ----------
    plan
        What runs.
    now
        When it started, in the seconds of the records.
    """

    def __init__(self, plan: Plan, now: float) -> None:
        self.plan = plan
        self.start = now
        self.last = now
        self.done = 0
        self.seen = bytearray(len(plan))
        # By function and not by label, whose text would have to be made for every task.
        self.funcs = [id(operation.func) for operation in plan.operations]
        self.totals = Counter(self.funcs)
        self.counts: Counter[int] = Counter()
        self.timed: Counter[int] = Counter()
        self.seconds: dict[int, float] = {}

    def add(self, records: Sequence[TaskRecord]) -> None:
        """Count tasks that have run."""
        if not records:
            return
        seen, funcs = self.seen, self.funcs
        # A task runs again when the worker that had its result is gone.
        tasks = [
            task for task in dict.fromkeys([record[0] for record in records]) if not seen[task]
        ]
        for task in tasks:
            seen[task] = 1
        self.done += len(tasks)
        self.counts.update(map(funcs.__getitem__, tasks))
        self.last = max(self.last, max([record[3] for record in records]))
        for task, _, start, end, _ in records[:: 1 + len(records) // _SAMPLE]:
            func = funcs[task]
            self.timed[func] += 1
            self.seconds[func] = self.seconds.get(func, 0.0) + end - start

    def progress(self, now: float, latest: int = -1, errored: bool | None = None) -> Progress:
        """Return how far the run is.

        Parameters
        ----------
        now
            The time.
        latest
            The task that started last, or -1.
        errored
            None while the run goes on, then whether it failed.
        """
        elapsed = max(0.0, now - self.start)
        label = self.plan.operations[latest].label if latest >= 0 else ""
        rate = self.done / elapsed if elapsed else 0.0
        total = len(self.plan)
        return Progress(self.done, total, elapsed, rate, self._left(now), label, errored)

    def _left(self, now: float) -> float | None:
        spent = self.last - self.start
        if self.done == len(self.plan):
            return 0.0
        if not self.timed or spent <= 0:
            return None
        overall = sum(self.seconds.values()) / self.timed.total()
        work = ahead = 0.0
        for func, total in self.totals.items():
            timed, done = self.timed[func], self.counts[func]
            mean = self.seconds[func] / timed if timed else overall
            work += done * mean
            ahead += (total - done) * mean
        if work <= 0:
            return None
        # Since the last task ended time has passed, and some of what is ahead was done in it.
        return max(0.0, ahead * spent / work - (now - self.last))
