"""A second Python process, started from scratch, as the other end of what is sent."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import treadle

Elsewhere = Callable[..., bytes]


@pytest.fixture
def elsewhere(tmp_path: Path) -> Elsewhere:
    """Run a script as ``__main__`` of a new process, with `data` as its input; its output."""

    def run(script: str, data: bytes = b"", *path: Path) -> bytes:
        file = tmp_path / "script.py"
        file.write_text(f"import sys\n{script}")
        source = Path(treadle.__file__).parent.parent
        places = os.pathsep.join(map(str, [source, *path]))
        done = subprocess.run(
            [sys.executable, file],
            input=data,
            capture_output=True,
            env={**os.environ, "PYTHONPATH": places},
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    return run
