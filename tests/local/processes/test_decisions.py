"""Single decisions of the core: events in, effects out."""

from __future__ import annotations

from treadle.local.processes import core
from treadle.local.processes.events import (
    BatchFinished,
    Done,
    Effect,
    Event,
    Export,
    Exported,
    ExportFailed,
    Fail,
    Recall,
    Release,
    Returned,
    SendBatch,
    StartWorker,
    StopWorker,
    TaskFailed,
    Ticked,
    WorkerDied,
)
from treadle.local.processes.state import State, check


def state_of(
    deps: list[tuple[int, ...]],
    outputs: list[int],
    workers: int = 2,
    chunksize: int | None = None,
    kinds: list[int] | None = None,
) -> State:
    readers: list[list[int]] = [[] for _ in deps]
    for task, inputs in enumerate(deps):
        for dep in inputs:
            readers[dep].append(task)
    return State(
        deps,
        [tuple(found) for found in readers],
        kinds or [0] * len(deps),
        outputs,
        workers,
        chunksize,
    )


def begin(state: State) -> list[Effect]:
    out: list[Effect] = []
    core.start(state, 0.0, out)
    return out


def tell(state: State, event: Event) -> list[Effect]:
    out: list[Effect] = []
    core.on_event(state, event, out)
    if not state.recovering and not state.over:
        check(state)
    return out


def finished(
    worker: int,
    seconds: list[float],
    held: tuple[int, ...] = (),
    sizes: tuple[tuple[int, int], ...] = (),
    now: float = 1.0,
) -> BatchFinished:
    return BatchFinished(worker, len(seconds), seconds, held, sizes, now)


def batches(effects: list[Effect]) -> list[tuple[int, list[int]]]:
    return [(effect.worker, effect.tasks) for effect in effects if isinstance(effect, SendBatch)]


def test_tasks_of_unknown_duration_go_one_to_each_worker() -> None:
    state = state_of([()] * 8, list(range(8)), workers=4)
    assert batches(begin(state)) == [(0, [0]), (1, [1]), (2, [2]), (3, [3])]


def test_long_tasks_stay_one_per_worker_and_short_ones_travel_together() -> None:
    state = state_of([()] * 100, list(range(100)))
    begin(state)
    assert batches(tell(state, finished(0, [1.0], held=(0,)))) == [(0, [2])]
    state = state_of([()] * 100, list(range(100)))
    begin(state)
    ahead = batches(tell(state, finished(0, [1e-6], held=(0,))))
    assert {worker for worker, _ in ahead} == {0}  # of the other one nothing is known yet
    assert all(len(tasks) > 1 for _, tasks in ahead)


def test_chain_runs_without_a_round_trip() -> None:
    state = state_of([(), (0,), (1,), (2,)], [3], chunksize=10)
    (batch,) = begin(state)
    assert batch == SendBatch(0, [0, 1, 2, 3], [(), (0,), (1,), (2, 3)], [], [], [3])
    assert tell(state, finished(0, [1e-6] * 4, held=(3,))) == [Done()]


def test_tiny_values_travel_with_the_batch_that_reads_them() -> None:
    state = state_of([(), (), (0, 1)], [2], chunksize=1)
    begin(state)
    tell(state, finished(0, [1.0], held=(0,)))
    out = tell(state, finished(1, [1.0], held=(1,)))
    assert out == [SendBatch(0, [2], [(0, 1, 2)], [1], [], [2])]


def test_task_goes_where_its_larger_input_is() -> None:
    state = state_of([(), (), (0, 1)], [2], chunksize=1)
    begin(state)
    tell(state, finished(0, [1.0], sizes=((0, 10),)))
    assert tell(state, finished(1, [1.0], sizes=((1, 10_000),))) == [Export(0, [0])]
    out = tell(state, Exported(0, [0], 3.0))
    assert batches(out) == [(1, [2])]
    out = tell(state, finished(1, [1.0], held=(2,), now=4.0))
    assert Release(0) in out and out[-1] == Done()


def test_value_that_cannot_leave_brings_its_reader_to_it() -> None:
    state = state_of([(), (), (0, 1)], [2], chunksize=1)
    begin(state)
    tell(state, finished(0, [1.0], sizes=((0, 10),)))
    tell(state, finished(1, [1.0], sizes=((1, 10_000),)))
    assert tell(state, ExportFailed(0, 0, "a lock", 3.0)) == [Export(1, [1])]
    assert batches(tell(state, Exported(1, [1], 4.0))) == [(0, [2])]


