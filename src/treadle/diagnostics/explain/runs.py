"""One recorded run: when each task ran, on which worker, and what else took time.

Law: what one worker reports lands in arrays that only this worker's reports touch, so no lock
stands between threads.
"""

from __future__ import annotations

import sys
import threading
from array import array
from collections.abc import Sequence
from contextlib import suppress
from itertools import islice, repeat
from time import perf_counter
from typing import TYPE_CHECKING, Any

from treadle.diagnostics.explain.gil import Meter, Probe, lock_exists, waited
from treadle.graph.sizes import sizeof

if TYPE_CHECKING:
    from treadle.graph.plan import Plan
    from treadle.local.observe import TaskRecord

#: Of each function, the results that are measured. They vary little, and measuring takes time.
_MEASURED = 16

#: Schedulers whose tasks run in threads of this process and report from them.
_IN_THREADS = ("sync", "threads")


class Cost:
    """Time and bytes that went into something other than tasks."""

    __slots__ = ("count", "nbytes", "seconds")

    def __init__(self) -> None:
        self.seconds = 0.0
        self.nbytes = 0
        self.count = 0


class _Lane:
    """What one worker reported."""

    __slots__ = (
        "before",
        "core",
        "cpu",
        "ends",
        "meter",
        "spent",
        "starts",
        "switches",
        "tasks",
    )

    def __init__(self, meter: Meter | None) -> None:
        self.tasks, self.switches = array("q"), array("q")
        self.starts, self.ends, self.cpu, self.core = (array("d") for _ in range(4))
        self.meter = meter
        self.before = (-1, -1.0)
        self.spent = 0.0


