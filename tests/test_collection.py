"""The drivers and the collection protocol."""

from __future__ import annotations

from dataclasses import dataclass
from operator import add, neg
from typing import Any

import pytest

import treadle
from treadle import (
    TreadleMethodsMixin,
    compute,
    delayed,
    is_treadle_collection,
    optimize,
    persist,
)
from treadle.collection import Collection
from treadle.graph.graph import Graph
from treadle.graph.mapped import Each, Map, Same
from treadle.graph.operation import TaskRef


class Squares(TreadleMethodsMixin):
    """A third-party collection on a raw graph: the squares of 0..n-1."""

    def __init__(self, raw: Any, name: str, n: int) -> None:
        self.raw, self.name, self.n = raw, name, n

    @classmethod
    def make(cls, n: int, name: str = "squares") -> Squares:
        return cls({(name, i): (pow, i, 2) for i in range(n)}, name, n)

    def __treadle_graph__(self) -> Any:
        return self.raw

    def __treadle_keys__(self) -> Any:
        return [(self.name, i) for i in range(self.n)]

    def __treadle_postcompute__(self) -> Any:
        return tuple, ()

    def __treadle_postpersist__(self) -> Any:
        return Squares, (self.name, self.n)

    def __treadle_tokenize__(self) -> Any:
        return (self.name, self.n)


class Tasks(TreadleMethodsMixin):
    """A collection on a mapped operation, with nested keys and passes."""

    __treadle_optimize__ = ("cull", "fuse")
    __treadle_scheduler__ = "sync"

    def __init__(self, graph: Graph, name: str) -> None:
        self.graph, self.name = graph, name

    def __treadle_graph__(self) -> Graph:
        return self.graph

    def __treadle_keys__(self) -> Any:
        return [[(self.name, i, j) for j in range(2)] for i in range(2)]

    def __treadle_postcompute__(self) -> Any:
        return (lambda rows, scale: [[v * scale for v in row] for row in rows]), (10,)

    def __treadle_postpersist__(self) -> Any:
        return Tasks, (self.name,)


def tasks() -> Tasks:
    operation = Map(neg, (2, 2), (Each([1, 2, 3, 4]),), name="neg")
    return Tasks(Graph([TaskRef(operation, 0)]), "neg")


@dataclass
class Box:
    item: Any


def test_compute_returns_one_result_per_argument() -> None:
    x = delayed(neg)(1)
    assert compute(x, 5, [x, {"a": (x,)}], Box(x)) == (-1, 5, [-1, {"a": (-1,)}], Box(-1))
    assert compute() == ()


def test_what_is_no_collection_comes_back_unchanged() -> None:
    thing = object()
    assert compute(thing, [thing]) == (thing, [thing])
    same = [1, 2]
    assert compute(same)[0] is same


def test_traverse_off() -> None:
    x = delayed(neg)(1)
    assert compute([x], traverse=False)[0][0] is x


def test_shared_work_is_done_once() -> None:
    ran: list[int] = []

    def work() -> int:
        ran.append(1)
        return 5

    base = delayed(work)()
    assert compute(base + 1, base + 2, [base]) == (6, 7, [5])
    assert ran == [1]


def test_a_third_party_collection() -> None:
    squares = Squares.make(4)
    assert is_treadle_collection(squares)
    assert isinstance(squares, Collection)
    assert squares.compute() == (0, 1, 4, 9)
    assert compute(squares, delayed(neg)(1), scheduler="threads") == ((0, 1, 4, 9), -1)
    assert delayed(sum)(squares).compute() == 14
    assert delayed(squares)[2].compute() == 4
    assert delayed(lambda boxes: boxes)([squares, 1]).compute() == [(0, 1, 4, 9), 1]
    held = squares.persist()
    assert isinstance(held, Squares)
    assert held.compute() == (0, 1, 4, 9)
    assert all(len(op.inputs()) == 0 for op in held.raw.operations)


def test_nested_keys_and_a_finish_with_arguments() -> None:
    collection = tasks()
    assert collection.compute() == [[-10, -20], [-30, -40]]
    assert collection.persist().compute() == [[-10, -20], [-30, -40]]
    (better,) = optimize(collection)
    assert better.compute() == [[-10, -20], [-30, -40]]


