"""Running a plan on paper: how long it takes and how much it holds.

Laws:

1. A simulated worker does what the schedulers do: it keeps the first task that it made ready and
   puts the others onto a stack, from which idle workers take. Workers are never idle while a task
   is ready, which makes it a list schedule: its makespan is between max(T1/p, T-infinity) and
   T1/p + T-infinity (Graham, SIAM J. Appl. Math. 17(2), 1969; Brent, JACM 21(2), 1974).
2. A result exists from the start of its task until its last reader ends; outputs stay.
3. Linear in tasks and edges but for a heap as large as the number of workers.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Simulation(NamedTuple):
    """How a run would go.

    Attributes
    ----------
    makespan
        When the last task ends.
    nbytes
        The most bytes held at once; with separate memories, by the worker that holds most.
    results
        The most results held at once, counted in the same way but on its own.
    """

    makespan: float
    nbytes: float
    results: int


class _Memory:
    """What is held, and the most that ever was."""

    __slots__ = ("_nbytes", "_results", "nbytes", "results")

    def __init__(self) -> None:
        self._nbytes = self.nbytes = 0.0
        self._results = self.results = 0

    def add(self, nbytes: float) -> None:
        self._nbytes += nbytes
        self._results += 1
        if self._nbytes > self.nbytes:
            self.nbytes = self._nbytes
        if self._results > self.results:
            self.results = self._results

    def drop(self, nbytes: float) -> None:
        self._nbytes -= nbytes
        self._results -= 1


def in_order(
    reads: Sequence[Sequence[int]],
    outputs: Iterable[int],
    durations: Sequence[float],
    sizes: Sequence[float],
) -> Simulation:
    """Simulate the synchronous scheduler: tasks 0, 1, 2, ... one after the other.

    Examples
    --------
    >>> in_order([(), (0,), (1,)], [2], [1, 1, 1], [100, 10, 1])
    Simulation(makespan=3, nbytes=110.0, results=2)
    """
    last = [-1] * len(reads)
    for task, inputs in enumerate(reads):
        for dep in inputs:
            last[dep] = task
    for out in outputs:
        last[out] = -1
    memory = _Memory()
    for task, inputs in enumerate(reads):
        memory.add(sizes[task])
        for dep in inputs:
            if last[dep] == task:
                memory.drop(sizes[dep])
    return Simulation(sum(durations), memory.nbytes, memory.results)


def in_parallel(
    reads: Sequence[Sequence[int]],
    dependents: Sequence[Sequence[int]],
    outputs: Iterable[int],
    durations: Sequence[float],
    sizes: Sequence[float],
    workers: int,
    separate: bool = False,
) -> Simulation:
    """Simulate ``workers`` workers.

    Parameters
    ----------
    reads, dependents
        Per task: the distinct tasks it reads, and the distinct tasks that read it.
    outputs
        Tasks whose results stay.
    durations, sizes
        Per task: how long it takes and how large its result is.
    workers
        How many tasks run at a time.
    separate
        Whether workers are processes: a result stays where it was made, and a reader elsewhere
        holds a copy until the last reader anywhere has run.

    Examples
    --------
    >>> in_parallel([(), (), (0, 1)], [(2,), (2,), ()], [2], [1, 2, 3], [10, 20, 1], 2)
    Simulation(makespan=5.0, nbytes=31.0, results=3)
    """
    count = len(reads)
    missing = [len(inputs) for inputs in reads]
    holds = [len(users) for users in dependents]
    for out in outputs:
        holds[out] += 1
    ready = [task for task in range(count - 1, -1, -1) if not missing[task]]
    workers = min(workers, max(1, count))
    memories = [_Memory() for _ in range(workers if separate else 1)]
    home = [0] * count
    copies: dict[int, list[int]] = {}
    idle = list(range(workers - 1, -1, -1))
    running: list[tuple[float, int, int]] = []
    now = 0.0

    def start(task: int, worker: int) -> None:
        place = worker if separate else 0
        memory = memories[place]
        home[task] = place
        if separate:
            for dep in reads[task]:
                if home[dep] != place:
                    held = copies.setdefault(dep, [])
                    if place not in held:
                        held.append(place)
                        memory.add(sizes[dep])
        memory.add(sizes[task])
        heapq.heappush(running, (now + durations[task], task, worker))

    while True:
        while ready and idle:
            start(ready.pop(), idle.pop())
        if not running:
            break
        now, task, worker = heapq.heappop(running)
        for dep in reads[task]:
            holds[dep] -= 1
            if not holds[dep]:
                for place in (home[dep], *copies.pop(dep, ())):
                    memories[place].drop(sizes[dep])
        chosen = -1
        for reader in dependents[task]:
            missing[reader] -= 1
            if not missing[reader]:
                if chosen < 0:
                    chosen = reader
                else:
                    ready.append(reader)
        if chosen >= 0:
            start(chosen, worker)
        else:
            idle.append(worker)
    return Simulation(
        now, max(memory.nbytes for memory in memories), max(memory.results for memory in memories)
    )
