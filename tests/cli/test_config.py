"""treadle config get, set, list, where and find."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from treadle import config
from treadle.cli import main
from treadle.config.schema import known


def run(*arguments: str) -> Result:
    config.refresh()
    return CliRunner().invoke(main, ["config", *arguments])


def settings(home: Path) -> Path:
    return home / ".config" / "treadle" / "treadle.yaml"


@pytest.mark.parametrize(
    ("key", "output"),
    [
        ("num-workers", "null\n"),
        ("delayed_pure", "false\n"),
        ("optimization.fuse.max-bytes", "100 MiB\n"),
        ("optimization.fuse", "active: true\nmax-bytes: 100 MiB\n"),
    ],
)
def test_get(key: str, output: str) -> None:
    result = run("get", key)
    assert (result.exit_code, result.output) == (0, output)


def test_set_then_get_where_and_find(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run("set", "num_workers", "4")
    assert result.output == f"wrote num-workers to {settings(home)}\n"
    assert settings(home).read_text() == "num-workers: 4\n"
    assert run("get", "num-workers").output == "4\n"
    assert run("where", "num-workers").output == f"num-workers: 4  # {settings(home)}, line 1\n"
    monkeypatch.setenv("TREADLE_NUM_WORKERS", "5")
    assert run("find", "num-workers").output == (
        "num-workers: 5  # environment variable TREADLE_NUM_WORKERS\n"
        f"num-workers: 4  # {settings(home)}, line 1\n"
        "num-workers: null  # default\n"
    )
    result = run("set", "num-workers", "6")
    assert result.exit_code == 0
    assert "environment variable TREADLE_NUM_WORKERS also sets it and wins" in result.stderr


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("scheduler", "threads", "threads"),
        ("scheduler", "null", None),
        ("delayed-pure", "true", True),
        ("optimization.passes", "('cull', 'fuse')", ["cull", "fuse"]),
        ("optimization.fuse.max-bytes", "1 GiB", "1 GiB"),
        ("temporary-directory", "~/tmp", "~/tmp"),
        ("temporary-directory", "12", "12"),
    ],
)
def test_set_reads_values(key: str, value: str, expected: object, home: Path) -> None:
    assert run("set", key, value).exit_code == 0
    assert yaml.safe_load(settings(home).read_text()) == {key: expected}


def test_set_in_a_file(tmp_path: Path, home: Path) -> None:
    path = tmp_path / "other.yaml"
    path.write_text("# mine\nnum-workers: 2  # two\n")
    result = run("set", "num-workers", "3", "--file", str(path))
    assert (result.exit_code, result.output) == (0, f"wrote num-workers to {path}\n")
    assert path.read_text() == "# mine\nnum-workers: 3  # two\n"
    assert not settings(home).exists()


def test_set_mends_a_wrong_value(home: Path) -> None:
    settings(home).parent.mkdir(parents=True)
    settings(home).write_text("num-workers: 0\n")
    result = CliRunner().invoke(main, ["config", "set", "num-workers", "3"])
    assert result.exit_code == 0
    assert settings(home).read_text() == "num-workers: 3\n"


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_set_goes_to_treadle_config(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = tmp_path / ("x.yaml" if kind == "file" else "folder")
    monkeypatch.setenv("TREADLE_CONFIG", str(named))
    result = CliRunner().invoke(main, ["config", "set", "num-workers", "3"])
    assert result.exit_code == 0
    written = named if kind == "file" else named / "treadle.yaml"
    assert written.read_text() == "num-workers: 3\n"


def test_list_is_a_configuration_file(home: Path, tmp_path: Path) -> None:
    run("set", "optimization.fuse.active", "false")
    result = run("list")
    assert f"optimization.fuse.active: false  # {settings(home)}, line 1\n" in result.output
    assert "multiprocessing.context: spawn  # default\n" in result.output
    path = tmp_path / "list.yaml"
    path.write_text(result.output)
    config.refresh(paths=[path], env={})
    assert config.effective() == {
        **{name: key.default for name, key in known().items()},
        "optimization.fuse.active": False,
    }


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["get", "num-worker"], "did you mean 'num-workers'?"),
        (["where", "optimization"], "is a section; ask for one of"),
        (["find", "xyzzy"], "unknown configuration key 'xyzzy'"),
        (["set", "num-workers", "0"], "'num-workers' is 0 (argument VALUE)"),
        (["set", "num-workers", "many"], "'num-workers' is 'many' (argument VALUE)"),
        (["set", "num-worker", "1"], "did you mean 'num-workers'?"),
        (["set", "optimization", "1"], "is a section"),
    ],
)
def test_errors_are_one_line(arguments: list[str], words: str, home: Path) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert words in result.stderr
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    assert not settings(home).exists()


def test_a_broken_file(home: Path) -> None:
    settings(home).parent.mkdir(parents=True)
    settings(home).write_text("chunksize: 2\nnum-workers: [\n")
    result = CliRunner().invoke(main, ["config", "set", "chunksize", "3"])
    assert result.exit_code == 2
    assert f"{settings(home)}, line 3" in result.stderr
    assert settings(home).read_text() == "chunksize: 2\nnum-workers: [\n"


def test_a_value_that_is_an_object() -> None:
    with config.set(scheduler=max):
        result = CliRunner().invoke(main, ["config", "get", "scheduler"])
    assert (result.exit_code, result.output) == (0, "<built-in function max>\n")
