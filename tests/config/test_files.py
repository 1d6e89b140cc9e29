"""Writing configuration files."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from treadle import config
from treadle.config.files import _edit, write_value
from treadle.config.schema import nest
from treadle.errors import ConfigError

WriteYaml = Callable[..., Path]


def test_ensure_file(write: WriteYaml, tmp_path: Path) -> None:
    source = write("# About\nloom:\n  warp: 3\n\n  # more\n", "loom.yaml")
    target = config.ensure_file(source)
    assert target == os.path.join(os.path.expanduser("~"), ".config", "treadle", "loom.yaml")
    assert Path(target).read_text() == "# About\n# loom:\n#   warp: 3\n\n  # more\n"
    Path(target).write_text("edited")
    assert config.ensure_file(source) == target
    assert Path(target).read_text() == "edited"
    plain = config.ensure_file(source, tmp_path / "elsewhere", comment=False)
    assert Path(plain).read_text() == source.read_text()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "optimization.fuse.active: false\n"),
        ("# note\nchunksize: 2", "# note\nchunksize: 2\noptimization.fuse.active: false\n"),
        (
            "optimization:\n  fuse:\n    active: true  # why\nchunksize: 2\n",
            "optimization:\n  fuse:\n    active: false  # why\nchunksize: 2\n",
        ),
        (
            "optimization:\n  # first\n  passes: [cull]\n",
            "optimization:\n  # first\n  fuse.active: false\n  passes: [cull]\n",
        ),
        (
            "optimization:\n    fuse:\n        max-bytes: 5\nchunksize: 2\n",
            "optimization:\n    fuse:\n        active: false\n        max-bytes: 5\nchunksize: 2\n",
        ),
        ("{chunksize: 2}", "{optimization: {fuse: {active: false}}, chunksize: 2}"),
        ("---\n", "---\n{optimization: {fuse: {active: false}}}"),
        (
            "optimization: {fuse: {max-bytes: 5}}\n",
            "optimization: {fuse: {active: false, max-bytes: 5}}\n",
        ),
        ("optimization:\n  fuse:\n", "optimization:\n  fuse: {active: false}\n"),
        ("optimization:\n", "optimization: {fuse: {active: false}}\n"),
        ("optimization.fuse: {}\n", "optimization.fuse: {active: false}\n"),
        ("optimization.fuse.active:\n", "optimization.fuse.active: false\n"),
        ("optimization.fuse.active: true\r\n", "optimization.fuse.active: false\r\n"),
    ],
)
def test_write_value_keeps_the_rest(before: str, after: str, tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_bytes(before.encode())
    write_value(str(path), "optimization.fuse.active", False)
    assert path.read_bytes().decode() == after
    config.refresh(paths=[path], env={})
    assert config.get("optimization.fuse.active") is False


def test_write_value_makes_the_file(tmp_path: Path) -> None:
    path = tmp_path / "new" / "settings.yaml"
    write_value(str(path), "num_workers", 3)
    assert path.read_text() == "num-workers: 3\n"
    assert [entry.name for entry in path.parent.iterdir()] == ["settings.yaml"]


def test_write_value_keeps_links_and_rights(write: WriteYaml, tmp_path: Path) -> None:
    path = write("num-workers: 2")
    path.chmod(0o640)
    link = tmp_path / "link.yaml"
    link.symlink_to(path)
    write_value(str(link), "num-workers", 3)
    assert link.is_symlink()
    assert path.read_text() == "num-workers: 3"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.parametrize(
    ("content", "key", "value", "words"),
    [
        ("chunksize: 2", "num-workers", 0, r"is 0 \(argument VALUE\)"),
        ("chunksize: 2", "num-worker", 1, "did you mean 'num-workers'"),
        ("chunksize: 2", "optimization", {}, "is a section"),
        ("chunksize: [", "num-workers", 1, r"settings\.yaml, line 1"),
        ("chunksize: 2\n...\n", "num-workers", 1, "cannot be edited safely|not valid YAML"),
        ("chunksize: &c 2\nnum-workers: *c\n", "chunksize", 1, "edited safely|not valid YAML"),
    ],
)
def test_write_value_refuses(
    write: WriteYaml, content: str, key: str, value: Any, words: str
) -> None:
    path = write(content)
    with pytest.raises(ConfigError, match=words):
        write_value(str(path), key, value)
    assert path.read_text() == content
    assert [entry.name for entry in path.parent.glob("*.new")] == []


def test_a_place_that_cannot_be_written(write: WriteYaml) -> None:
    path = write("a file, not a folder") / "settings.yaml"
    with pytest.raises(ConfigError, match=r"settings\.yaml cannot be written: .*choose another"):
        write_value(str(path), "num-workers", 3)


LEAVES = st.none() | st.booleans() | st.integers() | st.text("ab:#{}[], -'\"\n\u00e9", max_size=5)
NAMES = st.sampled_from(["a.x", "a.y", "b.c.x", "b.c.y", "b.d", "e"])


@given(st.dictionaries(NAMES, LEAVES), NAMES, LEAVES, st.booleans())
def test_edit_sets_one_value(values: dict[str, Any], name: str, value: Any, flow: bool) -> None:
    content = yaml.safe_dump(nest(values), default_flow_style=flow) if values else ""
    edited = yaml.safe_load(_edit(content, name, value))
    wanted = nest({**values, name: value})
    assert config.merge(*(nest({k: v}) for k, v in _dotted(edited).items())) == wanted


def _dotted(data: Any, prefix: str = "") -> dict[str, Any]:
    if not isinstance(data, dict):
        return {prefix[:-1]: data}
    return {k: v for name in data for k, v in _dotted(data[name], f"{prefix}{name}.").items()}
