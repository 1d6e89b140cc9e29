"""The treadle command as a whole: in this process and as a process of its own."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import click
import pytest
from click.testing import CliRunner

from treadle import __version__
from treadle.cli import COMMANDS, main


def test_version() -> None:
    result = CliRunner().invoke(main, ["--version"])
    assert result.exit_code == 0
    assert result.output == f"treadle, version {__version__}\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_is_there_and_described(name: str) -> None:
    module, text = COMMANDS[name]
    command = getattr(import_module(module), name)
    assert isinstance(command, click.Command)
    assert command.get_short_help_str(limit=200) == text
    assert text in CliRunner().invoke(main, ["--help"]).output
    result = CliRunner().invoke(main, [name, "--help"])
    assert result.exit_code == 0
    assert result.output.startswith(f"Usage: main {name}")


def test_unknown_command() -> None:
    result = CliRunner().invoke(main, ["confg"])
    assert result.exit_code == 2
    assert "No such command 'confg'" in result.output


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "treadle", *arguments], capture_output=True, text=True, timeout=120
    )


@pytest.mark.processes
def test_as_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TREADLE_NUM_WORKERS", "4")
    result = run("config", "get", "num-workers")
    assert (result.returncode, result.stdout, result.stderr) == (0, "4\n", "")


@pytest.mark.processes
def test_an_error_of_a_process_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TREADLE_NUM_WORKERS", "0")
    result = run("config", "get", "num-workers")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == (
        "Error: configuration key 'num-workers' is 0 (environment variable TREADLE_NUM_WORKERS); "
        "it must be None or a whole number, 1 or more\n"
    )
