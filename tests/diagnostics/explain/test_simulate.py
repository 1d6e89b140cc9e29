"""Simulated runs against a slow simulation that keeps sets, and against the bounds of theory."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.diagnostics.explain.graphs import dependents_of, outputs_of, random_reads
from treadle.diagnostics.explain.paths import critical_path
from treadle.diagnostics.explain.simulate import Simulation, in_order, in_parallel

numbers = st.integers(0, 4)


def naive(
    reads: Sequence[Sequence[int]],
    durations: Sequence[int],
    sizes: Sequence[int],
    workers: int,
    separate: bool,
) -> Simulation:
    """Simulate with what is held written out as pairs (task, worker)."""
    keep, users = outputs_of(reads), dependents_of(reads)
    done: list[int] = []
    held: set[tuple[int, int]] = set()
    made_by: dict[int, int] = {}
    stack = [task for task in reversed(range(len(reads))) if not reads[task]]
    free = list(reversed(range(workers)))
    running: list[tuple[int, int, int]] = []
    now, nbytes, results = 0, 0, 0

    def start(task: int, worker: int) -> None:
        nonlocal nbytes, results
        made_by[task] = worker
        held.add((task, worker if separate else 0))
        if separate:
            held.update((dep, worker) for dep in reads[task])
        places = {place for _, place in held}
        nbytes = max([nbytes, *[sum(sizes[t] for t, w in held if w == place) for place in places]])
        results = max([results, *[sum(w == place for _, w in held) for place in places]])
        running.append((now + durations[task], task, worker))

    while stack or running:
        while stack and free:
            start(stack.pop(), free.pop())
        running.sort()
        now, task, worker = running.pop(0)
        done.append(task)
        for dep in reads[task]:
            if dep not in keep and all(user in done for user in users[dep]):
                held -= {pair for pair in held if pair[0] == dep}
        ready = [t for t in users[task] if all(dep in done for dep in reads[t])]
        if ready:
            stack += ready[1:]
            start(ready[0], worker)
        else:
            free.append(worker)
    return Simulation(now, nbytes, results)


@given(random_reads(), st.data(), st.integers(1, 4), st.booleans())
def test_simulation_equals_the_naive_one(
    reads: list[tuple[int, ...]], data: st.DataObject, workers: int, separate: bool
) -> None:
    size = len(reads)
    durations = data.draw(st.lists(numbers, min_size=size, max_size=size))
    sizes = data.draw(st.lists(numbers, min_size=size, max_size=size))
    found = in_parallel(
        reads, dependents_of(reads), outputs_of(reads), durations, sizes, workers, separate
    )
    assert found == naive(reads, durations, sizes, workers, separate)


@given(random_reads(), st.data(), st.integers(1, 4))
def test_makespan_keeps_the_bounds_of_list_schedules(
    reads: list[tuple[int, ...]], data: st.DataObject, workers: int
) -> None:
    size = len(reads)
    durations = data.draw(st.lists(numbers, min_size=size, max_size=size))
    found = in_parallel(
        reads, dependents_of(reads), outputs_of(reads), durations, durations, workers
    )
    work, (span, _) = sum(durations), critical_path(reads, durations)
    assert max(work / workers, span) <= found.makespan <= work / workers + span


@given(random_reads(), st.data())
def test_in_order_holds_what_still_has_a_reader(
    reads: list[tuple[int, ...]], data: st.DataObject
) -> None:
    size = len(reads)
    sizes = data.draw(st.lists(numbers, min_size=size, max_size=size))
    keep = outputs_of(reads)
    held = [
        [
            made
            for made in range(now + 1)
            if made == now or made in keep or any(made in deps for deps in reads[now:])
        ]
        for now in range(size)
    ]
    found = in_order(reads, keep, sizes, sizes)
    assert found.makespan == sum(sizes)
    assert found.nbytes == max([sum(sizes[task] for task in row) for row in held], default=0)
    assert found.results == max(map(len, held), default=0)


def test_a_copy_is_held_where_another_process_made_the_input() -> None:
    # Two sources on two workers; the reader runs where the longer one ended.
    reads: list[tuple[int, ...]] = [(), (), (0, 1)]
    found = in_parallel(reads, dependents_of(reads), {2}, [1, 2, 1], [100, 10, 1], 2, separate=True)
    assert found == Simulation(3.0, 111, 3)


@pytest.mark.parametrize("workers", [1, 3])
def test_many_tasks_take_linear_time_and_no_recursion(workers: int) -> None:
    size = 50_000
    reads = [(), *[(task,) for task in range(size - 1)]]
    users = [*[(task + 1,) for task in range(size - 1)], ()]
    ones = [1] * size
    assert in_parallel(reads, users, {size - 1}, ones, ones, workers) == (size, 2, 2)
