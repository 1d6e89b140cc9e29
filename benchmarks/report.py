"""Writes what was measured: one Markdown table for people, one JSON file for programs.

Both say on what machine and with which versions, and neither names the machine, its user or a
path. The table gives medians; the JSON file has every sample.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import treadle
from benchmarks.cases.protocol import PEERS
from benchmarks.model import DASK, TREADLE, Figure, Group, Median, Outcomes, Row, ratio

ABSENT = "-"


def facts() -> dict[str, Any]:
    """Return what the figures depend on."""
    versions = {"treadle": treadle.__version__}
    for name in PEERS:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "not installed"
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "cores": cores,
        "system": f"{platform.system()} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "versions": versions,
    }


def number(value: float) -> str:
    """Write a number with three significant digits, without exponent.

    Examples
    --------
    >>> number(1234.5), number(0.01234), number(56.78), number(0)
    ('1,234', '0.0123', '56.8', '0')
    """
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    if abs(value) < 0.001:
        return "below 0.001"
    return f"{float(f'{value:.3g}'):,}".removesuffix(".0")


def times(value: float) -> str:
    """Write a ratio.

    Examples
    --------
    >>> times(131.4), times(2.345), times(0.25)
    ('131 x', '2.3 x', '0.25 x')
    """
    return f"{value:.0f} x" if value >= 10 else f"{value:.2g} x"


def counted(rounds: int) -> str:
    return "1 round" if rounds == 1 else f"{rounds} rounds"


def cell(figure: Figure, outcomes: Outcomes, usual: int) -> str:
    """Write one figure with what is special about it, or why it is missing."""
    value = figure.value(outcomes)
    if value is None:
        absences = [outcomes[run].nothing for run in figure.runs]
        return next((nothing.reason for nothing in absences if nothing), ABSENT)
    notes = [figure.note] if figure.note else []
    rounds = min(len(outcomes[run].samples) for run in figure.runs)
    if rounds != usual:
        notes.append(counted(rounds))
    return number(value) + (f" ({', '.join(notes)})" if notes else "")


def line(row: Row, outcomes: Outcomes, usual: int) -> list[str]:
    """Return the cells of a row."""
    values = row.values(outcomes)
    ours = values.get(TREADLE)
    others = []
    for name, figure in [*row.peers.items(), *row.details.items()]:
        if name == DASK:
            continue
        text = f"{name}: {cell(figure, outcomes, usual)}"
        share = ratio(values[name], ours) if name in values and ours and row.compared else None
        others.append(f"{text} = {times(share)}" if share is not None else text)
    share = ratio(values[DASK], ours) if DASK in values and ours and row.compared else None
    verdicts = {True: "met", False: "**missed**", None: "not measured"}
    goals = [f"{goal.text}: {verdicts[goal.verdict(values)]}" for goal in row.goals]
    return [
        f"{row.what}, {row.unit}" if row.unit else row.what,
        cell(row.treadle, outcomes, usual),
        cell(row.peers[DASK], outcomes, usual) if DASK in row.peers else ABSENT,
        times(share) if share is not None else ABSENT,
        "<br>".join(others) or ABSENT,
        "<br>".join(goals) or ABSENT,
    ]


def markdown(
    groups: Sequence[Group], outcomes: Outcomes, rounds: int, about: dict[str, Any]
) -> str:
    """Return the whole table, with what it was measured on above it."""
    versions = ", ".join(
        f"{name} {found}" for name, found in about["versions"].items() if found != "not installed"
    )
    head = ["what, unit", "treadle", "dask", "dask / treadle", "others", "target"]
    lines = [
        f"Measured on {about['date']}: {about['cores']} cores, {about['system']}, "
        f"{about['python']}, {versions}.",
        "Each figure is the median of fresh interpreters, libraries in turn: "
        f"{counted(rounds)}, or as many as the cell or the heading says. "
        "A factor (x) is the other's value divided by treadle's.",
        "",
        f"| {' | '.join(head)} |",
        "|---|--:|--:|--:|---|---|",
    ]
    for group in groups:
        usual = group.rounds or rounds
        title = group.title if usual == rounds else f"{group.title} ({counted(usual)})"
        lines.append(f"| **{title}** | | | | | |")
        lines += [f"| {' | '.join(line(row, outcomes, usual))} |" for row in group.rows]
    return "\n".join(lines) + "\n"


def as_data(
    groups: Sequence[Group], outcomes: Outcomes, rounds: int, about: dict[str, Any]
) -> dict[str, Any]:
    """Return everything that was measured, as what JSON can hold."""
    rows = []
    for group in groups:
        for row in group.rows:
            values = row.values(outcomes)
            ours = values.get(TREADLE)
            rows.append(
                {
                    "group": group.name,
                    "what": row.what,
                    "unit": row.unit,
                    "values": values,
                    "ratios": {
                        name: ratio(value, ours)
                        for name, value in values.items()
                        if name != TREADLE and ours and row.compared
                    },
                    "targets": [
                        {"text": goal.text, "met": goal.verdict(values)} for goal in row.goals
                    ],
                    "measured as": {
                        name: {"run": str(figure.run), "figure": figure.name}
                        for name, figure in row.figures()
                        if isinstance(figure, Median)
                    },
                }
            )
    runs = {
        str(run): {
            "samples": outcome.samples,
            "reason": outcome.nothing.reason if outcome.nothing else None,
        }
        for run, outcome in outcomes.items()
    }
    return {"machine": about, "rounds": rounds, "rows": rows, "runs": runs}


def write(
    folder: Path, groups: Sequence[Group], outcomes: Outcomes, rounds: int
) -> tuple[Path, Path]:
    """Write ``table.md`` and ``results.json`` into ``folder``."""
    about = facts()
    folder.mkdir(parents=True, exist_ok=True)
    table, data = folder / "table.md", folder / "results.json"
    table.write_text(markdown(groups, outcomes, rounds, about), encoding="utf-8")
    text = json.dumps(as_data(groups, outcomes, rounds, about), indent=1, ensure_ascii=False)
    data.write_text(text + "\n", encoding="utf-8")
    return table, data
