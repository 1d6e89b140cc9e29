"""Callbacks see every task of a run in order, one at a time, and can end it."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from typing import Any

import pytest

from treadle import compute, delayed
from treadle.callbacks import Callback, add_callbacks
from treadle.collection import get_with
from treadle.errors import MissingKeyError
from treadle.local import observe
from treadle.local.observe import TaskRecord

HOOKS = ("start", "start_state", "pretask", "posttask", "finish")


def inc(x: int) -> int:
    return x + 1


def add(*args: int) -> int:
    return sum(args)


def fail(x: int) -> int:
    raise ValueError(f"no {x}")


def get(graph: dict[str, Any], key: str, scheduler: Any) -> Any:
    return get_with(scheduler, graph, key)


GRAPH = {"a": (inc, 1), "b": (inc, "a"), "c": (add, "a", "b")}


@pytest.fixture(params=["sync", "threads", "ThreadPoolExecutor"])
def scheduler(request: pytest.FixtureRequest) -> Iterator[Any]:
    if request.param == "ThreadPoolExecutor":
        with ThreadPoolExecutor(2) as pool:
            yield pool
    else:
        yield request.param


class Journal(Callback):
    """Writes down every call."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def start(self, dsk: Any) -> None:
        self.calls.append(("start", len(dsk)))

    def start_state(self, dsk: Any, state: Any) -> None:
        self.calls.append(("start_state", len(state["ready"]), len(state["waiting"])))

    def pretask(self, key: Any, dsk: Any, state: Any) -> None:
        self.calls.append(("pretask", key, key in state["running"]))

    def posttask(self, key: Any, result: Any, dsk: Any, state: Any, worker_id: int) -> None:
        self.calls.append(("posttask", key, result, key in state["finished"]))

    def finish(self, dsk: Any, state: Any, errored: bool) -> None:
        self.calls.append(("finish", len(state["finished"]), errored))


def expected(graph_size: int = 3) -> list[tuple[Any, ...]]:
    return [
        ("start", graph_size),
        ("start_state", 1, 2),
        ("pretask", "a", True),
        ("posttask", "a", 2, True),
        ("pretask", "b", True),
        ("posttask", "b", 3, True),
        ("pretask", "c", True),
        ("posttask", "c", 5, True),
        ("finish", 3, False),
    ]


def test_every_step_of_a_run_is_told(scheduler: Any) -> None:
    with Journal() as journal:
        assert get(GRAPH, "c", scheduler=scheduler) == 5
    assert journal.calls == expected()


@pytest.mark.processes
def test_tasks_in_other_processes_are_told() -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool, Journal() as journal:
        assert get(GRAPH, "c", scheduler=pool) == 5
    assert journal.calls == expected()


@pytest.mark.processes
def test_tasks_of_worker_processes_are_told_without_results() -> None:
    with Journal() as journal:
        assert get(GRAPH, "c", scheduler="processes") == 5
    calls = journal.calls
    assert (calls[:2], calls[-1]) == (expected()[:2], ("finish", 3, False))
    assert [call for call in calls if call[0] == "posttask"] == [
        ("posttask", key, None, True) for key in "abc"
    ]
    for key in "abc":
        assert calls.index(("pretask", key, True)) < calls.index(("posttask", key, None, True))


@pytest.mark.processes
@pytest.mark.parametrize("name", HOOKS)
def test_an_exception_in_a_callback_ends_a_run_in_processes(name: str) -> None:
    def hook(*args: Any) -> None:
        raise LookupError(f"from {name}")

    with Callback(**{name: hook}), pytest.raises(LookupError, match=f"from {name}"):
        get(GRAPH, "c", scheduler="processes")
    assert get(GRAPH, "c", scheduler="processes") == 5


def test_functions_can_be_given_instead_of_a_subclass() -> None:
    calls: list[str] = []

    def hook(name: str) -> Callable[..., None]:
        return lambda *args: calls.append(name)

    with Callback(*[hook(name) for name in HOOKS]):
        get({"a": (inc, 1)}, "a", scheduler="sync")
    assert calls == list(HOOKS)


def test_methods_may_start_with_an_underscore() -> None:
    class Quiet(Callback):
        def __init__(self) -> None:
            self.start = 0  # an attribute and no callback

        def _pretask(self, key: Any, dsk: Any, state: Any) -> None:
            self.start += 1

    with Quiet() as quiet:
        get(GRAPH, "c", scheduler="sync")
    assert quiet.start == 3


def test_a_failing_task_ends_the_run_as_errored(scheduler: Any) -> None:
    journal = Journal()
    with journal, pytest.raises(ValueError, match="no 2"):
        get({"a": (inc, 1), "b": (fail, "a"), "c": (inc, "b")}, "c", scheduler=scheduler)
    assert journal.calls[-2:] == [("pretask", "b", True), ("finish", 1, True)]


