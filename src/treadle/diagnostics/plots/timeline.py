"""From recorded tasks to the bars of a timeline and the rows of a table.

Laws:

1. Bars of one lane do not overlap: a worker that reports several tasks at once gets several lanes.
2. The number of bars is bounded: above ``LIMIT`` tasks, those too short to be seen are summed up by
   place, and their bar says how many they are and how much of its width they fill.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from treadle.diagnostics.profile import TaskData

#: Above so many tasks, short ones are summed up.
LIMIT = 50_000

#: Places per lane in which short tasks are summed up.
PLACES = 4000


class Bar(NamedTuple):
    """One task, or ``tasks`` short ones of which most time went into ``label``.

    ``busy`` is the share of the bar in which tasks ran.
    """

    start: float
    end: float
    label: str
    key: str
    tasks: int
    busy: float


class Lane(NamedTuple):
    """The bars of one worker, from left to right."""

    name: str
    bars: list[Bar]


class Row(NamedTuple):
    """What one operation took in all, in seconds."""

    label: str
    tasks: int
    total: float
    mean: float
    longest: float


def rows(results: Iterable[TaskData]) -> list[Row]:
    """Return one row per operation, the one with the most time first.

    Examples
    --------
    >>> rows([TaskData("a", "inc", 0.0, 1.0, 0), TaskData("b", "inc", 1.0, 4.0, 0)])
    [Row(label='inc', tasks=2, total=4.0, mean=2.0, longest=3.0)]
    """
    times: dict[str, list[float]] = defaultdict(list)
    for result in results:
        times[result.task].append(result.end_time - result.start_time)
    found = [
        Row(label, len(spent), sum(spent), sum(spent) / len(spent), max(spent))
        for label, spent in times.items()
    ]
    return sorted(found, key=lambda row: (-row.total, row.label))


def lanes(results: Iterable[TaskData]) -> list[Lane]:
    """Return the lanes of a timeline, in order of the workers."""
    by_worker: dict[int, list[TaskData]] = defaultdict(list)
    for result in results:
        by_worker[result.worker_id].append(result)
    tasks = sum([len(mine) for mine in by_worker.values()])
    found = []
    for worker in sorted(by_worker):
        split = _without_overlap(sorted(by_worker[worker], key=_interval))
        for place, mine in enumerate(split):
            name = f"{worker}" if len(split) == 1 else f"{worker}.{place}"
            found.append((name, mine))
    if tasks <= LIMIT:
        return [Lane(name, [_bar(result) for result in mine]) for name, mine in found]
    start = min([mine[0].start_time for _, mine in found])
    end = max([mine[-1].end_time for _, mine in found])
    width = (end - start) / PLACES
    return [Lane(name, _summed(mine, start, width)) for name, mine in found]


def _interval(result: TaskData) -> tuple[float, float]:
    return result.start_time, result.end_time


def _bar(result: TaskData) -> Bar:
    return Bar(result.start_time, result.end_time, result.task, str(result.key), 1, 1.0)


def _without_overlap(results: Sequence[TaskData]) -> list[list[TaskData]]:
    """Split what is sorted by start into as few lists without overlap as possible."""
    split: list[list[TaskData]] = []
    free: list[tuple[float, int]] = []  # when each list ends: a heap
    for result in results:
        if free and free[0][0] <= result.start_time:
            place = heapq.heappop(free)[1]
        else:
            place = len(split)
            split.append([])
        split[place].append(result)
        heapq.heappush(free, (result.end_time, place))
    return split


def _summed(results: Sequence[TaskData], start: float, width: float) -> list[Bar]:
    bars: list[Bar] = []
    short: dict[int, list[TaskData]] = defaultdict(list)
    for result in results:
        if result.end_time - result.start_time >= width:
            bars.append(_bar(result))
        else:
            short[int((result.start_time - start) / width)].append(result)
    for place, mine in short.items():
        if len(mine) == 1:
            bars.append(_bar(mine[0]))
            continue
        table = rows(mine)
        left = start + place * width
        busy = min(1.0, sum([row.total for row in table]) / width)
        bars.append(Bar(left, left + width, table[0].label, "", len(mine), busy))
    return sorted(bars)
