"""Bytes per task that is described, expanded and has not run.

The argument ``how`` chooses one of two rulers; each has an interpreter of its own, because the
second slows the first down and takes memory itself. ``resident``: growth of the process as the
system sees it. ``traced``: what the interpreter's allocators handed out (tracemalloc).
"""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable
from typing import Any

from benchmarks.cases.protocol import Figures, expect, serve
from benchmarks.cases.shapes import inc, tasks_of, tree

Describe = Callable[[int], tuple[Any, int]]


def resident() -> int:
    import psutil

    return int(psutil.Process().memory_info().rss)


def growth(describe: Describe, size: int, how: str) -> Figures:
    """Measure what ``describe(size)`` leaves behind: what must be kept alive, and its tasks."""
    describe(8)
    gc.collect()
    if how == "traced":
        tracemalloc.start()
        keep, tasks = describe(size)
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0]
    else:
        before = resident()
        keep, tasks = describe(size)
        gc.collect()
        grown = resident() - before
    del keep
    return {"bytes": grown / tasks}


def treadle_mapped(size: int) -> tuple[Any, int]:
    from treadle.graph.mapped import Each, Everything, Map
    from treadle.graph.operation import TaskRef
    from treadle.graph.plan import expand

    each = Map(inc, (size,), (Each(range(size)),))
    plan = expand([TaskRef(Map(sum, (), (Everything(each),)), 0)])
    expect(len(plan), size + 1)
    return plan, len(plan)


def treadle_delayed(leaves: int) -> tuple[Any, int]:
    from treadle import delayed
    from treadle.graph.plan import expand

    lazy = tree(delayed, leaves)
    plan = expand(lazy.__treadle_graph__().outputs)
    expect(len(plan), tasks_of("tree", leaves))
    return (lazy, plan), len(plan)


def dask_mapped(size: int) -> tuple[Any, int]:
    import dask.array

    lazy = dask.array.zeros(size, chunks=1).map_blocks(inc, dtype=float)
    graph = dict(lazy.__dask_graph__())
    return (lazy, graph), len(graph)


def dask_delayed(leaves: int) -> tuple[Any, int]:
    from dask import delayed

    lazy = tree(delayed, leaves)
    graph = dict(lazy.__dask_graph__())
    expect(len(graph), tasks_of("tree", leaves))
    return (lazy, graph), len(graph)


def treadle(what: str, size: int, how: str) -> Figures:
    return growth({"mapped": treadle_mapped, "delayed": treadle_delayed}[what], size, how)


def dask(what: str, size: int, how: str) -> Figures:
    return growth({"mapped": dask_mapped, "delayed": dask_delayed}[what], size, how)


if __name__ == "__main__":
    serve({"treadle": treadle, "dask": dask})
