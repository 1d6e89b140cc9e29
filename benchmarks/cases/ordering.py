"""Peak of live results under treadle's static order and dask's, counted over the order corpus.

The comparison itself is ``benchmarks/bench_order.py``, which prints every graph.
"""

from __future__ import annotations

from benchmarks import bench_order
from benchmarks.cases.protocol import Figures, serve


def compare() -> Figures:
    rows = bench_order.compare(1)
    figures: Figures = {"graphs": len(rows)}
    for mode in ("kept", "released"):
        pairs = [(row["treadle"][mode], row["dask"][mode]) for row in rows]
        figures[f"{mode} worse"] = sum(ours > theirs for ours, theirs in pairs)
        figures[f"{mode} equal"] = sum(ours == theirs for ours, theirs in pairs)
        figures[f"{mode} better"] = sum(ours < theirs for ours, theirs in pairs)
    return figures


if __name__ == "__main__":
    serve({"treadle": compare})
