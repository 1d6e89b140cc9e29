"""The account of a run: it adds up, and each second lands where its definition says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.diagnostics.explain.graphs import random_reads
from treadle.diagnostics.explain.accounting import Account, account, divide_idle

NOTHING = Account(*[0.0] * len(Account._fields))


@given(random_reads(), st.data(), st.integers(1, 3))
def test_entries_add_up_to_workers_times_wall(
    reads: list[tuple[int, ...]], data: st.DataObject, workers: int
) -> None:
    """Whatever was reported, even what cannot have been, is divided without rest."""
    size = len(reads)
    moments = st.floats(0, 10, allow_subnormal=False)
    pairs = data.draw(st.lists(st.tuples(moments, moments), min_size=size, max_size=size))
    starts, ends = [min(pair) for pair in pairs], [max(pair) for pair in pairs]
    who = data.draw(st.lists(st.integers(0, workers - 1), min_size=size, max_size=size))
    cpu, core, locked = (
        data.draw(st.lists(moments, min_size=size, max_size=size)) for _ in range(3)
    )
    costs = data.draw(st.dictionaries(st.sampled_from(["pickle", "move", "other"]), moments))
    found = account(
        reads, range(size), who, starts, ends, cpu, core, locked, 0.0, 10.0, workers, costs
    )
    assert found.total == pytest.approx(10.0 * workers)
    assert min(found) >= 0.0
    rounding = 1e-9
    assert found.pickling <= costs.get("pickle", 0.0) + rounding
    assert found.moving <= costs.get("move", 0.0) + rounding


def test_two_workers_on_three_tasks_and_a_sum() -> None:
    # worker 0: |1 task 0 4|4 task 2 7|   |8 task 3 9|
    # worker 1:   |2 task 1 4|                        run: 0 to 10
    found = account(
        reads=[(), (), (), (0, 1, 2)],
        tasks=[0, 1, 2, 3],
        workers=[0, 1, 0, 0],
        starts=[1.0, 2.0, 4.0, 8.0],
        ends=[4.0, 4.0, 7.0, 9.0],
        cpu=[2.0, 1.0, 1.0, 1.0],
        core=[0.0, 0.5, 0.0, 0.0],
        locked=[1.0, 0.0, 0.5, 0.0],
        start=0.0,
        end=10.0,
        num_workers=2,
        costs={"pickle": 0.25, "move": 0.5},
    )
    assert found == NOTHING._replace(
        computing=5.0,
        core=0.5,
        lock=1.5,
        blocked=2.0,
        starting=3.0,  # both before 1, and worker 1 until 2
        pickling=0.25,  # of the second between 7 and 8 in which task 3 was ready
        moving=0.5,
        scheduling=0.25,
        starved=4.0,  # worker 1 from 4 to 8: task 3 waited for task 2, then for one worker
        tail=1.0,
        finishing=2.0,
    )
    assert found.total == pytest.approx(20.0)


def test_costs_beside_running_tasks_explain_no_waiting() -> None:
    found = account([()], [0], [0], [0.0], [5.0], [5.0], [0.0], [0.0], 0.0, 5.0, 1, {"pickle": 3.0})
    assert found == NOTHING._replace(computing=5.0)


def test_overlapping_reports_of_one_worker_count_once() -> None:
    found = account(
        [(), ()],
        [0, 1],
        [0, 0],
        [0.0, 0.0],
        [4.0, 4.0],
        [2.0, 2.0],
        [0.0, 0.0],
        [0.0, 0.0],
        0.0,
        4.0,
        1,
        {},
    )
    assert found == NOTHING._replace(computing=2.0, blocked=2.0)


def test_a_run_without_tasks_is_all_starting() -> None:
    assert divide_idle([], [], [], [], [], 1.0, 3.0, 2).starting == 4.0


def test_executors_that_name_no_worker_count_as_begun() -> None:
    idle = divide_idle([(), (0,), (0,)], [0, 1, 2], [0, 0, 0], [1, 2, 3], [2, 3, 4], 0, 4, 2)
    assert idle.starting == 1.0  # until the first task, for the one task that was ready
    assert idle.waiting == 1.0  # task 2 was ready at 2 and started at 3
    assert idle.tail == 1.0
    assert idle.starved == 2.0
