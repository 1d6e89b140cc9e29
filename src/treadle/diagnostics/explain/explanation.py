"""``explain``: what a computation will cost, or did, and why.

Before running it calls nothing of the user's. Asked to run, it runs each scheduler once, one after
the other, through ``compute``; nothing is kept or shared between the runs, and no result is kept.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from time import perf_counter
from typing import TYPE_CHECKING, Any

from treadle import config
from treadle.collection import compute, graph_of, merge, unpack
from treadle.diagnostics.explain.forecast import MAX_TASKS, Forecast, by_task, forecast
from treadle.diagnostics.explain.recording import Recording
from treadle.diagnostics.explain.report import Failure, Report, report
from treadle.diagnostics.explain.runs import Run
from treadle.diagnostics.explain.tables import as_html, as_text, forecast_table, run_table
from treadle.diagnostics.explain.words import Answer, answers, reference
from treadle.errors import GraphError, SchedulerError
from treadle.graph.graph import Graph
from treadle.local.observe import observing
from treadle.local.select import NAMES
from treadle.local.threads import check_workers, default_workers

if TYPE_CHECKING:
    from treadle.diagnostics.explain.tables import Table

_WIDTH = 88


@dataclass(frozen=True)
class Explanation:
    """Figures and answers; ``print`` shows them, and so does a notebook.

    Attributes
    ----------
    forecast
        What is known without running.
    runs
        One ``Report`` per run, or a ``Failure`` that says why there is none.
    answers
        The questions that people ask about speed, answered from the figures.
    """

    forecast: Forecast
    runs: Sequence[Report | Failure]
    answers: Sequence[Answer]

    @property
    def reports(self) -> list[Report]:
        """The runs that gave figures."""
        return [one for one in self.runs if isinstance(one, Report)]

    def tables(self) -> list[Table]:
        """Return the tables that ``str`` shows."""
        if not self.runs:
            return [forecast_table(self.forecast, "Before running")]
        base = reference(self.reports)
        title = "The run" if len(self.runs) == 1 else "The runs"
        runs = run_table(title, self.runs, None if base is None else base.work)
        return [runs] if len(self.runs) > 1 else [runs, forecast_table(self.forecast, "The graph")]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values, for JSON."""
        return {
            "forecast": self.forecast.to_dict(),
            "runs": [one.to_dict() for one in self.runs],
            "answers": [answer._asdict() for answer in self.answers],
        }

    def __str__(self) -> str:
        parts = [as_text(table) for table in self.tables()]
        for answer in self.answers:
            lines = [answer.question]
            for line in answer.text.split("\n"):
                lines += textwrap.wrap(line, _WIDTH, initial_indent="  ", subsequent_indent="  ")
            parts.append("\n".join(lines))
        return "\n\n".join(parts)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        parts = [as_html(table) for table in self.tables()]
        for answer in self.answers:
            text = "<br>".join(escape(line) for line in answer.text.split("\n"))
            parts.append(f"<h4>{escape(answer.question)}</h4><p>{text}</p>")
        return f'<div class="treadle-explanation">{"".join(parts)}</div>'


