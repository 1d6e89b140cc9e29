"""Laws of the order within ranks: crossings are counted right and never become more."""

from __future__ import annotations

from itertools import combinations, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from treadle.diagnostics.draw.ordering import count_crossings, reduce_crossings

Graph = tuple[list[list[int]], list[list[int]], list[list[int]]]


def neighbours(layers: list[list[int]], edges: list[tuple[int, int]]) -> Graph:
    size = sum(map(len, layers))
    up: list[list[int]] = [[] for _ in range(size)]
    down: list[list[int]] = [[] for _ in range(size)]
    for upper, lower in edges:
        down[upper].append(lower)
        up[lower].append(upper)
    return layers, up, down


@st.composite
def layered(draw: st.DrawFn) -> Graph:
    sizes = draw(st.lists(st.integers(1, 6), min_size=1, max_size=5))
    layers: list[list[int]] = []
    for size in sizes:
        first = sum(map(len, layers))
        layers.append(draw(st.permutations(range(first, first + size))))
    edges: list[tuple[int, int]] = []
    for upper, lower in pairwise(layers):
        every = [(one, two) for one in upper for two in lower]
        edges += draw(st.lists(st.sampled_from(every), unique=True))
    return neighbours(layers, edges)


def crossings_by_pairs(layers: list[list[int]], down: list[list[int]]) -> int:
    total = 0
    for upper, lower in pairwise(layers):
        edges = [(upper.index(one), lower.index(two)) for one in upper for two in down[one]]
        total += sum((a - c) * (b - d) < 0 for (a, b), (c, d) in combinations(edges, 2))
    return total


@settings(deadline=None)
@given(layered())
def test_crossings_are_counted_as_pair_by_pair(graph: Graph) -> None:
    layers, _, down = graph
    assert count_crossings(layers, down) == crossings_by_pairs(layers, down)


@settings(deadline=None)
@given(layered())
def test_layers_keep_their_vertices_and_never_cross_more(graph: Graph) -> None:
    layers, up, down = graph
    before = [list(layer) for layer in layers]
    after = reduce_crossings(layers, up, down)
    assert [sorted(layer) for layer in after] == [sorted(layer) for layer in before]
    assert count_crossings(after, down) <= count_crossings(before, down)
    assert layers == before, "the order that was given must stay as it is"


def test_a_tree_is_drawn_without_crossings() -> None:
    # Leaves 0..7 in an order that crosses, parents 8..11, then 12 and 13, then the root.
    edges = [(leaf, 8 + leaf % 4) for leaf in range(8)]
    edges += [(8, 12), (10, 12), (9, 13), (11, 13), (12, 14), (13, 14)]
    layers = [list(range(8)), [8, 9, 10, 11], [12, 13], [14]]
    graph = neighbours(layers, edges)
    assert count_crossings(graph[0], graph[2]) > 0
    assert count_crossings(reduce_crossings(*graph), graph[2]) == 0


def test_parallel_chains_in_opposite_order_are_untangled() -> None:
    layers = [[0, 1, 2], [5, 4, 3], [6, 7, 8]]
    edges = [(0, 3), (1, 4), (2, 5), (3, 6), (4, 7), (5, 8)]
    graph = neighbours(layers, edges)
    assert count_crossings(graph[0], graph[2]) == 6
    assert count_crossings(reduce_crossings(*graph), graph[2]) == 0


def test_two_by_two_keeps_the_one_crossing_it_cannot_avoid() -> None:
    graph = neighbours([[0, 1], [2, 3]], [(0, 2), (0, 3), (1, 2), (1, 3)])
    assert count_crossings(reduce_crossings(*graph), graph[2]) == 1