def test_two_values_that_cannot_leave_different_workers_are_an_error() -> None:
    state = state_of([(), (), (0, 1)], [2], chunksize=1)
    begin(state)
    tell(state, finished(0, [1.0], sizes=((0, 10),)))
    tell(state, finished(1, [1.0], sizes=((1, 10_000),)))
    tell(state, ExportFailed(0, 0, "a lock", 3.0))
    assert tell(state, ExportFailed(1, 1, "a socket", 4.0)) == [Fail("export", 0, "a lock")]


def test_failure_ends_the_run() -> None:
    state = state_of([()] * 4, [0, 1, 2, 3])
    begin(state)
    assert tell(state, TaskFailed(1, 1, "ValueError")) == [Fail("task", 1, "ValueError")]
    assert tell(state, finished(0, [1.0], held=(0,))) == []


def test_what_waits_behind_a_long_task_is_taken_back_when_somebody_is_idle() -> None:
    state = state_of([()] * 4, [0, 1, 2, 3], chunksize=3)
    assert batches(begin(state)) == [(0, [0, 1, 2]), (1, [3])]
    tell(state, finished(1, [0.01], held=(3,), now=0.01))
    assert state.wants_tick
    assert tell(state, Ticked(0.05)) == []
    assert tell(state, Ticked(5.0)) == [Recall(0)]
    assert tell(state, Ticked(6.0)) == []
    assert batches(tell(state, Returned(0, [1, 2], 6.0))) == [(1, [1, 2])]


def test_crash_blames_the_task_at_once() -> None:
    state = state_of([()] * 4, [0, 1, 2, 3])
    begin(state)
    assert tell(state, WorkerDied(1, 1, True, "SIGSEGV", 1.0)) == [Fail("death", 1, "SIGSEGV")]


def test_killed_task_runs_alone_before_it_is_blamed() -> None:
    state = state_of([(), (), (0, 1)], [2], chunksize=1)
    begin(state)
    # Nothing is started while the other worker is busy ...
    assert tell(state, WorkerDied(1, 1, False, "SIGKILL", 1.0)) == [StartWorker(1)]
    # ... and then the suspect has the machine for itself.
    out = tell(state, finished(0, [1.0], held=(0,), now=2.0))
    assert out == [StartWorker(2), SendBatch(2, [1], [()], [], [1], [1])]
    assert tell(state, WorkerDied(2, 1, False, "SIGKILL", 3.0)) == [Fail("death", 1, "SIGKILL")]


def test_suspect_that_survives_alone_is_cleared() -> None:
    state = state_of([(), (), (0, 1)], [2], chunksize=1)
    begin(state)
    tell(state, WorkerDied(1, 1, False, "SIGKILL", 1.0))
    tell(state, finished(0, [1.0], held=(0,), now=2.0))
    out = tell(state, finished(2, [1.0], held=(1,), now=3.0))
    assert out[0] == StopWorker(2)
    assert batches(out) == [(0, [2])]
    assert not state.suspects


def test_lost_values_are_computed_again_as_far_as_needed() -> None:
    # 0 was dropped when 1 had run, and 1 was lost with its process: both are needed for 3.
    state = state_of([(), (0,), (), (1, 2)], [3], workers=1, chunksize=2)
    begin(state)
    tell(state, finished(0, [1.0, 1.0], sizes=((1, 100),)))
    out = tell(state, WorkerDied(0, -1, False, "SIGKILL", 2.0))
    assert out[0] == StartWorker(0)
    assert batches(out)[0] == (0, [0, 1])


def test_run_gives_up_when_workers_keep_dying_without_a_task() -> None:
    state = state_of([()], [0], workers=1)
    begin(state)
    for _ in range(5):
        assert StartWorker(0) in tell(state, WorkerDied(0, -1, False, "SIGKILL", 1.0))
    assert tell(state, WorkerDied(0, -1, False, "SIGKILL", 1.0)) == [Fail("death", -1, "SIGKILL")]


def test_task_that_was_taken_back_is_not_suspected() -> None:
    # A slow starter dies while it still unpickles for a task that has gone to another worker.
    state = state_of([()] * 3, [0, 1, 2], chunksize=2)
    assert batches(begin(state)) == [(0, [0, 1]), (1, [2])]
    tell(state, finished(1, [0.01], held=(2,), now=0.01))
    assert tell(state, Ticked(5.0)) == [Recall(0)]
    assert batches(tell(state, Returned(0, [0, 1], 5.0))) == [(1, [0, 1])]
    tell(state, WorkerDied(0, 0, False, "SIGKILL", 6.0))
    assert not state.suspects
