"""The HTML page of a profile: timeline, curves and table in one file.

The page is made of ``page.css``, ``page.js`` and the data as JSON; nothing is loaded from anywhere.
Law: whatever comes from a user (names of functions, keys) is escaped.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from html import escape
from itertools import accumulate
from pathlib import Path
from typing import Any

from treadle.diagnostics.cache import CacheProfiler
from treadle.diagnostics.displays import notebook_display
from treadle.diagnostics.plots.timeline import LIMIT, Lane, Row, lanes, rows
from treadle.diagnostics.profile import Profiler, TaskData
from treadle.diagnostics.resources import ResourceProfiler
from treadle.diagnostics.watch import ResultsWatch, WatchError
from treadle.units import format_time

#: Up to so many tasks, the page holds the key of each.
_KEYS = 20_000


class ProfilePage:
    """A profile as one HTML page.

    Attributes
    ----------
    html
        The text of the page.
    path
        The file it was saved to, or None.
    """

    def __init__(self, html: str) -> None:
        self.html = html
        self.path: Path | None = None

    def save(self, filename: str | Path) -> Path:
        """Write the page to a file and return its full path."""
        path = Path(filename)
        # A name may hold half a character, which has no bytes.
        path.write_text(self.html, encoding="utf-8", errors="replace")
        self.path = path.resolve()
        return self.path

    def __repr__(self) -> str:
        return f"<ProfilePage: {self.path or 'not saved'}>"

    def _repr_html_(self) -> str:
        # A frame, so that neither the style nor the script meets those of the notebook.
        return (
            f'<iframe srcdoc="{escape(self.html)}" sandbox="allow-scripts" '
            'style="width: 100%; height: 640px; border: 0"></iframe>'
        )


def visualize(
    profilers: ResultsWatch | Sequence[ResultsWatch],
    filename: str | Path = "profile.html",
    show: bool = True,
    save: bool = True,
    mode: str | None = None,
) -> ProfilePage:
    """Draw what profilers have recorded, on one time axis, as one HTML page.

    Parameters
    ----------
    profilers
        ``Profiler``, ``ResourceProfiler``, ``CacheProfiler``, or several of them.
    filename
        The file to write.
    show
        Open the saved page in a browser when Python runs interactively. A program that runs on its
        own opens nothing; in a notebook, the page that is returned shows itself below the cell.
    save
        Write the file.
    mode
        Accepted for programs that say ``'inline'``. The page never loads anything.

    Returns
    -------
    ProfilePage
        The page; its ``html`` is the text, and ``save`` writes it elsewhere.

    Examples
    --------
    >>> from treadle import delayed
    >>> from treadle.diagnostics import Profiler, visualize
    >>> with Profiler() as profiler:
    ...     total = delayed(sum)([1, 2]).compute()
    >>> page = visualize([profiler], save=False)
    >>> page.html[:15]
    '<!doctype html>'
    """
    if mode not in (None, "inline"):
        raise WatchError(
            f"mode={mode!r} is not possible: the page holds all it needs, so leave mode out"
        )
    page = ProfilePage(_html([profilers] if isinstance(profilers, ResultsWatch) else profilers))
    if save:
        page.save(filename)
    if show:
        _show(page)
    return page


def _show(page: ProfilePage) -> None:
    interactive = hasattr(sys, "ps1") or sys.flags.interactive
    if page.path is not None and interactive and notebook_display() is None:
        import webbrowser

        webbrowser.open(page.path.as_uri())


def _html(profilers: Any) -> str:
    tasks: list[TaskData] = []
    curves: list[dict[str, Any]] = []
    for profiler in profilers:
        if isinstance(profiler, Profiler):
            tasks.extend(profiler.results)
        elif isinstance(profiler, ResourceProfiler):
            curves.extend(_resource_curves(profiler))
        elif isinstance(profiler, CacheProfiler):
            curves.extend(_cache_curves(profiler))
        else:
            raise WatchError(
                f"{profiler!r} is no profiler: give a Profiler, a ResourceProfiler, "
                "a CacheProfiler, or a list of them"
            )
    table = rows(tasks)
    drawn = lanes(tasks)
    edges = [time for curve in curves for time in curve["times"]]
    edges += [edge for lane in drawn for bar in lane.bars for edge in (bar.start, bar.end)]
    start = min(edges, default=0.0)
    for curve in curves:
        curve["times"] = [_micro(time - start) for time in curve["times"]]
    data = {
        "span": _micro(max(edges, default=0.0) - start),
        "labels": [row.label for row in table],
        "lanes": _columns(drawn, table, start, len(tasks) <= _KEYS),
        "curves": curves,
    }
    folder = Path(__file__).parent
    parts = {
        "style": (folder / "page.css").read_text(encoding="utf-8"),
        "script": (folder / "page.js").read_text(encoding="utf-8"),
        # "</script>" inside a name must not end the element.
        "data": json.dumps(data, separators=(",", ":")).replace("<", "\\u003c"),
    }
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        '<meta name="color-scheme" content="light dark">\n<title>Profile</title>\n'
        f"<style>\n{parts['style']}</style>\n</head>\n<body>\n<h1>Profile</h1>\n"
        f"<p>{_summary(tasks, drawn)}</p>\n"
        '<p class="hint">Scroll over a plot to zoom, drag to move, double-click to see all; '
        "point at a row of the table to find its tasks.</p>\n"
        '<div id="plots"></div>\n'
        f"{_table(table)}"
        f'<script type="application/json" id="data">{parts["data"]}</script>\n'
        f"<script>\n{parts['script']}</script>\n</body>\n</html>\n"
    )


def _micro(seconds: float) -> int:
    return round(seconds * 1e6)


def _columns(
    drawn: Sequence[Lane], table: Sequence[Row], start: float, with_keys: bool
) -> list[dict[str, Any]]:
    number = {row.label: place for place, row in enumerate(table)}
    found = []
    for lane in drawn:
        column: dict[str, Any] = {
            "name": lane.name,
            "start": [_micro(bar.start - start) for bar in lane.bars],
            "length": [_micro(bar.end - bar.start) for bar in lane.bars],
            "label": [number[bar.label] for bar in lane.bars],
        }
        if with_keys:
            column["key"] = [bar.key for bar in lane.bars]
        if any(bar.tasks > 1 for bar in lane.bars):
            column["count"] = [bar.tasks for bar in lane.bars]
            column["busy"] = [round(bar.busy, 3) for bar in lane.bars]
        found.append(column)
    return found


def _resource_curves(profiler: ResourceProfiler) -> Iterable[dict[str, Any]]:
    if not profiler.results:
        return
    # Memory is a state at a moment; processor time belongs to the interval that ends there.
    for name, unit, shape in (("cpu", "%", "before"), ("mem", "MB", "line")):
        yield {
            "name": {"cpu": "CPU", "mem": "Memory"}[name],
            "unit": unit,
            "shape": shape,
            "times": [result.time for result in profiler.results],
            "values": [round(getattr(result, name), 2) for result in profiler.results],
        }


def _cache_curves(profiler: CacheProfiler) -> Iterable[dict[str, Any]]:
    changes: dict[float, float] = {}
    for result in profiler.results:
        for time, change in (
            (result.cache_time, result.metric),
            (result.free_time, -result.metric),
        ):
            changes[time] = changes.get(time, 0) + change
    if changes:
        times = sorted(changes)
        yield {
            "name": "Live results",
            "unit": profiler.metric_name,
            "shape": "after",
            "times": times,
            "values": [round(value, 6) for value in accumulate([changes[time] for time in times])],
        }


def _summary(tasks: Sequence[TaskData], drawn: Sequence[Lane]) -> str:
    if not tasks:
        return "No task was recorded."
    start = min([task.start_time for task in tasks])
    span = max([task.end_time for task in tasks]) - start
    work = sum([task.end_time - task.start_time for task in tasks])
    workers = len({task.worker_id for task in tasks})
    parts = [
        f"<b>{len(tasks):,}</b> tasks",
        f"<b>{workers:,}</b> workers",
        f"<b>{format_time(work)}</b> of work in <b>{format_time(span)}</b>",
    ]
    if span:
        parts.append(f"<b>{work / span:.2f}</b> tasks at once on average")
    if len(tasks) > LIMIT:
        bars = sum([len(lane.bars) for lane in drawn])
        parts.append(f"drawn as {bars:,} bars: tasks too short to see are summed up")
    return ", ".join(parts) + "."


def _table(table: Sequence[Row]) -> str:
    if not table:
        return ""
    work = sum([row.total for row in table]) or 1.0
    lines = [
        f'<tr data-label="{place}"><td><i></i>{escape(row.label)}</td><td>{row.tasks:,}</td>'
        f"<td>{format_time(row.total)}</td><td>{100 * row.total / work:.1f}%</td>"
        f"<td>{format_time(row.mean)}</td><td>{format_time(row.longest)}</td></tr>\n"
        for place, row in enumerate(table)
    ]
    heads = "".join(
        [f"<th>{head}</th>" for head in ("Operation", "Tasks", "Total", "Share", "Mean", "Longest")]
    )
    return (
        f"<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{''.join(lines)}</tbody>\n</table>\n"
    )
