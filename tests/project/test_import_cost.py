"""`import treadle` loads no heavy library.

Modules are counted, because a time depends on the machine and the day.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = {
    "asyncio",
    "click",
    "cloudpickle",
    "fsspec",
    "multiprocessing",
    "numpy",
    "pandas",
    "psutil",
    "pyarrow",
    "rich",
    "xarray",
    "yaml",
}


def loaded_by(statement: str) -> set[str]:
    """Return the modules that `statement` adds in a fresh interpreter."""
    program = (
        "import json, sys\n"
        "before = set(sys.modules)\n"
        f"{statement}\n"
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return set(json.loads(run.stdout))


@pytest.mark.parametrize(
    "statement",
    [
        "import treadle",
        "from treadle import delayed",
        "from treadle import delayed; delayed(sum)([1, delayed(len)('ab')])",
    ],
)
def test_no_heavy_module_is_loaded(statement: str) -> None:
    assert loaded_by(statement) & HEAVY == set()


def test_a_heavy_module_would_be_noticed() -> None:
    assert loaded_by("import yaml") & HEAVY == {"yaml"}
