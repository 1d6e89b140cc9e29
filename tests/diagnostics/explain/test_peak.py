"""The projected peak against what a run really holds."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import pytest

from treadle.diagnostics.explain.forecast import forecast
from treadle.graph.graph import Graph
from treadle.graph.operation import Call
from treadle.graph.packs import Sequenced, Slot
from treadle.graph.plan import expand
from treadle.local import sync

SIZE = 200_000


@pytest.fixture
def traced() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


def load(number: int) -> bytes:
    return bytes(SIZE)


def half(data: bytes) -> bytes:
    return data[: SIZE // 2]


def joined(parts: list[bytes]) -> bytes:
    return b"".join(parts)


def both(first: bytes, second: bytes) -> bytes:
    return bytes(len(first) // 2 + len(second) // 2)


def wide(count: int) -> Call:
    """Load chunks, halve each, join all."""
    loads = [Call(load, (i,), nbytes=SIZE) for i in range(count)]
    halves = [Call(half, (Slot(0),), deps=(each,), nbytes=SIZE // 2) for each in loads]
    slots = Sequenced(list, [Slot(i) for i in range(count)])
    return Call(joined, (slots,), deps=tuple(halves), nbytes=count * SIZE // 2)


def tree(count: int) -> Call:
    """Load chunks and combine them two by two."""
    level = [Call(load, (i,), nbytes=SIZE) for i in range(count)]
    while len(level) > 1:
        level = [
            Call(both, (Slot(0), Slot(1)), deps=(level[i], level[i + 1]), nbytes=SIZE)
            for i in range(0, len(level), 2)
        ]
    return level[0]


def chain(count: int) -> Call:
    """One chunk, passed on."""
    call = Call(load, (0,), nbytes=SIZE)
    for _ in range(count):
        call = Call(both, (Slot(0), Slot(1)), deps=(call, call), nbytes=SIZE)
    return call


@pytest.mark.parametrize("last", [wide(16), tree(16), chain(10)])
def test_projected_peak_of_sync_is_near_the_measured_one(last: Call, traced: None) -> None:
    graph = Graph([last])
    (projected,) = [p.nbytes for p in forecast(graph, graph, 2).peaks if p.scheduler == "sync"]
    plan = expand(graph.outputs)
    tracemalloc.reset_peak()
    before, _ = tracemalloc.get_traced_memory()
    sync.run(plan)
    _, peak = tracemalloc.get_traced_memory()
    assert projected == pytest.approx(peak - before, rel=0.25)
