"""The benchmarks: their arithmetic, what the table says of each outcome, and one tiny real run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from time import monotonic

import pytest

from benchmarks import measure
from benchmarks.measure import answer_in, measure_group
from benchmarks.model import (
    DASK,
    TREADLE,
    Group,
    Median,
    Nothing,
    Outcome,
    Row,
    Run,
    Spread,
    at_most,
    at_most_of,
    ratio,
)
from benchmarks.report import line, number, times
from benchmarks.rows import groups
from benchmarks.run import main
from treadle.graph.plan import expand

ROOT = Path(__file__).parents[2]
OURS, THEIRS, OTHER = (Run("case", name) for name in (TREADLE, DASK, "ray"))


def samples(*values: float) -> Outcome:
    return Outcome([{"us": value} for value in values])


def row() -> Row:
    return Row(
        "a thing",
        "µs",
        Median(OURS, "us"),
        {DASK: Median(THEIRS, "us", "small"), "Ray": Median(OTHER, "us")},
        (
            at_most_of(1 / 50, DASK, "at most 1/50 of dask"),
            at_most(1.5, "at most 1.5"),
            at_most_of(1, "Ray", "at most Ray"),
        ),
    )


def test_a_row_has_medians_ratios_and_verdicts() -> None:
    outcomes = {
        OURS: samples(1.0, 9.0, 2.0),
        THEIRS: samples(100.0, 300.0),
        OTHER: Outcome(nothing=Nothing("ray is not installed", failed=False)),
    }
    assert line(row(), outcomes, 3) == [
        "a thing, µs",
        "2",
        "200 (small, 2 rounds)",
        "100 x",
        "Ray: ray is not installed",
        "at most 1/50 of dask: met<br>at most 1.5: **missed**<br>at most Ray: not measured",
    ]


def test_without_its_own_figure_a_row_meets_nothing() -> None:
    outcomes = {
        OURS: Outcome(nothing=Nothing("failed", "exit code 1")),
        THEIRS: samples(5.0),
        OTHER: samples(5.0),
    }
    cells = line(row(), outcomes, 1)
    assert cells[1:5] == ["failed", "5 (small)", "-", "Ray: 5"]
    assert cells[5].count("not measured") == 3


def test_a_spread_needs_all_of_its_parts() -> None:
    parts = Spread((Median(OURS, "us"), Median(THEIRS, "us")))
    assert parts.value({OURS: samples(2.0, 4.0, 8.0), THEIRS: samples(6.0)}) == 1.5
    assert parts.value({OURS: samples(4.0), THEIRS: Outcome()}) is None


def test_a_ratio_with_nothing_does_not_exist() -> None:
    assert ratio(3.0, 2.0) == 1.5
    assert ratio(3.0, 0.0) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.0001, "below 0.001"), (0.01234, "0.0123"), (7.0, "7"), (1234.5, "1,234")],
)
def test_numbers(value: float, text: str) -> None:
    assert number(value) == text


def test_factors() -> None:
    assert [times(value) for value in (131.4, 2.345, 0.25)] == ["131 x", "2.3 x", "0.25 x"]


def test_answers_are_found_among_other_output() -> None:
    assert answer_in('noise\nRESULT {"us": 1.5}\nmore', "", 0) == {"us": 1.5}
    assert answer_in('ABSENT "ray is not installed"', "", 0) == Nothing(
        "ray is not installed", failed=False
    )
    assert answer_in("", "Traceback\nValueError: no", 1) == Nothing(
        "failed", "exit code 1: ValueError: no"
    )


def test_runs_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(run: Run) -> dict[str, float] | Nothing:
        measured.append(run)
        return Nothing("failed") if run is OTHER else {"us": 1.0}

    measured: list[Run] = []
    monkeypatch.setattr(measure, "measure", answer)
    group = Group("g", "G", [row()])
    measure_group(group, 3, monotonic() + 3600, lambda text: None)
    assert measured == [OURS, THEIRS, OTHER, OURS, THEIRS, OURS, THEIRS]
    # Once the time is over, whatever has a figure is not measured again.
    measured.clear()
    outcomes = measure_group(group, 3, monotonic() - 1, lambda text: None)
    assert measured == [OURS, THEIRS, OTHER]
    assert outcomes[OURS].figure("us") == 1.0


def test_every_run_has_its_case() -> None:
    runs = [run for quick in (False, True) for group in groups(quick) for run in group.runs()]
    missing = {run.case for run in runs if not (ROOT / f"benchmarks/cases/{run.case}.py").exists()}
    assert not missing
    names = [group.name for group in groups()]
    assert len(names) == len(set(names))


def test_the_floor_makes_the_calls_of_the_graph() -> None:
    from benchmarks.cases.loop import fan_in, run, tree
    from benchmarks.cases.shapes import SHAPES, tasks_of, value_of
    from treadle import delayed

    for leaves in (1, 2, 7, 32):
        for shape, calls in (("tree", tree(leaves)), ("fan-in", fan_in(leaves))):
            lazy = SHAPES[shape](delayed, leaves)
            assert len(expand(lazy.__treadle_graph__().outputs)) == tasks_of(shape, leaves)
            assert len(calls[0]) == tasks_of(shape, leaves)
            assert run(*calls) == lazy.compute(scheduler="sync") == value_of(leaves)


def test_an_unknown_group_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--only", "nonsense"])
    assert "the groups are calls, sync, threads" in capsys.readouterr().err


def test_a_tiny_run_fills_the_table(tmp_path: Path) -> None:
    command = [sys.executable, "benchmarks/run.py", "--quick", "--only", "calls"]
    done = subprocess.run(
        [*command, "--output", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    table = (tmp_path / "table.md").read_text(encoding="utf-8")
    assert "one `delayed` call, of 500 impure ones, µs per call" in table
    data = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert data["rows"][0]["values"][TREADLE] > 0
    assert set(data["machine"]) == {"date", "cores", "system", "python", "versions"}
    assert str(ROOT) not in table + json.dumps(data)
