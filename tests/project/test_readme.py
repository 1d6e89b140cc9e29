"""The Python blocks of README.md run, as one program, and print what their comments say."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"


def python_blocks(text: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def promised_lines(program: str) -> list[str]:
    """Return the comments behind calls of print: what the reader is told to expect."""
    return re.findall(r"^ *print\(.*\) +# (.+)$", program, re.MULTILINE)


@pytest.mark.processes
def test_the_tour_runs_as_printed(tmp_path: Path) -> None:
    program = "\n".join(python_blocks(README.read_text(encoding="utf-8")))
    promised = promised_lines(program)
    assert promised, "the tour shows no result"
    script = tmp_path / "tour.py"
    script.write_text(program, encoding="utf-8")

    run = subprocess.run(
        [sys.executable, str(script)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert run.returncode == 0, run.stderr
    printed = run.stdout.splitlines()
    assert [line for line in printed if line in promised] == promised


def test_the_tour_is_short() -> None:
    (tour,) = python_blocks(README.read_text(encoding="utf-8"))
    assert len(tour.splitlines()) <= 30
