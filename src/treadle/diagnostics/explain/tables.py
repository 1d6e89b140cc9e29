"""Figures as rows of text, and rows as plain text or HTML.

Law: what is unknown is written as "unknown", what does not apply as "-".
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from treadle.diagnostics.explain.forecast import Forecast, Peak
from treadle.diagnostics.explain.report import Failure, Report
from treadle.diagnostics.explain.words import LOSSES, chain, plural, times
from treadle.units import format_bytes, format_time

#: Functions listed by name; the others are summed up.
_LISTED = 8


class Table(NamedTuple):
    """A title and rows; the first cell of each names it. An indented name is a part of the above.

    Attributes
    ----------
    title
        The heading.
    head
        Column headings; empty for a list of figures.
    rows
        Cells, as many per row as ``head`` has, if it has any.
    notes
        Lines below.
    """

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()


def as_text(table: Table) -> str:
    """Write a table in plain characters.

    Examples
    --------
    >>> print(as_text(Table("Sizes", ("", "a"), (("one", "1 B"), ("two", "20 B")))))
    Sizes
               a
      one    1 B
      two   20 B
    """
    rows = [table.head, *table.rows] if table.head else list(table.rows)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [table.title]
    for row in rows:
        # Figures under a heading line up on the right, lists of figures read from the left.
        cells = [
            cell.rjust(width) if table.head else cell
            for cell, width in zip(row[1:], widths[1:], strict=True)
        ]
        lines.append("   ".join(["  " + row[0].ljust(widths[0]), *cells]).rstrip())
    lines.extend(f"  {note}" for note in table.notes)
    return "\n".join(lines)


def as_html(table: Table) -> str:
    """Write a table for a notebook."""
    parts = [f"<h4>{escape(table.title)}</h4><table>"]
    if table.head:
        cells = "".join(f"<th>{escape(cell)}</th>" for cell in table.head)
        parts.append(f"<thead><tr>{cells}</tr></thead>")
    parts.append("<tbody>")
    for row in table.rows:
        indent = 1.2 * ((len(row[0]) - len(row[0].lstrip())) // 2)
        name = (
            f'<th style="text-align:left;padding-left:{0.5 + indent:.1f}em">{escape(row[0])}</th>'
        )
        align = "right" if table.head else "left"
        cells = "".join(f'<td style="text-align:{align}">{escape(cell)}</td>' for cell in row[1:])
        parts.append(f"<tr>{name}{cells}</tr>")
    parts.append("</tbody></table>")
    parts.extend(f"<p>{escape(note)}</p>" for note in table.notes)
    return "".join(parts)


def forecast_table(forecast: Forecast, title: str) -> Table:
    """Show what is known of a graph without running it."""
    listed = list(forecast.operations.items())
    shown = [f"{label} x{count:,}" for label, count in listed[:_LISTED]]
    if len(listed) > _LISTED:
        rest = sum(count for _, count in listed[_LISTED:])
        shown.append(f"{plural(len(listed) - _LISTED, 'other')} x{rest:,}")
    values = f", {forecast.values:,} of them values" if forecast.values else ""
    described = forecast.tasks_before
    before = "" if described is None else f" (as described: {described:,})"
    rows = [
        ["functions", *_wrapped(shown)],
        ["tasks", f"{forecast.tasks:,}{values}{before}"],
        ["data in the graph", format_bytes(forecast.held_bytes)],
        ["read or made by first tasks", _source_text(forecast)],
        ["critical path", f"{plural(forecast.path, 'task')}: {chain(forecast.path_labels)}"],
        ["parallelism", f"{times(forecast.parallelism)} (tasks / critical path)"],
        ["widest level", plural(forecast.width, "task")],
    ]
    for peak in forecast.peaks:
        rows.append([f"peak memory, {peak.scheduler}", _peak_text(peak)])
    notes = []
    if not forecast.expanded:
        rows.append(["peak memory", "unknown"])
        notes.append("Too many tasks to look at one by one: figures are those of operations.")
    estimate = forecast.estimate
    if estimate is not None:
        text = f"{format_time(estimate.makespan)} with {plural(forecast.workers, 'worker')}"
        if estimate.unknown:
            text = f"at least {text} (unknown: {plural(estimate.unknown, 'task')})"
        rows.append(["expected time", text])
    flat = []
    for name, *cells in rows:
        flat.extend([(name if not place else "", cell) for place, cell in enumerate(cells)])
    return Table(title, (), flat, notes)


def _wrapped(words: Sequence[str], width: int = 72) -> list[str]:
    lines = [""]
    for word in words:
        if lines[-1] and len(lines[-1]) + len(word) + 2 > width:
            lines.append("")
        lines[-1] += f", {word}" if lines[-1] else word
    return lines


def _source_text(forecast: Forecast) -> str:
    known = forecast.sources - forecast.sources_unknown
    if not forecast.sources:
        return "nothing"
    if not known:
        return f"unknown: {plural(forecast.sources, 'task')}"
    text = f"{format_bytes(forecast.source_bytes)} by {plural(known, 'task')}"
    if forecast.sources_unknown:
        text += f" (unknown: {plural(forecast.sources_unknown, 'task')})"
    return text


def _peak_text(peak: Peak) -> str:
    held = plural(peak.results, "result")
    each = " in the fullest process" if peak.scheduler == "processes" else ""
    if peak.unknown and not peak.nbytes:
        return f"unknown bytes, {held} at once{each}"
    if peak.unknown:
        return (
            f"at least {format_bytes(peak.nbytes)}, {held} at once{each} "
            f"(size unknown: {plural(peak.unknown, 'task')})"
        )
    return f"{format_bytes(peak.nbytes)}, {held} at once{each}"


def run_table(title: str, reports: Sequence[Report | Failure], work: float | None) -> Table:
    """Show runs side by side.

    Parameters
    ----------
    title
        The heading.
    reports
        One column each.
    work
        T1 of the run that stands for the work; each run's own when None.
    """
    rows: list[list[str]] = []

    def add(name: str, cells: Sequence[str]) -> None:
        rows.append([name, *cells])

    def each(name: str, figures: Sequence[str | None]) -> None:
        """Add a row with one figure per report; failures have none."""
        given = iter(figures)
        cells = ["-" if isinstance(one, Failure) else next(given) or "-" for one in reports]
        add(name, cells)

    done = [one for one in reports if isinstance(one, Report)]
    each("workers", [f"{one.workers:,}" for one in done])
    if any(one.elapsed is not None for one in done):
        each(
            "time of the whole call",
            [None if one.elapsed is None else format_time(one.elapsed) for one in done],
        )
    each("time of the run", [format_time(one.wall) for one in done])
    each("tasks run", [f"{one.tasks:,}" for one in done])
    each("work T1: tasks in a row", [format_time(one.work) for one in done])
    each("critical path T-infinity", [format_time(one.span) for one in done])
    each("speed-up the graph allows", [times(one.allowed) for one in done])
    each("  with these workers", [times(one.allowed_here) for one in done])
    each("  simulated, tasks alone", [_simulated(one) for one in done])
    each("speed-up achieved", [times(one.achieved(work)) for one in done])
    add("worker-seconds", [""] * len(reports))
    each("  in tasks, on a processor", [_share(one, one.account.computing) for one in done])
    each(
        "  in tasks, waiting for a core",
        ["unknown" if one.core is None else _share(one, one.account.core) for one in done],
    )
    each(
        "  in tasks, waiting for the lock",
        ["unknown" if one.lock is None else _share(one, one.account.lock) for one in done],
    )
    each("  in tasks, sleeping or blocked", [_share(one, one.account.blocked) for one in done])
    for name, words in _ROWS.items():
        figures = [getattr(one.account, name) for one in done]
        if name in _ALWAYS or any(figures):
            spent = [_share(one, figure) for one, figure in zip(done, figures, strict=True)]
            each(f"  {words}", spent)
    each("  sum: workers x run", [format_time(one.account.total) for one in done])
    for kind in sorted({kind for one in done for kind in one.costs}):
        each(
            f"all {kind}, also beside tasks",
            [_cost(one, kind) for one in done],
        )
    notes = []
    if any(one.core is None for one in done):
        notes.append("Waiting for a core counts as sleeping or blocked where it is unknown.")
    notes += [f"{one.name} failed: {one.reason}" for one in reports if isinstance(one, Failure)]
    return Table(title, ("", *[one.name for one in reports]), rows, notes)


#: The losses as rows; waits for lock and core stand with the tasks, inside which they happen.
_ROWS = {name: words for name, words in LOSSES.items() if name not in ("core", "lock")} | {
    "moving": "moving bytes",
    "starved": "idle: no task was ready",
    "tail": "idle: no task was left",
    "finishing": "after the last task",
}
_ALWAYS = ("pickling", "moving", "scheduling", "starved")


def _share(report: Report, seconds: float) -> str:
    total = report.account.total
    if not seconds or not total:
        return "0 s"
    return f"{format_time(seconds)} {seconds / total:4.0%}"


def _simulated(report: Report) -> str:
    return times(report.work / report.makespan) if report.makespan else "-"


def _cost(report: Report, kind: str) -> str:
    cost = report.costs.get(kind)
    if cost is None:
        return "0 s"
    text = format_time(cost["seconds"])
    return f"{text}, {format_bytes(cost['nbytes'])}" if cost["nbytes"] else text
