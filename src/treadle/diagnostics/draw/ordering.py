"""In which order the nodes of each rank stand: step two, few crossings.

Works on a proper layered graph: every edge joins neighbouring ranks (longer ones were split).
Laws: a layer keeps its nodes; the result never has more crossings than the order it was given;
the number of sweeps is bounded by the size of the graph; the same input gives the same order.

The method is that of Sugiyama, Tagawa and Toda (1981): sweep up and down, sorting each rank by
the mean position of its neighbours in the rank before, and keep the best seen; then exchange
adjacent nodes while that helps. Crossings are counted in O(E log V) by the accumulation idea of
Barth, Mutzel and Juenger (2002).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from itertools import pairwise

Layers = list[list[int]]
Neighbours = Sequence[Sequence[int]]

_WORK = 1_000_000  # edge visits all sweeps together may cost
_MOST_SWEEPS = 24
_PATIENCE = 5  # sweeps without gain before giving up
_EXCHANGE_LIMIT = 3_000  # vertices and edges up to which adjacent exchange is affordable


def reduce_crossings(layers: Layers, up: Neighbours, down: Neighbours) -> Layers:
    """Order every layer so that few edges cross.

    Parameters
    ----------
    layers : list of list of int
        The vertices of each rank, in some first order.
    up, down : sequence of sequence of int
        For each vertex its neighbours in the rank before and in the rank after.

    Returns
    -------
    list of list of int
        The same vertices in better order.
    """
    edges = sum(map(len, down))
    size = edges + sum(map(len, layers))
    sweeps = max(4, min(_MOST_SWEEPS, _WORK // (size + 1)))
    best, fewest = layers, count_crossings(layers, down)
    for start in (layers, _depth_first(layers, up)):
        current, crossings = _sweep(start, up, down, sweeps)
        if crossings < fewest:
            best, fewest = current, crossings
        if not fewest:
            return best
    if size <= _EXCHANGE_LIMIT:
        best = _exchange(best, up, down)
    return best


def count_crossings(layers: Layers, down: Neighbours) -> int:
    """Count the pairs of edges that cross.

    Examples
    --------
    >>> count_crossings([[0, 1], [2, 3]], [[3], [2], [], []])
    1
    """
    total = 0
    for upper, lower in pairwise(layers):
        position = {vertex: index for index, vertex in enumerate(lower)}
        seen: list[int] = []
        for vertex in upper:
            ends = sorted(position[other] for other in down[vertex])
            # Edges of one vertex do not cross each other: count all, then add all.
            for end in ends:
                total += len(seen) - bisect_right(seen, end)
            for end in ends:
                insort(seen, end)
    return total


def _depth_first(layers: Layers, up: Neighbours) -> Layers:
    """Order by a walk from the last rank down to the inputs, which keeps subtrees together."""
    rank = {vertex: index for index, layer in enumerate(layers) for vertex in layer}
    ordered: Layers = [[] for _ in layers]
    seen: set[int] = set()
    for layer in reversed(layers):
        for root in layer:
            stack = [root]
            while stack:
                vertex = stack.pop()
                if vertex not in seen:
                    seen.add(vertex)
                    ordered[rank[vertex]].append(vertex)
                    stack.extend(reversed(up[vertex]))
    return ordered


def _sweep(layers: Layers, up: Neighbours, down: Neighbours, sweeps: int) -> tuple[Layers, int]:
    best = current = layers
    fewest = count_crossings(layers, down)
    stale = 0
    for number in range(sweeps):
        current = _one_sweep(current, up) if number % 2 == 0 else _one_sweep(current[::-1], down)
        if number % 2:
            current = current[::-1]
        crossings = count_crossings(current, down)
        if crossings < fewest:
            best, fewest, stale = current, crossings, 0
        else:
            stale += 1
        if not fewest or stale >= _PATIENCE:
            break
    return best, fewest


def _one_sweep(layers: Layers, before: Neighbours) -> Layers:
    ordered = [layers[0]]
    for layer in layers[1:]:
        position = {vertex: index for index, vertex in enumerate(ordered[-1])}
        mean = {
            vertex: sum(position[other] for other in before[vertex]) / len(before[vertex])
            for vertex in layer
            if before[vertex]
        }
        # A vertex without neighbours there keeps its place; the others share the rest.
        sorted_ones = iter(sorted(mean, key=mean.__getitem__))
        ordered.append([next(sorted_ones) if vertex in mean else vertex for vertex in layer])
    return ordered


def _exchange(layers: Layers, up: Neighbours, down: Neighbours) -> Layers:
    """Exchange adjacent vertices as long as each exchange removes crossings."""
    layers = [list(layer) for layer in layers]
    position = [0] * len(up)
    for layer in layers:
        for index, vertex in enumerate(layer):
            position[vertex] = index
    for _ in range(_PATIENCE):
        improved = False
        for layer in layers:
            for index in range(len(layer) - 1):
                left, right = layer[index], layer[index + 1]
                gain = 0
                for neighbours in (up, down):
                    one = [position[other] for other in neighbours[left]]
                    two = [position[other] for other in neighbours[right]]
                    gain += _crossings_of(one, two) - _crossings_of(two, one)
                if gain > 0:
                    layer[index], layer[index + 1] = right, left
                    position[left], position[right] = index + 1, index
                    improved = True
        if not improved:
            break
    return layers


def _crossings_of(left: list[int], right: list[int]) -> int:
    right = sorted(right)
    return sum(bisect_left(right, end) for end in left)
