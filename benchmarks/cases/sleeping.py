"""The tutorial: a function that sleeps, over 8 items, and the sum of what it returns.

``seconds`` is one ``compute()``; worker processes are started before.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from time import perf_counter, sleep
from typing import Any

from benchmarks.cases.protocol import Figures, expect, serve
from benchmarks.cases.shapes import fan_in, value_of

ITEMS = 8


def slow_inc(x: int, milliseconds: int) -> int:
    sleep(milliseconds / 1000)
    return x + 1


def timed(delayed: Callable[..., Any], compute: Callable[[Any], Any], milliseconds: int) -> Figures:
    compute(fan_in(delayed, ITEMS))
    inc = delayed(slow_inc)
    lazy = delayed(sum)([inc(i, milliseconds) for i in range(ITEMS)])
    start = perf_counter()
    value = compute(lazy)
    spent = perf_counter() - start
    expect(value, value_of(ITEMS))
    return {"seconds": spent}


def treadle(scheduler: str, workers: int, milliseconds: int) -> Figures:
    from treadle import delayed

    def compute(lazy: Any) -> Any:
        return lazy.compute(scheduler=scheduler, num_workers=workers)

    return timed(delayed, compute, milliseconds)


def dask(scheduler: str, workers: int, milliseconds: int) -> Figures:
    from dask import delayed

    if scheduler == "processes":
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            return timed(
                delayed,
                lambda lazy: lazy.compute(scheduler="processes", pool=pool),
                milliseconds,
            )
    return timed(
        delayed,
        lambda lazy: lazy.compute(scheduler=scheduler, num_workers=workers),
        milliseconds,
    )


if __name__ == "__main__":
    serve({"treadle": treadle, "dask": dask})
