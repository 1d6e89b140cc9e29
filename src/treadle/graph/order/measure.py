"""How many results (or bytes) an order holds: the one simulation by which orders are compared.

Laws of this file:

1. A result is live from the moment its task has run until its last user has run; a kept one to the
   end; one that nobody uses or keeps only while its task runs.
2. The peak counts a task's own result together with its inputs: both exist while it runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from treadle.errors import GraphError
from treadle.graph.order.dag import Dag


class Peak(NamedTuple):
    """What an order holds at most and at its end, in results (or in bytes where sizes are given).

    Attributes
    ----------
    peak : int
        The most that is live while any task runs, its own result included.
    final : int
        What is live after the last task: the distinct outputs.
    """

    peak: int
    final: int


def measure(dag: Dag, order: Sequence[int], open_: list[int]) -> tuple[int, int, int]:
    """Peak, area (the sum of what is live after each task) and final of `order`.

    `open_` holds the users still to come of each task and is consumed.
    """
    reads, size = dag.reads, dag.size
    live = peak = area = 0
    for t in order:
        live += size[t]
        if live > peak:
            peak = live
        for d in reads[t]:
            k = open_[d] - 1
            open_[d] = k
            if not k:
                live -= size[d]
        if not open_[t]:
            live -= size[t]
        area += live
    return peak, area, live


def lower_bound(dag: Dag, tasks: Sequence[int]) -> int:
    """No order of `tasks`, which share nothing with any others, has a lower peak than this.

    1. A task runs next to all its inputs.
    2. Some sink runs last, when everything kept is there, next to those of its inputs that are not.
    """
    reads, users, size, kept = dag.reads, dag.users, dag.size, dag.kept
    alone = keep = 0
    last = -1
    for t in tasks:
        need = size[t]
        for d in reads[t]:
            need += size[d]
        if need > alone:
            alone = need
        if kept[t]:
            keep += size[t]
        if not users[t]:
            # what is not kept and yet there while it runs: inputs, and itself where nobody wants it
            extra = sum([size[d] for d in reads[t] if not kept[d]])
            if not kept[t]:
                extra += size[t]
            if last < 0 or extra < last:
                last = extra
    return max(alone, keep + max(last, 0))


def peak_live(
    deps: Sequence[Sequence[int]],
    outputs: Sequence[int],
    order: Sequence[int],
    sizes: Sequence[int] | None = None,
) -> Peak:
    """The peak of live results when tasks run one after another in `order`.

    Parameters
    ----------
    deps : sequence of sequences of int
        For each task the tasks it reads; repeats count once.
    outputs : sequence of int
        Tasks whose results are kept to the end.
    order : sequence of int
        All task ids, every task after those it reads.
    sizes : sequence of int, optional
        Size of each result, in bytes or any unit; without it every result counts 1.

    Returns
    -------
    Peak
        The peak, and what is left at the end.

    Raises
    ------
    GraphError
        `order` misses or repeats a task, or runs one before what it reads.

    Examples
    --------
    Two loads and their sum: all three are live while the sum runs, one is left.

    >>> peak_live([(), (), (0, 1)], [2], [0, 1, 2])
    Peak(peak=3, final=1)
    """
    dag = Dag(deps, outputs, sizes)
    at = [-1] * dag.n
    for i, t in enumerate(order):
        if not 0 <= t < dag.n or at[t] >= 0:
            raise GraphError(f"Position {i} of the order holds task {t}: unknown, or run before.")
        at[t] = i
        for d in dag.reads[t]:
            if at[d] < 0:
                raise GraphError(f"The order runs task {t} before task {d}, which it reads.")
    if len(order) != dag.n:
        raise GraphError(f"The order holds {len(order)} of {dag.n} tasks: give every task once.")
    peak, _, final = measure(dag, order, dag.open[:])
    return Peak(peak, final)
