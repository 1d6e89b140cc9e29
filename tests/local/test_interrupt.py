"""Ctrl-C in programs that run tasks in their own process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import treadle

pytestmark = pytest.mark.processes

PROGRAM = r"""
import os, sys, threading, time
import treadle
from treadle import delayed

def task(n):
    os.write(1, b"running\n")
    if sys.argv[2] == "python":
        while True:
            n += 1
    time.sleep(600)

try:
    treadle.compute(*[delayed(task)(n) for n in range(2)], scheduler=sys.argv[1], num_workers=2)
except KeyboardInterrupt:
    left = [t.name for t in threading.enumerate() if t.name.startswith("treadle-")]
    print("interrupted", len(left), flush=True)
    raise
"""


@pytest.mark.parametrize("scheduler", ["sync", "threads"])
@pytest.mark.parametrize("kind", ["python", "sleep"])
def test_ctrl_c_ends_the_run(scheduler: str, kind: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(treadle.__file__).parents[1])}
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, scheduler, kind],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert program.stdout is not None
        for _ in range(1 if scheduler == "sync" else 2):
            assert program.stdout.readline() == "running\n"
        program.send_signal(signal.SIGINT)
        out, err = program.communicate(timeout=60)
    finally:
        program.kill()
        program.wait()
    # A thread inside a C call cannot be stopped; it is a daemon and ends with the program.
    assert out.startswith("interrupted ")
    assert kind == "sleep" or out == "interrupted 0\n"
    assert "KeyboardInterrupt" in err
    assert program.returncode in (1, 130, -signal.SIGINT)
