"""What a terminal, a log and a notebook are sent."""

from __future__ import annotations

import io
from typing import Any

import pytest

from treadle.diagnostics import displays
from treadle.diagnostics.displays import Log, Notebook, Terminal, line, summary
from treadle.diagnostics.estimate import Progress


def at(done: int, elapsed: float, label: str = "inc", errored: bool | None = None) -> Progress:
    return Progress(done, 20, elapsed, done / elapsed, 50 - elapsed, label, errored)


def screen(text: str) -> list[str]:
    """Return the lines that a terminal shows after ``text``."""
    lines = [""]
    column = 0
    for char in text:
        if char == "\n":
            lines.append("")
            column = 0
        elif char == "\r":
            column = 0
        else:
            lines[-1] = lines[-1][:column] + char + lines[-1][column + 1 :]
            column += 1
    return [shown.rstrip() for shown in lines]


def test_a_terminal_redraws_one_line() -> None:
    out = io.StringIO()
    terminal = Terminal(out, 10, columns=120)
    terminal.show(at(1, 1.0, "a_rather_long_name"))
    terminal.show(at(2, 2.0))
    assert screen(out.getvalue()) == [line(at(2, 2.0), 10)]
    terminal.close(at(20, 3.0, errored=False))
    assert screen(out.getvalue()) == [line(at(20, 3.0, errored=False), 10), ""]


@pytest.mark.parametrize("columns", [1, 2, 20, 60])
def test_a_narrow_terminal_gets_a_line_that_fits(columns: int) -> None:
    out = io.StringIO()
    Terminal(out, 40, columns).show(at(5, 1.0))
    (shown,) = screen(out.getvalue())
    assert 0 < len(shown) <= max(1, columns - 1)


def test_a_stream_without_a_file_number_has_eighty_columns() -> None:
    out = io.StringIO()
    Terminal(out, 40).show(at(5, 1.0, "name" * 40))
    assert len(out.getvalue()) == 80  # "\r" and 79 characters


def test_a_log_gets_a_line_for_every_tenth() -> None:
    out = io.StringIO()
    log = Log(out, 10)
    for second in range(1, 21):
        log.show(at(second, 2.0 * second))
    log.close(at(20, 40.0, errored=False))
    written = out.getvalue().splitlines()
    assert [shown.split("] ")[1].split(" ")[0] for shown in written] == [
        *[f"{done}/20" for done in range(2, 21, 2)],
        "20/20",
    ]
    assert all(shown.isprintable() for shown in written)


def test_a_log_gets_at_most_a_line_per_second_and_one_every_half_minute() -> None:
    out = io.StringIO()
    log = Log(out, 10)
    for step in range(1, 200):
        log.show(at(min(step, 9), step / 4))
    times = [shown.split(" | ")[2] for shown in out.getvalue().splitlines()]
    assert [time.split(" elapsed")[0] for time in times] == ["1.00 s", "2.00 s", "32.00 s"]


def test_names_cannot_break_out_of_the_line() -> None:
    assert summary(at(1, 1.0, "a\r\n\x1b[2Jb")).endswith("| a???[2Jb")
    assert "&lt;b&gt;" in displays.Html(at(1, 1.0, "<b>"))._repr_html_()


def test_a_notebook_updates_one_output() -> None:
    shown: list[tuple[str, Any]] = []

    class Handle:
        def update(self, value: Any) -> None:
            shown.append(("update", value))

    def display(value: Any, display_id: bool) -> Handle:
        assert display_id
        shown.append(("display", value))
        return Handle()

    notebook = Notebook(display)
    notebook.show(at(1, 1.0))
    notebook.show(at(2, 2.0))
    notebook.close(at(20, 3.0, errored=False))
    assert [action for action, _ in shown] == ["display", "update", "update"]
    assert 'value="20" max="20"' in shown[-1][1]._repr_html_()
    assert repr(shown[0][1]) == line(at(1, 1.0), 40)


def test_outside_a_notebook_there_is_no_display() -> None:
    assert displays.notebook_display() is None