def explain(
    *collections: Any,
    run: Recording | Run | str | bool | None = None,
    compare: Sequence[Any] | None = None,
    scheduler: Any = None,
    num_workers: int | None = None,
    optimize_graph: bool = True,
    max_tasks: int = MAX_TASKS,
    **options: Any,
) -> Explanation:
    """Say what computing collections will cost, or did, and why.

    Without ``run=`` and ``compare=`` no task is run.

    Parameters
    ----------
    *collections
        Collections, or containers that hold some.
    run
        A recording of an earlier run of the same functions, to expect durations and sizes from; or
        the name of a scheduler, to run the collections with it once and explain that; or True, to
        do so with ``scheduler`` or the one that ``compute`` would choose.
    compare
        Schedulers to run the collections with, once each, in this order.
    scheduler
        For ``run=True``, as in ``treadle.compute``. Without a run, the one whose peak is projected.
    num_workers
        Workers to run or make projections with; one per core when None.
    optimize_graph
        Whether to run the optimisation passes first.
    max_tasks
        Graphs with more tasks than this are looked at by operation and not by task.
    **options
        Further options of the schedulers that run.

    Returns
    -------
    Explanation
        Print it, show it in a notebook, or read its attributes.

    Raises
    ------
    GraphError
        No argument is or holds a collection.
    SchedulerError
        The recording is empty or cannot be used, or ``run`` and ``compare`` both ask for runs.

    Examples
    --------
    >>> import treadle
    >>> add = treadle.delayed(lambda x, y: x + y)
    >>> total = treadle.delayed(sum)([add(i, 1) for i in range(8)])
    >>> before = treadle.explain(total, num_workers=4)
    >>> before.forecast.calls, before.forecast.path, before.forecast.width
    (9, 2, 8)
    >>> after = treadle.explain(total, compare=["sync", "threads"])
    >>> [one.tasks for one in after.reports]
    [9, 9]
    """
    found, _ = unpack(collections)
    if not found:
        raise GraphError(
            "explain() got no collection: give it delayed values or other collections, "
            "before they are computed"
        )
    asked = _asked(run, compare, scheduler)
    recorded = run.last if isinstance(run, Recording) else run if isinstance(run, Run) else None
    if recorded is not None:
        report(recorded)  # says what is wrong with a recording that cannot be used
    graphs = [graph_of(collection) for collection in found]
    before = Graph([out for graph in graphs for out in graph.outputs])
    after = merge(found, graphs, optimize_graph)
    workers = _workers(num_workers)
    if num_workers is not None:
        options["num_workers"] = num_workers
    runs: list[Report | Failure] = []
    for one in asked:
        recording = Recording()
        result = _run(found, one, recording, compare is not None, optimize_graph, options)
        runs.append(result)
        if recorded is None and isinstance(result, Report) and result.complete:
            recorded = recording.last
    seen = forecast(before, after, workers, recorded, max_tasks)
    if isinstance(scheduler, str) and not asked:
        named = NAMES.get(scheduler.lower())
        seen = replace(seen, peaks=[peak for peak in seen.peaks if peak.scheduler == named])
    reports = [one for one in runs if isinstance(one, Report)]
    return Explanation(seen, runs, answers(seen, reports, workers, default_workers()))


def explain_run(run: Run, name: str | None = None) -> Explanation:
    """Say what a recorded run cost and why."""
    done = report(run, name)
    seen = by_task(None, run.plan, run.num_workers, run)
    return Explanation(seen, [done], answers(seen, [done], run.num_workers, default_workers()))


def _asked(run: Any, compare: Sequence[Any] | None, scheduler: Any) -> list[Any]:
    """Return the schedulers to run with."""
    if isinstance(compare, str):
        raise SchedulerError(
            f"compare={compare!r} is one scheduler: give a list, such as [{compare!r}, 'sync'], "
            f"or run={compare!r}"
        )
    if run is None or run is False or isinstance(run, Recording | Run):
        return list(compare or ())
    if compare is not None:
        raise SchedulerError(
            f"run={run!r} and compare={compare!r} both ask for runs: put all schedulers "
            "into compare"
        )
    if run is True:
        return [scheduler]
    if isinstance(run, str):
        return [run]
    raise SchedulerError(
        f"run={run!r} is no recorded run: give what `with record() as rec` made, the name of a "
        "scheduler, or True"
    )


def _workers(num_workers: int | None) -> int:
    chosen = config.get("num-workers", None) if num_workers is None else num_workers
    return check_workers(chosen)


def _run(
    found: Sequence[Any],
    scheduler: Any,
    recording: Recording,
    tolerant: bool,
    optimize_graph: bool,
    options: dict[str, Any],
) -> Report | Failure:
    """Run with one scheduler; where several are compared, a failure is a row and not an error."""
    name = scheduler if isinstance(scheduler, str) else None
    start = perf_counter()
    try:
        with observing(recording):
            compute(
                *found,
                traverse=False,
                optimize_graph=optimize_graph,
                scheduler=scheduler,
                **options,
            )
        return report(recording.last, name, perf_counter() - start)
    except Exception as error:
        if not tolerant:
            raise
        shown = name or str(getattr(scheduler, "__name__", type(scheduler).__name__))
        return Failure(shown, f"{type(error).__name__}: {error}".strip().split("\n")[0])
