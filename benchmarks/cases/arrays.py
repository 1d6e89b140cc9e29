"""Large arrays between tasks in worker processes: who carries them.

``apart``: 20 arrays, each made in a task and summed in another. ``together``: one task reads all
of them, so half must change process. ``seconds`` is one ``compute()`` with warm workers; ``peak``
is by how many megabytes the calling process's peak memory grew meanwhile, which shows whether the
arrays passed through it, by whatever channel.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from time import perf_counter
from typing import Any

from benchmarks.cases.protocol import AbsentError, Figures, expect, serve
from benchmarks.cases.shapes import fan_in

WORKERS = 2
ARRAYS = 20


def make(number: int, megabytes: int) -> Any:
    import numpy as np

    return np.full(megabytes * 125_000, float(number))


def head(array: Any) -> float:
    return float(array.sum() / array.size)


def heads(arrays: list[Any]) -> float:
    return sum([head(array) for array in arrays])


def peak_memory() -> float:
    """Return the most memory that this process ever had, in megabytes."""
    try:
        import resource
    except ImportError as error:  # Windows
        raise AbsentError("the system does not tell a process's peak memory") from error
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def timed(
    delayed: Callable[..., Any], compute: Callable[[Any], Any], how: str, megabytes: int
) -> Figures:
    expect(compute(delayed(heads)([delayed(make)(i, 1) for i in range(4)])), 6.0)
    expect(compute(fan_in(delayed, 8)), 36)
    arrays = [delayed(make)(i, megabytes) for i in range(ARRAYS)]
    if how == "together":
        lazy = delayed(heads)(arrays)
    else:
        lazy = delayed(sum)([delayed(head)(array) for array in arrays])
    before = peak_memory()
    start = perf_counter()
    value = compute(lazy)
    spent = perf_counter() - start
    expect(value, float(sum(range(ARRAYS))))
    return {"seconds": spent, "peak": peak_memory() - before}


def treadle(how: str, megabytes: int) -> Figures:
    from treadle import delayed

    def compute(lazy: Any) -> Any:
        return lazy.compute(scheduler="processes", num_workers=WORKERS)

    return timed(delayed, compute, how, megabytes)


def dask(how: str, megabytes: int) -> Figures:
    from dask import delayed

    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        return timed(
            delayed,
            lambda lazy: lazy.compute(scheduler="processes", pool=pool),
            how,
            megabytes,
        )


if __name__ == "__main__":
    serve({"treadle": treadle, "dask": dask})
