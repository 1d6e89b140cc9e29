"""Every test here sees an empty home, an empty system folder and no TREADLE_* variables."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from treadle import config

WriteYaml = Callable[..., Path]


@pytest.fixture(autouse=True)
def isolated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in list(os.environ):
        if name.startswith("TREADLE_"):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    system = tmp_path / "system"
    home.mkdir()
    system.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.setenv("TREADLE_ROOT_CONFIG", str(system))
    config.refresh()
    yield
    # Leaves nothing set for the tests of other folders; they read no file of the user either.
    config.refresh(paths=(), env={})


@pytest.fixture
def write(tmp_path: Path) -> WriteYaml:
    """Write a YAML file below the temporary folder and return its path."""

    def write(content: str, name: str = "settings.yaml") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        return path

    return write
