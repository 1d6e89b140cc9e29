"""The scripts behind the Makefile: they pass a linter, refuse safely, and say what to do."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from scripts.quote_table import END, START, quote

ROOT = Path(__file__).parents[2]
SHELL_SCRIPTS = [*sorted((ROOT / "scripts").glob("*.sh")), ROOT / ".ci" / "run"]


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a folder with the scripts and the project file, and nothing else."""
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="shellcheck is not installed")
def test_shell_scripts_pass_the_linter() -> None:
    checked = run("shellcheck", *map(str, SHELL_SCRIPTS))
    assert checked.returncode == 0, checked.stdout


def test_shell_scripts_can_be_run() -> None:
    assert len(SHELL_SCRIPTS) == 4
    assert [path.name for path in SHELL_SCRIPTS if not os.access(path, os.X_OK)] == []


def test_a_folder_that_is_no_environment_is_left_alone(checkout: Path) -> None:
    precious = checkout / ".venv" / "thesis.txt"
    precious.parent.mkdir()
    precious.write_text("ten years", encoding="utf-8")
    refused = run("bash", str(checkout / "scripts" / "environment.sh"), ".venv")
    assert refused.returncode == 1
    assert ".venv exists and is not a virtual environment" in refused.stderr
    assert precious.read_text(encoding="utf-8") == "ten years"


def test_an_unusable_interpreter_is_named(checkout: Path) -> None:
    script = str(checkout / "scripts" / "environment.sh")
    refused = run("bash", script, ".venv", PYTHON="python-of-nowhere")
    assert refused.returncode == 1
    assert "PYTHON=python-of-nowhere is not a Python 3.11 or newer" in refused.stderr


def test_a_table_replaces_what_stands_between_the_markers() -> None:
    readme = f"before\n{START}\nold\n{END}\nafter\n"
    once = quote(readme, "\n| a |\n")
    assert once == f"before\n{START}\n\n| a |\n\n{END}\nafter\n"
    assert quote(once, "| a |") == once


@pytest.mark.parametrize("readme", ["", START, f"{END}{START}", f"{START}{END}{END}"])
def test_a_readme_without_a_place_for_the_table_is_refused(readme: str) -> None:
    with pytest.raises(ValueError, match="the marker"):
        quote(readme, "| a |")


def test_the_readme_has_a_place_for_the_table() -> None:
    assert "| a |" in quote((ROOT / "README.md").read_text(encoding="utf-8"), "| a |")
