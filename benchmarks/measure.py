"""Runs measurements in turn, each in a fresh interpreter.

Laws:

1. Within a group the libraries alternate, round by round, so that a machine that becomes slower or
   faster does so for all of them.
2. A run that fails, is absent or exceeds its time gives a reason instead of a figure, and is not
   tried again. Processes it started are ended with it.
3. Once the deadline has passed no run begins that has a figure already, so every row is filled.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic

from benchmarks.cases.protocol import ABSENT, RESULT
from benchmarks.model import Group, Nothing, Outcome, Run

ROOT = Path(__file__).resolve().parents[1]

Report = Callable[[str], None]


def environment() -> dict[str, str]:
    """Return the environment of a measurement: worker processes must find this folder too."""
    paths = [str(ROOT), str(ROOT / "src"), os.environ.get("PYTHONPATH", "")]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([path for path in paths if path]),
        "PYTHONHASHSEED": "0",
        "RAY_USAGE_STATS_ENABLED": "0",
    }


def measure_group(group: Group, rounds: int, deadline: float, report: Report) -> dict[Run, Outcome]:
    """Measure every run of a group up to ``rounds`` times; ``deadline`` is in monotonic seconds."""
    outcomes = {run: Outcome() for run in group.runs()}
    rounds = group.rounds or rounds
    for round_ in range(rounds):
        for run, outcome in outcomes.items():
            if outcome.nothing is not None or round_ >= run.rounds:
                continue
            if outcome.samples and monotonic() > deadline:
                continue
            report(f"{group.name}: {run}, {round_ + 1} of {min(rounds, run.rounds)}")
            answer = measure(run)
            if isinstance(answer, Nothing):
                outcome.nothing = answer
                report(f"{group.name}: {run}: {answer.reason} {answer.detail}".rstrip())
            else:
                outcome.samples.append(answer)
    return outcomes


def measure(run: Run) -> dict[str, float] | Nothing:
    """Return the figures of one run, or why there are none."""
    command = [sys.executable, "-m", f"benchmarks.cases.{run.case}", run.library]
    process = subprocess.Popen(
        [*command, *map(str, run.arguments)],
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        output, errors = process.communicate(timeout=run.timeout)
    except subprocess.TimeoutExpired:
        _end(process)
        process.communicate()
        return Nothing(f"took more than {run.timeout:.0f} s")
    finally:
        _end(process)
    return answer_in(output, errors, process.returncode)


def answer_in(output: str, errors: str, code: int) -> dict[str, float] | Nothing:
    """Find the answer of a case among whatever else was printed."""
    for line in reversed(output.splitlines()):
        if line.startswith(RESULT):
            figures: dict[str, float] = json.loads(line.removeprefix(RESULT))
            return figures
        if line.startswith(ABSENT):
            return Nothing(str(json.loads(line.removeprefix(ABSENT))), failed=False)
    said = [line.strip() for line in errors.splitlines() if line.strip()]
    # The message may name files of this machine, so only whoever watches sees it.
    return Nothing("failed", f"exit code {code}: {said[-1] if said else 'no message'}")


def _end(process: subprocess.Popen[str]) -> None:
    """End what is left of the measurement's own session, and of nothing else."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    elif process.poll() is None:
        process.kill()
