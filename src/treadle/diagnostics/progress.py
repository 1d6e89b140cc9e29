"""``ProgressBar``: how far a run is, in a terminal, a notebook or a log.

Threads that run tasks only append to a queue. A thread that lives as long as the run looks at the
queue every ``dt`` seconds, estimates and writes. Laws:

1. The thread ends with the run, however it ends.
2. A stream that cannot be written to ends the display and never the run.
3. A stream that is no terminal gets whole lines without control characters.
"""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Callable
from contextvars import copy_context
from time import perf_counter
from typing import TYPE_CHECKING, Any, Protocol, TextIO

from treadle.diagnostics.estimate import Estimate, Progress
from treadle.diagnostics.watch import Watch, WatchError
from treadle.local.observe import Observer, TaskRecord

if TYPE_CHECKING:
    from treadle.graph.plan import Plan


class Display(Protocol):
    """Where progress is shown."""

    def show(self, progress: Progress) -> None: ...
    def close(self, progress: Progress) -> None: ...


class ProgressBar(Watch):
    """Show the progress of runs on a local scheduler.

    A terminal shows one line that is redrawn, a notebook a bar, and anything else (a file, the log
    of a continuous integration server) a line for every tenth of the work or every 30 seconds, but
    not two in one second.

    Parameters
    ----------
    minimum
        Seconds a run must last before anything is shown.
    width
        Characters of the bar.
    dt
        Seconds between updates.
    out
        Where to write; ``sys.stdout`` when None.

    Examples
    --------
    >>> import io
    >>> from treadle import delayed
    >>> from treadle.diagnostics import ProgressBar
    >>> log = io.StringIO()
    >>> with ProgressBar(out=log):
    ...     total = delayed(sum)([1, 2]).compute()
    >>> log.getvalue()
    '[########################################] 1/1 100% | ... elapsed\\n'

    ``ProgressBar().register()`` shows the progress of every run of the process.
    """

    def __init__(
        self, minimum: float = 0, width: int = 40, dt: float = 0.1, out: TextIO | None = None
    ) -> None:
        if dt <= 0 or width < 1:
            raise WatchError(
                f"ProgressBar(width={width!r}, dt={dt!r}) cannot be shown: "
                "give a width of at least 1 character and a dt above 0 seconds"
            )
        self.minimum = minimum
        self.width = width
        self.dt = dt
        self.out = out

    def for_run(self) -> Observer:
        return ProgressRun(self._display, self.minimum, self.dt)

    def _display(self) -> Display | None:
        from treadle.diagnostics import displays

        if self.out is None and (display := displays.notebook_display()) is not None:
            return displays.Notebook(display)
        out = self.out if self.out is not None else sys.stdout
        if out is None:  # a program without a console
            return None
        try:
            terminal = out.isatty()
        except (AttributeError, ValueError):
            terminal = False
        return displays.Terminal(out, self.width) if terminal else displays.Log(out, self.width)


class ProgressRun(Observer):
    """Follows one run.

    Parameters
    ----------
    make_display
        Called when the run starts.
    minimum, dt
        As in ``ProgressBar``.
    clock
        Seconds that only grow.
    """

    def __init__(
        self,
        make_display: Callable[[], Display | None],
        minimum: float,
        dt: float,
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        self.make_display = make_display
        self.minimum = minimum
        self.dt = dt
        self.clock = clock
        self.display: Display | None = None
        self.shown = False
        self.progress: Progress | None = None
        self.over = threading.Event()
        self.thread: threading.Thread | None = None
        self.latest = -1
        self.records: deque[TaskRecord] = deque()

    def on_start(self, plan: Plan, scheduler: str, num_workers: int) -> None:
        self.display = self.make_display()
        if self.display is None or not len(plan):
            return
        self.estimate = Estimate(plan, self.clock())
        # In the context of the caller, by which notebooks know the cell to write to.
        self.thread = threading.Thread(
            target=copy_context().run, args=(self._follow,), name="treadle-progress", daemon=True
        )
        self.thread.start()

    def on_task_started(self, task: int, worker: int) -> None:
        self.latest = task

    def on_task_finished(self, record: TaskRecord, value: Any) -> None:
        self.records.append(record)

    def on_finish(self, errored: bool) -> None:
        self.over.set()
        if self.thread is not None:
            self.thread.join()
            self.update(errored)
            self._draw(final=True)

    def _follow(self) -> None:
        while not self.over.wait(self.dt):
            self.update()
            self._draw(final=False)

    def update(self, errored: bool | None = None) -> None:
        """Take in what has happened since the last time."""
        records = self.records
        # No more than are there now: threads go on appending.
        self.estimate.add([records.popleft() for _ in range(len(records))])
        self.progress = self.estimate.progress(self.clock(), self.latest, errored)

    def _draw(self, final: bool) -> None:
        display, progress = self.display, self.progress
        if display is None or progress is None:
            return
        if not self.shown and progress.elapsed < self.minimum:
            return
        self.shown = True
        try:
            if final:
                display.close(progress)
            else:
                display.show(progress)
        except (OSError, ValueError):  # a closed pipe, a closed file
            self.display = None
