"""Bare pools on independent calls: what handing one tiny call to a worker costs without a graph.

``compute`` is in microseconds per call: all calls, and adding up what they return. Pools are warm.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from time import perf_counter
from typing import Any

from benchmarks.cases.protocol import Figures, expect, serve
from benchmarks.cases.shapes import inc, value_of

WORKERS = 2
CHUNK = 1000


def threads(calls: int) -> Figures:
    with ThreadPoolExecutor(WORKERS) as pool:
        expect(sum(pool.map(inc, range(8))), value_of(8))
        start = perf_counter()
        futures = [pool.submit(inc, i) for i in range(calls)]
        value = sum([future.result() for future in futures])
        spent = perf_counter() - start
    expect(value, value_of(calls))
    return {"compute": spent / calls * 1e6}


def processes(calls: int) -> Figures:
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        expect(sum(pool.map(inc, range(8))), value_of(8))
        start = perf_counter()
        value = sum(pool.map(inc, range(calls), chunksize=CHUNK))
        spent = perf_counter() - start
    expect(value, value_of(calls))
    return {"compute": spent / calls * 1e6}


def joblib(backend: str, calls: int) -> Figures:
    from joblib import Parallel, delayed

    def compute(parallel: Any, count: int) -> int:
        return sum(parallel(delayed(inc)(i) for i in range(count)))

    with Parallel(n_jobs=WORKERS, backend=backend) as parallel:
        expect(compute(parallel, 64), value_of(64))
        start = perf_counter()
        value = compute(parallel, calls)
        spent = perf_counter() - start
    expect(value, value_of(calls))
    return {"compute": spent / calls * 1e6}


if __name__ == "__main__":
    serve({"threads": threads, "processes": processes, "joblib": joblib})
