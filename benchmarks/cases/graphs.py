"""Building and computing a graph of tiny tasks: treadle, dask, distributed.

Figures, in microseconds per task: ``build``, the calls of ``delayed``; ``compute``, one
``compute()`` of the finished graph, everything it does included. Pools are warm: a small graph is
computed first, which also loads what is imported late.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from statistics import median
from time import perf_counter
from typing import Any

from benchmarks.cases.protocol import Figures, expect, serve
from benchmarks.cases.shapes import SHAPES, tasks_of, value_of

WORKERS = 2


def timed(
    delayed: Callable[..., Any],
    compute: Callable[[Any], Any],
    shape: str,
    leaves: int,
    rounds: int = 1,
) -> Figures:
    """Build once, compute ``rounds`` times (small graphs, of which one is too short to time)."""
    expect(compute(SHAPES[shape](delayed, 8)), value_of(8))
    start = perf_counter()
    lazy = SHAPES[shape](delayed, leaves)
    built = perf_counter() - start
    times = []
    for _ in range(rounds):
        start = perf_counter()
        value = compute(lazy)
        times.append(perf_counter() - start)
        expect(value, value_of(leaves))
    per_task = 1e6 / tasks_of(shape, leaves)
    return {"build": built * per_task, "compute": median(times) * per_task}


def treadle(shape: str, leaves: int, scheduler: str, rounds: int = 1) -> Figures:
    from treadle import delayed

    def compute(lazy: Any) -> Any:
        return lazy.compute(scheduler=scheduler, num_workers=WORKERS)

    return timed(delayed, compute, shape, leaves, rounds)


def dask(shape: str, leaves: int, scheduler: str, rounds: int = 1) -> Figures:
    from dask import delayed

    if scheduler == "processes":
        with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
            return timed(
                delayed,
                lambda lazy: lazy.compute(scheduler="processes", pool=pool),
                shape,
                leaves,
                rounds,
            )
    return timed(
        delayed,
        lambda lazy: lazy.compute(scheduler=scheduler, num_workers=WORKERS),
        shape,
        leaves,
        rounds,
    )


def distributed(shape: str, leaves: int) -> Figures:
    from dask import delayed
    from distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=WORKERS,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address=None,
        ) as cluster,
        Client(cluster),
    ):
        return timed(delayed, lambda lazy: lazy.compute(), shape, leaves)


if __name__ == "__main__":
    serve({"treadle": treadle, "dask": dask, "distributed": distributed})
