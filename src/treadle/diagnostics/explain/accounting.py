"""Where the time of a run went, in worker-seconds that add up.

A run of ``wall`` seconds with ``p`` workers had ``p * wall`` worker-seconds to spend. Laws:

1. Every worker-second is in exactly one entry; the entries add up to ``p * wall``.
2. At each moment, the workers without a task are divided by what there was to do: for as many of
   them as there were ready tasks (every input finished, not started), the scheduler kept them
   waiting; the others had nothing to do.
3. Times reported as costs (pickling, moving, recording) explain waiting, and never more of it than
   there was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Account(NamedTuple):
    """Worker-seconds by what they were spent on.

    Attributes
    ----------
    computing
        In tasks, on a processor.
    core
        In tasks, waiting for a core (0 where the system does not tell).
    lock
        In tasks, waiting for the interpreter lock (an estimate).
    blocked
        In tasks, off the processor for another reason: sleeping, reading, waiting for a lock.
    pickling, moving
        A task was ready while values were pickled or moved.
    starting
        A task was ready, but the worker had not started its first one.
    recording
        A task was ready, and the worker was busy noting this account.
    scheduling
        A task was ready, and none of the above explains why it waited.
    starved
        No task was ready: all that were left waited for results of running ones.
    tail
        No task was left to start; other workers ran the last ones.
    finishing
        All tasks had ended.
    """

    computing: float
    core: float
    lock: float
    blocked: float
    pickling: float
    moving: float
    starting: float
    recording: float
    scheduling: float
    starved: float
    tail: float
    finishing: float

    @property
    def total(self) -> float:
        """All worker-seconds of the run."""
        return sum(self)

    @property
    def tasks(self) -> float:
        """Worker-seconds inside tasks."""
        return self.computing + self.core + self.lock + self.blocked


class Idle(NamedTuple):
    """Worker-seconds outside tasks, and inside (``busy``)."""

    busy: float
    starting: float
    waiting: float
    starved: float
    tail: float
    finishing: float


def account(
    reads: Sequence[Sequence[int]],
    tasks: Sequence[int],
    workers: Sequence[int],
    starts: Sequence[float],
    ends: Sequence[float],
    cpu: Sequence[float],
    core: Sequence[float],
    locked: Sequence[float],
    start: float,
    end: float,
    num_workers: int,
    costs: Mapping[str, float],
) -> Account:
    """Divide the worker-seconds of a run.

    Parameters
    ----------
    reads
        Per task of the plan: the distinct tasks it reads.
    tasks, workers, starts, ends, cpu, core, locked
        Per task that ran: its number, its worker, when it ran, and seconds on a processor, waiting
        for a core, and waiting for the interpreter lock.
    start, end
        When the run began and ended.
    num_workers
        Workers of the run.
    costs
        Seconds by kind; 'pickle', 'move' and 'record' count here.
    """
    idle = divide_idle(reads, tasks, workers, starts, ends, start, end, num_workers)
    in_tasks = computing = for_core = for_lock = 0.0
    for begin, stop, *parts in zip(starts, ends, cpu, core, locked, strict=True):
        left = max(0.0, stop - begin)
        in_tasks += left
        given = []
        for part in parts:  # clocks differ in their grain: never more than the task took
            given.append(min(part, left))
            left -= given[-1]
        computing += given[0]
        for_core += given[1]
        for_lock += given[2]
    # Overlapping reports of one worker would count its time twice.
    scale = idle.busy / in_tasks if in_tasks else 0.0
    waiting, starting, finishing = idle.waiting, idle.starting, idle.finishing
    explained = []
    for kind in ("pickle", "move", "record"):
        left = costs.get(kind, 0.0)
        taken = []
        for available in (waiting, finishing, starting):
            part = min(left, available)
            left -= part
            taken.append(part)
        waiting, finishing, starting = (
            waiting - taken[0],
            finishing - taken[1],
            starting - taken[2],
        )
        explained.append(sum(taken))
    return Account(
        computing=computing * scale,
        core=for_core * scale,
        lock=for_lock * scale,
        blocked=max(0.0, in_tasks - computing - for_core - for_lock) * scale,
        pickling=explained[0],
        moving=explained[1],
        starting=starting,
        recording=explained[2],
        scheduling=waiting,
        starved=idle.starved,
        tail=idle.tail,
        finishing=finishing,
    )


def divide_idle(
    reads: Sequence[Sequence[int]],
    tasks: Sequence[int],
    workers: Sequence[int],
    starts: Sequence[float],
    ends: Sequence[float],
    start: float,
    end: float,
    num_workers: int,
) -> Idle:
    """Divide the worker-seconds outside tasks; parameters as for ``account``."""
    if not tasks:
        return Idle(0.0, num_workers * max(0.0, end - start), 0.0, 0.0, 0.0, 0.0)
    ended = dict(zip(tasks, ends, strict=True))
    # When each task became ready. A task whose input never ran counts from its own start.
    became = []
    for task, begin in zip(tasks, starts, strict=True):
        ready = max([ended.get(dep, begin) for dep in reads[task]], default=start)
        became.append(min(ready, begin))
    first: dict[int, float] = {}
    for worker, begin in zip(workers, starts, strict=True):
        first[worker] = min(first.get(worker, begin), begin)
    # Changes in (running, ready, workers that have begun) at each moment.
    events: list[tuple[float, int, int, int]] = []
    for ready, begin, stop in zip(became, starts, ends, strict=True):
        if ready < begin:
            events.append((ready, 0, 1, 0))
            events.append((begin, 1, -1, 0))
        else:
            events.append((begin, 1, 0, 0))
        events.append((stop, -1, 0, 0))
    if len(first) == 1 and num_workers > 1:
        # Executors do not tell which worker ran a task: all count as begun with the first.
        events.extend([(next(iter(first.values())), 0, 0, num_workers)])
    else:
        events.extend((begin, 0, 0, 1) for begin in first.values())
    events.append((end, 0, 0, 0))
    events.sort()
    last_start, last_end = max(starts), max(ends)
    now, running, ready_count, begun = start, 0, 0, 0
    busy = starting = waiting = starved = tail = finishing = 0.0
    for time, run_change, ready_change, begin_change in events:
        time = min(max(time, start), end)
        span = time - now
        if span > 0:
            active = min(running, num_workers)
            free = num_workers - active
            held_up = min(free, ready_count)
            unborn = min(held_up, max(0, num_workers - begun))
            busy += active * span
            starting += unborn * span
            waiting += (held_up - unborn) * span
            rest = (free - held_up) * span
            # Events sort by time, so `now` and not `time` tells in which part this moment lies.
            if now >= last_end:
                finishing += rest
            elif now >= last_start:
                tail += rest
            else:
                starved += rest
            now = time
        running += run_change
        ready_count += ready_change
        begun += begin_change
    return Idle(busy, starting, waiting, starved, tail, finishing)
