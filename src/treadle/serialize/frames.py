"""Tracebacks that leave out treadle's own frames, and tracebacks that travel between processes.

Laws:

1. Only *leading* frames are dropped: what runs between the person's call and the person's function.
   Frames below the first foreign one stay, since a task may call treadle itself.
2. Where every frame is treadle's, all stay: then they are the only information there is.
3. A rebuilt traceback consists of real frames with the original file, function, line and columns,
   so ``traceback``, ``pdb`` and notebooks show the source with the carets in the right place.
"""

from __future__ import annotations

import ast
import itertools
import os
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import NamedTuple

# Frames that run a task before its own code does: treadle's, and those of an executor's thread.
_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_EXECUTORS = os.path.join(
    os.path.dirname(os.path.abspath(os.__file__)), "concurrent", "futures", ""
)

MAX_FRAMES = 1000


class FrameRecord(NamedTuple):
    """One frame of a traceback, as plain data. Columns are 0-based; None where not known."""

    filename: str
    name: str
    qualname: str
    module: str
    line: int
    end_line: int | None
    column: int | None
    end_column: int | None


def strip_frames(tb: TracebackType | None) -> TracebackType | None:
    """Drop the leading frames that belong to treadle, so that the user's own come first.

    Parameters
    ----------
    tb
        A traceback, as in ``error.__traceback__``; it is not changed.

    Returns
    -------
    types.TracebackType or None
        The part of it that starts at the first frame outside treadle; `tb` itself where there is
        no such frame.

    Examples
    --------
    >>> try:
    ...     1 / 0
    ... except ZeroDivisionError as error:
    ...     strip_frames(error.__traceback__) is error.__traceback__
    True
    """
    links = list(_links(tb))
    skip = count_own(link.tb_frame.f_code.co_filename for link in links)
    return links[skip] if links else None


def count_own(filenames: Iterable[str]) -> int:
    """Count the leading frames that strip_frames would drop, given the file of each frame."""
    names = list(filenames)
    own = sum(1 for _ in itertools.takewhile(_is_own, names))
    return own if own < len(names) else 0


def _is_own(filename: str) -> bool:
    return filename.startswith((_PACKAGE, _EXECUTORS))


def _links(tb: TracebackType | None) -> Iterable[TracebackType]:
    while tb is not None:
        yield tb
        tb = tb.tb_next


def record_frames(tb: TracebackType | None) -> list[FrameRecord]:
    """Describe a traceback as plain data; the middle of a runaway recursion is left out."""
    links = list(_links(tb))
    if len(links) > MAX_FRAMES:
        links = links[: MAX_FRAMES // 2] + links[-MAX_FRAMES // 2 :]
    return [_record(link) for link in links]


def _record(link: TracebackType) -> FrameRecord:
    code = link.tb_frame.f_code
    # Two bytes per instruction; the n-th entry of co_positions() belongs to the n-th instruction.
    at = link.tb_lasti // 2
    position = next(itertools.islice(code.co_positions(), at, None), (None, None, None, None))
    module = link.tb_frame.f_globals.get("__name__")
    return FrameRecord(
        code.co_filename,
        code.co_name,
        code.co_qualname,
        module if isinstance(module, str) else "",
        link.tb_lineno or 1,
        *position[1:],
    )


def rebuild_frames(records: Sequence[FrameRecord]) -> TracebackType | None:
    """Make a traceback of real frames from its description."""
    tb: TracebackType | None = None
    for record in reversed(records):
        link = _raise_at(record)
        tb = TracebackType(tb, link.tb_frame, link.tb_lasti, link.tb_lineno)
    return tb


def _raise_at(record: FrameRecord) -> TracebackType:
    """Raise in a frame that looks like the recorded one and return the link to that frame."""
    statement = ast.Raise(exc=ast.Constant(0), cause=None)
    for node in (statement, statement.exc):
        if isinstance(node, ast.Raise | ast.Constant):
            # Lines count from that of the frame, where replace() below puts the code's start, so
            # that tools which print a frame's source do not print the file from its top.
            node.lineno = 1
            node.end_lineno = 1 + max(0, (record.end_line or record.line) - record.line)
            node.col_offset = -1 if record.column is None else record.column
            node.end_col_offset = -1 if record.end_column is None else record.end_column
    code = compile(ast.Module([statement], []), record.filename, "exec").replace(
        co_name=record.name, co_qualname=record.qualname, co_firstlineno=record.line
    )
    try:
        # `raise 0` is a TypeError of this very frame and needs no name in its namespace.
        exec(code, {"__name__": record.module, "__file__": record.filename})
    except TypeError as error:
        link = error.__traceback__
        if link is not None and link.tb_next is not None:
            return link.tb_next
    raise AssertionError("a raise statement did not raise")
