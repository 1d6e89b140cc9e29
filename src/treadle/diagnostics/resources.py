"""``ResourceProfiler``: memory and processor use over time.

A process of its own measures, because a thread would wait for the interpreter lock exactly when
there is something to see. Laws:

1. The measuring process ends with ``close``, at the end of a ``with`` block, and with this process,
   however that ends.
2. If it dies early, there is a warning and there are no results; the run goes on.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import warnings
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

from treadle.diagnostics.watch import ResultsWatch, WatchError
from treadle.local.observe import Observer

if TYPE_CHECKING:
    from types import TracebackType

    from treadle.graph.plan import Plan


class ResourceData(NamedTuple):
    """One measurement.

    ``time`` is in ``time.perf_counter`` seconds. ``mem`` is in megabytes (1e6 bytes), of this
    process and all its children; what they share counts once for each. ``cpu`` is in percent of
    one core since the previous measurement, and 0 in the first one.
    """

    time: float
    mem: float
    cpu: float


class ResourceProfiler(ResultsWatch):
    """Record memory and processor use of this process and its children.

    As a block it measures the whole block. When registered, it measures while graphs run. It can
    also be driven by hand with ``start``, ``stop`` and ``close``.

    Parameters
    ----------
    dt
        Seconds between measurements. There is always one at the start and one near the end.
        Processor time is counted in steps of 10 ms, so values below 0.1 make the curve rough.

    Attributes
    ----------
    results
        A list of named tuples ``(time, mem, cpu)``.

    Examples
    --------
    >>> from treadle import delayed
    >>> from treadle.diagnostics import ResourceProfiler
    >>> with ResourceProfiler(dt=0.5) as profiler:
    ...     total = delayed(sum)([1, 2]).compute()
    >>> profiler.results[0].mem > 1
    True
    """

    def __init__(self, dt: float = 1) -> None:
        if not dt > 0:
            raise WatchError(
                f"ResourceProfiler(dt={dt!r}) cannot measure: give the seconds between two "
                "measurements, a number above 0"
            )
        self.dt = dt
        self.results: list[ResourceData] = []
        self._lock = threading.RLock()
        self._users = 0
        self._started = False
        self._process: subprocess.Popen[str] | None = None

    # -- by hand ------------------------------------------------------------------------------

    def start(self) -> None:
        """Start measuring, if not yet started."""
        with self._lock:
            if not self._started:
                self._started = True
                self._acquire()

    def stop(self) -> None:
        """Stop measuring and add what was measured to ``results``."""
        with self._lock:
            if self._started:
                self._started = False
                self._release()

    def close(self) -> None:
        """Stop, and end the measuring process. A later start makes a new one."""
        with self._lock:
            self.stop()
            process, self._process = self._process, None
        if process is not None:
            _end(process)

    # -- as a block, and registered -----------------------------------------------------------

    def for_run(self) -> Observer:
        return _Measure(self)

    def __enter__(self) -> Self:
        self.start()
        return super().__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        super().__exit__(kind, error, traceback)
        self.close()

    def unregister(self) -> None:
        super().unregister()
        self.close()

    # -- the measuring process ----------------------------------------------------------------

    def _acquire(self) -> None:
        with self._lock:
            self._users += 1
            if self._users == 1:
                if self._process is None:
                    self._process = _launch(self.dt)
                    weakref.finalize(self, _end, self._process)
                self._ask("start")

    def _release(self) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0:
                self.results.extend([ResourceData(*sample) for sample in self._ask("stop")])

    def _ask(self, command: str) -> list[list[float]]:
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            return []
        try:
            process.stdin.write(command + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except OSError:
            answer = ""
        except BaseException:
            # Interrupted: its answer, if any, would be taken for that to the next command.
            self._process = None
            _end(process)
            raise
        if answer:
            samples: list[list[float]] = json.loads(answer)
            return samples
        self._process = None
        _end(process)
        warnings.warn(
            f"ResourceProfiler has no measurements: its process {process.pid} ended early with "
            f"exit code {process.returncode}. The computation is not affected; start the profiler "
            "again to measure the next one.",
            RuntimeWarning,
            stacklevel=2,
        )
        return []


class _Measure(Observer):
    """Measures during one run."""

    def __init__(self, profiler: ResourceProfiler) -> None:
        self.profiler = profiler

    def on_start(self, plan: Plan, scheduler: str, num_workers: int) -> None:
        self.profiler._acquire()

    def on_finish(self, errored: bool) -> None:
        self.profiler._release()


def _launch(dt: float) -> subprocess.Popen[str]:
    program = Path(__file__).with_name("sampler.py")
    return subprocess.Popen(
        # -P: the folder of the program holds modules whose names hide those of the library.
        [sys.executable, "-P", str(program), str(os.getpid()), str(dt)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _end(process: subprocess.Popen[str]) -> None:
    """End the process: it leaves when its input ends."""
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            try:
                stream.close()
            except OSError:  # it is gone, and what was written to it with it
                continue
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
