"""Graphs: finding tasks, pickling, and what must never happen by accident."""

from __future__ import annotations

import pickle
from operator import add, neg
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import treadle
from tests.graph.strategies import calls, evaluate, mixed
from treadle import TreadleMethodsMixin, delayed
from treadle.errors import MissingKeyError
from treadle.graph.graph import Graph
from treadle.graph.mapped import Each, Everything, Map, Same, Window
from treadle.graph.operation import Call, Dep, Operation, TaskRef, literal, task_ref
from treadle.graph.packs import Slot
from treadle.graph.passes import ALL, run_passes


@given(calls(), st.data())
def test_pickling_keeps_values_and_keys(nodes: list[Operation], data: st.DataObject) -> None:
    outputs: list[Dep] = data.draw(st.lists(st.sampled_from(nodes), min_size=1, max_size=3))
    graph = Graph(outputs)
    again: Graph = pickle.loads(pickle.dumps(graph))
    assert evaluate(again.outputs) == evaluate(outputs)
    assert list(again.keys()) == list(graph.keys())


@given(mixed())
def test_pickling_maps(outputs: list[Dep]) -> None:
    again: Graph = pickle.loads(pickle.dumps(Graph(outputs)))
    assert evaluate(again.outputs) == evaluate(outputs)


def test_pickling_fused_operations() -> None:
    node: Operation = literal(4)
    for _ in range(5):
        node = Call(neg, (Slot(0),), None, (node,))
    fused = run_passes(Graph([node]), ALL)
    assert evaluate(pickle.loads(pickle.dumps(fused)).outputs) == [-4]


def test_finding_an_output_walks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    last = Call(add, (Slot(0), 1), None, (literal(1),), name="last")

    def refuse(self: Call) -> Any:
        raise AssertionError("looked below an output")

    monkeypatch.setattr(Call, "inputs", refuse)
    assert Graph([last]).find("last") == TaskRef(last, 0)


def test_finding_tasks() -> None:
    grid = Map(neg, (2, 3), (Each(range(6)),), name="grid")
    graph = Graph([Call(add, (Slot(0), 1), None, (TaskRef(grid, 5),), name=("a", 1))])
    assert graph.find(("grid", 1, 2)) == TaskRef(grid, 5)
    assert graph.find(("a", 1)).operation.key() == ("a", 1)
    for wrong in [("grid", 2, 0), ("grid", 0), "grid", ("grid", 0, -1), ("a",), [1]]:
        with pytest.raises(MissingKeyError):
            graph.find(wrong)


class Chunks(TreadleMethodsMixin):
    """A collection on mapped operations."""

    __treadle_optimize__ = ALL

    def __init__(self, operation: Operation) -> None:
        self.operation = operation

    def __treadle_graph__(self) -> Graph:
        return Graph([TaskRef(self.operation, 0)])

    def __treadle_keys__(self) -> Any:
        return [self.operation.key(0)]

    def __treadle_postcompute__(self) -> Any:
        return list, ()

    def __treadle_postpersist__(self) -> Any:
        return (lambda graph: Chunks(task_ref(graph.outputs[0]).operation)), ()


def test_ten_million_chunks_are_never_expanded_by_accident(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Building, optimising, naming, pickling and drawing cost per operation, not per task."""

    def refuse(self: Map, index: int) -> Any:
        raise AssertionError("a task was expanded")

    monkeypatch.setattr(Map, "reads", refuse)
    many = 10_000_000
    source = Map(neg, (many,), (Each(range(many)),), name="source", nbytes=8)
    for n in range(20):
        source = Map(add, (many,), (Same(source), Each(range(many))), name=f"step{n}", nbytes=8)
    sums = Map(sum, (many // 100,), (Window(source, 0, 100),), name="sums", nbytes=8)
    total = Map(sum, (), (Everything(sums),), name="total", nbytes=8)
    x = Chunks(total)
    assert x.__treadle_graph__().ntasks == 21 * many + many // 100 + 1
    (better,) = treadle.optimize(x)
    assert len(better.__treadle_graph__()) == 3
    pickle.dumps(x.__treadle_graph__())
    picture = treadle.visualize(x, filename=None)
    assert "10,000,000" in picture.svg
    assert "drawn by operation" in picture.svg
    assert "10,000,000" in str(treadle.explain(x))


def test_operations_have_readable_names() -> None:
    def inc(x: int) -> int:
        return x

    assert delayed(inc)(1).key.startswith("inc-")
    assert delayed(lambda x: x)(1).key.startswith("lambda-")
    assert delayed([1]).key.startswith("list-")
    assert repr(literal(1, "one")) == "<Call one>"
