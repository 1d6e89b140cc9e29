"""The notebooks run from top to bottom in a plain Jupyter kernel, and their answers are right.

They are stored without outputs, so what a reader sees is what their own machine says.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.tutorials.conftest import RunNotebook
from tests.tutorials.programs import EXAMPLES

NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))


def source_of(cell: Any) -> str:
    """Return the code of a cell."""
    return "".join(cell["source"])


def value_of(cell: Any) -> str:
    """Return the text of a cell's value, or nothing where it has none."""
    for out in cell["outputs"]:
        if out["output_type"] == "execute_result":
            return "".join(out["data"]["text/plain"])
    return ""


def printed_by(cell: Any) -> str:
    """Return what a cell printed."""
    return "".join(
        ["".join(out["text"]) for out in cell["outputs"] if out["output_type"] == "stream"]
    )


def test_there_are_notebooks() -> None:
    assert [path.name for path in NOTEBOOKS] == ["schedulers.ipynb", "word_counts.ipynb"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_it_is_a_small_valid_notebook_without_outputs(path: Path) -> None:
    nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
    text = path.read_text(encoding="utf-8")
    raw = json.loads(text)
    assert (raw["nbformat"], raw["nbformat_minor"]) == (4, 5)
    nbformat.validate(raw)
    assert len(text) < 30_000
    for cell in raw["cells"]:
        if cell["cell_type"] == "code":
            assert (cell["outputs"], cell["execution_count"]) == ([], None)


@pytest.mark.processes
def test_schedulers(run_notebook: RunNotebook) -> None:
    cells = run_notebook(
        "schedulers.ipynb",
        "seconds, steps = 0.02, 20_000",
        "print(threads_used, processes_used)",
        "print(all(pid != os.getpid() for pid in pids))",
        "print(found)",
        "print(sorted(treadle.config.get(key) or '' for key in ['scheduler', 'num-workers']))",
    )
    sums = [value_of(cell) for cell in cells if "total.compute(" in source_of(cell)]
    assert [value for value in sums if value] == ["36"] * 9
    told = [printed_by(cell).strip() for cell in cells[-4:]]
    threads, processes = map(int, told[0].split())
    assert threads == 8, "eight calls that wait for each other need eight threads"
    assert 1 <= processes <= 4
    assert told[1:] == ["True", "('share', {'amount': 100, 'people': 0})", "['', '']"]
    # The explanation names every scheduler that it compared.
    (comparison,) = [cell for cell in cells if source_of(cell).endswith("\ncomparison")]
    for word in ("sync", "threads", "processes", "T-infinity", "How much was achieved"):
        assert word in value_of(comparison)
    pictures = [
        out for cell in cells for out in cell["outputs"] if "image/svg+xml" in out.get("data", {})
    ]
    assert len(pictures) == 1


@pytest.mark.processes
def test_word_counts(run_notebook: RunNotebook, texts: Path) -> None:
    cells = run_notebook("word_counts.ipynb", f"folder = {str(texts)!r}")
    values = [value_of(cell) for cell in cells]
    assert "{'sync': True, 'threads': True, 'processes': True}" in values
    (sizes,) = [value for value in values if value.startswith("(108, ")]
    assert re.fullmatch(r"\(108, \d+\)", sizes)
    assert "(True, 54150, 2251680)" in values
    (words,) = [value for value in values if value.startswith("[('the', 78079)")]
    assert words.count("(") == 20
