"""Estimates of the time that is left, from times that the test makes up."""

from __future__ import annotations

import pytest

from treadle.diagnostics.estimate import Estimate, Progress
from treadle.graph.operation import Call, Dep
from treadle.graph.plan import Plan, expand
from treadle.local.observe import TaskRecord


def quick() -> None: ...


def slow() -> None: ...


def plan_of(quick_ones: int, slow_ones: int) -> Plan:
    calls: list[Dep] = [Call(quick) for _ in range(quick_ones)]
    calls += [Call(slow) for _ in range(slow_ones)]
    return expand(calls)


def record(task: int, start: float, end: float) -> TaskRecord:
    return TaskRecord(task, 0, start, end, 0.0)


def test_nothing_is_known_before_the_first_task() -> None:
    estimate = Estimate(plan_of(4, 0), 100.0)
    assert estimate.progress(103.0, 2) == Progress(0, 4, 3.0, 0.0, None, "quick", None)


def test_equal_tasks_are_extrapolated_by_count() -> None:
    estimate = Estimate(plan_of(8, 0), 0.0)
    estimate.add([record(0, 0.0, 1.0), record(1, 1.0, 2.0)])
    assert estimate.progress(2.0) == Progress(2, 8, 2.0, 1.0, 6.0, "", None)


def test_the_estimate_falls_while_a_task_runs() -> None:
    estimate = Estimate(plan_of(8, 0), 0.0)
    estimate.add([record(0, 0.0, 1.0), record(1, 1.0, 2.0)])
    assert [estimate.progress(now).left for now in (2.0, 2.5, 8.0, 9.0)] == [6.0, 5.5, 0.0, 0.0]


def test_tasks_side_by_side_halve_the_time_left() -> None:
    estimate = Estimate(plan_of(8, 0), 0.0)
    estimate.add([record(0, 0.0, 1.0), record(1, 0.0, 1.0)])
    assert estimate.progress(1.0).left == 3.0


def test_operations_weigh_what_they_have_cost() -> None:
    plan = plan_of(10, 3)
    estimate = Estimate(plan, 0.0)
    slow_ones = [task for task in range(13) if plan.operations[task].func is slow]
    first = slow_ones[0]
    # Unknown operations count as the mean of all tasks, here 1 second.
    estimate.add([record(task, 0.0, 1.0) for task in range(13) if task not in slow_ones])
    assert estimate.progress(1.0).left == pytest.approx(3 / 10)
    estimate.add([record(first, 1.0, 11.0)])
    # 2 tasks of 10 seconds are left, and 20 seconds of work took 11.
    assert estimate.progress(11.0).left == pytest.approx(20 * 11 / 20)


def test_a_task_that_runs_again_counts_once() -> None:
    estimate = Estimate(plan_of(2, 0), 0.0)
    estimate.add([record(0, 0.0, 1.0), record(0, 1.0, 5.0)])
    assert estimate.progress(2.0).done == 1


def test_the_end() -> None:
    estimate = Estimate(plan_of(1, 0), 0.0)
    estimate.add([record(0, 0.0, 1.0)])
    assert estimate.progress(1.0, 0, False) == Progress(1, 1, 1.0, 1.0, 0.0, "quick", False)


def test_an_instant_run_has_no_rate() -> None:
    estimate = Estimate(plan_of(1, 0), 5.0)
    estimate.add([record(0, 5.0, 5.0)])
    assert estimate.progress(5.0).rate == 0.0
    assert Progress(0, 0, 0.0, 0.0, None, "", None).fraction == 1.0


def test_many_tasks_at_once_are_all_counted_and_some_are_timed() -> None:
    plan = plan_of(3000, 3000)
    estimate = Estimate(plan, 0.0)
    estimate.add([record(task, 0.0, 1.0) for task in range(4000)])
    progress = estimate.progress(8.0)
    assert (progress.done, progress.rate) == (4000, 500.0)
    assert progress.left == pytest.approx(0, abs=1e-9)  # 1 s for 4000, 0.5 s for 2000, 7 s ago
    assert 0 < estimate.timed.total() < 1000
    assert estimate.progress(1.0).left == pytest.approx(0.5)
