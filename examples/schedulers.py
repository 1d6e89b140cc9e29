"""The tutorial "Schedulers" as a program: python examples/schedulers.py [--seconds S] [--steps N]

The same graphs as in ``schedulers.ipynb``, where the words are; run it to see the numbers in a
terminal. It ends with exit code 1 when a scheduler gives a wrong answer.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
from time import perf_counter, sleep
from typing import Any

import treadle
from treadle import delayed
from treadle.diagnostics import ProgressBar

EXPECTED = 36
wrong: list[str] = []


def inc(x: int, seconds: float) -> int:
    """Return `x + 1`, slowly: waiting, as a download would."""
    sleep(seconds)
    return x + 1


def churn(n: int) -> int:
    """Compute something useless in pure Python."""
    result = 1
    for k in range(n):
        result = (result * 7 + k) % 1_000_003
    return result


def share(amount: float, people: float) -> float:
    """Divide; fails for nobody."""
    return amount / people


def process_of(x: int) -> int:
    """Return the process that this call runs in."""
    return os.getpid()


def show(label: str, total: Any, **options: Any) -> None:
    """Compute `total`, print how long it took, and note a wrong sum."""
    start = perf_counter()
    value = total.compute(**options)
    print(f"  {label:42} {value} in {perf_counter() - start:5.2f} s")
    if value != EXPECTED:
        wrong.append(label)


def by_argument(total: Any) -> None:
    """Choose the scheduler per call."""
    print("Chosen by an argument:")
    show("threads, 8 of them", total, scheduler="threads", num_workers=8)
    show("threads, 4 of them", total, scheduler="threads", num_workers=4)
    show("threads, one per core", total)
    show("processes, just started", total, scheduler="processes", num_workers=4)
    show("processes, ready", total, scheduler="processes", num_workers=4)
    show("single-threaded", total, scheduler="single-threaded")


def by_configuration(total: Any) -> None:
    """Choose the scheduler for a block, and for the program."""
    print("Chosen by the configuration:")
    with treadle.config.set(scheduler="threads", num_workers=8):
        show("with config.set(...)", total)
    treadle.config.set(scheduler="threads", num_workers=8)
    show("config.set(...), from there on", total)
    print(f"  {treadle.config.where('num-workers')}")
    treadle.config.pop("scheduler")
    treadle.config.pop("num-workers")


def prove_parallelism() -> None:
    """Eight calls that wait for each other, and calls that say where they ran."""
    barrier = threading.Barrier(8)

    @delayed
    def meet(x: int) -> int:
        barrier.wait(timeout=60)
        return threading.get_ident()

    met = treadle.compute(*[meet(x) for x in range(8)], scheduler="threads", num_workers=8)
    print(f"Eight calls that wait for each other met in {len(set(met))} threads.")
    if len(set(met)) != 8:
        wrong.append("barrier")
    calls = [delayed(process_of)(x) for x in range(8)]
    pids = treadle.compute(*calls, scheduler="processes", num_workers=4)
    print(f"Eight calls ran in {len(set(pids))} processes, none of them this one.")
    if os.getpid() in pids:
        wrong.append("processes")


def debug(seconds: float) -> None:
    """Find the values that a failing call had; pdb.post_mortem() would open right there."""
    try:
        delayed(share)(100, delayed(inc)(-1, seconds)).compute(scheduler="sync")
    except ZeroDivisionError as error:
        traceback = error.__traceback__
        while traceback is not None and traceback.tb_next is not None:
            traceback = traceback.tb_next
        found = traceback.tb_frame.f_locals if traceback is not None else {}
        print(f"A failing call, seen as a debugger sees it: {found}")
        if found != {"amount": 100, "people": 0}:
            wrong.append("debugging")


def main() -> int:
    """Run the tutorial and return the exit code."""
    parser = argparse.ArgumentParser(description="One graph, every scheduler, and the reasons.")
    parser.add_argument("--seconds", type=float, default=1.0, help="how long inc waits")
    parser.add_argument("--steps", type=int, default=10_000_000, help="how long churn computes")
    arguments = parser.parse_args()

    total = delayed(sum)([delayed(inc)(x, arguments.seconds) for x in range(8)])
    by_argument(total)
    by_configuration(total)
    prove_parallelism()
    debug(arguments.seconds)

    schedulers = ["sync", "threads", "processes"]
    print("\nCalls that wait:\n")
    print(treadle.explain(total, compare=schedulers, num_workers=4))
    print("\nCalls that compute in pure Python:\n")
    heavy = delayed(max)([delayed(churn)(arguments.steps + k) for k in range(4)])
    print(treadle.explain(heavy, compare=schedulers, num_workers=2))

    with ProgressBar():
        show("with a progress bar", total, num_workers=4)

    print("WRONG: " + ", ".join(wrong) if wrong else "Every scheduler gave the same answers.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
