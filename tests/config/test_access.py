"""get, set, where, find and pop in one thread."""

from __future__ import annotations

import gc
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle import config
from treadle.config.layers import LAYERS
from treadle.errors import ConfigError


def test_defaults() -> None:
    assert config.get("scheduler") is None
    assert config.get("delayed-pure") is False
    assert config.get("optimization.fuse.max-bytes") == "100 MiB"


def test_default_argument_answers_only_where_nothing_is_set() -> None:
    assert config.get("scheduler", "threads") == "threads"
    assert config.get("multiprocessing.context", "fork") == "spawn"
    with config.set(scheduler="sync"):
        assert config.get("scheduler", "threads") == "sync"
    with config.set(scheduler=None):
        assert config.get("scheduler", "threads") is None
    config.set(scheduler=None)
    assert config.get("scheduler", "threads") is None


def test_override_with() -> None:
    assert config.get("num-workers", override_with=3) == 3
    assert config.get("num-workers", 5, override_with=None) == 5


def test_hyphen_is_underscore() -> None:
    config.set({"num_workers": 3})
    assert config.get("num-workers") == config.get("num_workers") == 3
    assert config.get("optimization.fuse.max_bytes") == "100 MiB"


def test_permanent_set() -> None:
    config.set(scheduler="threads")
    config.set(scheduler="sync", num_workers=4)
    assert config.get("scheduler") == "sync"
    config.set({"scheduler": "processes"})
    assert config.get("scheduler") == "processes"
    assert config.get("num-workers") == 4


def test_with_restores() -> None:
    config.set(num_workers=1)
    with config.set(num_workers=2, scheduler="sync"):
        with config.set({"num-workers": 3}):
            assert config.get("num-workers") == 3
            assert config.get("scheduler") == "sync"
        assert config.get("num-workers") == 2
    assert config.get("num-workers") == 1
    assert config.get("scheduler") is None


def test_with_restores_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), config.set(num_workers=2):
        raise ZeroDivisionError
    assert config.get("num-workers") is None


def test_nested_and_dotted_and_double_underscore() -> None:
    for change in (
        {"optimization": {"fuse": {"active": False}}},
        {"optimization.fuse.active": False},
        {"optimization.fuse": {"active": False}},
        {"optimization": {"fuse.active": False}, "chunksize": None},
        {"optimization__fuse__active": False},
    ):
        with config.set(**change) if "__" in str(change) else config.set(change):
            assert config.get("optimization.fuse.active") is False
        assert config.get("optimization.fuse.active") is True


def test_section() -> None:
    with config.set(optimization__fuse__active=False):
        assert config.get("optimization.fuse") == {"active": False, "max-bytes": "100 MiB"}
        assert config.config["optimization"]["fuse"]["active"] is False
    assert config.config["optimization"]["annotations"] == {"fuse": True}


def test_config_is_a_copy() -> None:
    config.config["optimization"]["fuse"]["active"] = "broken"
    assert config.get("optimization.fuse.active") is True


def test_permanent_set_inside_a_block_holds_at_once_and_stays() -> None:
    with config.set(num_workers=2):
        config.set(num_workers=3)
        assert config.get("num-workers") == 3
        with config.set(num_workers=4):
            assert config.get("num-workers") == 4
        assert config.get("num-workers") == 3
        assert [s.value for s in config.find("num-workers")] == [3, 2, None]
    assert config.get("num-workers") == 3


def test_a_set_object_can_be_entered_later_and_again() -> None:
    change = config.set(num_workers=2)
    assert config.get("num-workers") == 2
    for _ in range(2):
        with change, change:
            assert config.get("num-workers") == 2
        assert config.get("num-workers") is None


def test_blocks_that_end_out_of_order() -> None:
    first, second = ExitStack(), ExitStack()
    first.enter_context(config.set(num_workers=1))
    second.enter_context(config.set(num_workers=2))
    first.close()
    assert config.get("num-workers") == 2
    second.close()
    assert config.get("num-workers") is None


