"""What a call costs before any work is done.

``warm``: ``compute()`` of one task, median of many, in microseconds. ``cold``: the first
``compute()`` with two worker processes, their start included, in milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from statistics import median
from time import perf_counter
from typing import Any

from benchmarks.cases.protocol import Figures, expect, serve
from benchmarks.cases.shapes import fan_in, inc, value_of

WORKERS = 2


def warm(delayed: Callable[..., Any], compute: Callable[[Any], Any], calls: int) -> Figures:
    lazy = delayed(inc)(1)
    times = []
    for _ in range(calls + 3):
        start = perf_counter()
        value = compute(lazy)
        times.append(perf_counter() - start)
        expect(value, 2)
    return {"warm": median(times[3:]) * 1e6}


def cold(delayed: Callable[..., Any]) -> Figures:
    lazy = fan_in(delayed, 8)
    start = perf_counter()
    value = lazy.compute(scheduler="processes", num_workers=WORKERS)
    spent = perf_counter() - start
    expect(value, value_of(8))
    return {"cold": spent * 1e3}


def treadle(scheduler: str, calls: int) -> Figures:
    from treadle import delayed

    if scheduler == "cold":
        return cold(delayed)
    return warm(delayed, lambda lazy: lazy.compute(scheduler=scheduler, num_workers=WORKERS), calls)


def dask(scheduler: str, calls: int) -> Figures:
    from dask import delayed

    if scheduler == "cold":
        return cold(delayed)
    if scheduler == "processes":
        with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
            return warm(delayed, lambda lazy: lazy.compute(scheduler="processes", pool=pool), calls)
    return warm(delayed, lambda lazy: lazy.compute(scheduler=scheduler, num_workers=WORKERS), calls)


def pool(scheduler: str, calls: int) -> Figures:
    start = perf_counter()
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as workers:
        value = sum(workers.map(inc, range(8)))
        spent = perf_counter() - start
    expect(value, value_of(8))
    return {"cold": spent * 1e3}


if __name__ == "__main__":
    serve({"treadle": treadle, "dask": dask, "pool": pool})
