"""The decisions of the process scheduler: events in, effects out.

``on_event(state, event, out)`` is the whole interface. It never waits, reads no clock and draws no
random number, so a run can be replayed from its events. The shell carries out the effects in
their order and reports what happened.

How deaths are handled (rules, and why):

1. A death that comes from inside (a segmentation fault, ``os._exit``) fails the run and names the
   task that was running: run again, it would die again.
2. Any other death (SIGKILL: somebody else, or the kernel, short of memory) is nobody's fault yet.
   What was running is a *suspect*. The run goes on without it, and when everything the suspect
   reads exists again, it is run with nothing beside it in a process of its own, the isolation
   worker. If that dies too, whatever the signal, the task is to blame.
3. Values that went with the process are made again, as far as unfinished tasks or outputs need
   them. This happens while nothing is in flight: what waits on other workers is called back and
   what runs there is awaited, so that there is one simple state to repair.
4. A run gives up after ``MOST_DEATHS`` deaths in which no task was running.
"""

from __future__ import annotations

from treadle.local.processes import batching, placing
from treadle.local.processes.events import (
    BatchFinished,
    Done,
    Drop,
    Effect,
    Event,
    Exported,
    ExportFailed,
    Fail,
    Recall,
    Returned,
    StartWorker,
    StopWorker,
    TaskFailed,
    Ticked,
    WorkerDied,
)
from treadle.local.processes.state import (
    ASSIGNED,
    DONE,
    MOST_DEATHS,
    RELEASED,
    WAITING,
    State,
)


def start(state: State, now: float, out: list[Effect]) -> None:
    """Hand out the first batches."""
    _advance(state, now, out)


def on_event(state: State, event: Event, out: list[Effect]) -> None:
    """Change ``state`` by one event and append to ``out`` what is to be done."""
    if state.over:
        return
    now = 0.0
    match event:
        case BatchFinished():
            now = event.now
            _batch_finished(state, event, out)
        case Exported():
            now = event.now
            for value in event.tasks:
                placing.arrived(state, value)
                if not state.users[value]:
                    placing.let_go(state, value, out)
        case ExportFailed():
            now = event.now
            placing.refused(state, event.task, event.error, out)
        case Returned():
            now = event.now
            placing.returned(state, event.worker, event.tasks, out)
        case Ticked():
            now = event.now
            placing.recall(state, now, out)
        case WorkerDied():
            now = event.now
            _worker_died(state, event, out)
        case TaskFailed():
            _fail(state, "task", event.task, event.error, out)
    _advance(state, now, out)


def _advance(state: State, now: float, out: list[Effect]) -> None:
    if state.over:
        return
    if not state.left and not state.wanted:
        state.over = True
        out.append(Done())
        return
    if state.recovering and not state.in_flight:
        _recover(state, out)
    if not state.recovering:
        if state.suspects and state.isolating < 0:
            _isolate(state, out)
        if state.isolating < 0:
            batching.feed(state, now, out)
        elif not state.in_flight and state.phase[state.isolating] == WAITING:
            out.append(StartWorker(state.isolation))
            state.workers[state.isolation].alive = True
            state.lacking.pop(state.isolating, None)
            state.destination.pop(state.isolating, None)
            batching.send_isolated(state, state.isolating, now, out)
    placing.flush_large_drops(state, out)
    if not state.over and not state.in_flight and not state.recovering:
        # Nothing silent: work is left, and nobody does or will do any of it.
        _fail(state, "stuck", -1, None, out)


def _batch_finished(state: State, event: BatchFinished, out: list[Effect]) -> None:
    number = event.worker
    batch = state.workers[number].queue.popleft()
    tasks, drops = batch.tasks[: event.done], batch.drops[: event.done]
    _learn(state, tasks, event)
    for value in event.held:
        placing.hold(state, value)
    state.sizes.update(event.sizes)
    if number == state.isolation:
        for task in tasks:
            state.owner[task] = -1  # all it makes is held: the process ends after the batch
    phase, held, owner, undone = state.phase, state.held, state.owner, state.undone
    deps, dependents, cursor = state.deps, state.dependents, state.cursor
    for task, drop in zip(tasks, drops, strict=True):
        phase[task] = DONE
        for reader in dependents[task]:
            if phase[reader] < ASSIGNED:
                undone[reader] -= 1
                if not undone[reader] and reader < cursor:
                    placing.place(state, reader, out)
                    if state.over:
                        return
        for dep in drop:
            if owner[dep] == number:
                owner[dep] = -1
                if not held[dep]:
                    phase[dep] = RELEASED
                    state.sizes.pop(dep, None)
        for dep in deps[task]:
            if held[dep]:
                state.users[dep] -= 1
                if not state.users[dep]:
                    placing.let_go(state, dep, out)
    state.left -= len(tasks)
    state.finished += len(tasks)
    if number == state.isolation and tasks:
        _acquit(state, tasks[0], out)