def test_a_block_keeps_a_permanent_call_that_came_between() -> None:
    block = config.set(num_workers=1)
    config.set(num_workers=2)
    with block:
        assert config.get("num-workers") == 1
    assert config.get("num-workers") == 2


def test_objects_can_be_set() -> None:
    with ThreadPoolExecutor(1) as executor, config.set(scheduler=executor, pool=executor):
        assert config.get("scheduler") is executor
        assert config.get("pool") is executor
    with config.set(scheduler=max):
        assert config.get("scheduler") is max


def test_many_permanent_calls_are_not_kept() -> None:
    for n in range(1, 100):
        config.set(num_workers=n)
    gc.collect()
    config.set(num_workers=100)
    assert len(LAYERS.calls["num-workers"]) <= 2
    assert config.get("num-workers") == 100


def test_where_a_call_set_it() -> None:
    with config.set(num_workers=7):
        setting = config.where("num_workers")
    assert setting.value == 7
    assert setting.source.kind == "call"
    assert setting.source.name.endswith("test_access.py")
    assert str(setting).startswith("num-workers = 7 (config.set in ")
    assert setting.source.line is not None
    assert config.where("num-workers").source.kind == "default"


def test_where_needs_a_key() -> None:
    with pytest.raises(ConfigError, match=r"'optimization\.fuse' is a section.*max-bytes"):
        config.where("optimization.fuse")


def test_pop() -> None:
    config.set(num_workers=4)
    assert config.pop("num_workers") == 4
    assert config.get("num-workers") is None
    assert config.pop("num-workers", 9) == 9
    with pytest.raises(KeyError, match="not set"):
        config.pop("num-workers")


def test_refresh_forgets_calls() -> None:
    config.set(num_workers=4)
    config.refresh()
    assert config.get("num-workers") is None


def test_update_defaults() -> None:
    config.set(num_workers=4)
    config.update_defaults({"num-workers": 2, "optimization": {"fuse": {"active": False}}})
    assert config.get("num-workers") == 4
    assert config.get("optimization.fuse.active") is False
    assert config.where("optimization.fuse.active").source.name == "config.update_defaults"
    config.pop("optimization.fuse.active")
    config.pop("num-workers")
    assert config.get("optimization.fuse.active") is True


def test_unknown_key_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"'num-wrokers'.*did you mean 'num-workers'"):
        config.get("num_wrokers", 1)
    with pytest.raises(ConfigError, match=r"'fuse\.active'.*'optimization\.fuse\.active'"):
        config.get("fuse.active")
    with pytest.raises(ConfigError, match=r"test_access\.py, line \d+\); did you mean 'scheduler'"):
        config.set(schedular="sync")
    with pytest.raises(KeyError, match=r"xyzzy.*treadle config list"):
        config.get("xyzzy")
    with pytest.raises(ConfigError, match=r"unknown configuration key 'scheduler\.name'"):
        config.get("scheduler.name")


def test_a_wrong_value_changes_nothing() -> None:
    with pytest.raises(ConfigError, match=r"'num-workers' is 0 \(config\.set in .*line \d+\)") as e:
        config.set(scheduler="sync", num_workers=0)
    assert "must be None or a whole number, 1 or more" in str(e.value)
    assert config.get("scheduler") is None


def test_a_section_needs_a_mapping() -> None:
    with pytest.raises(ConfigError, match=r"'optimization' is 3 .*it is a section"):
        config.set(optimization=3)


def test_unknown_attribute() -> None:
    with pytest.raises(AttributeError, match="confg"):
        getattr(config, "confg".strip())


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 9)), max_size=8))
def test_any_nesting_of_calls_and_blocks(steps: list[tuple[bool, int]]) -> None:
    """The latest call counts; at the end of the blocks the latest permanent call remains."""
    config.refresh(paths=(), env={})
    expected: list[int | None] = [None]
    permanent: int | None = None
    with ExitStack() as stack:
        for is_block, value in steps:
            change = config.set(num_workers=value)
            if is_block:
                stack.enter_context(change)
            else:
                permanent = value
            expected.append(value)
            assert config.get("num-workers") == value
    assert config.get("num-workers") == permanent
