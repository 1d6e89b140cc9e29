"""The state of one run on worker processes, and what has to be true of it.

Nothing here does I/O or reads a clock. A task is in one phase at a time::

    WAITING --> ASSIGNED --> DONE --> RELEASED
       |  ^        |  |        |          |
       v  |        |  '- returned, lost --+--> WAITING (run it again)
      MOVING ------'

``DONE`` means that the value exists: on the worker ``owner`` (where it was made), with the parent
(``held``), or both. ``RELEASED`` means that nobody will read it again and that it is gone.

Per task there are two counts of readers. ``pending`` are those not yet assigned to a worker: when
it reaches 0, the batch that holds the last reader also says "forget this value", so the worker
drops it without being told again. ``users`` counts, for held values only, readers that have not
finished, because a reader whose process dies needs the value a second time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

WAITING, MOVING, ASSIGNED, DONE, RELEASED = range(5)

#: Seconds of work that a batch should hold: long enough that a round trip does not count.
TARGET = 0.03
#: More tasks than this in one batch save nothing, and delay the worker that waits for it.
MOST_TASKS = 4096
#: Unfinished work, in seconds, above which a worker is not given a second batch ahead of time.
AHEAD = 0.1
#: A batch that takes longer than this may be taken back when another worker has nothing to do.
PATIENCE = 0.1
#: Deaths that no task can be blamed for, after which a run gives up.
MOST_DEATHS = 5


@dataclass(slots=True)
class Batch:
    """Tasks sent to a worker in one message."""

    tasks: list[int]
    drops: list[tuple[int, ...]]
    cost: float
    sent: float
    recalled: bool = False


@dataclass(slots=True)
class Worker:
    """What the core knows of one worker."""

    alive: bool = True
    #: Batches in flight, oldest first; a worker runs them in this order.
    queue: deque[Batch] = field(default_factory=deque)
    #: Ready tasks (a heap) that had better run here, because their inputs are here.
    ready: list[int] = field(default_factory=list)
    #: Values to forget, sent along with the next message.
    drops: list[int] = field(default_factory=list)
    #: Recalls that have not been answered.
    recalls: int = 0

    def tasks_in_flight(self) -> int:
        return sum([len(batch.tasks) for batch in self.queue])

    def seconds_in_flight(self) -> float:
        return sum([batch.cost for batch in self.queue])


class State:
    """Tasks, workers and values of one run.

    Parameters
    ----------
    deps
        Per task, the distinct tasks it reads; all smaller than the task.
    dependents
        Per task, the distinct tasks that read it, ascending.
    kinds
        Per task, a small integer: tasks of one kind are expected to take equally long.
    outputs
        Tasks whose values the parent wants.
    num_workers
        Workers to use. Worker ``num_workers`` is the isolation worker, which is not running.
    chunksize
        Tasks per batch, or None to follow measured durations.
    """

    def __init__(
        self,
        deps: Sequence[tuple[int, ...]],
        dependents: Sequence[tuple[int, ...]],
        kinds: Sequence[int],
        outputs: Sequence[int],
        num_workers: int,
        chunksize: int | None = None,
    ) -> None:
        size = len(deps)
        self.deps = deps
        self.dependents = dependents
        self.kinds = kinds
        self.outputs = frozenset(outputs)
        self.num_workers = num_workers
        self.chunksize = chunksize
        self.workers = [Worker() for _ in range(num_workers)] + [Worker(alive=False)]

        self.phase = bytearray(size)
        self.owner = [-1] * size
        self.held = bytearray(size)
        self.undone = [len(dep) for dep in deps]
        self.pending = [len(readers) for readers in dependents]
        self.users: dict[int, int] = {}
        self.sizes: dict[int, int] = {}
        #: Workers other than the owner that were given a value.
        self.copies: dict[int, list[int]] = {}
        #: Values that cannot leave their process, and why.
        self.stuck: dict[int, Any] = {}

        #: All tasks below the cursor have been looked at; those at or above it are untouched.
        self.cursor = 0
        #: Ready tasks (a heap) without a preference for a worker.
        self.free: list[int] = []
        #: Per value on its way to the parent, the tasks that need it.
        self.awaiting: dict[int, list[int]] = {}
        #: Per task in phase MOVING, how many values it lacks, and where it will run.
        self.lacking: dict[int, int] = {}
        self.destination: dict[int, int] = {}

        self.left = size
        self.unassigned = size
        self.wanted = len(self.outputs)  # outputs that the parent does not have
        self.finished = 0
        kinds_known = max(kinds, default=-1) + 1
        #: Expected seconds per kind; negative while unknown.
        self.expected = [-1.0] * kinds_known

        self.suspects: dict[int, Any] = {}  # task -> cause of the death of its process
        self.isolating = -1  # the suspect that has the machine for itself
        self.recovering = False  # waiting for all batches to end, to put things in order
        self.nameless_deaths = 0
        self.over = False

    @property
    def isolation(self) -> int:
        """The number of the isolation worker."""
        return self.num_workers

    @property
    def in_flight(self) -> bool:
        """Whether any worker has something to run, to export or to give back."""
        return bool(self.awaiting) or any(worker.queue or worker.recalls for worker in self.workers)

    @property
    def wants_tick(self) -> bool:
        """Whether time alone may be a reason to act: somebody idles while another has a queue."""
        if self.over or self.recovering:
            return False
        live = [worker for worker in self.workers if worker.alive]
        return any(not worker.queue for worker in live) and any(
            worker.queue and (worker.ready or worker.tasks_in_flight() > 1) for worker in live
        )


def check(state: State) -> None:
    """Raise AssertionError unless the laws of the state hold. For tests: it looks at every task."""
    assigned = [task for worker in state.workers for batch in worker.queue for task in batch.tasks]
    queued = set(assigned)
    assert len(queued) == len(assigned), "a task is in flight twice"
    unfinished = 0
    for task, phase in enumerate(state.phase):
        owner = state.owner[task]
        unfinished += phase < DONE
        if phase == ASSIGNED:
            assert owner >= 0, f"task {task} is assigned to nobody"
        elif phase == DONE:
            assert owner >= 0 or state.held[task], f"the value of task {task} is nowhere"
            if owner >= 0:
                assert state.workers[owner].alive, f"the value of {task} died with its worker"
        else:
            assert owner == -1, f"task {task} in phase {phase} has an owner"
            assert task not in queued, f"task {task} in phase {phase} is in flight"
        if phase == MOVING:
            assert state.lacking[task] > 0, f"task {task} waits for no value"
        if phase < ASSIGNED:
            pending = [d for d in state.deps[task] if state.phase[d] == RELEASED]
            assert not pending, f"task {task} needs {pending}, which were dropped"
            undone = sum([state.phase[d] < DONE for d in state.deps[task]])
            assert state.undone[task] == undone, f"task {task} counts its inputs wrong"
        if state.held[task] and phase == DONE and task not in state.outputs:
            users = sum([state.phase[u] < DONE for u in state.dependents[task]])
            assert state.users[task] == users, f"readers of held value {task} counted wrong"
    assert state.left == unfinished, "unfinished tasks counted wrong"
