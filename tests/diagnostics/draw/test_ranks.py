"""Laws of ranks: edges point upwards, no gaps, and nothing stands farther from its users than
it must."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from treadle.diagnostics.draw.ranks import Cycle, assign_ranks


@st.composite
def graphs(draw: st.DrawFn) -> tuple[int, list[tuple[int, int]]]:
    count = draw(st.integers(1, 30))
    order = draw(st.permutations(range(count)))
    pairs = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
    found = draw(st.lists(pairs, max_size=60))
    return count, [(order[min(p)], order[max(p)]) for p in found if p[0] != p[1]]


def total_length(ranks: list[int], edges: list[tuple[int, int]]) -> int:
    return sum(ranks[target] - ranks[source] for source, target in edges)


@settings(deadline=None)
@given(graphs())
def test_edges_point_to_higher_ranks_and_ranks_have_no_gaps(
    graph: tuple[int, list[tuple[int, int]]],
) -> None:
    count, edges = graph
    ranks = assign_ranks(count, edges)
    assert len(ranks) == count
    assert all(ranks[source] < ranks[target] for source, target in edges)
    assert set(ranks) == set(range(max(ranks) + 1))


@settings(deadline=None)
@given(graphs())
def test_edges_are_never_longer_in_total_than_with_longest_paths(
    graph: tuple[int, list[tuple[int, int]]],
) -> None:
    count, edges = graph
    longest = [0] * count
    for _ in range(count):
        for source, target in edges:
            longest[target] = max(longest[target], longest[source] + 1)
    assert total_length(assign_ranks(count, edges), edges) <= total_length(longest, edges)


def test_a_late_input_stands_next_to_its_user() -> None:
    # 0 -> 1 -> 2 -> 3 and a constant 4 that only 3 uses.
    assert assign_ranks(5, [(0, 1), (1, 2), (2, 3), (4, 3)]) == [0, 1, 2, 3, 2]


def test_a_whole_branch_moves_with_its_input() -> None:
    # 0..4 is the long way; 5 -> 6 -> 4 is a short branch that belongs at its end.
    edges = [(0, 1), (1, 2), (2, 3), (3, 4), (5, 6), (6, 4)]
    assert assign_ranks(7, edges)[5:] == [2, 3]


def test_a_circle_is_reported_in_the_order_of_its_edges() -> None:
    edges = [(0, 1), (1, 2), (2, 3), (3, 1), (3, 4)]
    with pytest.raises(Cycle) as caught:
        assign_ranks(5, edges)
    nodes = caught.value.nodes
    assert sorted(nodes) == [1, 2, 3]
    assert all(pair in edges for pair in zip(nodes, nodes[1:] + nodes[:1], strict=True))
