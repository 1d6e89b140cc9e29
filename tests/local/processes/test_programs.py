"""Whole programs: unguarded main modules, Ctrl-C, and parents that are killed."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

import treadle

pytestmark = pytest.mark.processes

SOURCE = str(Path(treadle.__file__).parents[1])

#: A program without a guard, whose function belongs to ``__main__``.
UNGUARDED = """
from treadle.graph.operation import Call
from treadle.graph.plan import expand
from treadle.local.processes import run

class Point:
    def __init__(self, x):
        self.x = x

def double(point):
    return Point(2 * point.x)

(found,) = run(expand([Call(double, (Point(21),))]), num_workers=2)
assert isinstance(found, Point)
print(found.x)
"""

#: Runs two tasks that never end, and notes the pids of their processes.
ENDLESS = """
import ctypes, os, sys, time
from treadle.graph.operation import Call
from treadle.graph.plan import expand
from treadle.local.processes import run

def stay(how, n):
    print(os.getpid(), flush=True)
    if how == "holding the lock":
        ctypes.PyDLL(None).sleep(600)
    while True:
        time.sleep(600)

run(expand([Call(stay, (sys.argv[1], n)) for n in range(2)]), num_workers=2)
"""


@pytest.fixture
def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": SOURCE}


def python(
    *arguments: str, environment: dict[str, str], stdin: str = "", cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        env=environment,
        input=stdin,
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("how", ["file", "command", "stdin"])
def test_unguarded_main_module_works(how: str, environment: dict[str, str], tmp_path: Path) -> None:
    if how == "file":
        (tmp_path / "program.py").write_text(UNGUARDED)
        done = python("program.py", environment=environment, cwd=tmp_path)
    elif how == "command":
        done = python("-c", UNGUARDED, environment=environment)
    else:
        done = python("-", environment=environment, stdin=UNGUARDED)
    assert (done.stdout, done.stderr, done.returncode) == ("42\n", "", 0)


def test_unguarded_imported_module_is_one_clear_error(
    environment: dict[str, str], tmp_path: Path
) -> None:
    source = UNGUARDED.replace("print(found.x)", "print('done')")
    (tmp_path / "jobs.py").write_text(source)
    done = python("-c", "import jobs", environment=environment, cwd=tmp_path)
    line = source.splitlines().index(
        "(found,) = run(expand([Call(double, (Point(21),))]), num_workers=2)"
    )
    assert done.returncode == 1
    assert f"jobs.py:{line + 1}" in done.stderr
    assert 'if __name__ == "__main__":' in done.stderr
    message = done.stderr[done.stderr.rindex("UnguardedModuleError") :]
    assert len(message.splitlines()) <= 6
    assert done.stderr.count("Traceback") == 1


class Program:
    """A program that runs ENDLESS."""

    def __init__(self, how: str, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", ENDLESS, how],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            self.workers = [psutil.Process(pid) for pid in self._pids()]
            self.directories = directories_of(self.process.pid)
        except BaseException:
            self.__exit__()
            raise

    def _pids(self) -> list[int]:
        """Wait until both tasks have said where they run."""
        assert self.process.stdout is not None
        descriptor = self.process.stdout.fileno()
        data = b""
        while data.count(b"\n") < 2:
            assert select.select([descriptor], [], [], 30)[0], "the tasks do not start"
            found = os.read(descriptor, 4096)
            assert found, "the program ended"
            data += found
        return [int(line) for line in data.split()]

    def end(self) -> str:
        """Wait for the end of the program and of its workers; return what it wrote to stderr."""
        _, errors = self.process.communicate(timeout=30)
        _, alive = psutil.wait_procs(self.workers, timeout=30)
        assert not alive
        return errors

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *exception: object) -> None:
        self.process.kill()
        self.process.communicate()


def directories_of(pid: int) -> list[Path]:
    return list(Path("/dev/shm").glob(f"treadle-*-{pid}-*"))


@pytest.fixture
def sleeping(environment: dict[str, str]) -> Iterator[Program]:
    with Program("sleeping", environment) as program:
        yield program


def test_interrupt_ends_everything(sleeping: Program) -> None:
    assert sleeping.directories
    begin = time.monotonic()
    sleeping.process.send_signal(signal.SIGINT)
    errors = sleeping.end()
    assert time.monotonic() - begin < 20  # tasks would go on for ten minutes
    assert "KeyboardInterrupt" in errors
    assert directories_of(sleeping.process.pid) == []


@pytest.mark.skipif(sys.platform != "linux", reason="needs SIGIO from pipes")
@pytest.mark.parametrize("how", ["sleeping", "holding the lock"])
def test_workers_die_with_a_killed_parent(how: str, environment: dict[str, str]) -> None:
    with Program(how, environment) as program:
        program.process.kill()
        program.end()
        # What they could not remove, the next start does.
        done = python("-c", UNGUARDED, environment=environment)
        assert done.returncode == 0
        assert directories_of(program.process.pid) == []


def test_forked_child_leaves_the_pool_alone(environment: dict[str, str]) -> None:
    program = """
        import os
        from treadle.graph.operation import Call
        from treadle.graph.plan import expand
        from treadle.local.processes import run

        plan = expand([Call(os.getpid)])
        before = run(plan, num_workers=1)
        child = os.fork()
        if child == 0:
            assert run(plan, num_workers=1) != before
            raise SystemExit(0)
        assert os.waitpid(child, 0)[1] == 0
        assert run(plan, num_workers=1) == before
        print("fine")
    """
    done = python("-W", "ignore", "-c", textwrap.dedent(program), environment=environment)
    assert (done.stdout, done.stderr) == ("fine\n", "")
