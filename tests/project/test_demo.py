"""`make demo` works: the demonstration runs every local scheduler and checks its own sums."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

DEMO = Path(__file__).parents[2] / "examples" / "demo.py"


@pytest.mark.processes
def test_the_demonstration_runs(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, str(DEMO), "--seconds", "0.01"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    for scheduler in ("sync", "threads", "processes"):
        assert scheduler in run.stdout
    assert "(2, 3)" in run.stdout
