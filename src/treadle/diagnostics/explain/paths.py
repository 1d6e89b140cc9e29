"""Critical path and width of a graph: what no scheduler can change.

Tasks are numbered so that what a task reads has a smaller number. Laws:

1. Everything here is linear in tasks and edges, and nothing recurses.
2. A task of weight 0 (a value that is already there) lengthens no path and widens no level.
"""

from __future__ import annotations

from collections.abc import Sequence


def critical_path(
    reads: Sequence[Sequence[int]], weights: Sequence[float] | None = None
) -> tuple[float, list[int]]:
    """Return the length of the heaviest path and its tasks, first to last.

    With enough workers, this is how long a run takes (T-infinity).

    Parameters
    ----------
    reads
        Per task: the tasks it reads.
    weights
        Per task: its duration; 1 each when None, so that the length counts tasks.

    Examples
    --------
    >>> critical_path([(), (), (0, 1)], [1.0, 5.0, 2.0])
    (7.0, [1, 2])
    """
    ends: list[float] = []
    before: list[int] = []
    for task, inputs in enumerate(reads):
        latest, via = 0.0, -1
        for dep in inputs:
            if via < 0 or ends[dep] > latest:
                latest, via = ends[dep], dep
        ends.append(latest + (1.0 if weights is None else weights[task]))
        before.append(via)
    if not ends:
        return 0.0, []
    task = max(range(len(ends)), key=ends.__getitem__)
    length, path = ends[task], []
    while task >= 0:
        path.append(task)
        task = before[task]
    path.reverse()
    return length, path


def width(reads: Sequence[Sequence[int]], weights: Sequence[float] | None = None) -> float:
    """Return the weight of the widest level.

    A task's level is the number of tasks of positive weight on the longest path that leads to it,
    so tasks of one level do not depend on each other. With weights of 1, this is how many workers
    are busy at the widest moment when all tasks take equally long and start as early as they can.

    Parameters
    ----------
    reads
        Per task: the tasks it reads.
    weights
        Per task: how many it counts for; 1 each when None.

    Examples
    --------
    >>> width([(), (), (), (0, 1, 2)])
    3.0
    """
    levels: list[int] = []
    totals: dict[int, float] = {}
    for task, inputs in enumerate(reads):
        weight = 1.0 if weights is None else weights[task]
        level = max([levels[dep] for dep in inputs], default=0)
        if weight:
            level += 1
            totals[level] = totals.get(level, 0.0) + weight
        levels.append(level)
    return max(totals.values(), default=0.0)
