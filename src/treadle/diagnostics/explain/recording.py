"""Recording runs for ``explain``.

A recording is an observer. It notes numbers and calls nothing of the user's, except that it asks
for the size of the first results of each function.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from treadle.diagnostics.explain.runs import Run
from treadle.errors import SchedulerError
from treadle.local.observe import Observer, TaskRecord, observing

if TYPE_CHECKING:
    from treadle.diagnostics.explain.explanation import Explanation
    from treadle.graph.plan import Plan


class Recording(Observer):
    """Collects the runs that it observes.

    Attributes
    ----------
    runs
        The runs so far, in order of their start.

    Examples
    --------
    >>> import treadle
    >>> from treadle.diagnostics.explain import record
    >>> with record() as rec:
    ...     treadle.delayed(sum)([1, 2]).compute(scheduler="sync")
    3
    >>> len(rec.runs[0].tasks), rec.runs[0].scheduler
    (1, 'sync')
    """

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self._open: list[Run] = []
        self._current: Run | None = None

    @property
    def last(self) -> Run:
        """The run that started last.

        Raises
        ------
        SchedulerError
            Nothing was recorded.
        """
        if not self.runs:
            raise SchedulerError(
                "nothing was recorded: call compute() inside the `with record()` block, with "
                "one of treadle's schedulers (a callable get(graph, keys) reports nothing)"
            )
        return self.runs[-1]

    def explain(self, run: int = -1) -> Explanation:
        """Say what one of the recorded runs cost and why; the last one unless told otherwise."""
        from treadle.diagnostics.explain.explanation import explain_run

        return explain_run(self.last if run == -1 else self.runs[run])

    def on_start(self, plan: Plan, scheduler: str, num_workers: int) -> None:
        run = Run(plan, scheduler, num_workers)
        for other in self._open:
            other.mixed = run.mixed = True
        self.runs.append(run)
        self._open.append(run)
        self._current = run

    def on_task_started(self, task: int, worker: int) -> None:
        run = self._current
        if run is not None:
            run.begin(worker)

    def on_task_finished(self, record: TaskRecord, value: Any) -> None:
        run = self._current
        if run is not None:
            run.add(record, value)

    def on_cost(self, kind: str, seconds: float, nbytes: int) -> None:
        run = self._current
        if run is not None:
            run.spend(kind, seconds, nbytes)

    def on_finish(self, errored: bool) -> None:
        if self._open:
            run = self._open.pop()
            self._current = self._open[-1] if self._open else None
            run.close(errored)


@contextmanager
def record() -> Iterator[Recording]:
    """Record every run that is started inside the block.

    Examples
    --------
    >>> import treadle
    >>> from treadle.diagnostics.explain import record
    >>> with record() as rec:
    ...     treadle.delayed(sum)([1, 2]).compute()
    3
    >>> print(rec.explain())  # doctest: +ELLIPSIS
    The run...
    """
    recording = Recording()
    with observing(recording):
        yield recording
