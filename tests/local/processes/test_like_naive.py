"""Random graphs on worker processes against naive evaluation."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.graph.strategies import calls, evaluate, mixed
from treadle.graph.graph import Graph
from treadle.graph.operation import Dep, Operation
from treadle.graph.passes import ALL, run_passes
from treadle.graph.plan import expand
from treadle.local.processes import WorkerPool, run

pytestmark = pytest.mark.processes

few = settings(max_examples=25)


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    with WorkerPool(2) as pool:
        yield pool


@few
@given(nodes=calls(), data=st.data())
def test_graphs_of_calls(pool: WorkerPool, nodes: list[Operation], data: st.DataObject) -> None:
    outputs: list[Dep] = data.draw(st.lists(st.sampled_from(nodes), min_size=1, max_size=3))
    assert run(expand(outputs), pool=pool) == evaluate(outputs)


@few
@given(outputs=mixed(), fused=st.booleans())
def test_graphs_of_maps(pool: WorkerPool, outputs: list[Dep], fused: bool) -> None:
    graph = Graph(outputs)
    if fused:
        graph = run_passes(graph, ALL)
    assert run(expand(graph.outputs), pool=pool) == evaluate(outputs)
