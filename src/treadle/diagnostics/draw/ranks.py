"""Which rank each node of a drawing stands in: step one of a layered layout.

Nodes are 0 to n-1. Laws: every edge points to a higher rank; ranks start at 0 and have no gaps;
the same input gives the same ranks.

Ranks start as the longest path from a node without inputs (linear time). That leaves everything
as early as possible: a constant that the last task uses would sit in the first rank at the end of
a very long edge. So a few sweeps pull nodes along, each move shortening the edges in total or
keeping their length (the aim of the network simplex of Gansner, Koutsofios, North and Vo, 1993;
the sweeps reach it on the graphs that task graphs are, and stay linear on the others).
"""

from __future__ import annotations

from collections.abc import Sequence

_SWEEPS = 4


class Cycle(Exception):
    """Nodes that lie on a circle, in the order of its edges; for the caller to name."""

    def __init__(self, nodes: list[int]) -> None:
        super().__init__(nodes)
        self.nodes = nodes


def assign_ranks(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """Give each node a rank.

    Parameters
    ----------
    count : int
        Number of nodes.
    edges : sequence of (source, target)

    Returns
    -------
    list of int
        A rank per node.

    Raises
    ------
    Cycle
        The edges contain a circle.

    Examples
    --------
    >>> assign_ranks(4, [(0, 1), (1, 2), (3, 2)])  # 3 moves next to its user
    [0, 1, 2, 1]
    """
    before: list[list[int]] = [[] for _ in range(count)]
    after: list[list[int]] = [[] for _ in range(count)]
    for source, target in edges:
        after[source].append(target)
        before[target].append(source)

    order = _topological(before, after)
    ranks = [0] * count
    for node in order:
        ranks[node] = max((ranks[other] + 1 for other in before[node]), default=0)

    for _ in range(_SWEEPS):
        moved = False
        # Towards the users, also where it gains nothing: then the inputs can follow.
        for node in reversed(order):
            if after[node] and len(after[node]) >= len(before[node]):
                rank = min(ranks[other] for other in after[node]) - 1
                moved |= rank != ranks[node]
                ranks[node] = rank
        for node in order:
            if before[node] and len(before[node]) >= len(after[node]):
                rank = max(ranks[other] for other in before[node]) + 1
                moved |= rank != ranks[node]
                ranks[node] = rank
        if not moved:
            break

    dense = {rank: index for index, rank in enumerate(sorted(set(ranks)))}
    return [dense[rank] for rank in ranks]


def _topological(before: list[list[int]], after: list[list[int]]) -> list[int]:
    waiting = [len(others) for others in before]
    order = [node for node, left in enumerate(waiting) if not left]
    for node in order:  # grows while it is read
        for other in after[node]:
            waiting[other] -= 1
            if not waiting[other]:
                order.append(other)
    if len(order) < len(waiting):
        raise Cycle(_find_cycle(before, {node for node, left in enumerate(waiting) if left}))
    return order


def _find_cycle(before: list[list[int]], stuck: set[int]) -> list[int]:
    # Every stuck node has a stuck input, so walking backwards must come round.
    node = min(stuck)
    seen: dict[int, int] = {}
    path: list[int] = []
    while node not in seen:
        seen[node] = len(path)
        path.append(node)
        node = next(other for other in before[node] if other in stuck)
    return path[seen[node] :][::-1]
