"""What is measured: the groups of rows, in the order of the table.

A peer that takes much longer is measured on a smaller graph or in fewer rounds, and its cell says
so. On the fan-in dask's cost per task grows with the width, so the smaller graph is in its favour.
"""

from __future__ import annotations

from benchmarks.model import Group
from benchmarks.rows.footprint import footprint
from benchmarks.rows.graphs import calls, growth, processes, sync, threads
from benchmarks.rows.usage import arrays, latency, tutorial


def groups(quick: bool = False) -> list[Group]:
    """Return all groups; ``quick`` makes everything small, to try the benchmarks themselves."""
    shrink = 100 if quick else 1
    return [
        calls(shrink),
        sync(shrink),
        threads(shrink),
        processes(shrink),
        growth(shrink),
        *footprint(shrink),
        latency(shrink),
        tutorial(shrink),
        arrays(shrink),
    ]
