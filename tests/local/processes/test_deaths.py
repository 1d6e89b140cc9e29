"""Worker processes that die: who is blamed, what the error says, and what is computed again."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.local.processes import tasks
from treadle.errors import WorkerDied
from treadle.graph.operation import GATHER, SPREAD, Call
from treadle.graph.plan import expand
from treadle.local.processes import ProcessDied, WorkerPool, run

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    with WorkerPool(2) as pool:
        yield pool


def among_others(func: Callable[..., Any], *args: Any) -> Call:
    """Return a call whose result is gathered with those of twenty innocent ones."""
    others = [Call(tasks.same, (n,)) for n in range(20)]
    culprit = Call(func, args, name="culprit")
    return Call(len_of, (), None, (*others[:10], culprit, *others[10:]), form=GATHER)


def len_of(values: list[Any]) -> int:
    return len(values)


@pytest.mark.parametrize(
    ("func", "args", "cause", "words"),
    [
        (tasks.exit_now, (3,), "exit", ["exit code 3", "about to go"]),
        (tasks.crash, (), "crash", ["SIGSEGV", "in crash"]),
        (os.abort, (), "crash", ["SIGABRT"]),
        (tasks.kill_self, (), "killed", ["SIGKILL", "a second time"]),
    ],
)
def test_error_names_cause_and_task(
    pool: WorkerPool, func: Callable[..., Any], args: tuple[Any, ...], cause: str, words: list[str]
) -> None:
    with pytest.raises(ProcessDied) as caught:
        run(expand([among_others(func, *args)]), pool=pool)
    error = caught.value
    assert isinstance(error, WorkerDied)
    assert error.key == "culprit" and "'culprit'" in str(error)
    assert error.death.cause == cause
    assert error.death.peak_rss is not None and error.death.peak_rss > 1_000_000
    for word in words:
        assert word in str(error)
    assert pickle.loads(pickle.dumps(error)).death == error.death
    # The pool recovers by itself.
    assert run(expand([Call(tasks.same, (1,))]), pool=pool) == [1]


def test_innocent_task_survives(pool: WorkerPool, tmp_path: Path) -> None:
    victim = among_others(tasks.kill_once, str(tmp_path / "marker"))
    assert run(expand([victim]), pool=pool) == [21]
    assert os.listdir(pool.segments.directory) == []


def test_lost_results_are_made_again(pool: WorkerPool, tmp_path: Path) -> None:
    # The victim reads what its process alone has, so that this is lost with it; and the array is
    # large, so that a copy would be in shared memory.
    array = Call(tasks.ones, (100_000,))
    size = Call(tasks.size_of, (), None, (array,), form=SPREAD)
    victim = Call(tasks.kill_once, (str(tmp_path / "marker"),))
    both = Call(tasks.add, (), None, (array, array), form=SPREAD)
    last = Call(tasks.size_of, (), None, (both, array), form=SPREAD)
    assert run(expand([size, victim, last]), pool=pool) == [100_000, "survived", 200_000]


def test_worker_killed_between_runs_is_replaced() -> None:
    with WorkerPool(1) as pool:
        (first,) = run(expand([Call(tasks.pid)]), pool=pool)
        pool.live[0].process.kill()
        (second,) = run(expand([Call(tasks.pid)]), pool=pool)
    assert first != second
