"""Critical path and width against enumerating every path."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tests.diagnostics.explain.graphs import all_paths, random_reads
from treadle.diagnostics.explain.paths import critical_path, width


@given(random_reads(), st.data())
def test_critical_path_is_the_heaviest_of_all_paths(
    reads: list[tuple[int, ...]], data: st.DataObject
) -> None:
    size = len(reads)
    weights = data.draw(st.lists(st.integers(0, 5), min_size=size, max_size=size))
    length, path = critical_path(reads, weights)
    assert length == max(sum(weights[task] for task in each) for each in all_paths(reads))
    assert length == sum(weights[task] for task in path)
    assert all(a in reads[b] for a, b in pairwise(path))


@given(random_reads())
def test_without_weights_the_path_counts_tasks(reads: list[tuple[int, ...]]) -> None:
    length, path = critical_path(reads)
    assert length == len(path) == max(map(len, all_paths(reads)))


@given(random_reads(), st.data())
def test_width_counts_the_tasks_of_one_depth(
    reads: list[tuple[int, ...]], data: st.DataObject
) -> None:
    size = len(reads)
    weights = data.draw(st.lists(st.integers(0, 2), min_size=size, max_size=size))
    depths = [
        max(
            sum(weights[task] > 0 for task in path)
            for path in all_paths(reads)
            if path and path[-1] == last
        )
        for last in range(size)
    ]
    levels = {depth for depth, weight in zip(depths, weights, strict=True) if weight}
    expected = [
        sum(weight for depth, weight in zip(depths, weights, strict=True) if depth == level)
        for level in levels
    ]
    assert width(reads, weights) == max(expected, default=0)


def test_a_chain_of_many_tasks_needs_no_recursion() -> None:
    reads = [(), *[(task,) for task in range(100_000)]]
    assert critical_path(reads)[0] == 100_001
    assert width(reads) == 1