def _learn(state: State, tasks: list[int], event: BatchFinished) -> None:
    """Update the expected durations from measured ones."""
    if not tasks:
        return
    kinds, expected = state.kinds, state.expected
    total: dict[int, float] = {}
    count: dict[int, int] = {}
    for task, seconds in zip(tasks, event.seconds, strict=True):
        kind = kinds[task]
        if kind in total:
            total[kind] += seconds
            count[kind] += 1
        else:
            total[kind] = seconds
            count[kind] = 1
    for kind, seconds in total.items():
        mean = seconds / count[kind]
        known = expected[kind]
        # Half the weight to the latest batch: the first call of a function is often its slowest.
        expected[kind] = mean if known < 0 else (known + mean) / 2


def _worker_died(state: State, event: WorkerDied, out: list[Effect]) -> None:
    number, task = event.worker, event.running
    if task >= 0 and (state.phase[task] != ASSIGNED or state.owner[task] != number):
        task = -1  # it was still unpickling for a task that has been taken back
    alone = number == state.isolation
    if task >= 0 and (event.certain or alone):
        _fail(state, "death", task, event.cause, out)
        return
    if task >= 0:
        state.suspects[task] = event.cause
    else:
        state.nameless_deaths += 1
        if state.nameless_deaths > MOST_DEATHS:
            _fail(state, "death", -1, event.cause, out)
            return
    worker = state.workers[number]
    worker.alive = False
    worker.queue.clear()
    worker.ready.clear()
    worker.drops.clear()
    worker.recalls = 0
    for value in [v for v in state.awaiting if state.owner[v] == number]:
        del state.awaiting[value]
    state.recovering = True
    for other, peer in enumerate(state.workers):
        if peer.alive and peer.tasks_in_flight() > 1 and not peer.recalls:
            peer.recalls += 1
            out.append(Recall(other))
    if not alone:
        worker.alive = True
        out.append(StartWorker(number))
    # The new process has the old number but none of the values.
    _forget_worker(state, number)


def _forget_worker(state: State, number: int) -> None:
    """Note that all values on a worker are gone."""
    for task, owner in enumerate(state.owner):
        if owner == number:
            state.owner[task] = -1
            if state.phase[task] == ASSIGNED:
                state.phase[task] = WAITING
            elif not state.held[task]:
                state.phase[task] = RELEASED
    for copies in state.copies.values():
        if number in copies:
            copies.remove(number)


def _recover(state: State, out: list[Effect]) -> None:
    """Put the tables in order after a death: nothing is in flight now."""
    phase, held, owner = state.phase, state.held, state.owner
    deps, dependents, outputs = state.deps, state.dependents, state.outputs
    left = 0
    for task in reversed(range(len(phase))):
        if phase[task] == DONE:
            continue
        if phase[task] == RELEASED:
            wanted = task in outputs or any(phase[r] == WAITING for r in dependents[task])
            if not wanted:
                continue
        phase[task] = WAITING
        left += 1
    state.left = state.unassigned = left
    state.awaiting.clear()
    state.lacking.clear()
    state.destination.clear()
    state.free.clear()
    for worker in state.workers:
        worker.ready.clear()
    state.stuck = {value: error for value, error in state.stuck.items() if phase[value] == DONE}
    state.users.clear()
    forget: dict[int, list[int]] = {}
    for task, readers in enumerate(dependents):
        waiting = sum([phase[reader] == WAITING for reader in readers])
        state.pending[task] = waiting
        state.undone[task] = sum([phase[dep] < DONE for dep in deps[task]])
        if phase[task] != DONE:
            continue
        if held[task]:
            state.users[task] = waiting
            if not waiting:
                placing.let_go(state, task, out)
        elif not waiting and task not in outputs:
            forget.setdefault(owner[task], []).append(task)
            owner[task] = -1
            phase[task] = RELEASED
    for number, tasks in forget.items():
        out.append(Drop(number, tasks))
    state.cursor = 0
    state.isolating = -1
    state.recovering = False


def _isolate(state: State, out: list[Effect]) -> None:
    """Let the first suspect whose inputs exist have the machine for itself."""
    for task in state.suspects:
        if state.undone[task] or state.phase[task] != WAITING:
            continue
        state.isolating = task
        missing = [dep for dep in state.deps[task] if not state.held[dep]]
        if missing:
            # Arriving values find no task to let go of; that the suspect can start is seen by
            # nothing being in flight any more.
            state.lacking[task] = len(missing) + 1
            state.destination[task] = state.isolation
            placing.fetch(state, missing, task, out)
        return


def _acquit(state: State, task: int, out: list[Effect]) -> None:
    """Note that a suspect survived on its own."""
    del state.suspects[task]
    state.isolating = -1
    if state.held[task] and not state.users[task]:
        placing.let_go(state, task, out)
    isolation = state.workers[state.isolation]
    isolation.alive = False
    isolation.drops.clear()
    for copies in state.copies.values():
        if state.isolation in copies:
            copies.remove(state.isolation)
    out.append(StopWorker(state.isolation))


def _fail(state: State, kind: str, task: int, error: object, out: list[Effect]) -> None:
    state.over = True
    out.append(Fail(kind, task, error))
