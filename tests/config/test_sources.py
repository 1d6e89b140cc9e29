"""Files and environment: what is read, in which order, and what their errors say."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from treadle import config
from treadle.errors import ConfigError

WriteYaml = Callable[..., Path]


def test_yaml_with_lines(write: WriteYaml) -> None:
    path = write(
        "# my settings\n"
        "num_workers: 4\n"
        "optimization:\n"
        "  fuse:\n"
        "    active: false\n"
        "  annotations:\n"
        "optimization.fuse.max-bytes: 1 GiB\n"
    )
    config.refresh(paths=[path], env={})
    assert config.get("num-workers") == 4
    assert config.get("optimization.fuse") == {"active": False, "max-bytes": "1 GiB"}
    setting = config.where("optimization.fuse.active")
    assert (setting.source.kind, setting.source.name, setting.source.line) == ("file", str(path), 5)
    assert str(config.where("num-workers")) == f"num-workers = 4 ({path}, line 2)"


def test_collect_is_nested_and_keeps_nothing(write: WriteYaml) -> None:
    first = write("num-workers: 4\nchunksize: 2", "a/first.yaml")
    write("num-workers: 5", "a/second.yml")
    write('{"delayed-pure": true}', "a/third.json")
    write("not: read", "a/notes.txt")
    found = config.collect(
        paths=[first.parent], env={"TREADLE_CHUNKSIZE": "3", "OTHER": "1", "treadle_x": "1"}
    )
    assert found == {"num-workers": 5, "chunksize": 3, "delayed-pure": True}
    assert config.get("num-workers") is None
    assert config.collect_yaml([first.parent])[0] == {"num-workers": 4, "chunksize": 2}


def test_the_search_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, write: WriteYaml) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "prefix"))
    named = write("chunksize: 5", "named.yaml")
    places = {
        "num-workers": write("num-workers: 1\nchunksize: 1", "system/a.yaml"),
        "delayed-pure": write("delayed-pure: true\nchunksize: 2", "prefix/etc/treadle/a.yaml"),
        "scheduler": write("scheduler: sync\nchunksize: 3", "home/.config/treadle/a.yaml"),
        "chunksize": named,
    }
    monkeypatch.setenv("TREADLE_CONFIG", str(named))
    config.refresh()
    for key, path in places.items():
        assert config.where(key).source.name == str(path)
    assert [s.value for s in config.find("chunksize")] == [5, 3, 2, 1, None]
    paths = config.paths
    assert paths[:2] == [str(tmp_path / "system"), str(tmp_path / "prefix/etc/treadle")]
    assert paths[-2:] == [str(tmp_path / "home/.config/treadle"), str(named)]
    assert len(paths) == len(dict.fromkeys(paths))
    monkeypatch.setenv("TREADLE_CHUNKSIZE", "6")
    config.refresh()
    assert config.get("chunksize") == 6


def test_refresh_sees_a_changed_file(write: WriteYaml) -> None:
    path = write("num-workers: 4", "home/.config/treadle/a.yaml")
    config.refresh()
    assert config.get("num-workers") == 4
    path.write_text("num-workers: 5")
    assert config.get("num-workers") == 4
    config.refresh()
    assert config.get("num-workers") == 5


@pytest.mark.parametrize("content", ["", "# only a comment\n", "---\n", "optimization:\n", "{}"])
def test_empty_files(write: WriteYaml, content: str) -> None:
    assert config.collect(paths=[write(content)], env={}) == {}


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        ("num-workers: 4\nscheduler: [a\n", 3, "not valid YAML"),
        ("num-workers: 4\n\tscheduler: a\n", 2, "not valid YAML"),
        ("a: b: c\n", 1, "not valid YAML"),
        ("x: 1\ny: !!python/object:os.system {}\n", 2, "not valid YAML"),
        ("- num-workers\n", 1, "does not begin with 'key: value'"),
        ("\njust text\n", 2, "does not begin with 'key: value'"),
        ("num-workers: 4\nscheduler: a\x01b\n", 2, r"holds the character"),
        ("num-workers: 4\nchunksize: 1\nnum_workers: 5\n", 1, "again in line 3"),
        ("chunksize: 1\nnum-workers: 0\n", 2, "whole number, 1 or more"),
        ("chunksize: 1\nnum-workers: true\n", 2, "whole number, 1 or more"),
        ("optimization:\n  fuse:\n    max-bytes: much\n", 3, "a size such as '100 MiB'"),
        ("optimization:\n  fuse: 3\n", 2, "it is a section"),
        ("processes:\n  keep-warm: -1 s\n", 2, "a duration"),
        ("optimization:\n  fuse:\n    aktive: true\n", 3, r"'optimization\.fuse\.active'"),
        ("chunksize: 1\nshceduler: sync\n", 2, "did you mean 'scheduler'"),
        ("1: 2\n", 1, "unknown configuration key '1'"),
    ],
)
def test_errors_name_file_and_line(write: WriteYaml, content: str, line: int, words: str) -> None:
    path = write(content)
    with pytest.raises(ConfigError, match=words) as error:
        config.refresh(paths=[path], env={})
    text = str(error.value)
    assert str(path) in text
    assert f"line {line}" in text
    assert "\n" not in text


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_bytes(b"num-workers: \xff\xfe")
    with pytest.raises(ConfigError, match=r"settings\.yaml cannot be read"):
        config.collect(paths=[path], env={})


def test_an_alias_of_itself(write: WriteYaml) -> None:
    with pytest.raises(ConfigError, match="alias of itself"):
        config.collect(paths=[write("optimization: &a\n  fuse: *a\n")], env={})


def test_aliases_and_merge_keys(write: WriteYaml) -> None:
    path = write("optimization: {fuse: &f {active: false}}\n<<: {chunksize: 3}\n")
    found = config.collect(paths=[path], env={})
    assert found == {"optimization": {"fuse": {"active": False}}, "chunksize": 3}


def test_an_error_changes_nothing_and_is_raised_again(
    write: WriteYaml, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.set(num_workers=3)
    path = write("num-workers: 0", "home/.config/treadle/a.yaml")
    for _ in range(2):
        with pytest.raises(ConfigError):
            config.refresh()
    assert config.get("num-workers") == 3
    path.unlink()
    config.refresh()
    assert config.get("num-workers") is None


def test_paths_named_by_variables_must_exist(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TREADLE_CONFIG", str(tmp_path / "gone.yaml"))
    with pytest.raises(ConfigError, match=r"TREADLE_CONFIG names .*gone\.yaml.*unset"):
        config.refresh()


@pytest.mark.parametrize(
    ("variable", "written", "key", "expected"),
    [
        ("TREADLE_NUM_WORKERS", "4", "num-workers", 4),
        ("TREADLE_SCHEDULER", "threads", "scheduler", "threads"),
        ("TREADLE_SCHEDULER", "'threads'", "scheduler", "threads"),
        ("TREADLE_SCHEDULER", "None", "scheduler", None),
        ("TREADLE_DELAYED_PURE", "True", "delayed-pure", True),
        ("TREADLE_DELAYED_PURE", "true", "delayed-pure", True),
        ("TREADLE_OPTIMIZATION__FUSE__MAX_BYTES", "1 GiB", "optimization.fuse.max-bytes", "1 GiB"),
        ("TREADLE_OPTIMIZATION__FUSE__MAX_BYTES", "1000", "optimization.fuse.max-bytes", 1000),
        (
            "TREADLE_OPTIMIZATION__PASSES",
            "['cull', 'fuse']",
            "optimization.passes",
            ["cull", "fuse"],
        ),
        ("TREADLE_OPTIMIZATION", "{'fuse': {'active': False}}", "optimization.fuse.active", False),
        ("TREADLE_TEMPORARY_DIRECTORY", "2024", "temporary-directory", "2024"),
    ],
)
def test_environment(variable: str, written: str, key: str, expected: object) -> None:
    config.refresh(paths=(), env={variable: written})
    assert config.get(key) == expected
    assert str(config.where(key).source) == f"environment variable {variable}"


def test_environment_wins_over_yaml(write: WriteYaml) -> None:
    path = write("num-workers: 4\nchunksize: 2")
    config.refresh(paths=[path], env={"TREADLE_NUM_WORKERS": "5"})
    assert (config.get("num-workers"), config.get("chunksize")) == (5, 2)


def test_environment_errors() -> None:
    with pytest.raises(ConfigError, match=r"environment variable TREADLE_NUM_WORKERS\).*1 or more"):
        config.collect_env({"TREADLE_NUM_WORKERS": "0"})
    with pytest.raises(ConfigError, match=r"TREADLE_NUM_WORKER\).*did you mean 'num-workers'"):
        config.collect_env({"TREADLE_NUM_WORKER": "1"})


def test_variables_that_are_not_settings() -> None:
    pod = {
        "KUBERNETES_SERVICE_HOST": "10.0.0.1",
        "TREADLE_SCHEDULER_SERVICE_HOST": "10.0.0.2",
        "TREADLE_SCHEDULER_SERVICE_PORT_TCP_COMM": "8786",
        "TREADLE_SCHEDULER_PORT": "tcp://10.0.0.2:8786",
        "TREADLE_SCHEDULER_PORT_8786_TCP_ADDR": "10.0.0.2",
    }
    assert config.collect_env({**pod, "TREADLE_INTERNAL_TOKEN": "x"}) == {}
    with pytest.raises(ConfigError, match="TREADLE_SCHEDULER_PORT"):
        config.collect_env({"TREADLE_SCHEDULER_PORT": "tcp://10.0.0.2:8786"})


def test_variables_in_yaml_values(write: WriteYaml, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCRATCH", "/scratch")
    monkeypatch.setenv("CPUS", "6")
    path = write("temporary-directory: $SCRATCH/tmp\nnum-workers: ${CPUS}")
    assert config.collect(paths=[path], env={}) == {
        "temporary-directory": "/scratch/tmp",
        "num-workers": 6,
    }


def test_home_in_a_path(write: WriteYaml) -> None:
    found = config.collect(paths=[write("temporary-directory: ~/tmp")], env={})
    assert found == {"temporary-directory": os.path.expanduser("~/tmp")}


@pytest.mark.processes
def test_yaml_is_only_imported_for_a_file(write: WriteYaml) -> None:
    code = (
        "import sys; from treadle import config; config.get('scheduler', None); "
        "print('yaml' in sys.modules)"
    )

    def run() -> str:
        return subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=120
        ).stdout.strip()

    assert run() == "False"
    write("num-workers: 1", "home/.config/treadle/a.yaml")
    assert run() == "True"
