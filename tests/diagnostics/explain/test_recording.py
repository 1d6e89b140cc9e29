"""Recordings of real runs: what lands in them, and what they refuse to tell."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import treadle
from tests.diagnostics.explain.graphs import prose
from treadle import delayed
from treadle.diagnostics.explain import Recording, record
from treadle.diagnostics.explain.report import report
from treadle.errors import SchedulerError
from treadle.graph.operation import literal
from treadle.graph.plan import expand
from treadle.local.observe import TaskRecord


def inc(x: int) -> int:
    return x + 1


def fail() -> None:
    raise RuntimeError("no")


def total(count: int = 4) -> Any:
    return delayed(sum)([delayed(inc)(i) for i in range(count)])


@pytest.mark.parametrize("scheduler", ["sync", "threads"])
def test_every_task_is_recorded_once_and_the_account_adds_up(scheduler: str) -> None:
    with record() as rec:
        assert total(20).compute(scheduler=scheduler, num_workers=3) == 210
    run = rec.last
    assert sorted(run.tasks) == list(range(21))
    assert list(run.starts) == sorted(run.starts)
    assert all(start <= end for start, end in zip(run.starts, run.ends, strict=True))
    done = report(run)
    assert done.complete and done.tasks == 21
    assert done.workers == (1 if scheduler == "sync" else 3)
    assert done.account.total == pytest.approx(done.workers * done.wall)
    assert done.functions["inc"][0] == 20
    assert 0 <= done.span <= done.work * 1.0001
    assert done.cpu <= done.in_tasks * 1.0001 and done.work <= done.in_tasks * 1.0001
    assert len(run.sizes["inc"]) == 16 and len(run.sizes["sum"]) == 1


def test_recording_leaves_no_thread_behind() -> None:
    with record():
        total().compute()
    assert "treadle-explain" not in [thread.name for thread in threading.enumerate()]


def test_an_executor_is_recorded_too() -> None:
    with ThreadPoolExecutor(2) as pool, record() as rec:
        treadle.compute(total(), scheduler=pool)
    assert report(rec.last).complete


def test_a_result_that_cannot_be_measured_does_not_end_the_run() -> None:
    class Odd:
        pass

    @treadle.sizeof.register(Odd)
    def _(odd: Odd) -> int:
        raise RuntimeError("no size")

    with record() as rec:
        assert isinstance(delayed(Odd)().compute(scheduler="threads"), Odd)
    assert rec.last.sizes == {}
    assert rec.explain().forecast.peaks[0].unknown == 1


def test_runs_are_kept_apart() -> None:
    with record() as rec:
        total(2).compute(scheduler="sync")
        total(3).compute(scheduler="sync")
    total(4).compute(scheduler="sync")
    assert [len(run.tasks) for run in rec.runs] == [3, 4]
    assert rec.explain(0).reports[0].tasks == 3
    assert rec.explain().reports[0].tasks == 4


def test_a_failed_run_is_reported_as_far_as_it_came() -> None:
    bad = delayed(sum)([total(1), delayed(fail)()])
    with record() as rec, pytest.raises(RuntimeError, match="no"):
        bad.compute(scheduler="sync")
    done = rec.explain().reports[0]
    assert not done.complete and done.tasks == 2
    assert "an exception ended the run after 2 tasks" in prose(rec.explain())


def test_an_empty_recording_says_what_to_do() -> None:
    with record() as rec:
        pass
    with pytest.raises(SchedulerError, match=r"nothing was recorded: call compute\(\) inside"):
        rec.explain()


def test_a_run_that_lasts_cannot_be_explained() -> None:
    rec = Recording()
    rec.on_start(expand([literal(1)]), "other", 1)
    with pytest.raises(SchedulerError, match="not over"):
        report(rec.last)


def test_runs_that_overlap_are_refused_and_not_mixed_up() -> None:
    plan = expand([literal(1)])
    rec = Recording()
    rec.on_start(plan, "sync", 1)
    rec.on_start(plan, "sync", 1)
    rec.on_task_started(7, 0)
    rec.on_task_finished(TaskRecord(7, 0, 0.0, 1.0, 1.0), None)  # task 7 of some other plan
    rec.on_finish(False)
    rec.on_finish(False)
    for run in rec.runs:
        with pytest.raises(SchedulerError, match="two runs overlapped"):
            report(run)


def test_what_comes_after_the_end_is_ignored() -> None:
    rec = Recording()
    rec.on_task_started(0, 0)
    rec.on_task_finished(TaskRecord(0, 0, 0.0, 1.0, 1.0), None)
    rec.on_cost("pickle", 1.0, 10)
    rec.on_finish(False)
    assert rec.runs == []


def test_worker_processes_are_recorded_from_the_parent() -> None:
    """What the scheduler reports is taken as it is: no lock is shared, values stay elsewhere."""
    rec = Recording()
    rec.on_start(expand([literal(1)]), "processes", 2)
    run = rec.last
    rec.on_task_started(0, 1)
    rec.on_cost("pickle", 0.5, 100)
    rec.on_cost("pickle", 0.25, 50)
    rec.on_task_finished(TaskRecord(0, 1, run.start, run.start + 1.0, 0.5), None)
    rec.on_finish(False)
    done = report(run)
    assert done.lock == 0.0 and done.core is None
    assert done.costs == {"pickle": {"seconds": 0.75, "nbytes": 150, "count": 2}}
    assert run.sizes == {}
