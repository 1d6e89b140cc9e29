"""Plans: every task once, inputs first, values as by naive evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from operator import add, neg
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.graph.strategies import calls, evaluate, mixed
from treadle.errors import DuplicateKeyError
from treadle.graph.mapped import Each, Everything, Map, Same
from treadle.graph.operation import Call, Dep, Operation, TaskRef, literal
from treadle.graph.packs import Slot
from treadle.graph.plan import Plan, expand
from treadle.local import sync, threads


def check(plan: Plan) -> None:
    """The laws of a plan."""
    n = len(plan)
    assert len(plan.deps) == n
    assert plan.index is None or len(plan.index) == n
    for task, deps in enumerate(plan.deps):
        assert all(0 <= dep < task for dep in deps)
    used = {dep for deps in plan.deps for dep in deps} | set(plan.outputs)
    assert used == set(range(n))  # nothing is there for nobody
    tasks = [(plan.operations[task], plan.position(task)) for task in range(n)]
    assert len(set(tasks)) == n
    for task, deps in enumerate(plan.deps):
        reads = plan.operations[task].reads(plan.position(task))
        assert [tuple(ref) for ref in reads] == [tasks[dep] for dep in deps]
    counts = [0] * n
    for deps in plan.reads():
        assert len(set(deps)) == len(deps)
        for dep in deps:
            counts[dep] += 1
    assert plan.shared or max(counts, default=0) <= 1
    readers = plan.dependents()
    assert [len(each) for each in readers] == counts
    for task, each in enumerate(readers):
        assert list(each) == sorted(each)
        assert all(task in plan.reads()[reader] for reader in each)


@given(calls(), st.data())
def test_graphs_of_calls(nodes: list[Operation], data: st.DataObject) -> None:
    outputs: Sequence[Dep] = data.draw(st.lists(st.sampled_from(nodes), min_size=1, max_size=4))
    plan = expand(outputs)
    check(plan)
    expected = evaluate(outputs)
    assert sync.run(plan) == expected
    assert threads.run(plan, num_workers=3) == expected


@given(mixed())
def test_graphs_of_maps(outputs: list[Dep]) -> None:
    plan = expand(outputs)
    check(plan)
    expected = evaluate(outputs)
    assert sync.run(plan) == expected
    assert threads.run(plan, num_workers=2) == expected


def balanced(leaves: int) -> Operation:
    level: list[Operation] = [Call(neg, (n,)) for n in range(leaves)]
    while len(level) > 1:
        level = [
            Call(add, (Slot(0), Slot(1)), None, (level[n], level[n + 1]))
            for n in range(0, len(level), 2)
        ]
    return level[0]


def test_a_tree_is_numbered_depth_first() -> None:
    plan = expand([balanced(4)])
    assert plan.deps == [(), (), (0, 1), (), (), (3, 4), (2, 5)]
    assert not plan.shared


def test_the_needier_branch_runs_first() -> None:
    leaf = literal(1)
    root = Call(add, (Slot(0), Slot(1)), None, (leaf, balanced(8)))
    plan = expand([root])
    assert plan.operations.index(leaf) == len(plan) - 2


def test_a_long_chain_needs_no_recursion() -> None:
    node = literal(0)
    for _ in range(50_000):
        node = Call(neg, (Slot(0),), None, (node,))
    assert sync.run(expand([node])) == [0]
    assert sync.run(expand([node, node])) == [0, 0]


def test_a_ladder_of_diamonds_is_walked_once() -> None:
    node: Operation = literal(1)
    for _ in range(2_000):  # 2**2000 paths
        node = Call(add, (Slot(0), Slot(1)), None, (node, node))
    plan = expand([node])
    assert len(plan) == 2_001


def test_only_needed_tasks_of_a_map_are_expanded() -> None:
    wide = Map(neg, (1_000_000,), (Each(range(1_000_000)),))
    twice = Map(neg, (1_000_000,), (Same(wide),))
    plan = expand([TaskRef(twice, 999_999)])
    assert len(plan) == 2
    assert sync.run(plan) == [999_999]


def test_repeated_outputs() -> None:
    one = literal(1)
    assert sync.run(expand([one, one])) == [1, 1]
    assert sync.run(expand([])) == []


def test_one_name_two_definitions() -> None:
    with pytest.raises(DuplicateKeyError, match="'x' has two definitions"):
        expand([literal(1, "x"), literal(2, "x")])


def test_one_name_one_definition_twice_runs_once() -> None:
    ran: list[int] = []
    twins = [Call(ran.append, (5,), name="x") for _ in range(2)]
    # ``ran.append`` is a new bound method each time, so the definitions differ in identity.
    func = ran.append
    twins = [Call(func, (5,), name="x") for _ in range(2)]
    sync.run(expand(twins))
    assert ran == [5]


def test_a_million_tasks_share_what_they_can() -> None:
    tall = Map(neg, (10_000,), (Each(range(10_000)),))
    total = Map(sum, (), (Everything(tall),))
    plan = expand([TaskRef(total, 0)])
    assert sum(deps == () for deps in plan.deps) == 10_000
    assert len({id(readers) for readers in plan.dependents()}) <= 2
    assert sync.run(plan) == [-sum(range(10_000))]


def test_keys() -> None:
    a: Any = Map(neg, (2, 2), (Each([1, 2, 3, 4]),), name="a")
    plan = expand([TaskRef(a, 3), literal(1, "one")])
    assert {plan.key(0), plan.key(1)} == {("a", 1, 1), "one"}
