"""Laws of the static order on random graphs, and its optimality where the optimum is known."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from treadle.errors import CycleError, GraphError
from treadle.graph.order import Peak, explain_order, peak_live, static_order
from treadle.graph.order.dag import Dag
from treadle.graph.order.walks import nearest_first

Deps = list[tuple[int, ...]]

steady = settings(deadline=None)  # a busy machine must not fail a test


@st.composite
def dags(draw: st.DrawFn, most: int = 30, renumber: bool = True) -> tuple[Deps, list[int]]:
    """Any acyclic graph, repeated reads and any numbering included, with some of it kept."""
    n = draw(st.integers(0, most))
    deps: Deps = []
    for t in range(n):
        reads = draw(st.lists(st.integers(0, t - 1), max_size=4)) if t else []
        deps.append(tuple(reads))
    outputs = draw(st.lists(st.integers(0, n - 1), max_size=4)) if n else []
    if renumber:
        new = draw(st.permutations(range(n)))
        moved: Deps = [()] * n
        for t, old in enumerate(deps):
            moved[new[t]] = tuple(new[d] for d in old)
        return moved, [new[t] for t in outputs]
    return deps, outputs


@st.composite
def forests(draw: st.DrawFn, most: int = 9) -> Deps:
    """Every task has at most one user, which has a higher number."""
    n = draw(st.integers(1, most))
    reads: list[list[int]] = [[] for _ in range(n)]
    for t in range(n - 1):
        user = draw(st.one_of(st.none(), st.integers(t + 1, n - 1)))
        if user is not None:
            reads[user].append(t)
    return [tuple(r) for r in reads]


def sinks(deps: Deps) -> list[int]:
    used = {d for reads in deps for d in reads}
    return [t for t in range(len(deps)) if t not in used]


def optimum(deps: Deps, outputs: Sequence[int]) -> int:
    """The lowest peak of all topological orders: a search over sets of finished tasks."""
    n = len(deps)
    reads = [sum(1 << d for d in set(r)) for r in deps]
    users = [sum(1 << t for t in range(n) if d in deps[t]) for d in range(n)]
    best = {0: 0}
    for _ in range(n):
        following: dict[int, int] = {}
        for done, peak in best.items():
            live = sum(1 for d in range(n) if done >> d & 1 and (d in outputs or users[d] & ~done))
            for t in range(n):
                if not done >> t & 1 and not reads[t] & ~done:
                    after = done | 1 << t
                    following[after] = min(following.get(after, n), max(peak, live + 1))
        best = following
    return best[(1 << n) - 1]


def contiguous_optimum(deps: Deps, sizes: Sequence[int]) -> int:
    """The lowest peak of a forest whose subtrees run one by one: all orders of all children."""

    def best(children: Sequence[int], own: int) -> int:
        # Zero means a virtual root that makes nothing and lets the results stay.
        peaks = []
        for order in permutations(children):
            held = peak = 0
            for t in order:
                peak = max(peak, held + lowest[t])
                held += sizes[t]
            peaks.append(max(peak, held + own))
        return min(peaks)

    lowest: list[int] = []
    for t, reads in enumerate(deps):
        lowest.append(best(reads, sizes[t]))
    return best(sinks(deps), 0)


@steady
@given(dags())
def test_every_task_once_after_its_reads(graph: tuple[Deps, list[int]]) -> None:
    deps, outputs = graph
    order = static_order(deps, outputs)
    assert sorted(order) == list(range(len(deps)))
    at = {t: i for i, t in enumerate(order)}
    assert all(at[d] < at[t] for t, reads in enumerate(deps) for d in reads)


@steady
@given(dags(), st.data())
def test_explanation_is_what_the_simulation_says(
    graph: tuple[Deps, list[int]], data: st.DataObject
) -> None:
    deps, outputs = graph
    n = len(deps)
    sizes = data.draw(st.none() | st.lists(st.integers(0, 50), min_size=n, max_size=n))
    order = explain_order(deps, outputs, sizes)
    assert peak_live(deps, outputs, order.tasks, sizes) == (order.peak, order.final)
    assert order.bound <= order.peak


@steady
@given(dags(renumber=False), st.data())
def test_peak_is_never_above_that_of_the_given_numbering(
    graph: tuple[Deps, list[int]], data: st.DataObject
) -> None:
    deps, outputs = graph
    n = len(deps)
    sizes = data.draw(st.none() | st.lists(st.integers(0, 50), min_size=n, max_size=n))
    given_peak = peak_live(deps, outputs, range(n), sizes).peak
    assert explain_order(deps, outputs, sizes).peak <= given_peak


@steady
@given(dags(most=9))
def test_bound_and_peak_enclose_the_optimum(graph: tuple[Deps, list[int]]) -> None:
    deps, outputs = graph
    order = explain_order(deps, outputs)
    assert order.bound <= optimum(deps, outputs) <= order.peak


@steady
@given(forests())
def test_forest_reaches_the_optimum(deps: Deps) -> None:
    outputs = sinks(deps)
    order = explain_order(deps, outputs)
    assert order.peak == optimum(deps, outputs)
    if len(outputs) == 1:
        assert order.bound == order.peak


@steady
@given(forests(most=8), st.data())
def test_forest_with_sizes_reaches_the_contiguous_optimum(deps: Deps, data: st.DataObject) -> None:
    sizes = data.draw(st.lists(st.integers(0, 9), min_size=len(deps), max_size=len(deps)))
    assert explain_order(deps, sinks(deps), sizes).peak <= contiguous_optimum(deps, sizes)


@steady
@given(dags())
def test_same_input_same_order(graph: tuple[Deps, list[int]]) -> None:
    deps, outputs = graph
    assert static_order(deps, outputs) == static_order([list(r) for r in deps], tuple(outputs))


def test_sizes_change_the_order() -> None:
    # Two branches of equal shape; the one that passes through the large result must run first.
    deps = [(), (0,), (), (2,), (1, 3)]
    assert static_order(deps, [4], [1, 1, 9, 1, 1]) == [2, 3, 0, 1, 4]
    assert static_order(deps, [4], [9, 1, 1, 1, 1]) == [0, 1, 2, 3, 4]


def test_independent_parts_run_one_after_another() -> None:
    # x0..x3 -> sum and y0..y3 -> sum, numbered alternately.
    deps: Deps = [()] * 8 + [(0, 2, 4, 6), (1, 3, 5, 7)]
    order = explain_order(deps, [8, 9])
    assert (order.peak, order.bound) == (6, 6)


def test_each_part_takes_the_walk_that_suits_it() -> None:
    # The second part is a chain that only holds two results whatever is done with the first.
    deps: Deps = [(), (), (0, 1), (0, 1), (2, 3), (), (5,), (6,)]
    order = explain_order(deps, [4, 7])
    assert order.peak == optimum(deps, [4, 7])


def test_long_chain_needs_no_recursion() -> None:
    n = 100_000
    deps: Deps = [(t + 1,) for t in range(n - 1)] + [()]
    assert static_order(deps, [0]) == list(range(n - 1, -1, -1))


def test_nearest_first_comes_back_to_goals_that_it_dropped() -> None:
    # Fifty tasks read what is there at once and the end of one deep path: each looks near, waits.
    deps: Deps = [()]
    end = 0
    for _ in range(200):
        deps += [(), (), (), (end, len(deps), len(deps) + 1, len(deps) + 2)]
        end = len(deps) - 1
    deps += [(0, end)] * 50
    dag = Dag(deps, [])
    order = nearest_first(dag, dag.reads, dag.sinks)
    assert peak_live(deps, [], order).peak == 6  # the first task, four of a step, its result


def test_empty_graph() -> None:
    assert static_order([], []) == []
    assert peak_live([], [], []) == Peak(0, 0)


@pytest.mark.parametrize(
    ("deps", "named"),
    [
        ([(0,)], "0 -> 0"),
        ([(1,), (0,)], "0 -> 1 -> 0"),
        ([(), (0, 3), (1,), (2,), (1,)], "1 -> 3 -> 2 -> 1"),
    ],
)
def test_cycle_is_named(deps: Deps, named: str) -> None:
    with pytest.raises(CycleError, match=named):
        static_order(deps, [])


def test_long_cycle_is_named_in_short() -> None:
    deps: Deps = [(t - 1,) for t in range(1000)]
    deps[0] = (999,)
    with pytest.raises(CycleError, match=r"cycle of 1000 task.* -> \.\.\. -> ") as error:
        static_order(deps, [])
    assert len(str(error.value)) < 300


def test_bad_ids_and_sizes() -> None:
    with pytest.raises(GraphError, match="Task 1 reads task 5"):
        static_order([(), (5,)], [1])
    with pytest.raises(GraphError, match="Task 0 reads task -1"):
        static_order([(-1,)], [0])
    with pytest.raises(GraphError, match="Output 2 is not a task"):
        static_order([(), (0,)], [2])
    with pytest.raises(GraphError, match="1 sizes for 2 tasks"):
        static_order([(), (0,)], [1], [8])


def test_peak_of_an_invalid_order() -> None:
    deps: Deps = [(), (0,)]
    with pytest.raises(GraphError, match="runs task 1 before task 0"):
        peak_live(deps, [1], [1, 0])
    with pytest.raises(GraphError, match="Position 1 of the order holds task 0"):
        peak_live(deps, [1], [0, 0])
    with pytest.raises(GraphError, match="holds 1 of 2 tasks"):
        peak_live(deps, [1], [0])


def test_peak_counts_bytes_and_drops_what_nobody_wants() -> None:
    deps: Deps = [(), (0,), (0,)]
    assert peak_live(deps, [1], [0, 1, 2], [10, 3, 5]) == Peak(18, 3)
    assert peak_live(deps, [1], [0, 2, 1], [10, 3, 5]) == Peak(15, 3)
