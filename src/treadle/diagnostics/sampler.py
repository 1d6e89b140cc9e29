"""The process that measures another one: ``python -P sampler.py PID SECONDS``.

It is run as a file and imports nothing of treadle, so that it starts fast and its own cost does not
show. It reads commands from its input and answers in lines of JSON:

- ``start``: measure now and then every SECONDS; the answer is ``[]``
- ``stop``: measure a last time; the answer is the list of ``[time, megabytes, percent]``

Law: it ends when its input ends, and when its parent is gone although somebody else still holds
the other end of the pipe.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from time import perf_counter
from typing import TextIO

import psutil

#: How often to look whether the parent is still there, in seconds.
_LOOK = 5.0


class Meter:
    """Memory and processor time of a process and all below it, except this one."""

    def __init__(self, pid: int) -> None:
        self.process = psutil.Process(pid)
        self.spent: dict[psutil.Process, float] = {}
        self.last = 0.0

    def reset(self) -> None:
        """Let the next sample be the first one."""
        self.spent = {}
        self.last = 0.0

    def sample(self) -> tuple[float, float, float]:
        """Return the time, megabytes, and percent of one core since the previous sample."""
        spent: dict[psutil.Process, float] = {}
        memory = 0
        used = 0.0
        for process in [self.process, *self.process.children(recursive=True)]:
            if process.pid == os.getpid():
                continue
            try:
                with process.oneshot():
                    times = process.cpu_times()
                    memory += process.memory_info().rss
            except psutil.Error:  # it has just ended
                continue
            spent[process] = times.user + times.system
            # A process that is new has used all its time since the previous sample.
            used += max(0.0, spent[process] - self.spent.get(process, 0.0))
        now = perf_counter()
        percent = 100 * used / (now - self.last) if self.last and now > self.last else 0.0
        self.spent, self.last = spent, now
        return now, memory / 1e6, percent


class Sampler:
    """Answers commands and measures in between."""

    def __init__(self, meter: Meter, dt: float, out: TextIO) -> None:
        self.meter = meter
        self.dt = dt
        self.out = out
        self.lock = threading.Lock()
        self.samples: list[tuple[float, float, float]] = []
        self.active = False
        self.changed = threading.Event()

    def command(self, name: str) -> None:
        with self.lock:
            answer: list[tuple[float, float, float]] = []
            if name == "start":
                self.meter.reset()
                self.samples = [self.meter.sample()]
                self.active = True
            else:
                # Processor time is counted in steps of 10 ms: short intervals say nothing.
                short = perf_counter() - self.meter.last < self.dt / 4
                if self.active and (len(self.samples) < 2 or not short):
                    self.samples.append(self.meter.sample())
                self.active = False
                answer, self.samples = self.samples, []
        self.changed.set()
        self.out.write(json.dumps(answer) + "\n")
        self.out.flush()

    def measure(self) -> None:
        """Measure as long as there is something to measure."""
        parent = os.getppid()
        while os.getppid() == parent:
            if self.changed.wait(self.dt if self.active else _LOOK):
                self.changed.clear()
                continue
            with self.lock:
                if self.active:
                    self.samples.append(self.meter.sample())


def main() -> None:
    # Ctrl-C reaches every process of the terminal; our parent decides what it means for us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sampler = Sampler(Meter(int(sys.argv[1])), float(sys.argv[2]), sys.stdout)
    measuring = threading.Thread(target=_measure, args=(sampler,), daemon=True)
    measuring.start()
    for line in sys.stdin:
        sampler.command(line.strip())


def _measure(sampler: Sampler) -> None:
    try:
        sampler.measure()
    finally:
        # The parent is gone, or cannot be measured: waiting for its commands is of no use.
        os._exit(1)


if __name__ == "__main__":
    main()