@pytest.mark.parametrize("name", HOOKS)
def test_an_exception_in_a_callback_reaches_the_caller(name: str, scheduler: Any) -> None:
    def hook(*args: Any) -> None:
        raise LookupError(f"from {name}")

    ends: list[bool] = []
    hooks: dict[str, Any] = {"finish": lambda dsk, state, errored: ends.append(errored)}
    callback = Callback(**{**hooks, name: hook})
    other: list[bool] = []
    with (
        Callback(finish=lambda dsk, state, errored: other.append(errored)),
        callback,
        pytest.raises(LookupError, match=f"from {name}"),
    ):
        get(GRAPH, "c", scheduler=scheduler)
    # Who was told of the start is told of the end, once.
    assert ends == ([] if name in ("start", "finish") else [True])
    assert other == [name != "finish"]
    assert get(GRAPH, "c", scheduler=scheduler) == 5


def test_callbacks_of_a_run_never_overlap() -> None:
    inside: list[str] = []
    seen: list[int] = []

    def check(key: str, *args: Any) -> None:
        inside.append(key)
        for _ in range(20):
            os.sched_yield()
        seen.append(len(inside))
        inside.remove(key)

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with Callback(pretask=check, posttask=check):
            compute([delayed(inc)(i) for i in range(100)], scheduler="threads", num_workers=4)
    finally:
        sys.setswitchinterval(before)
    assert seen == [1] * 200


def test_the_graph_can_be_looked_up_and_run_by_hand() -> None:
    found: list[Any] = []

    def run(dsk: Any, key: Any) -> Any:
        func, keys = dsk[key]
        return func([run(dsk, other) for other in keys])

    def start(dsk: Any) -> None:
        found.extend([set(dsk), run(dsk, "c"), "a" in dsk, "q" in dsk, dsk["c"][1]])

    with Callback(start=start):
        get(GRAPH, "c", scheduler="sync")
    assert found == [{"a", "b", "c"}, 5, True, False, ["a", "b"]]


def test_a_state_that_does_not_exist_names_those_that_do() -> None:
    def start_state(dsk: Any, state: Any) -> None:
        assert list(state) == ["waiting", "ready", "running", "finished"]
        assert state.get("cache", 0) == 0
        state["cache"]

    with (
        Callback(start_state=start_state),
        pytest.raises(MissingKeyError, match="waiting, ready, running, finished"),
    ):
        get(GRAPH, "c", scheduler="sync")


def test_runs_inside_a_task_belong_to_the_task(scheduler: Any) -> None:
    def inner() -> int:
        return int(get(GRAPH, "c", scheduler="threads"))

    with Journal() as journal:
        assert get({"only": (inner,)}, "only", scheduler=scheduler) == 5
    assert [call[0] for call in journal.calls] == list(HOOKS)


def test_registered_callbacks_see_runs_of_every_thread() -> None:
    journal = Journal()
    journal.register()
    journal.register()
    try:
        thread = threading.Thread(target=get, args=(GRAPH, "c"), kwargs={"scheduler": "sync"})
        thread.start()
        thread.join()
        assert journal.calls == expected()
    finally:
        journal.unregister()
    get(GRAPH, "c", scheduler="sync")
    assert len(journal.calls) == len(expected())
    journal.unregister()
    assert journal not in observe.registered


def test_runs_at_the_same_time_do_not_mix() -> None:
    both = threading.Barrier(2, timeout=60)
    sizes: dict[int, list[int]] = {}

    def meet(x: int) -> int:
        both.wait()
        return x

    def finish(dsk: Any, state: Any, errored: bool) -> None:
        sizes.setdefault(len(dsk), []).append(len(state["finished"]))

    def run(count: int) -> None:
        graph = {"x0": (meet, 0)} | {f"x{i}": (inc, f"x{i - 1}") for i in range(1, count)}
        get(graph, f"x{count - 1}", scheduler="sync")

    callback = Callback(finish=finish)
    callback.register()
    try:
        threads = [threading.Thread(target=run, args=(count,)) for count in (2, 5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        callback.unregister()
    assert sizes == {2: [2], 5: [5]}


def test_a_block_watches_its_own_thread_only() -> None:
    with Journal() as journal:
        thread = threading.Thread(target=get, args=(GRAPH, "c"), kwargs={"scheduler": "sync"})
        thread.start()
        thread.join()
    assert journal.calls == []


def test_add_callbacks_attaches_all_for_the_block() -> None:
    first, second = Journal(), Journal()
    with add_callbacks(first, second):
        get(GRAPH, "c", scheduler="sync")
    get(GRAPH, "c", scheduler="sync")
    assert first.calls == second.calls == expected()


def test_tasks_that_report_after_the_end_are_ignored() -> None:
    journal = Journal()
    observers: list[observe.Observer] = []

    class Catch(observe.Observer):
        def on_start(self, plan: Any, scheduler: str, num_workers: int) -> None:
            observer = journal.for_run()
            observer.on_start(plan, scheduler, num_workers)
            observers.append(observer)

    with observe.observing(Catch()):
        get(GRAPH, "c", scheduler="sync")
    (observer,) = observers
    observer.on_finish(True)
    before = list(journal.calls)
    observer.on_task_started(0, 0)
    observer.on_task_finished(TaskRecord(0, 0, 0.0, 1.0, 0.0), 2)
    assert journal.calls == before
