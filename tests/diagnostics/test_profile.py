"""Profilers of tasks and of live results."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import Any

import pytest

from treadle import compute, delayed
from treadle.collection import get_with
from treadle.diagnostics import CacheProfiler, Profiler
from treadle.graph.operation import Call
from treadle.graph.plan import expand
from treadle.local.observe import TaskRecord


def inc(x: int) -> int:
    return x + 1


def add(x: int, y: int) -> int:
    return x + y


def fail(x: int) -> int:
    raise ValueError(f"no {x}")


GRAPH: dict[str, Any] = {"a": (inc, 1), "b": (inc, "a"), "c": (add, "a", "b")}


@pytest.mark.parametrize("scheduler", ["sync", "threads"])
def test_every_task_has_a_key_a_name_and_times(scheduler: str) -> None:
    start = perf_counter()
    with Profiler() as profiler:
        get_with(scheduler, GRAPH, "c")
    end = perf_counter()
    results = profiler.results
    assert [(result.key, result.task) for result in results] == [
        ("a", "inc"),
        ("b", "inc"),
        ("c", "add"),
    ]
    times = [time for result in results for time in (result.start_time, result.end_time)]
    assert start <= times[0]
    assert times == sorted(times)
    assert times[-1] <= end


def test_workers_are_told_apart() -> None:
    both = threading.Barrier(2, timeout=60)
    with ThreadPoolExecutor(2) as pool, Profiler() as profiler:
        compute([delayed(both.wait)() for _ in range(2)], scheduler=pool)
    waits = [result.worker_id for result in profiler.results if result.task == "wait"]
    assert sorted(waits) == [0, 1]


def test_a_failed_run_shows_what_had_run() -> None:
    with Profiler() as profiler, pytest.raises(ValueError, match="no 2"):
        get_with("sync", {"a": (inc, 1), "b": (fail, "a")}, "b")
    assert [result.key for result in profiler.results] == ["a"]


def test_results_add_up_until_cleared() -> None:
    profiler = Profiler()
    for _ in range(2):
        with profiler:
            get_with("sync", GRAPH, "c")
    assert [result.key for result in profiler.results] == ["a", "b", "c"] * 2
    profiler.clear()
    assert profiler.results == []


def spans(profiler: CacheProfiler) -> dict[str, tuple[float, float, float]]:
    return {result.key: result[2:] for result in profiler.results}


def test_results_live_until_their_last_reader_has_run() -> None:
    with Profiler() as profiler, CacheProfiler() as cache:
        get_with("sync", GRAPH, ["c"])
    ended = {result.key: result.end_time for result in profiler.results}
    assert spans(cache) == {
        "a": (1, ended["a"], ended["c"]),
        "b": (1, ended["b"], ended["c"]),
        "c": (1, ended["c"], ended["c"]),
    }


def test_results_that_the_caller_wants_live_until_the_end() -> None:
    with Profiler() as profiler, CacheProfiler() as cache:
        get_with("sync", GRAPH | {"d": (inc, "c")}, ["b", "d"])
    ended = {result.key: result.end_time for result in profiler.results}
    assert spans(cache)["b"][2] == ended["d"]
    assert spans(cache)["a"][2] == ended["c"]


def test_the_metric_measures_each_result() -> None:
    cache = CacheProfiler(metric=abs, metric_name="size")
    with cache, pytest.raises(ValueError, match="no 3"):
        get_with("sync", {"a": (inc, 1), "b": (inc, "a"), "c": (fail, "b")}, "c")
    assert [(result.task, result.metric) for result in cache.results] == [("inc", 2), ("inc", 3)]
    # Nobody has read "b": it lived until the end of what was recorded.
    assert cache.results[1].cache_time == cache.results[1].free_time
    cache.clear()
    assert cache.results == []
    assert (cache.metric_name, CacheProfiler(abs).metric_name) == ("size", "abs")
    assert CacheProfiler().metric_name == "results"


@pytest.mark.parametrize("watch", [Profiler(), CacheProfiler()])
def test_what_ends_after_the_run_is_left_out(watch: Profiler | CacheProfiler) -> None:
    observer = watch.for_run()
    observer.on_start(expand([Call(inc, (1,))]), "threads", 1)
    observer.on_finish(True)
    observer.on_task_finished(TaskRecord(0, 0, 0.0, 1.0, 0.0), 2)
    observer.on_finish(True)
    assert watch.results == []
