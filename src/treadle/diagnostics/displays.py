"""The three places where progress is shown: a terminal, a log, a notebook."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Any, TextIO

from treadle.units import format_time

if TYPE_CHECKING:
    from treadle.diagnostics.estimate import Progress

#: Seconds between lines of a log: at least, and at most.
_SHORT, _LONG = 1.0, 30.0


def summary(progress: Progress) -> str:
    """Return counts, rate, times and the current operation as one line of text.

    Examples
    --------
    >>> from treadle.diagnostics.estimate import Progress
    >>> summary(Progress(3, 8, 1.5, 2.0, 2.5, "inc", None))
    '3/8 37% | 2/s | 1.50 s elapsed, 2.50 s left | inc'
    >>> summary(Progress(8, 8, 4.0, 2.0, 0.0, "inc", False))
    '8/8 100% | 2/s | 4.00 s elapsed'
    >>> summary(Progress(3, 8, 1.5, 2.0, 2.5, "inc", True))
    '3/8 37% | 2/s | 1.50 s elapsed | failed (last started: inc)'
    """
    percent = int(100 * progress.fraction)  # cut off: 100% means that it is done
    parts = [f"{progress.done:,}/{progress.total:,} {percent}%"]
    if progress.done:
        parts.append(f"{progress.rate:,.{0 if progress.rate >= 10 else 1}f}/s".replace(".0/", "/"))
    times = f"{format_time(progress.elapsed)} elapsed"
    label = "".join([char if char.isprintable() else "?" for char in progress.label])
    if progress.errored is None:
        left = "" if progress.left is None else f", {format_time(progress.left)} left"
        parts.append(times + left)
        if label:
            parts.append(label)
    else:
        parts.append(times)
        if progress.errored:
            parts.append(f"failed (last started: {label})" if label else "failed")
    return " | ".join(parts)


def line(progress: Progress, width: int) -> str:
    """Return a bar of ``width`` characters and the summary.

    Examples
    --------
    >>> from treadle.diagnostics.estimate import Progress
    >>> line(Progress(1, 4, 0.0, 0.0, None, "", None), 8)
    '[##      ] 1/4 25% | 0/s | 0 s elapsed'
    """
    filled = int(width * progress.fraction)
    return f"[{'#' * filled}{' ' * (width - filled)}] {summary(progress)}"


class Terminal:
    """One line, redrawn in place."""

    def __init__(self, out: TextIO, width: int, columns: int | None = None) -> None:
        self.out = out
        self.width = width
        self.columns = columns
        self.length = 0

    def show(self, progress: Progress) -> None:
        self._draw(progress, "")

    def close(self, progress: Progress) -> None:
        self._draw(progress, "\n")

    def _draw(self, progress: Progress, end: str) -> None:
        columns = self.columns if self.columns is not None else _columns(self.out)
        # The last column stays free: a full line would wrap, and "\r" go to the wrong one.
        room = max(1, columns - 1)
        text = line(progress, min(self.width, max(1, room // 3)))[:room]
        self.out.write("\r" + text.ljust(min(self.length, room)) + end)
        self.out.flush()
        self.length = len(text)


def _columns(out: TextIO) -> int:
    try:
        return os.get_terminal_size(out.fileno()).columns or 80
    except (OSError, ValueError, AttributeError):
        return 80


class Log:
    """A line for every tenth of the work or every 30 seconds, but never two in one second."""

    def __init__(self, out: TextIO, width: int) -> None:
        self.out = out
        self.width = width
        self.tenths = 0
        self.written = 0.0

    def show(self, progress: Progress) -> None:
        tenths = int(10 * progress.fraction)
        pause = progress.elapsed - self.written
        if pause >= _LONG or (pause >= _SHORT and tenths > self.tenths):
            self.tenths = tenths
            self.written = progress.elapsed
            self._write(progress)

    def close(self, progress: Progress) -> None:
        self._write(progress)

    def _write(self, progress: Progress) -> None:
        self.out.write(line(progress, self.width) + "\n")
        self.out.flush()


class Html:
    """What a notebook shows."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress

    def __repr__(self) -> str:
        return line(self.progress, 40)

    def _repr_html_(self) -> str:
        progress = self.progress
        return (
            f'<progress value="{progress.done}" max="{progress.total}" '
            'style="width: 20em; vertical-align: middle"></progress> '
            f"<code>{escape(summary(progress))}</code>"
        )


class Notebook:
    """A bar below the cell, updated in place.

    Parameters
    ----------
    display
        ``IPython.display.display``, or what behaves like it.
    """

    def __init__(self, display: Callable[..., Any]) -> None:
        self.display = display
        self.handle: Any = None

    def show(self, progress: Progress) -> None:
        if self.handle is None:
            self.handle = self.display(Html(progress), display_id=True)
        else:
            self.handle.update(Html(progress))

    def close(self, progress: Progress) -> None:
        self.show(progress)


def notebook_display() -> Callable[..., Any] | None:
    """Return ``IPython.display.display`` inside a notebook kernel, else None."""
    ipython = sys.modules.get("IPython")
    if ipython is None:
        return None
    shell = ipython.get_ipython()
    if shell is None or getattr(shell, "kernel", None) is None:
        return None
    from importlib import import_module

    display: Callable[..., Any] = import_module("IPython.display").display
    return display
