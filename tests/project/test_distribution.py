"""What an installer gets: the whole package, typed, with its licence, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

import treadle

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a wheel and a source archive of this checkout."""
    pytest.importorskip("hatchling", reason="hatchling, which builds the wheel, is not installed")
    folder = tmp_path_factory.mktemp("dist")
    run = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return folder


def test_the_wheel_holds_the_package_and_nothing_else(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    package = ROOT / "src"
    expected = {path.relative_to(package).as_posix() for path in package.rglob("*.py")}
    assert expected | {"treadle/py.typed"} <= names
    info = f"treadle-{treadle.__version__}.dist-info"
    assert {name.partition("/")[0] for name in names} == {"treadle", info}
    assert f"{info}/licenses/LICENSE" in names


def test_the_source_archive_can_be_tested(built: Path) -> None:
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as file:
        names = {name.partition("/")[2] for name in file.getnames()}
    assert {"LICENSE", "README.md", "Makefile", "pyproject.toml", "src/treadle/py.typed"} <= names
    assert "tests/project/test_distribution.py" in names
    assert "scripts/environment.sh" in names
    assert not {name for name in names if name.startswith((".venv", "dist/"))}


def test_versions_agree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert treadle.__version__ == project["version"]


def test_complete_brings_every_user_extra() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    users = set(extras) - {"complete", "test", "check", "bench"}
    assert users == {"array", "xarray", "dataframe", "distributed", "draw"}
    assert extras["complete"] == [
        f"treadle[{','.join(extra for extra in extras if extra in users)}]"
    ]
