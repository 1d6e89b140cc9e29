"""The demonstration: one graph of slow calls, run by each local scheduler.

Run it with `make demo`, or with `python examples/demo.py --seconds 1` for slower calls. It ends
with exit code 1 when a scheduler gives a wrong sum.

Eight calls of `inc` wait for a moment each, as a download or a sensor would; `add` joins them in
pairs; `sum` joins the pairs. The schedulers run the same graph, so the sums must agree and only
the times differ.
"""

from __future__ import annotations

import argparse
import sys
from functools import partial
from time import perf_counter, sleep

from rich.console import Console
from rich.table import Table

from treadle import compute, delayed

NUMBERS = range(8)
EXPECTED = sum(number + 1 for number in NUMBERS)


def inc(x: int, seconds: float) -> int:
    """Return `x + 1`, slowly."""
    sleep(seconds)
    return x + 1


def add(x: int, y: int, seconds: float) -> int:
    """Return `x + y`, slowly."""
    sleep(seconds)
    return x + y


def measure(seconds: float) -> list[tuple[str, str, float, int]]:
    """Return scheduler, workers, elapsed seconds and sum of each run."""
    incs = [delayed(inc)(number, seconds) for number in NUMBERS]
    pairs = [delayed(add)(x, y, seconds) for x, y in zip(incs[::2], incs[1::2], strict=True)]
    total = delayed(sum)(pairs)
    runs = {
        ("sync", "1"): partial(total.compute, scheduler="sync"),
        ("threads", "4"): partial(total.compute, scheduler="threads", num_workers=4),
        ("threads", "8"): partial(total.compute, scheduler="threads", num_workers=8),
        ("processes", "4, just started"): partial(
            total.compute, scheduler="processes", num_workers=4
        ),
        ("processes", "4, kept warm"): partial(total.compute, scheduler="processes", num_workers=4),
    }
    rows = []
    for (scheduler, workers), run in runs.items():
        start = perf_counter()
        value = run()
        rows.append((scheduler, workers, perf_counter() - start, value))
    return rows


def main() -> int:
    """Run the demonstration and return the exit code."""
    parser = argparse.ArgumentParser(description="One graph, run by each local scheduler.")
    parser.add_argument("--seconds", type=float, default=0.2, help="how long each call waits")
    seconds = parser.parse_args().seconds

    calls = len(NUMBERS) + len(NUMBERS) // 2
    console = Console()
    console.print(
        f"{calls} calls of {seconds} s each; one after the other: {calls * seconds:.2f} s"
    )
    rows = measure(seconds)

    table = Table("scheduler", "workers")
    for name in ("seconds", "speed-up", "sum"):
        table.add_column(name, justify="right")
    for scheduler, workers, elapsed, value in rows:
        speed_up = f"{calls * seconds / elapsed:.1f} x"
        table.add_row(scheduler, workers, f"{elapsed:.2f}", speed_up, str(value))
    console.print(table)

    # Several results at once share the work that they have in common.
    first = delayed(inc)(1, seconds)
    start = perf_counter()
    results = compute(first, delayed(add)(first, 1, seconds), scheduler="threads")
    console.print(f"compute() of two results that share a call: {results}, ", end="")
    console.print(f"{perf_counter() - start:.2f} s")

    if any(value != EXPECTED for *_, value in rows) or results != (2, 3):
        console.print(f"WRONG: the sum should be {EXPECTED}, the pair (2, 3)")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
