"""What a worker gets next: the batch builder.

Rules, in this order, and why:

1. Tasks whose inputs are on the worker already, lowest number first: static order keeps few
   results alive.
2. Tasks without a preference (their inputs are with the parent, or they have none).
3. The next tasks in static order. A task may join when each of its inputs is on the worker, with
   the parent, or *made by this worker before it*: so chains and subtrees run without a round trip,
   and neighbours in static order, which share inputs, stay together.
4. Tasks that prefer a busier worker, when moving their inputs is cheaper than waiting.

How many: as many as fit into ``TARGET`` seconds going by measured durations, at most four times
what has been run so far (the first batches are small, in case the first tasks were not like the
rest), and at most a fair share of what is left. A task of a kind never measured travels alone.
"""

from __future__ import annotations

from heapq import heappop

from treadle.local.processes import placing
from treadle.local.processes.events import Effect, SendBatch
from treadle.local.processes.state import (
    AHEAD,
    ASSIGNED,
    MOST_TASKS,
    TARGET,
    WAITING,
    Batch,
    State,
)

#: Inputs up to which a reader is looked at again after each of them is assigned.
_FEW = 8


class Builder:
    """Collects one batch for one worker."""

    def __init__(self, state: State, number: int, out: list[Effect]) -> None:
        self.state = state
        self.number = number
        self.out = out
        self.tasks: list[int] = []
        self.drops: list[tuple[int, ...]] = []
        self.given: list[int] = []
        self.cost = 0.0
        share = max(1, state.unassigned // (2 * state.num_workers))
        if state.chunksize is not None:
            self.room = state.chunksize
        else:
            self.room = min(MOST_TASKS, share, 4 * state.finished + 1)

    def admit(self, task: int) -> bool:
        """Whether there is time left in the batch for ``task``."""
        state = self.state
        if len(self.tasks) >= self.room:
            return False
        expected = state.expected[state.kinds[task]]
        if expected < 0:
            if self.tasks and state.chunksize is None:
                return False
            self.cost = AHEAD  # unknown: send nothing behind it, and if alone, nothing with it
            if state.chunksize is None:
                self.room = 1
            return True
        cost = self.cost + expected
        if cost > TARGET and self.tasks and state.chunksize is None:
            return False
        self.cost = cost
        return True

    def fits(self, task: int) -> bool:
        """Whether each input of ``task`` is with the parent or, by then, on the worker."""
        state, number = self.state, self.number
        owner, held = state.owner, state.held
        for dep in state.deps[task]:
            if owner[dep] != number and not held[dep]:
                break
        else:
            return True
        return False

    def add(self, task: int) -> None:
        """Assign ``task``, which fits and was admitted."""
        state, number = self.state, self.number
        pending, owner = state.pending, state.owner
        state.phase[task] = ASSIGNED
        owner[task] = number
        deps = state.deps[task]
        drop: list[int] = []
        copies: list[int] = []
        for dep in deps:
            pending[dep] -= 1
            if owner[dep] != number:
                copies = state.copies.setdefault(dep, [])
                if number not in copies:
                    copies.append(number)
                    self.given.append(dep)
            if not pending[dep]:
                drop.append(dep)
                if state.held[dep]:
                    # Should a reader come back from another worker and end up on this one, the
                    # value has to be given again: what is here now goes after this task.
                    if owner[dep] == number:
                        owner[dep] = -1
                    else:
                        copies.remove(number)
        self.tasks.append(task)
        if not state.dependents[task]:
            drop.append(task)
            self.drops.append(tuple(drop))
        else:
            # The very tuple of the plan where it says the same: pickled as a reference to it.
            self.drops.append(deps if len(drop) == len(deps) else tuple(drop))

    def follow(self, task: int) -> None:
        """Add readers of ``task`` that were passed over before, as far as they fit now."""
        state = self.state
        stack = [task]
        while stack:
            task = stack.pop()
            for reader in state.dependents[task]:
                if reader >= state.cursor:
                    break  # ascending: the rest is still to come in static order
                deps = state.deps[reader]
                if (
                    state.phase[reader] == WAITING
                    and reader not in state.suspects
                    and (len(deps) <= _FEW or task == deps[-1])
                    and self.fits(reader)
                ):
                    if not self.admit(reader):
                        return
                    self.add(reader)
                    stack.append(reader)

    def from_heap(self, heap: list[int]) -> None:
        """Add ready tasks from ``heap``."""
        state = self.state
        while heap:
            task = heap[0]
            if state.phase[task] != WAITING or state.undone[task] or task in state.suspects:
                heappop(heap)  # taken by another way since it was put here
            elif not self.fits(task):
                heappop(heap)
                placing.place(state, task, self.out)
            elif self.admit(task):
                heappop(heap)
                self.add(task)
                self.follow(task)
            else:
                return

    def from_cursor(self) -> None:
        """Add tasks that nobody has looked at, in static order."""
        state = self.state
        phase, size = state.phase, len(state.phase)
        task = state.cursor
        while task < size:
            if phase[task] == WAITING and task not in state.suspects:
                if self.fits(task):
                    if not self.admit(task):
                        break
                    self.add(task)
                elif not state.undone[task]:
                    state.cursor = task + 1
                    placing.place(state, task, self.out)
            task += 1
        state.cursor = task

    def finish(self, now: float) -> None:
        """Send what was collected."""
        state = self.state
        worker = state.workers[self.number]
        placing.flush_drops(state, self.number, self.out)
        worker.queue.append(Batch(self.tasks, self.drops, self.cost, now))
        state.unassigned -= len(self.tasks)
        pending, outputs = state.pending, state.outputs
        export = [task for task in self.tasks if task in outputs and not state.held[task]]
        if self.number == state.isolation:
            export = list(self.tasks)
        watch = [task for task in self.tasks if pending[task] and task not in outputs]
        self.out.append(
            SendBatch(
                self.number,
                list(self.tasks),
                self.drops,
                self.given,
                watch,
                export,
            )
        )


def feed(state: State, now: float, out: list[Effect]) -> None:
    """Give work to every worker that can take some."""
    progress = True
    while progress and not state.recovering and state.isolating < 0 and not state.over:
        progress = False
        # The least loaded first, so that a few tasks spread over all.
        order = sorted(
            [n for n in range(state.num_workers) if state.workers[n].alive],
            key=lambda n: (len(state.workers[n].queue), n),
        )
        for number in order:
            if _has_room(state, number) and _feed_one(state, number, now, out):
                progress = True


def _has_room(state: State, number: int) -> bool:
    queue = state.workers[number].queue
    return not queue or (len(queue) == 1 and queue[0].cost < AHEAD and not queue[0].recalled)


def _feed_one(state: State, number: int, now: float, out: list[Effect]) -> bool:
    builder = Builder(state, number, out)
    builder.from_heap(state.workers[number].ready)
    if len(builder.tasks) < builder.room:
        builder.from_heap(state.free)
    if len(builder.tasks) < builder.room and not state.workers[number].ready:
        builder.from_cursor()
    if state.over:
        return False
    if builder.tasks:
        builder.finish(now)
        return True
    # A worker with work in flight need not look for work that belongs elsewhere.
    if not state.workers[number].queue:
        placing.relieve(state, number, now, out)
        if state.workers[number].ready:
            return True
    return False


def send_isolated(state: State, task: int, now: float, out: list[Effect]) -> None:
    """Send one suspect to the isolation worker."""
    builder = Builder(state, state.isolation, out)
    builder.add(task)
    builder.cost = AHEAD
    builder.finish(now)
