"""One call of a delayed function, with arguments that hold nothing lazy and no hashing (impure).

``call`` is in microseconds.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

from benchmarks.cases.protocol import Figures, expect, serve
from benchmarks.cases.shapes import inc


def timed(delayed: Callable[..., Any], calls: int) -> Figures:
    lazy = delayed(inc, pure=False)
    lazy(0)
    start = perf_counter()
    made = [lazy(i) for i in range(calls)]
    spent = perf_counter() - start
    expect(made[-1].compute(scheduler="sync"), calls)
    return {"call": spent / calls * 1e6}


def treadle(calls: int) -> Figures:
    from treadle import delayed

    return timed(delayed, calls)


def dask(calls: int) -> Figures:
    from dask import delayed

    return timed(delayed, calls)


if __name__ == "__main__":
    serve({"treadle": treadle, "dask": dask})
