"""The measuring process: what it answers, and that it never stays behind."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from treadle import delayed
from treadle.diagnostics import ResourceProfiler
from treadle.diagnostics.sampler import Meter, Sampler
from treadle.diagnostics.watch import WatchError

SOURCE = Path(__file__).parents[2] / "src"


def samplers() -> list[psutil.Process]:
    """Return the measuring processes below this one."""
    return [
        child
        for child in psutil.Process().children(recursive=True)
        if any("sampler.py" in part for part in child.cmdline())
    ]


@pytest.mark.processes
def test_a_block_is_measured_from_start_to_end() -> None:
    with ResourceProfiler(dt=3600) as profiler:
        (process,) = samplers()
        assert delayed(sum)([1, 2]).compute() == 3
    first, last = profiler.results
    assert not process.is_running()
    assert first.time < last.time
    assert first.cpu == 0
    assert last.cpu >= 0
    # The interpreter alone takes more than 5 MB, and nothing here takes 100 GB.
    assert all(5 < sample.mem < 100_000 for sample in profiler.results)


@pytest.mark.processes
def test_a_registered_profiler_measures_runs() -> None:
    profiler = ResourceProfiler(dt=3600)
    profiler.register()
    try:
        for runs in (1, 2):
            delayed(sum)([1, 2]).compute()
            assert len(profiler.results) == 2 * runs
        assert len(samplers()) == 1
    finally:
        profiler.unregister()
    assert samplers() == []
    profiler.clear()
    assert profiler.results == []


@pytest.mark.processes
def test_it_can_be_driven_by_hand() -> None:
    profiler = ResourceProfiler(dt=3600)
    profiler.stop()
    profiler.close()
    assert profiler.results == []
    profiler.start()
    profiler.start()
    profiler.stop()
    assert len(profiler.results) == 2
    profiler.start()
    profiler.close()
    assert len(profiler.results) == 4
    assert samplers() == []


@pytest.mark.processes
def test_a_profiler_that_is_thrown_away_takes_its_process_along() -> None:
    profiler = ResourceProfiler()
    profiler.start()
    (process,) = samplers()
    del profiler
    assert process not in samplers()


@pytest.mark.processes
def test_a_process_that_dies_costs_the_measurements_only() -> None:
    profiler = ResourceProfiler()
    profiler.start()
    (process,) = samplers()
    process.kill()
    assert delayed(sum)([1, 2]).compute() == 3
    with pytest.warns(RuntimeWarning, match="ended early with exit code"):
        profiler.stop()
    assert profiler.results == []
    profiler.start()
    profiler.close()
    assert len(profiler.results) == 2


@pytest.mark.processes
def test_it_ends_when_its_parent_is_killed() -> None:
    program = (
        "from treadle.diagnostics import ResourceProfiler\n"
        "profiler = ResourceProfiler()\n"
        "profiler.start()\n"
        "print(profiler._process.pid, flush=True)\n"
        "input()\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
    )
    with parent:
        assert parent.stdout is not None
        process = psutil.Process(int(parent.stdout.readline()))
        assert "sampler.py" in " ".join(process.cmdline())
        parent.kill()
    psutil.wait_procs([process], timeout=60)
    assert not process.is_running()


@pytest.mark.parametrize("dt", [0, -1, float("nan")])
def test_a_pause_that_is_none_is_refused(dt: float) -> None:
    with pytest.raises(WatchError, match="seconds between two measurements"):
        ResourceProfiler(dt=dt)


def test_commands_are_answered_in_lines() -> None:
    out = io.StringIO()
    sampler = Sampler(Meter(os.getppid()), 3600, out)
    for command in ("stop", "start", "stop", "stop"):
        sampler.command(command)
    answers: list[Any] = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [len(answer) for answer in answers] == [0, 0, 2, 0]


def test_the_measuring_process_does_not_count_itself() -> None:
    meter = Meter(os.getppid())
    meter.sample()
    counted = {process.pid for process in meter.spent}
    assert os.getppid() in counted
    assert os.getpid() not in counted


def test_processor_time_is_counted_since_the_previous_sample() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, text=True
    ) as sleeper:
        meter = Meter(sleeper.pid)
        (time, memory, percent) = meter.sample()
        assert (time > 0, memory > 0, percent) == (True, True, 0.0)
        meter.spent = {process: used - 1.0 for process, used in meter.spent.items()}
        meter.last -= 2.0
        assert meter.sample()[2] > 0
        meter.reset()
        assert meter.sample()[2] == 0.0
