"""Plain functions over nested dictionaries."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle import config

NESTED = st.recursive(
    st.integers(0, 3),
    lambda below: st.dictionaries(st.sampled_from(["a", "b-c", "d"]), below, max_size=3),
    max_leaves=8,
)
CONFIGS = st.dictionaries(st.sampled_from(["a", "b-c", "d"]), NESTED, max_size=3)


def test_update_priorities() -> None:
    new = {"a": 9, "b": {"c": 9, "d": 9}}
    assert config.update({"a": 1, "b": {"c": 2}}, new) == {"a": 9, "b": {"c": 9, "d": 9}}
    assert config.update({"a": 1, "b": {"c": 2}}, new, priority="old") == {
        "a": 1,
        "b": {"c": 2, "d": 9},
    }
    assert config.update(
        {"a": 1, "b": {"c": 2}}, new, priority="new-defaults", defaults={"a": 0, "b": {"c": 2}}
    ) == {"a": 1, "b": {"c": 9, "d": 9}}


def test_update_is_in_place_and_keeps_the_spelling() -> None:
    old = {"num_workers": 1}
    assert config.update(old, {"num-workers": 2}) is old
    assert old == {"num_workers": 2}


def test_update_of_a_value_by_a_section() -> None:
    assert config.update({"a": 1}, {"a": {"b": 2}}) == {"a": {"b": 2}}
    assert config.update({"a": 1}, {"a": {"b": 2}}, priority="old") == {"a": 1}
    assert config.update({"a": None}, {"a": {"b": 2}}, priority="old") == {"a": {"b": 2}}


@given(CONFIGS, CONFIGS)
def test_merge_laws(one: dict[Any, Any], two: dict[Any, Any]) -> None:
    assert config.merge(one) == one
    assert config.merge({}, one) == config.merge(one, {}) == config.merge(one, one) == one
    both = config.merge(one, two)
    assert config.merge(both, two) == both
    assert list(both) == list(dict.fromkeys([*one, *two]))


@given(CONFIGS)
def test_merge_copies(one: dict[Any, Any]) -> None:
    before = repr(one)
    config.merge(one, {"a": {"new": 1}})
    assert repr(one) == before


def test_rename() -> None:
    old = {"num_procs": 3, "x": {"y": 1, "z": 2}, "b": 1}
    names = {"num-procs": "num-workers", "x.y": "y", "b": "x.z", "gone.too": "x"}
    assert config.rename(names, old) == {"num-workers": 3, "x": {"z": 2}, "y": 1}


def test_expand_environment_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARP", "w")
    data = {"a": ["$WARP", 1, ("${WARP}x",)], "$WARP": {"b": "$UNKNOWN_WARP"}, "c": None}
    assert config.expand_environment_variables(data) == {
        "a": ["w", 1, ("wx",)],
        "$WARP": {"b": "$UNKNOWN_WARP"},
        "c": None,
    }
