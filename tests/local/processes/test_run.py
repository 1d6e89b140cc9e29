"""Runs on real worker processes: values, exceptions, output, memory, surroundings."""

from __future__ import annotations

import importlib
import os
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.local.processes import tasks
from tests.local.processes.simulation import evaluate, random_graph
from treadle import config
from treadle.errors import SchedulerError, SerializationError, TaskError
from treadle.graph.mapped import Each, Everything, Map, Same
from treadle.graph.operation import GATHER, SPREAD, Call, Operation
from treadle.graph.packs import Slot
from treadle.graph.plan import expand
from treadle.local.observe import Observer, TaskRecord
from treadle.local.processes import WorkerPool, close_warm_pools, run

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    with WorkerPool(2) as pool:
        yield pool


@pytest.fixture(autouse=True, scope="module")
def nothing_left() -> Iterator[None]:
    yield
    close_warm_pools()


def call(func: Callable[..., Any], *args: Any) -> Call:
    return Call(func, args)


def spread(func: Callable[..., Any], *deps: Operation) -> Call:
    return Call(func, (), None, deps, form=SPREAD)


def gather(func: Callable[..., Any], deps: list[Call]) -> Call:
    return Call(func, (), None, tuple(deps), form=GATHER)


def segments_of(pool: WorkerPool) -> list[str]:
    return os.listdir(pool.segments.directory)


@pytest.mark.parametrize("seed", range(4))
def test_random_graphs_give_what_a_plain_loop_gives(pool: WorkerPool, seed: int) -> None:
    generator = random.Random(seed)
    deps = random_graph(generator, 150)
    # Large enough values that some travel through shared memory and some do not.
    calls: list[Call] = []
    for task, inputs in enumerate(deps):
        size = 10 ** generator.randrange(5)
        parts = [call(np.full, size, float(task)), *[calls[d] for d in inputs]]
        calls.append(
            gather(
                lambda values: (
                    float(sum([v.sum() / v.size for v in values])) * np.ones(generator_size(values))
                ),
                parts,
            )
        )
    values = evaluate(deps)
    found = run(expand(calls[-3:]), pool=pool, chunksize=generator.choice([None, 1, 5]))
    assert [float(v.flat[0]) for v in found] == values[-3:]
    assert segments_of(pool) == []


