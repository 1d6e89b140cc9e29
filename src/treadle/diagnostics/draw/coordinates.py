"""Where along its rank each vertex stands: step three, straight edges and balance.

The method of Brandes and Koepf (2002): vertices of neighbouring ranks are lined up with the
median of their neighbours, so that long edges run straight and parents stand above the middle of
their children; blocks of lined-up vertices are then pushed together. That is done four times
(looking up or down, preferring left or right) and the two middle positions are averaged. Pushing
together is done here as longest paths over blocks, which needs none of the class shifts that the
authors corrected in their erratum of 2020.

Laws: the order of a rank is kept; two neighbours in a rank keep at least half of both widths and
the gap between them; time is linear in vertices and edges of the proper layered graph, apart
from sorting neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

Layers = list[list[int]]
Neighbours = Sequence[Sequence[int]]


def assign_coordinates(
    layers: Layers,
    up: Neighbours,
    down: Neighbours,
    dummy: Sequence[bool],
    separation: Callable[[int, int], float],
) -> list[float]:
    """Place every vertex along its rank.

    Parameters
    ----------
    layers : list of list of int
        The vertices of each rank in order.
    up, down : sequence of sequence of int
        For each vertex its neighbours in the rank before and in the rank after.
    dummy : sequence of bool
        For each vertex whether it is only a bend of a long edge.
    separation : callable
        Least distance between the centres of two neighbours in a rank.

    Returns
    -------
    list of float
        Position of each vertex; the smallest is 0.
    """
    position = [0] * len(up)
    for layer in layers:
        for index, vertex in enumerate(layer):
            position[vertex] = index
    conflicts = _conflicts(layers, up, dummy, position)

    candidates: list[list[float]] = []
    for downward in (False, True):
        ranks = layers[::-1] if downward else layers
        neighbours = down if downward else up
        for leftward in (False, True):
            # Preferring the right is preferring the left in a mirror.
            sign = -1 if leftward else 1
            seen = [layer[::-1] for layer in ranks] if leftward else ranks
            root = _align(seen, neighbours, [sign * place for place in position], conflicts)
            xs = _compact(seen, root, separation)
            candidates.append([sign * x for x in xs])

    return _balance(candidates)


def _conflicts(
    layers: Layers, up: Neighbours, dummy: Sequence[bool], position: Sequence[int]
) -> set[tuple[int, int]]:
    """Find the edges (upper, lower) that cross a long edge's inner part, which goes first."""
    conflicts: set[tuple[int, int]] = set()
    for upper, lower in pairwise(layers):
        left = start = 0
        for index, vertex in enumerate(lower):
            inner = dummy[vertex] and dummy[up[vertex][0]]
            if not inner and index < len(lower) - 1:
                continue
            right = position[up[vertex][0]] if inner else len(upper) - 1
            for other in lower[start : index + 1]:
                for neighbour in up[other]:
                    outside = not left <= position[neighbour] <= right
                    if outside and not (dummy[other] and dummy[neighbour]):
                        conflicts.add((neighbour, other))
            left, start = right, index + 1
    return conflicts


def _align(
    layers: Layers,
    neighbours: Neighbours,
    position: Sequence[int],
    conflicts: set[tuple[int, int]],
) -> list[int]:
    """Join each vertex with a median neighbour; the result names each vertex's block."""
    root = list(range(len(neighbours)))
    for layer in layers:
        last = -len(neighbours) - 1
        for vertex in layer:
            near = sorted(neighbours[vertex], key=position.__getitem__)
            for middle in sorted({(len(near) - 1) // 2, len(near) // 2}) if near else ():
                other = near[middle]
                blocked = (other, vertex) in conflicts or (vertex, other) in conflicts
                if position[other] > last and not blocked:
                    root[vertex] = root[other]
                    last = position[other]
                    break
    return root


def _compact(
    layers: Layers, root: Sequence[int], separation: Callable[[int, int], float]
) -> list[float]:
    """Push blocks to the left as far as they go, then each towards the right if there is room."""
    after: list[dict[int, float]] = [{} for _ in root]
    waiting = [0] * len(root)
    for layer in layers:
        for one, two in pairwise(layer):
            left, right = root[one], root[two]
            distance = separation(one, two)
            if right not in after[left]:
                waiting[right] += 1
            after[left][right] = max(distance, after[left].get(right, 0.0))

    order = [block for layer in layers for block in layer if root[block] == block]
    order = [block for block in order if not waiting[block]]
    x = [0.0] * len(root)
    for block in order:  # grows while it is read
        for other, distance in after[block].items():
            x[other] = max(x[other], x[block] + distance)
            waiting[other] -= 1
            if not waiting[other]:
                order.append(other)
    for block in reversed(order):
        if after[block]:
            x[block] = max(x[block], min(x[o] - gap for o, gap in after[block].items()))
    return [x[block] for block in root]


def _balance(candidates: list[list[float]]) -> list[float]:
    """Average the two middle ones of four layouts, shifted onto the narrowest of them."""
    bounds = [(min(xs), max(xs)) for xs in candidates]
    low, high = min(bounds, key=lambda bound: bound[1] - bound[0])
    shifted = []
    for number, (xs, (least, most)) in enumerate(zip(candidates, bounds, strict=True)):
        shift = high - most if number % 2 else low - least
        shifted.append([x + shift for x in xs])
    middle = [(a + b) / 2 for _, a, b, _ in map(sorted, zip(*shifted, strict=True))]
    least = min(middle)
    return [x - least for x in middle]
