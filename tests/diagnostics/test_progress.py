"""The progress bar on real runs: what it says at the end, and that nothing of it stays."""

from __future__ import annotations

import io
import threading
from typing import Any

import pytest

from treadle import compute, delayed
from treadle.diagnostics import ProgressBar
from treadle.diagnostics.estimate import Progress
from treadle.diagnostics.progress import ProgressRun
from treadle.diagnostics.watch import WatchError
from treadle.graph.operation import literal
from treadle.graph.plan import expand
from treadle.local.observe import TaskRecord


@delayed
def inc(x: int) -> int:
    return x + 1


@delayed
def fail(x: int) -> int:
    raise ValueError(f"no {x}")


@delayed
def interrupt() -> None:
    raise KeyboardInterrupt


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        return True


class Broken(io.StringIO):
    """A pipe whose reader has gone."""

    def write(self, text: str) -> int:
        raise BrokenPipeError


def no_thread_is_left() -> bool:
    return not [thread for thread in threading.enumerate() if thread.name == "treadle-progress"]


@pytest.mark.parametrize("scheduler", ["sync", "threads"])
def test_the_last_line_says_that_all_is_done(scheduler: str) -> None:
    out = io.StringIO()
    with ProgressBar(out=out, width=5):
        compute([inc(i) for i in range(8)], scheduler=scheduler)
        assert no_thread_is_left()
        compute(inc(1), scheduler=scheduler)
    last = [line for line in out.getvalue().splitlines() if "100%" in line]
    assert [line.split(" | ")[0] for line in last] == ["[#####] 8/8 100%", "[#####] 1/1 100%"]


@pytest.mark.parametrize(
    ("task", "error"), [(fail(3), ValueError), (interrupt(), KeyboardInterrupt)]
)
@pytest.mark.parametrize("scheduler", ["sync", "threads"])
def test_it_ends_with_a_run_that_fails(
    task: Any, error: type[BaseException], scheduler: str
) -> None:
    out = io.StringIO()
    with ProgressBar(out=out), pytest.raises(error):
        task.compute(scheduler=scheduler)
    assert no_thread_is_left()
    assert out.getvalue().endswith(f"| failed (last started: {task.key.split('-')[0]})\n")


def test_a_terminal_is_redrawn() -> None:
    out = Screen()
    with ProgressBar(out=out):
        inc(1).compute()
    assert out.getvalue().startswith("\r[")
    assert out.getvalue().endswith("\n")


def test_short_runs_stay_silent_when_asked() -> None:
    out = io.StringIO()
    with ProgressBar(minimum=3600, out=out):
        inc(1).compute()
    assert out.getvalue() == ""


def test_a_broken_stream_does_not_end_the_run() -> None:
    with ProgressBar(out=Broken()):
        assert inc(1).compute() == 2
    closed = io.StringIO()
    closed.close()
    with ProgressBar(out=closed):
        assert inc(1).compute() == 2


def test_it_writes_to_the_standard_output_of_the_moment(
    capsys: pytest.CaptureFixture[str],
) -> None:
    bar = ProgressBar()
    bar.register()
    try:
        inc(1).compute()
    finally:
        bar.unregister()
    inc(1).compute()
    assert capsys.readouterr().out.count("1/1 100%") == 1


def test_a_program_without_a_console_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", None)
    with ProgressBar():
        assert inc(1).compute() == 2


@pytest.mark.parametrize("options", [{"dt": 0}, {"dt": -1}, {"width": 0}])
def test_what_cannot_be_shown_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(WatchError, match="at least 1 character"):
        ProgressBar(**options)


class Film:
    """Keeps every picture."""

    def __init__(self) -> None:
        self.pictures: list[tuple[str, Progress]] = []
        self.shown = threading.Event()

    def show(self, progress: Progress) -> None:
        self.pictures.append(("show", progress))
        self.shown.set()

    def close(self, progress: Progress) -> None:
        self.pictures.append(("close", progress))


def test_updates_come_while_a_task_runs() -> None:
    film = Film()
    time = iter(range(1_000_000))
    run = ProgressRun(lambda: film, 0, 1e-3, clock=lambda: float(next(time)))
    plan = expand([literal(value) for value in (1, "a")])
    run.on_start(plan, "sync", 1)
    run.on_task_started(0, 0)
    run.on_task_finished(TaskRecord(0, 0, 0.0, 1.0, 0.0), 1)
    run.on_task_started(1, 0)
    film.shown.clear()
    assert film.shown.wait(60)  # a picture was made although no task ended
    run.on_task_finished(TaskRecord(1, 0, 1.0, 2.0, 0.0), 1)
    run.on_finish(False)
    *before, (action, last) = film.pictures
    assert {action for action, _ in before} == {"show"}
    assert (action, last.done, last.errored) == ("close", 2, False)
    assert before[-1][1].done == 1


def test_nothing_is_shown_before_the_minimum() -> None:
    film = Film()
    now = [0.0]
    run = ProgressRun(lambda: film, 5, 3600, clock=lambda: now[0])
    run.on_start(expand([literal(1)]), "sync", 1)
    now[0] = 4.9
    run.on_finish(False)
    assert film.pictures == []
    run = ProgressRun(lambda: film, 5, 3600, clock=lambda: now[0])
    run.on_start(expand([literal(1)]), "sync", 1)
    now[0] = 9.9
    run.on_finish(False)
    assert [action for action, _ in film.pictures] == ["close"]