def generator_size(values: list[Any]) -> int:
    """Half the length of the longest input, so that sizes stay mixed."""
    return max(1, max([int(value.size) for value in values]) // 2)


def test_every_way_to_call(pool: WorkerPool) -> None:
    one, two = call(tasks.same, 1), call(tasks.same, 2)
    general = Call(tasks.add, (Slot(0),), {"b": 10}, (one,))
    squares = Map(pow, (3,), (Each([1, 2, 3]), Each([2, 2, 2])))
    doubled = Map(tasks.add, (3,), (Same(squares), Same(squares)))
    everything = Map(tasks.total, (), (Everything(doubled),))
    by_value = spread(lambda a, b: a * b, one, two)
    outputs = [spread(tasks.add, one, one), gather(tasks.total, [one, two]), general, everything]
    assert run(expand([*outputs, by_value, by_value]), pool=pool) == [2, 3, 11, 28, 2, 2]


def test_arrays_are_shared_not_sent(pool: WorkerPool, tmp_path: Path) -> None:
    made = [call(tasks.apply, make_together, str(tmp_path), 300_000) for _ in range(2)]
    both = spread(tasks.add, *made)
    (value,) = run(expand([both]), pool=pool, chunksize=1)
    assert value.shape == (300_000,) and (value == 2).all()
    value[0] = 5  # what arrives can be written to
    assert segments_of(pool) == []


def make_together(directory: str, count: int) -> Any:
    tasks.meet(directory, 2)
    return tasks.ones(count)


def test_large_argument_travels_once(pool: WorkerPool) -> None:
    array = np.arange(200_000)
    calls = [call(tasks.size_of, array) for _ in range(50)]
    assert run(expand([gather(tasks.total, calls)]), pool=pool) == [50 * array.size]
    assert segments_of(pool) == []


def test_tasks_spread_over_workers(pool: WorkerPool, tmp_path: Path) -> None:
    pids = run(expand([call(tasks.meet, str(tmp_path), 2) for _ in range(2)]), pool=pool)
    assert len(set(pids)) == 2 and os.getpid() not in pids


def test_tasks_behind_a_long_one_are_taken_back(pool: WorkerPool, tmp_path: Path) -> None:
    # All in one batch: the first task ends only if another worker gets the last one.
    marker = str(tmp_path / "marker")
    calls = [call(tasks.wait_for, marker), call(tasks.pid), call(tasks.make_file, marker)]
    found = run(expand(calls), pool=pool, chunksize=3)
    assert (found[0], found[2]) == ("waited", "made")


def test_exceptions_arrive_as_themselves(pool: WorkerPool) -> None:
    with pytest.raises(ZeroDivisionError, match="division by zero") as caught:
        run(expand([call(tasks.divide, 1, 0)]), pool=pool)
    names = [entry.name for entry in caught.traceback]
    assert names[-1] == "divide"
    assert run(expand([call(tasks.same, 3)]), pool=pool) == [3]  # the pool goes on


def test_sys_exit_is_an_error_not_an_end(pool: WorkerPool) -> None:
    with pytest.raises(TaskError, match=r"sys.exit\(3\)"):
        run(expand([call(tasks.leave, 3)]), pool=pool)


def test_what_cannot_travel_is_named(pool: WorkerPool) -> None:
    lock = tasks.lock()
    with pytest.raises(SerializationError, match="argument 'value' of same"):
        run(expand([call(tasks.same, {"m": lock})]), pool=pool)
    made = Call(tasks.lock, name="made")
    with pytest.raises(SerializationError, match="result of made"):
        run(expand([made]), pool=pool)
    # Where it is only read beside its maker, it need not travel.
    readers = [spread(tasks.is_lock, made) for _ in range(20)]
    assert run(expand(readers), pool=pool, chunksize=1) == [True] * 20


def test_prints_are_complete_when_the_run_is(
    pool: WorkerPool, capsys: pytest.CaptureFixture[str]
) -> None:
    run(expand([call(tasks.speak, f"line {n}") for n in range(50)]), pool=pool)
    shown = capsys.readouterr()
    expected = sorted([f"line {n}" for n in range(50)])
    assert sorted(shown.out.splitlines()) == expected
    assert sorted(shown.err.splitlines()) == expected


class Recorder(Observer):
    def __init__(self) -> None:
        self.records: list[TaskRecord] = []
        self.started: list[int] = []
        self.calls: list[str] = []

    def on_start(self, plan: Any, scheduler: str, num_workers: int) -> None:
        self.calls.append(f"{scheduler} {num_workers}")

    def on_task_started(self, task: int, worker: int) -> None:
        self.started.append(task)

    def on_task_finished(self, record: TaskRecord, value: Any) -> None:
        self.records.append(record)

    def on_cost(self, kind: str, seconds: float, nbytes: int) -> None:
        assert seconds >= 0 and nbytes >= 0

    def on_finish(self, errored: bool) -> None:
        self.calls.append(f"errored: {errored}")


def test_observer_sees_every_task(pool: WorkerPool) -> None:
    recorder = Recorder()
    plan = expand([gather(tasks.total, [call(tasks.same, n) for n in range(30)])])
    run(plan, pool=pool, observer=recorder)
    assert sorted(recorder.started) == sorted([r.task for r in recorder.records]) == list(range(31))
    assert all(record.start <= record.end and record.cpu >= 0 for record in recorder.records)
    assert recorder.calls == ["processes 2", "errored: False"]


def test_workers_see_the_parents_surroundings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TEST_ENVIRONMENT", "seen")
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setenv("MKL_NUM_THREADS", "7")
    before = dict(os.environ)
    plan = expand(
        [
            call(os.getcwd),
            call(tasks.environment, "TEST_ENVIRONMENT"),
            call(tasks.environment, "OMP_NUM_THREADS"),
            call(tasks.environment, "MKL_NUM_THREADS"),
            call(tasks.config_value, "num-workers"),
            call(tasks.environment, "INITIALIZED"),
        ]
    )
    with config.set({"num-workers": 5}):
        found = run(plan, num_workers=2, initializer=initialize)
    cores = max(1, len(os.sched_getaffinity(0)) // 2)
    assert found == [str(tmp_path), "seen", str(cores), "7", 5, "yes"]
    assert dict(os.environ) == before


def initialize() -> None:
    os.environ["INITIALIZED"] = "yes"


def fail_to_initialize() -> None:
    raise LookupError("no licence")


def test_initializer_that_fails_is_the_error() -> None:
    with pytest.raises(LookupError, match="no licence"):
        run(expand([call(tasks.pid)]), num_workers=1, initializer=fail_to_initialize)


def test_workers_stay_warm() -> None:
    plan = expand([call(tasks.pid)])
    assert run(plan, num_workers=1) == run(plan, num_workers=1)


def test_workers_do_not_keep_old_modules(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    file = tmp_path / "edited_module.py"
    file.write_text("def answer():\n    return 1\n")
    module = importlib.import_module("edited_module")
    try:
        assert run(expand([call(module.answer)]), num_workers=1) == [1]
        file.write_text("def answer():\n    return 'two'\n")
        importlib.reload(module)
        assert run(expand([call(module.answer)]), num_workers=1) == ["two"]
    finally:
        del sys.modules["edited_module"]


def test_tasks_may_use_pools_and_nested_runs(pool: WorkerPool) -> None:
    assert run(expand([call(tasks.pool_in_task, [-1, -2])]), pool=pool) == [[1, 2]]
    ((own, inner),) = run(expand([call(tasks.nested, None)]), pool=pool)
    assert inner == [own, own]
    ((own, inner),) = run(expand([call(tasks.nested, 1)]), pool=pool)
    assert own not in inner and os.getpid() not in inner


def test_bad_arguments(pool: WorkerPool) -> None:
    plan = expand([call(tasks.pid)])
    with pytest.raises(SchedulerError, match="num_workers"):
        run(plan, num_workers=0)
    with pytest.raises(SchedulerError, match="chunksize=-1"):
        run(plan, chunksize=-1)
    with pytest.raises(SchedulerError, match="belong to the pool"):
        run(plan, pool=pool, num_workers=3)
    closed = WorkerPool(1)
    closed.close()
    with pytest.raises(SchedulerError, match="closed"):
        run(plan, pool=closed)


def test_run_on_part_of_a_pool_ignores_the_rest() -> None:
    many = expand([call(tasks.same, n) for n in range(3)])
    with WorkerPool(3) as pool:
        for _ in range(20):
            # The workers that a small run does not use answer the end of the large one meanwhile.
            assert run(many, pool=pool) == [0, 1, 2]
            assert run(expand([call(tasks.same, "one")]), pool=pool) == ["one"]
