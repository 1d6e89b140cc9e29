"""What every local scheduler promises, and what only some do."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from operator import add, neg
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import treadle
from tests.graph.strategies import calls, evaluate
from treadle import compute, config, delayed
from treadle.errors import SchedulerError, TaskError
from treadle.graph.mapped import Each, Map
from treadle.graph.operation import Dep, Operation, TaskRef
from treadle.graph.plan import expand
from treadle.local import executor, sync, threads
from treadle.local.observe import Observer, TaskRecord, observing
from treadle.local.select import NAMES

HERE = ["sync", "threads"]


@pytest.fixture(scope="module")
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


@pytest.mark.parametrize("name", [name for name in NAMES if NAMES[name] != "processes"])
def test_every_name_works(name: str) -> None:
    total = delayed(sum)([delayed(neg)(n) for n in range(8)])
    assert total.compute(scheduler=name) == -28
    assert total.compute(scheduler=name.upper()) == -28
    with config.set(scheduler=name):
        assert total.compute() == -28


@given(calls(), st.data())
def test_any_executor(nodes: list[Operation], data: st.DataObject) -> None:
    outputs: list[Dep] = data.draw(st.lists(st.sampled_from(nodes), min_size=1, max_size=3))
    with ThreadPoolExecutor(2) as pool:
        assert executor.run(expand(outputs), pool=pool, num_workers=3) == evaluate(outputs)


def test_a_thread_pool_lends_its_threads(pool: ThreadPoolExecutor) -> None:
    names = [delayed(lambda n: threading.current_thread().name)(n) for n in range(10)]
    for options in ({"scheduler": pool}, {"scheduler": "threads", "pool": pool}):
        ran_on = set(compute(*names, **options))
        assert all(name.startswith("ThreadPoolExecutor") for name in ran_on)


@pytest.mark.processes
def test_a_process_pool_executor() -> None:
    with ProcessPoolExecutor(1) as pool:
        local = 3
        x = delayed(lambda n: n + local)(1)
        assert (x + x).compute(scheduler=pool) == 8


def test_any_callable() -> None:
    seen: list[Any] = []

    def get(dsk: Any, keys: Any, **options: Any) -> Any:
        seen.append(options)
        return treadle.get(dsk, keys)

    x = delayed(add)(1, delayed(neg)(2))
    assert x.compute(scheduler=get, color="red") == -1
    assert x.compute(get=get) == -1
    assert seen == [{"color": "red"}, {}]


def test_get_functions() -> None:
    import treadle.threaded

    assert treadle.threaded.get({"x": (neg, 1)}, ["x"]) == [-1]


@pytest.mark.parametrize("wrong", [0, -1, 1.5, True, "2"])
def test_a_wrong_number_of_workers(wrong: Any) -> None:
    with pytest.raises(SchedulerError, match="num_workers="):
        delayed(1).compute(scheduler="threads", num_workers=wrong)


def test_a_wrong_scheduler_lists_the_right_ones() -> None:
    with pytest.raises(SchedulerError, match=r"did you mean 'threads'.*'single-threaded'"):
        delayed(1).compute(scheduler="thread")
    with pytest.raises(SchedulerError, match="is no scheduler"):
        delayed(1).compute(scheduler=5)


def test_an_unknown_option_is_refused() -> None:
    with pytest.raises(SchedulerError, match="no option 'num_worker'; it has num_workers"):
        delayed(1).compute(scheduler="threads", num_worker=2)


@pytest.mark.parametrize("scheduler", HERE)
def test_eight_waits_meet(scheduler: str) -> None:
    """With as many threads as tasks all run at once; a barrier would hang otherwise."""
    if scheduler == "sync":
        return
    barrier = threading.Barrier(8, timeout=30)
    waits = [delayed(barrier.wait)() for _ in range(8)]
    assert sorted(compute(*waits, scheduler="threads", num_workers=8)) == list(range(8))


def test_never_more_threads_than_asked_for() -> None:
    lock = threading.Lock()
    running = 0
    most = 0

    def work(n: int) -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        total = sum(range(2_000))
        with lock:
            running -= 1
        return total

    delayed(max)([delayed(work)(n) for n in range(50)]).compute(scheduler="threads", num_workers=3)
    assert most <= 3


class Block:
    """A value that can be watched."""


@pytest.mark.parametrize("scheduler", [sync.run, threads.run])
def test_results_are_dropped_after_their_last_reader(scheduler: Any) -> None:
    alive: weakref.WeakSet[Block] = weakref.WeakSet()
    peaks: list[int] = []

    def make(n: int) -> Block:
        block = Block()
        alive.add(block)
        peaks.append(len(alive))
        return block

    def step(block: Block) -> Block:
        return make(0)

    blocks = []
    for n in range(20):
        block = delayed(make)(n)
        for _ in range(5):
            block = delayed(step)(block)
        blocks.append(delayed(lambda block: 1)(block))
    graph = delayed(sum)(blocks).__treadle_graph__()
    gc.collect()
    assert scheduler(expand(graph.outputs), num_workers=1) == [20]
    assert max(peaks) <= 3  # the one made, the one read, and one that the interpreter still holds
    assert not alive


@pytest.mark.parametrize("num_workers", [1, 2, 4])
def test_shared_results_are_dropped_too(num_workers: int) -> None:
    block = Block()
    seen = weakref.ref(block)
    holder = [block]
    del block
    taken = delayed(lambda: holder.pop())()
    readers = [delayed(lambda value: id(value))(taken) for _ in range(6)]
    late = delayed(lambda ids: seen() is None)(readers)
    assert late.compute(scheduler="threads", num_workers=num_workers)


@pytest.mark.parametrize("outer", HERE)
@pytest.mark.parametrize("inner", HERE)
def test_nested_runs(outer: str, inner: str) -> None:
    def work(n: int) -> Any:
        parts = [delayed(neg)(k) for k in range(n)]
        return delayed(sum)(parts).compute(scheduler=inner, num_workers=2)

    total = delayed(sum)([delayed(work)(n) for n in range(12)])
    assert total.compute(scheduler=outer, num_workers=2) == -220


def test_deeply_nested_runs_do_not_multiply_threads() -> None:
    most = 0

    def count() -> int:
        return sum(thread.name.startswith("treadle-") for thread in threading.enumerate())

    def deep(depth: int) -> int:
        nonlocal most
        most = max(most, count())
        if not depth:
            return 1
        return int(delayed(sum)([delayed(deep)(depth - 1) for _ in range(3)]).compute())

    with config.set(scheduler="threads", num_workers=3):
        assert delayed(deep)(4).compute() == 81
    assert most <= 8


def test_nested_runs_in_a_borrowed_pool(pool: ThreadPoolExecutor) -> None:
    def work(n: int) -> Any:
        return delayed(sum)([delayed(neg)(k) for k in range(n)]).compute(scheduler=pool)

    assert delayed(sum)([delayed(work)(n) for n in range(8)]).compute(scheduler=pool) == -56


def test_a_run_started_by_the_only_thread_of_its_pool() -> None:
    with ThreadPoolExecutor(1) as pool:
        total = delayed(sum)([delayed(neg)(n) for n in range(8)])
        assert pool.submit(total.compute, scheduler="threads", pool=pool).result(60) == -28


def test_a_pool_without_threads_is_refused() -> None:
    with ProcessPoolExecutor(1) as pool, pytest.raises(SchedulerError, match="scheduler=pool"):
        delayed(neg)(1).compute(scheduler="threads", pool=pool)


class Sour(Exception):
    def __init__(self, a: int, b: int) -> None:
        super().__init__(f"{a} and {b}")


@pytest.mark.parametrize("scheduler", HERE)
def test_errors_arrive_whole(scheduler: str) -> None:
    def broken(x: int) -> int:
        try:
            raise KeyError("inner")
        except KeyError as cause:
            error = Sour(1, x)
            error.add_note("a note")
            raise error from cause

    with pytest.raises(Sour, match="1 and 2") as caught:
        (delayed(broken)(2) + 1).compute(scheduler=scheduler)
    assert isinstance(caught.value.__cause__, KeyError)
    assert caught.value.__notes__ == ["a note"]
    frames = [entry.name for entry in caught.traceback]
    assert frames[-1] == "broken"
    assert len(frames) == 3  # this test, Delayed.compute, the task


@pytest.mark.parametrize("scheduler", HERE)
def test_an_error_stops_the_run(scheduler: str) -> None:
    ran: list[int] = []

    def work(n: int) -> int:
        if n == 0:
            raise ValueError("stop")
        ran.append(n)
        return n

    first = delayed(work)(0)
    late = [delayed(lambda a, n: ran.append(n))(first, n) for n in range(100)]
    with pytest.raises(ValueError, match="stop"):
        compute(*late, scheduler=scheduler, num_workers=1)
    assert ran == []


def test_a_task_cannot_end_the_program() -> None:
    def leave() -> None:
        raise SystemExit(3)

    with pytest.raises(TaskError, match=r"sys.exit\(3\)"):
        delayed(leave)().compute(scheduler="threads")
    with pytest.raises(SystemExit):  # in the calling thread it is what it always is
        delayed(leave)().compute(scheduler="sync")


def test_threads_are_gone_afterwards() -> None:
    before = threading.active_count()
    delayed(sum)([delayed(neg)(n) for n in range(100)]).compute(scheduler="threads", num_workers=6)
    assert threading.active_count() == before


@pytest.mark.parametrize("scheduler", HERE)
def test_options_of_the_caller_hold_in_tasks(scheduler: str) -> None:
    ask = delayed(lambda: config.get("chunksize"))()
    with config.set(chunksize=77):
        assert ask.compute(scheduler=scheduler) == 77


class Recorder(Observer):
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.events: list[str] = []
        self.records: list[TaskRecord] = []
        self.values: list[Any] = []

    def on_start(self, plan: Any, scheduler: str, num_workers: int) -> None:
        self.events.append(f"start {len(plan)}")

    def on_task_finished(self, record: TaskRecord, value: Any) -> None:
        with self.lock:
            self.records.append(record)
            self.values.append(value)

    def on_finish(self, errored: bool) -> None:
        self.events.append(f"finish {errored}")


@pytest.mark.parametrize("scheduler", ["sync", "threads", "pool"])
def test_observers_see_every_task_once(scheduler: str, pool: ThreadPoolExecutor) -> None:
    recorder = Recorder()
    total = delayed(sum)([delayed(neg)(n) for n in range(10)])
    with observing(recorder):
        if scheduler == "pool":
            plan = expand(total.__treadle_graph__().outputs)
            assert executor.run(plan, pool=pool, observer=recorder) == [-45]
        else:
            assert total.compute(scheduler=scheduler) == -45
    assert recorder.events == ["start 11", "finish False"]
    assert sorted(record.task for record in recorder.records) == list(range(11))
    assert all(record.end >= record.start for record in recorder.records)
    assert recorder.values[-1] == -45


def test_a_run_inside_a_task_is_not_observed() -> None:
    recorder = Recorder()
    inner = delayed(lambda: delayed(neg)(1).compute(scheduler="sync"))()
    with observing(recorder):
        assert inner.compute(scheduler="sync") == -1
    assert recorder.events == ["start 1", "finish False"]


def test_observers_hear_of_failure() -> None:
    recorder = Recorder()
    with observing(recorder), pytest.raises(ZeroDivisionError):
        delayed(lambda: 1 / 0)().compute(scheduler="threads")
    assert recorder.events == ["start 1", "finish True"]


def test_a_map_of_many_tasks() -> None:
    wide = Map(neg, (5_000,), (Each(range(5_000)),))
    refs = [TaskRef(wide, n) for n in range(5_000)]
    for scheduler in (sync.run, threads.run):
        assert scheduler(expand(refs)) == [-n for n in range(5_000)]
