"""Passes keep every value and every output key, and running them twice changes nothing."""

from __future__ import annotations

from operator import add, mul, neg
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle import annotate, delayed
from treadle.collection import graph_of
from treadle.errors import DuplicateKeyError, GraphError
from treadle.graph.fused import Fused
from treadle.graph.graph import Graph
from treadle.graph.mapped import Each, Everything, Map, Project, Same, Window
from treadle.graph.operation import Call, Operation, TaskRef, literal, task_ref
from treadle.graph.packs import Slot
from treadle.graph.passes import ALL, Settings, run_passes
from treadle.graph.plan import expand
from treadle.local import sync


def values_of(graph: Graph) -> list[Any]:
    return sync.run(expand(graph.outputs))


def unary(func: Any, source: Any, **options: Any) -> Call:
    return Call(func, (Slot(0),), None, (source,), **options)


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Random graphs of one-task operations, some of them annotated, some with size estimates."""
    nodes = [literal(draw(st.integers(-3, 3))) for _ in range(draw(st.integers(1, 4)))]
    for _ in range(draw(st.integers(0, 25))):
        note = draw(st.sampled_from([None, {"priority": 1}]))
        size = draw(st.sampled_from([None, 10, 60]))
        left, right = draw(st.sampled_from(nodes)), draw(st.sampled_from(nodes))
        if draw(st.booleans()):
            nodes.append(unary(neg, left, annotations=note, nbytes=size))
        else:
            call = Call(add, (Slot(0), Slot(1)), None, (left, right), annotations=note)
            nodes.append(call)
    outputs = draw(st.lists(st.sampled_from(nodes), min_size=1, max_size=3))
    return Graph(outputs)


@given(graphs(), st.sets(st.sampled_from(ALL)), st.sampled_from([1, 100, 10**9]))
def test_passes_keep_values_and_keys(graph: Graph, names: set[str], limit: int) -> None:
    settings = Settings(fuse_max_bytes=limit)
    done = run_passes(graph, sorted(names), settings)
    assert values_of(done) == values_of(graph)
    keys = [task_ref(out).key for out in graph.outputs]
    assert [task_ref(out).key for out in done.outputs] == keys


@given(graphs(), st.sampled_from([1, 100, 10**9]))
def test_optimising_twice_changes_nothing(graph: Graph, limit: int) -> None:
    once = run_passes(graph, ALL, Settings(fuse_max_bytes=limit))
    twice = run_passes(once, ALL, Settings(fuse_max_bytes=limit))
    assert once.operations == twice.operations


@given(graphs())
def test_fusing_never_mixes_annotations(graph: Graph) -> None:
    for operation in run_passes(graph, ["fuse"]).operations:
        if isinstance(operation, Fused):
            assert {id(m.annotations) and repr(m.annotations) for m in operation.members} == {
                repr(operation.annotations)
            }


def test_a_chain_becomes_one_operation() -> None:
    node = literal(5)
    for _ in range(10):
        node = unary(neg, node)
    done = run_passes(Graph([node]), ["fuse"])
    assert len(done) == 1
    assert values_of(done) == [5]


def test_a_long_chain_becomes_several() -> None:
    node: Operation = literal(5)
    for _ in range(5_000):
        node = unary(neg, node)
    done = run_passes(Graph([node]), ["fuse"])
    assert len(done) == 51
    assert values_of(done) == [5]


def test_branches_stay_parallel() -> None:
    left, right = (unary(neg, unary(neg, literal(n))) for n in (1, 2))
    both = Call(add, (Slot(0), Slot(1)), None, (left, right))
    done = run_passes(Graph([both]), ["fuse"])
    assert len(done) == 3
    assert values_of(done) == [3]


def test_an_output_is_not_fused_away() -> None:
    middle = unary(neg, literal(1))
    last = unary(neg, middle)
    done = run_passes(Graph([middle, last]), ["fuse"])
    assert values_of(done) == [-1, 1]
    assert len(done) == 2


def test_memory_bounds_fusing() -> None:
    big = unary(neg, literal(1, nbytes=8), nbytes=60)
    last = unary(neg, big, nbytes=60)
    assert len(run_passes(Graph([last]), ["fuse"], Settings(fuse_max_bytes=100))) == 2
    assert len(run_passes(Graph([last]), ["fuse"], Settings(fuse_max_bytes=200))) == 1


def test_maps_fuse_where_they_read_the_same_coordinate() -> None:
    a = Map(neg, (4,), (Each([1, 2, 3, 4]),))
    b = Map(abs, (4,), (Same(a),))
    c = Map(mul, (4,), (Same(b), Each([10, 20, 30, 40])))
    total = Map(sum, (2,), (Window(c, 0, 2),))
    out = [TaskRef(total, 0), TaskRef(total, 1)]
    done = run_passes(Graph(out), ["fuse"])
    assert len(done) == 2
    assert values_of(done) == values_of(Graph(out)) == [50, 250]


def test_broadcast_inputs_are_not_computed_again_and_again() -> None:
    row = Map(neg, (2,), (Each([1, 2]),))
    grid = Map(neg, (2, 2), (Project(row, (1,)),))
    done = run_passes(Graph([TaskRef(grid, n) for n in range(4)]), ["fuse"])
    assert len(done) == 2


def test_equal_pure_calls_are_shared() -> None:
    inc = delayed(lambda x: x + 1, pure=True)
    total = delayed(add)(inc(1), inc(1))
    graph = graph_of(total)
    assert len(graph) == 3
    assert len(run_passes(graph, ["share"])) == 2
    assert total.compute() == 4


def test_one_name_for_two_definitions_is_refused() -> None:
    twice = Call(add, (Slot(0), Slot(1)), None, (literal(1, "x"), literal(2, "x")))
    with pytest.raises(DuplicateKeyError, match="'x' has two definitions"):
        run_passes(Graph([twice]), ["share"])


def test_annotations_survive() -> None:
    with annotate(priority=3):
        x = delayed(neg)(1)
    y = delayed(neg)(x)
    done = run_passes(graph_of(y), ["fuse"])
    assert [operation.annotations for operation in done.operations] == [{"priority": 3}, None]


def test_an_unknown_pass_is_named() -> None:
    with pytest.raises(GraphError, match="did you mean 'fuse'"):
        run_passes(Graph([literal(1)]), ["fus"])


def test_everything_reads_all_tasks() -> None:
    a = Map(neg, (3,), (Each(range(3)),))
    total = Map(sum, (), (Everything(a),))
    assert values_of(Graph([TaskRef(total, 0)])) == [-3]
