"""Tracebacks without treadle's frames, and tracebacks rebuilt from plain data."""

from __future__ import annotations

import os
import traceback
from types import TracebackType
from typing import Any

import pytest

import treadle
from treadle.errors import SerializationError
from treadle.serialize import dumps, loads_function, strip_frames
from treadle.serialize.frames import MAX_FRAMES, rebuild_frames, record_frames

PACKAGE = os.path.dirname(treadle.__file__)


def _raised(*files: str) -> TracebackType:
    """Make a real traceback through functions of the given files, the first one outermost."""
    call: Any = None
    for file in reversed(files):
        namespace: dict[str, Any] = {"call": call}
        exec(compile("def f():\n    return call() if call else 1 / 0", file, "exec"), namespace)
        call = namespace["f"]
    try:
        call()
    except ZeroDivisionError as error:
        assert error.__traceback__ is not None and error.__traceback__.tb_next is not None
        return error.__traceback__.tb_next
    raise AssertionError


def _files(tb: TracebackType | None) -> list[str]:
    return [frame.filename for frame in traceback.extract_tb(tb)]


OWN, OWN_TOO = f"{PACKAGE}/local/sync.py", f"{PACKAGE}/graph/operation.py"
USER = "/srv/work/script.py"
EXECUTOR = os.path.join(os.path.dirname(os.__file__), "concurrent", "futures", "thread.py")


@pytest.mark.parametrize(
    ("files", "kept"),
    [
        ([OWN, OWN_TOO, USER], [USER]),
        ([EXECUTOR, OWN, USER, USER], [USER, USER]),
        ([USER], [USER]),
        ([OWN, USER, OWN, USER], [USER, OWN, USER]),
        ([OWN, USER, OWN], [USER, OWN]),
        ([OWN, OWN_TOO], [OWN, OWN_TOO]),
        ([OWN, f"{PACKAGE}_tools/x.py"], [f"{PACKAGE}_tools/x.py"]),
        ([OWN, "/srv/treadle/x.py"], ["/srv/treadle/x.py"]),
        ([OWN, "treadle/x.py"], ["treadle/x.py"]),
    ],
)
def test_only_leading_frames_of_the_package_go(files: list[str], kept: list[str]) -> None:
    tb = _raised(*files)
    assert _files(strip_frames(tb)) == kept
    assert _files(tb) == files  # the original is not changed


def test_nothing_to_strip() -> None:
    assert strip_frames(None) is None


def test_real_frames_of_the_package_go() -> None:
    class Failing:
        def __reduce__(self) -> Any:
            raise ValueError

    with pytest.raises(SerializationError) as caught:
        dumps(Failing())
    assert caught.value.__cause__ is not None
    tb = caught.value.__cause__.__traceback__
    assert _files(tb)[-1] == __file__
    assert not any(file.startswith(PACKAGE) for file in _files(tb))

    with pytest.raises(SerializationError) as caught:
        loads_function(b"")
    assert caught.value.__cause__ is not None
    tb = caught.value.__cause__.__traceback__
    assert strip_frames(tb) is tb


def _deep(n: int) -> int:
    return _deep(n - 1) if n else 1 // n


def _several_lines(x: Any) -> Any:
    return (
        [x, 2 + x]
        [x.missing]
    )  # fmt: skip


def _comprehension() -> Any:
    return [1 / (a - a) for a in range(3)]


@pytest.mark.parametrize(
    "fail", [lambda: _deep(0), lambda: _deep(20), lambda: _several_lines(3), _comprehension]
)
def test_rebuilt_tracebacks_print_the_same(fail: Any) -> None:
    with pytest.raises((ArithmeticError, AttributeError)) as caught:
        fail()
    tb = caught.value.__traceback__
    rebuilt = rebuild_frames(record_frames(tb))
    assert traceback.format_tb(rebuilt) == traceback.format_tb(tb)
    for link, original in zip(traceback.walk_tb(rebuilt), traceback.walk_tb(tb), strict=True):
        assert link[0].f_code.co_qualname == original[0].f_code.co_qualname
        assert link[0].f_globals["__name__"] == original[0].f_globals["__name__"]


def test_frames_without_columns_and_lines() -> None:
    records = record_frames(_raised(USER, USER))
    bare = [r._replace(column=None, end_column=None, end_line=None, line=7) for r in records]
    assert [s.lineno for s in traceback.extract_tb(rebuild_frames(bare))] == [7, 7]


def test_a_runaway_recursion_keeps_its_ends() -> None:
    tb = _raised(USER, *["/srv/work/loop.py"] * (MAX_FRAMES // 2), USER)
    assert len(record_frames(tb)) == MAX_FRAMES // 2 + 2
    tail = _raised("/srv/work/last.py")
    head = _raised(USER)
    for _ in range(3 * MAX_FRAMES):
        tail = TracebackType(tail, head.tb_frame, head.tb_lasti, head.tb_lineno)
    records = record_frames(tail)
    assert len(records) == MAX_FRAMES
    assert (records[0].filename, records[-1].filename) == (USER, "/srv/work/last.py")
    assert len(_files(rebuild_frames(records))) == MAX_FRAMES
