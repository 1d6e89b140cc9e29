"""Seconds to import the library, in an interpreter that has just started."""

from __future__ import annotations

from importlib import import_module
from time import perf_counter

from benchmarks.cases.protocol import Figures, serve


def timed(module: str) -> Figures:
    start = perf_counter()
    import_module(module)
    return {"seconds": perf_counter() - start}


def treadle() -> Figures:
    return timed("treadle")


def dask() -> Figures:
    return timed("dask.delayed")


if __name__ == "__main__":
    serve({"treadle": treadle, "dask": dask})