def test_persist_keeps_keys_and_runs_once() -> None:
    ran: list[int] = []

    def work() -> int:
        ran.append(1)
        return 5

    x = delayed(work)()
    (held, other) = persist(x, 7)
    assert held.key == x.key
    assert other == 7
    assert (held + held).compute() == 10
    assert x.persist().compute() == 5
    assert ran == [1, 1]


def test_optimize_keeps_values_and_keys() -> None:
    x = delayed(neg)(delayed(neg)(delayed(neg)(3)))
    (y,) = optimize(x)
    assert y.key == x.key
    assert len(y.dask) == 1
    assert y.compute() == -3
    (z,) = optimize(y)
    assert z.dask.operations == y.dask.operations
    (plain,) = optimize(x, passes=["cull"])
    assert len(plain.dask) == 3


def test_options_switch_passes_off() -> None:
    x = delayed(neg)(delayed(neg)(3))
    with treadle.config.set({"optimization.fuse.active": False}):
        assert len(optimize(x)[0].dask) == 2
    with treadle.config.set({"optimization.passes": ["share"]}):
        assert len(optimize(x)[0].dask) == 2


def test_an_object_without_a_graph_is_no_collection() -> None:
    class Concrete(Squares):
        def __treadle_graph__(self) -> Any:
            return None

    thing = Concrete({}, "x", 0)
    assert not is_treadle_collection(thing)
    assert compute(thing) == (thing,)
    assert delayed(lambda t: t)(thing).compute() is thing


def test_the_collection_s_own_scheduler_is_the_default() -> None:
    import threading

    name = Map(lambda _: threading.current_thread().name, (2, 2), (Each(range(4)),), name="neg")

    class Names(Tasks):
        def __treadle_postcompute__(self) -> Any:
            return (lambda rows: rows), ()

    collection = Names(Graph([TaskRef(name, 0)]), "neg")
    here = threading.current_thread().name
    assert collection.compute() == [[here, here], [here, here]]
    threaded = collection.compute(scheduler="threads")
    assert here not in threaded[0]


def test_a_missing_key_of_a_collection() -> None:
    broken = Squares({("other", 0): 1}, "squares", 1)
    with pytest.raises(KeyError, match="squares"):
        broken.compute()


def test_the_same_collection_twice() -> None:
    squares = Squares.make(2)
    x = delayed(add)(1, 2)
    assert compute(squares, squares, x, x) == ((0, 1), (0, 1), 3, 3)


def test_a_value_and_its_persisted_self_are_the_same_thing() -> None:
    ran: list[int] = []

    def work() -> int:
        ran.append(1)
        return 5

    x = delayed(work)()
    held = x.persist()
    assert compute(x, held) == (5, 5)
    assert ((x + 1) + held).compute() == 11
    named = delayed(work)(dask_key_name="mine")
    assert compute(named + 1, named.persist()) == (6, 5)
    assert len(ran) == 2  # what is held is not computed again


def test_a_value_and_its_optimised_self_are_the_same_thing() -> None:
    y = delayed(neg)(delayed(neg)(delayed(neg)(3)))
    (better,) = optimize(y)
    assert compute(y, better, better + y) == (-3, -3, -6)


def test_passes_see_everything_that_is_computed_together() -> None:
    ran: list[int] = []

    def work(x: int) -> int:
        ran.append(x)
        return x

    base = Map(work, (2, 2), (Each(range(4)),), name="work")
    twice = Map(neg, (2, 2), (Same(base),), name="twice")
    a = Tasks(Graph([TaskRef(base, 0)]), "work")
    b = Tasks(Graph([TaskRef(twice, 0)]), "twice")
    assert compute(a, b, delayed(len)(b)) == ([[0, 10], [20, 30]], [[0, -10], [-20, -30]], 2)
    assert sorted(ran) == [0, 1, 2, 3]


def test_a_persisted_map_stays_one_operation() -> None:
    held = tasks().persist()
    (operation,) = held.graph.operations
    assert operation.shape == (2, 2)
    after = Map(neg, (2, 2), (Same(operation),), name="neg2")
    assert Tasks(Graph([TaskRef(after, 0)]), "neg2").compute() == [[10, 20], [30, 40]]
