"""Where a ready task runs, and how its inputs get there.

Rules, in this order, and why:

1. A task that reads a value which cannot leave its process runs in that process.
2. A task runs where most bytes of its inputs are; values that the parent holds are everywhere.
3. What is missing there is asked for at once, so that it moves while the worker does other things.
4. An idle worker relieves one with a long queue when moving the inputs takes less time than the
   queue; tasks that were sent but not started are taken back when their batch takes much longer
   than expected.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappush
from typing import Any

from treadle.local.processes.events import Drop, Effect, Export, Fail, Recall, Release
from treadle.local.processes.state import (
    DONE,
    MOVING,
    PATIENCE,
    RELEASED,
    WAITING,
    State,
)

#: Bytes per second at which values move between processes, and seconds per value for the messages:
#: shared memory on an ordinary machine. Only the order of magnitude matters.
BANDWIDTH = 1e9
LATENCY = 1e-3
#: Values whose size is unknown count as this many bytes.
SOME_BYTES = 64
#: So many values, or bytes, are forgotten at once; fewer wait for the next message to the worker.
MANY_DROPS = 1000
MANY_BYTES = 1_000_000
#: An idle worker relieves others of one more task while fewer than this are on their way to it.
MOST_MOVING = 2


def place(state: State, task: int, out: list[Effect], prefer: int = -1) -> None:
    """Choose a worker for ``task``, all of whose inputs exist, and ask for what is missing there.

    ``prefer`` overrules rule 2.
    """
    if state.recovering or task in state.suspects:
        return  # looked at again when the tables are in order, or run alone
    weight: dict[int, int] = {}
    tied: dict[int, int] = {}
    for dep in state.deps[task]:
        owner = state.owner[dep]
        if dep in state.stuck:
            tied.setdefault(owner, dep)
        if owner >= 0:
            weight[owner] = weight.get(owner, 0) + state.sizes.get(dep, SOME_BYTES)
    if len(tied) > 1:
        dep = next(iter(tied.values()))
        out.append(Fail("export", dep, state.stuck[dep]))
        state.over = True
        return
    if tied:
        best = next(iter(tied))
    elif prefer >= 0:
        best = prefer
    elif weight:
        best = max(weight, key=lambda number: (weight[number], -number))
    else:
        best = -1
    missing = [dep for dep in state.deps[task] if state.owner[dep] != best and not state.held[dep]]
    if not missing:
        # Without a value that only one worker has, anybody may run it.
        if best < 0 or (prefer < 0 and not tied and _is_everywhere(state, task)):
            heappush(state.free, task)
        else:
            heappush(state.workers[best].ready, task)
        return
    state.phase[task] = MOVING
    state.lacking[task] = len(missing)
    state.destination[task] = best
    fetch(state, missing, task, out)


def fetch(state: State, values: list[int], task: int, out: list[Effect]) -> None:
    """Ask for ``values`` on behalf of ``task``."""
    wanted: dict[int, list[int]] = {}
    for dep in values:
        readers = state.awaiting.get(dep)
        if readers is None:
            state.awaiting[dep] = [task]
            wanted.setdefault(state.owner[dep], []).append(dep)
        else:
            readers.append(task)
    for number, deps in wanted.items():
        out.append(Export(number, deps))


def arrived(state: State, value: int) -> None:
    """Note that the parent holds ``value``, and let go of the tasks that waited for it."""
    hold(state, value)
    for task in state.awaiting.pop(value, ()):
        state.lacking[task] -= 1
        if state.lacking[task] == 0:
            del state.lacking[task]
            number = state.destination.pop(task)
            state.phase[task] = WAITING
            if task not in state.suspects:
                heappush(state.workers[number].ready, task)


def refused(state: State, value: int, error: Any, out: list[Effect]) -> None:
    """Note that ``value`` cannot leave its process, and send the tasks that wait for it there."""
    readers = state.awaiting.pop(value, [])
    if (
        value in state.outputs
        or state.owner[value] == state.isolation  # which ends after this task
        or any(task in state.suspects for task in readers)
    ):
        out.append(Fail("export", value, error))
        state.over = True
        return
    state.stuck[value] = error
    for task in readers:
        # What else it waits for will arrive without finding it here.
        for dep in state.deps[task]:
            others = state.awaiting.get(dep)
            if others is not None and task in others:
                others.remove(task)
        del state.lacking[task], state.destination[task]
        state.phase[task] = WAITING
        if not state.over:
            place(state, task, out)


def hold(state: State, value: int) -> None:
    """Note that the parent has ``value``."""
    if state.held[value]:
        return
    state.held[value] = 1
    if value in state.outputs:
        state.wanted -= 1
    phase = state.phase
    state.users[value] = sum([phase[reader] < DONE for reader in state.dependents[value]])


def let_go(state: State, value: int, out: list[Effect]) -> None:
    """Forget a held ``value`` everywhere: its last reader has finished. Outputs stay held."""
    owner = state.owner[value]
    if value not in state.outputs:
        state.held[value] = 0
        out.append(Release(value))
        state.phase[value] = RELEASED
    for number in (owner, *state.copies.pop(value, ())):
        if number >= 0 and state.workers[number].alive:
            state.workers[number].drops.append(value)
    state.owner[value] = -1


def flush_drops(state: State, number: int, out: list[Effect]) -> None:
    """Tell a worker which values to forget."""
    drops = state.workers[number].drops
    if drops:
        out.append(Drop(number, list(drops)))
        drops.clear()


def flush_large_drops(state: State, out: list[Effect]) -> None:
    """Tell workers what to forget where it is worth a message of its own."""
    for number, worker in enumerate(state.workers):
        drops = worker.drops
        if drops and (
            len(drops) >= MANY_DROPS
            or not worker.queue
            or sum([state.sizes.get(value, 0) for value in drops]) >= MANY_BYTES
        ):
            flush_drops(state, number, out)


def relieve(state: State, number: int, now: float, out: list[Effect]) -> None:
    """Move ready tasks from the worker with the longest queue to ``number``, which has nothing."""
    heaps = [
        (len(worker.ready), -other)
        for other, worker in enumerate(state.workers[: state.num_workers])
        if other != number and worker.queue
    ]
    length, other = max(heaps, default=(0, 0))
    if not length:
        return
    if sum([there == number for there in state.destination.values()]) >= MOST_MOVING:
        return
    victim = state.workers[-other]
    ready = sorted(
        [task for task in victim.ready if state.phase[task] == WAITING and not state.undone[task]]
    )
    movable = [task for task in ready if not any(d in state.stuck for d in state.deps[task])]
    # The later half in static order; of a single task, that one.
    share = movable[(len(movable) + 1) // 2 :] or movable[-1:]
    expected, kinds = state.expected, state.kinds
    # A batch that was thought to be short, and is not, counts with the time it has taken so far.
    backlog = max(victim.seconds_in_flight(), now - victim.queue[0].sent) + sum(
        [max(0.0, expected[kinds[task]]) for task in ready]
    )
    taken = set()
    for task in share:
        missing = [d for d in state.deps[task] if not state.held[d] and state.owner[d] != number]
        nbytes = sum([state.sizes.get(dep, SOME_BYTES) for dep in missing])
        if LATENCY + nbytes / BANDWIDTH < backlog:
            taken.add(task)
            place(state, task, out, prefer=number)
            if missing:
                break
    victim.ready = [task for task in ready if task not in taken]  # sorted, hence a heap


def recall(state: State, now: float, out: list[Effect]) -> None:
    """Take back what waits behind a task that takes unexpectedly long, if somebody is idle."""
    if all(worker.queue for worker in state.workers[: state.num_workers] if worker.alive):
        return
    for number, worker in enumerate(state.workers):
        if worker.tasks_in_flight() < 2 or not worker.alive:
            continue
        oldest = worker.queue[0]
        if now - oldest.sent > max(PATIENCE, 2 * oldest.cost) and not oldest.recalled:
            for batch in worker.queue:
                batch.recalled = True
            worker.recalls += 1
            out.append(Recall(number))


def returned(state: State, number: int, tasks: Sequence[int], out: list[Effect]) -> None:
    """Take back ``tasks``, which a worker has not started."""
    worker = state.workers[number]
    worker.recalls -= 1
    back = frozenset(tasks)
    for batch in worker.queue:
        pairs = list(zip(batch.tasks, batch.drops, strict=True))
        batch.tasks = [task for task, _ in pairs if task not in back]
        batch.drops = [drop for task, drop in pairs if task not in back]
        for task, drop in pairs:
            if task in back:
                for dep in drop:
                    if state.held[dep]:  # stays after all
                        state.copies.setdefault(dep, []).append(number)
    for task in tasks:
        state.phase[task] = WAITING
        state.owner[task] = -1
        for dep in state.deps[task]:
            state.pending[dep] += 1
    state.unassigned += len(tasks)
    for task in tasks:
        state.undone[task] = sum([state.phase[dep] < DONE for dep in state.deps[task]])
    for task in tasks:
        if state.phase[task] == WAITING and not state.undone[task] and not state.over:
            place(state, task, out)


def _is_everywhere(state: State, task: int) -> bool:
    return all(state.held[dep] for dep in state.deps[task])