class Run:
    """One recorded run.

    Attributes
    ----------
    scheduler, num_workers
        What ran it.
    plan
        What ran. It is kept, and with it the arguments of its tasks, as long as the recording.
    start, end
        ``time.perf_counter`` seconds; ``end`` is None while the run lasts.
    errored
        Whether an exception ended it.
    mixed
        Whether another run of the same recording overlapped with this one. Reports do not say
        which run they belong to, so such a run cannot be explained.
    costs
        By kind ('pickle', 'move', ...): time that went into something other than tasks.
    sizes
        By function: the bytes of the first results, as far as they were seen.
    tasks, workers, starts, ends, cpu, core, locked
        One entry per task that ran, in order of ``starts``: seconds on a processor, waiting for a
        core, and (estimated) waiting for the interpreter lock. Empty until the run is over.
    recording
        Seconds that workers spent on noting all this.
    core_known, lock_known
        Whether ``core`` and ``locked`` were measured; they are 0 otherwise.
    """

    def __init__(self, plan: Plan, scheduler: str, num_workers: int) -> None:
        self.plan = plan
        self.scheduler = scheduler
        self.num_workers = num_workers
        self.errored = False
        self.mixed = False
        self.costs: dict[str, Cost] = {}
        self.sizes: dict[str, list[int]] = {}
        self.tasks, self.workers = array("q"), array("q")
        self.starts, self.ends = array("d"), array("d")
        self.cpu, self.core, self.locked = array("d"), array("d"), array("d")
        self.core_known = self.lock_known = False
        self.recording = 0.0
        self.end: float | None = None
        self._lanes: dict[int, _Lane] = {}
        self._measured: dict[int, int] = {}
        self._cost_lock = threading.Lock()
        self._in_threads = scheduler in _IN_THREADS
        self._probe = Probe() if self._in_threads and lock_exists() else None
        if self._probe is not None:
            self._probe.start()
        self.start = perf_counter()

    @property
    def wall(self) -> float:
        """Seconds from start to end."""
        return (perf_counter() if self.end is None else self.end) - self.start

    @property
    def durations(self) -> list[float]:
        """Seconds each recorded task took."""
        return [end - start for start, end in zip(self.starts, self.ends, strict=True)]

    @property
    def efforts(self) -> list[float]:
        """Seconds each recorded task would have taken alone: without waits for lock and core."""
        columns = zip(self.durations, self.core, self.locked, strict=True)
        return [max(0.0, took - core - locked) for took, core, locked in columns]

    # -- while it runs ------------------------------------------------------------------------

    def begin(self, worker: int) -> None:
        if self._in_threads and not self.mixed:
            entered = perf_counter()
            lane = self._lane(worker)
            if lane.meter is not None:
                lane.before = lane.meter.read()
            lane.spent += perf_counter() - entered

    def _lane(self, worker: int) -> _Lane:
        lane = self._lanes.get(worker)
        if lane is None:
            lane = _Lane(Meter() if self._in_threads else None)
            self._lanes[worker] = lane
        return lane

    def add(self, record: TaskRecord, value: Any) -> None:
        if self.mixed:
            return  # the task may belong to the other run
        entered = perf_counter()
        task, worker, start, end, cpu = record
        lane = self._lane(worker)
        now = lane.meter.read() if lane.meter is not None else (-1, -1.0)
        before = lane.before
        lane.switches.append(now[0] - before[0] if before[0] >= 0 else -1)
        lane.tasks.append(task)
        lane.starts.append(start)
        lane.ends.append(end)
        lane.cpu.append(cpu)
        lane.core.append(now[1] - before[1] if min(before[1], now[1]) >= 0.0 else -1.0)
        if self._in_threads:
            self._measure(task, value)
            # Worker threads report while nothing of theirs runs. Processes are reported by others.
            lane.spent += perf_counter() - entered

    def _measure(self, task: int, value: Any) -> None:
        operation = self.plan.operations[task]
        func = id(operation.func)
        count = self._measured.get(func, 0)
        if count < _MEASURED:
            self._measured[func] = count + 1
            with suppress(Exception):  # a size that cannot be told must not end the run
                size = sizeof(value)
                self.sizes.setdefault(operation.label, []).append(size)

    def spend(self, kind: str, seconds: float, nbytes: int) -> None:
        with self._cost_lock:
            cost = self.costs.setdefault(kind, Cost())
            cost.seconds += seconds
            cost.nbytes += nbytes
            cost.count += 1

    def close(self, errored: bool) -> None:
        self.end = perf_counter()
        self.errored = errored
        if self._probe is not None:
            self._probe.stop()
        rows: list[tuple[float, int, int, float, float, float, int]] = []
        for worker, lane in list(self._lanes.items()):
            # A thread of a run that was stopped may still report: take whole rows only.
            count = len(lane.core)
            columns = (lane.starts, lane.tasks, repeat(worker), lane.ends, lane.cpu, lane.core)
            rows.extend(zip(*[islice(c, count) for c in (*columns, lane.switches)], strict=True))
            self.recording += lane.spent
            if lane.meter is not None:
                lane.meter.close()
        self._lanes = {}
        rows.sort()
        self._settle(rows)

    def _settle(self, rows: Sequence[tuple[float, int, int, float, float, float, int]]) -> None:
        """Turn what was reported into one table, with an estimate of the waits for the lock."""
        looks = self._probe.looks if self._probe is not None else None
        # Worker processes have a lock each and run one task at a time.
        self.lock_known = (
            not lock_exists()
            or self.scheduler == "processes"
            or (looks is not None and len(looks.times) > 0)
        )
        self.core_known = bool(rows) and all(row[5] >= 0.0 for row in rows)
        # A counter that stands still while threads sleep is one that the system does not keep.
        counts = any(row[6] > 0 for row in rows)
        interval = sys.getswitchinterval()
        for start, task, worker, end, cpu, core, switches in rows:
            took = end - start
            core = min(core, max(0.0, took - cpu)) if self.core_known else 0.0
            share = looks.share(start, end) if looks is not None else None
            seen = switches if counts and switches >= 0 else None
            self.starts.append(start)
            self.tasks.append(task)
            self.workers.append(worker)
            self.ends.append(end)
            self.cpu.append(cpu)
            self.core.append(core)
            self.locked.append(waited(took, cpu, core, seen, share, interval))
