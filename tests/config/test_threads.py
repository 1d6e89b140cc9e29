"""What other threads, asyncio tasks and processes see."""

from __future__ import annotations

import asyncio
import contextvars
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from treadle import config
from treadle.errors import ConfigError


def in_thread(function: Callable[[], Any]) -> Any:
    with ThreadPoolExecutor(1) as executor:
        return executor.submit(function).result()


def workers() -> Any:
    return config.get("num-workers")


def test_permanent_set_reaches_other_threads() -> None:
    config.set(num_workers=3)
    assert in_thread(workers) == 3
    in_thread(lambda: config.set(num_workers=4))
    assert workers() == 4


def test_block_stays_in_its_thread() -> None:
    with config.set(num_workers=3):
        assert in_thread(workers) is None
        context = contextvars.copy_context()
        assert in_thread(lambda: context.run(workers)) == 3


def test_two_threads_with_blocks_do_not_disturb_each_other() -> None:
    rounds = 50
    barrier = threading.Barrier(2)

    def work(value: int) -> bool:
        seen = []
        for _ in range(rounds):
            with config.set(num_workers=value):
                barrier.wait(timeout=60)
                seen.append(workers())
                barrier.wait(timeout=60)
                with config.set(num_workers=value + 10):
                    barrier.wait(timeout=60)
                    seen.append(workers())
                barrier.wait(timeout=60)
            barrier.wait(timeout=60)
            seen.append(workers())
            barrier.wait(timeout=60)
        return seen == [value, value + 10, None] * rounds

    with ThreadPoolExecutor(2) as executor:
        assert all(executor.map(work, [1, 2]))


def test_interleaved_call_and_enter_leave_nothing_behind() -> None:
    """Both threads have called before either enters: the old value still comes back."""
    config.set(num_workers=9)
    barrier = threading.Barrier(2)

    def work(value: int) -> tuple[Any, Any]:
        change = config.set(num_workers=value)
        barrier.wait(timeout=60)
        with change:
            barrier.wait(timeout=60)
            inside = workers()
        barrier.wait(timeout=60)
        return inside, workers()

    with ThreadPoolExecutor(2) as executor:
        assert list(executor.map(work, [1, 2])) == [(1, 9), (2, 9)]


def test_many_threads_set_permanently() -> None:
    def work(value: int) -> None:
        for _ in range(20):
            config.set(num_workers=value, chunksize=value)

    with ThreadPoolExecutor(4) as executor:
        list(executor.map(work, range(1, 5)))
    assert config.get("num-workers") == config.where("num-workers").value
    assert config.get("num-workers") in range(1, 5)


def test_asyncio_tasks_have_blocks_of_their_own() -> None:
    async def work(value: int, turn: asyncio.Event, other: asyncio.Event) -> Any:
        with config.set(num_workers=value):
            other.set()
            await turn.wait()
            return workers()

    async def main() -> list[Any]:
        a, b = asyncio.Event(), asyncio.Event()
        return list(await asyncio.gather(work(1, a, b), work(2, b, a)))

    assert asyncio.run(main()) == [1, 2]
    assert workers() is None


@pytest.mark.processes
def test_first_use_from_many_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TREADLE_NUM_WORKERS", "6")
    code = (
        "import threading\n"
        "from concurrent.futures import ThreadPoolExecutor\n"
        "from treadle import config\n"
        "barrier = threading.Barrier(8)\n"
        "def work(_):\n"
        "    barrier.wait(timeout=60)\n"
        "    return config.get('num-workers')\n"
        "with ThreadPoolExecutor(8) as e:\n"
        "    assert list(e.map(work, range(8))) == [6] * 8\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_snapshot_holds_what_calls_and_blocks_set() -> None:
    config.set(chunksize=5)
    with config.set(num_workers=3, scheduler=max, optimization__fuse__active=False):
        travelling = pickle.loads(pickle.dumps(config.snapshot()))
    assert {k: s.value for k, s in travelling.items()} == {
        "chunksize": 5,
        "num-workers": 3,
        "optimization.fuse.active": False,
    }


def test_apply_replaces_what_was_applied_before() -> None:
    with config.set(num_workers=3, chunksize=2):
        first = config.snapshot()
    with config.set(num_workers=4):
        second = config.snapshot()
    config.apply(first)
    assert (config.get("num-workers"), config.get("chunksize")) == (3, 2)
    assert config.where("num-workers").source.name.endswith("test_threads.py")
    assert config.snapshot() == first
    config.apply(second)
    assert (config.get("num-workers"), config.get("chunksize")) == (4, None)
    config.apply({})
    assert config.get("num-workers") is None


def test_applied_settings_win_over_the_environment() -> None:
    config.refresh(paths=(), env={"TREADLE_NUM_WORKERS": "2"})
    with config.set(num_workers=3):
        travelling = config.snapshot()
    config.apply(travelling)
    assert config.get("num-workers") == 3
    config.set(num_workers=5)
    assert config.get("num-workers") == 5


def test_serialize_round_trip() -> None:
    config.set(num_workers=3, scheduler=max, optimization__passes=("cull",))
    text = config.serialize()
    assert text.isascii()
    assert config.deserialize(text) == {"num-workers": 3, "optimization.passes": ["cull"]}
    assert config.collect_env({"TREADLE_INTERNAL_INHERIT_CONFIG": text}) == {
        "num-workers": 3,
        "optimization": {"passes": ["cull"]},
    }


def test_inherited_is_between_files_and_environment() -> None:
    text = config.serialize({"num-workers": 3, "chunksize": 3})
    env = {"TREADLE_INTERNAL_INHERIT_CONFIG": text, "TREADLE_CHUNKSIZE": "4"}
    config.refresh(paths=(), env=env)
    assert (config.get("num-workers"), config.get("chunksize")) == (3, 4)
    assert config.where("num-workers").source.kind == "inherited"
    assert [s.value for s in config.find("chunksize")] == [4, 3, None]


@pytest.mark.processes
def test_child_process_inherits(monkeypatch: pytest.MonkeyPatch) -> None:
    with config.set(num_workers=3):
        monkeypatch.setenv("TREADLE_INTERNAL_INHERIT_CONFIG", config.serialize())
    code = "from treadle import config; print(config.get('num-workers'))"
    result = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=120
    )
    assert result.stdout.strip() == "3"


@pytest.mark.parametrize("text", ["%%%", "", "e30", config.serialize({})[:-1] + "x", "WzFd"])
def test_deserialize_refuses(text: str) -> None:
    with pytest.raises(ConfigError, match="serialized configuration"):
        config.deserialize(text)


def test_serialize_refuses_objects() -> None:
    with pytest.raises(ConfigError, match=r"'pool' is <.*cannot travel"):
        config.serialize({"pool": object()})
