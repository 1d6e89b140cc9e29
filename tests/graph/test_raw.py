"""Raw graphs at the border."""

from __future__ import annotations

from operator import add, neg
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import treadle
from treadle.collection import get_with
from treadle.errors import CycleError, GraphError, MissingKeyError
from treadle.graph.graph import Graph
from treadle.graph.raw import from_raw, to_raw


def naive(raw: dict[Any, Any], key: Any) -> Any:
    def value(obj: Any) -> Any:
        if type(obj) is tuple and obj and callable(obj[0]):
            return obj[0](*[value(arg) for arg in obj[1:]])
        if type(obj) is list:
            return [value(item) for item in obj]
        try:
            return value(raw[obj]) if obj in raw else obj
        except TypeError:
            return obj

    return value(raw[key])


@st.composite
def raw_graphs(draw: st.DrawFn) -> dict[Any, Any]:
    raw: dict[Any, Any] = {"x0": 1, ("t", 0): 2, 17.5: 3}
    for n in range(draw(st.integers(0, 15))):
        keys = st.sampled_from(list(raw))
        args = st.one_of(
            keys,
            st.integers(100, 110),
            st.tuples(st.just(add), keys, keys),
        )
        name = draw(st.sampled_from([f"y{n}", ("t", n + 1), n + 1000]))
        raw[name] = draw(
            st.one_of(
                st.tuples(st.just(add), args, args),
                st.tuples(st.just(sum), st.lists(args, max_size=4)),
                keys,
                st.lists(keys, max_size=3).map(lambda ks: (len, ks)),
            )
        )
    return raw


@given(raw_graphs(), st.sampled_from(["sync", "threads"]))
def test_like_naive_evaluation(raw: dict[Any, Any], scheduler: str) -> None:
    keys = list(raw)
    assert get_with(scheduler, raw, keys) == [naive(raw, key) for key in keys]


@given(raw_graphs())
def test_there_and_back(raw: dict[Any, Any]) -> None:
    keys = list(raw)
    again = to_raw(from_raw(raw))
    assert treadle.get(again, keys) == treadle.get(raw, keys)


def test_nested_keys() -> None:
    raw = {"x": 1, "y": (add, "x", 10)}
    assert treadle.get(raw, "y") == 11
    assert treadle.get(raw, [["x", "y"], "y", []]) == [[1, 11], 11, []]


def test_values_that_are_no_tasks() -> None:
    raw = {"t": (1, 2), "d": {"a": "t"}, "s": "text", "l": ["t", [3]]}
    assert treadle.get(raw, ["t", "d", "s", "l"]) == [(1, 2), {"a": "t"}, "text", [(1, 2), [3]]]


def test_unhashable_arguments_are_values() -> None:
    assert treadle.get({"x": (len, ([1], 2))}, "x") == 2


@pytest.mark.parametrize("length", [1, 2, 5])
def test_a_cycle_is_named(length: int) -> None:
    raw = {f"k{n}": (add, f"k{(n + 1) % length}", 1) for n in range(length)}
    with pytest.raises(CycleError) as caught:
        treadle.get(raw, "k0")
    assert " -> ".join(repr(f"k{n % length}") for n in range(length + 1)) in str(caught.value)


def test_a_missing_key_names_the_nearest() -> None:
    with pytest.raises(MissingKeyError, match=r"'alhpa'.*'alpha'"):
        treadle.get({"alpha": 1, "beta": 2}, "alhpa")
    with pytest.raises(KeyError):
        treadle.get({}, "x")


def test_no_mapping() -> None:
    broken: Any = [1]
    with pytest.raises(GraphError, match="mapping"):
        treadle.get(broken, "x")


def test_a_long_chain() -> None:
    raw: dict[Any, Any] = {"k0": 1}
    for n in range(20_000):
        raw[f"k{n + 1}"] = (neg, f"k{n}")
    assert treadle.get(raw, "k20000") == 1


def test_string_and_other_keys_do_not_collide() -> None:
    raw = {1: (add, 1.5, 0), "1": (add, 2, 0)}
    graph = from_raw(raw)
    assert isinstance(graph, Graph)
    assert treadle.get(raw, [1, "1"]) == [1.5, 2]
