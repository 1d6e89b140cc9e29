"""How long tasks waited for the interpreter lock.

A task that is off the processor waits for the lock, sleeps, reads or waits for a core, and nothing
says which. Three bounds hold at once, and the smallest is the estimate:

1. The time off the processor (wall time less processor time) and not waiting for a core.
2. The voluntary context switches of the thread, times the switch interval. A thread that waits for
   the lock wakes up after each interval to ask for it again (CPython, ``take_gil``), so a wait of
   a second shows as 200 switches. A sleep of a second shows as one.
3. The time during which *others* held the lock: the share of time it was held, less the share in
   which this task may have held it itself, that is while it was on a processor or waited for one.

The share in 3 comes from a probe, a thread that sleeps a few milliseconds and looks whether it has
to wait before it can go on (the idea is that of the ``gilknocker`` package). A sleep is one
voluntary switch; more than one means that the lock was held. Where the system does not count
switches, a late wake-up counts as held, and bound 2 is missing.

The estimate leans to the low side, as 3 takes all processor time of a task for time with the lock.
Where the system does not tell how long a thread waited for a core, that time is counted as zero and
may be taken for time waiting for the lock.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from contextlib import suppress
from time import perf_counter

#: Seconds between two looks at the lock.
INTERVAL = 0.005

#: A task with fewer looks than this inside it is judged by the share of the whole run.
_FEW = 8


def lock_exists() -> bool:
    """Whether this interpreter has a lock (free-threaded builds run without)."""
    enabled = getattr(sys, "_is_gil_enabled", None)
    return enabled is None or bool(enabled())


def switch_counter() -> Callable[[], int] | None:
    """Return what counts this thread's voluntary context switches, None where unknown."""
    if sys.platform != "linux":
        return None
    import resource

    who = resource.RUSAGE_THREAD
    return lambda: resource.getrusage(who).ru_nvcsw


class Meter:
    """Reads what the system counts for one thread. Make it, and read it, in that thread.

    The wait for a core is the second number of ``schedstat``: nanoseconds on a run queue. Reading
    keeps the interpreter lock: getting it back would slow down the program that is measured.
    """

    __slots__ = ("_count", "_file", "_pread", "_text")

    def __init__(self) -> None:
        self._count = switch_counter()
        self._file = -1
        if self._count is not None:
            with suppress(OSError, AttributeError):
                self._pread = ctypes.PyDLL(None).pread
                self._text = ctypes.create_string_buffer(100)
                self._file = os.open("/proc/thread-self/schedstat", os.O_RDONLY)

    def read(self) -> tuple[int, float]:
        """Return voluntary switches and seconds waited for a core so far; -1 where unknown."""
        switches = self._count() if self._count is not None else -1
        if self._file < 0:
            return switches, -1.0
        length = self._pread(self._file, self._text, ctypes.c_size_t(99), ctypes.c_long(0))
        fields = self._text.raw[: max(0, length)].split()
        return switches, int(fields[1]) / 1e9 if len(fields) > 1 else -1.0

    def close(self) -> None:
        """Give the file back."""
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)


class Looks:
    """When somebody looked at the lock, and whether it was held."""

    def __init__(self) -> None:
        self.times = array("d")
        self._held = array("L", [0])  # how many of the first k looks found it held

    def add(self, time: float, held: bool) -> None:
        self.times.append(time)
        self._held.append(self._held[-1] + held)

    def share(self, start: float, end: float) -> float | None:
        """Return the share of looks between two times that found the lock held.

        The whole run counts where there are few; None without any look at all.
        """
        first, last = bisect_left(self.times, start), bisect_right(self.times, end)
        if last - first < _FEW:
            first, last = 0, len(self.times)
        if first == last:
            return None
        return (self._held[last] - self._held[first]) / (last - first)


def waited(
    wall: float, cpu: float, core: float, switches: int | None, share: float | None, interval: float
) -> float:
    """Estimate how long one task waited for the lock.

    Parameters
    ----------
    wall, cpu, core
        Seconds the task took, seconds on the processor, and seconds waiting for a core.
    switches
        Voluntary context switches of its thread meanwhile; None where unknown.
    share
        The share of this time in which somebody held the lock; None where unknown.
    interval
        The switch interval.

    Examples
    --------
    Two threads that compute in pure Python, then a sleep while another thread computes:

    >>> waited(2.0, 1.0, 0.0, 400, 1.0, 0.005)
    1.0
    >>> waited(1.0, 0.0, 0.0, 2, 1.0, 0.005)
    0.01
    """
    if share is None:
        return 0.0
    bound = min(wall, share * wall) - cpu - core
    if switches is not None:
        bound = min(bound, switches * interval)
    return max(0.0, bound)


class Probe:
    """A thread that looks at the lock until it is told to stop.

    Parameters
    ----------
    interval
        Seconds between looks.
    """

    def __init__(self, interval: float = INTERVAL) -> None:
        self.looks = Looks()
        self._interval = interval
        self._stop = threading.Lock()
        self._thread = threading.Thread(target=self._look, name="treadle-explain", daemon=True)

    def start(self) -> None:
        self._stop.acquire()
        self._thread.start()

    def stop(self) -> None:
        self._stop.release()
        self._thread.join()

    def _look(self) -> None:
        count = switch_counter()
        late = sys.getswitchinterval() / 2
        while True:
            before = count() if count is not None else 0
            asleep = perf_counter()
            # One call that sleeps without the lock, so that nothing else of ours can wait for it.
            if self._stop.acquire(True, self._interval):
                return
            awake = perf_counter()
            switches = count() - before if count is not None else 0
            # A system that counts nothing (some sandboxes) reports no switch for the sleep itself.
            held = switches > 1 if switches else awake - asleep - self._interval > late
            self.looks.add(awake, held)
