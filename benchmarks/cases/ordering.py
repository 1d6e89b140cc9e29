"""Peak of live results under treadle's static order and dask's, counted over the order corpus.

The comparison itself is ``benchmarks/bench_order.py``, which prints every graph.
"""

from __future__ import annotations

from benchmarks.cases.protocol import AbsentError, Figures, serve


def compare(mode: str) -> Figures:
    try:
        from benchmarks import bench_order
    except ImportError as error:
        raise AbsentError("the order corpus is not in this checkout") from error
    rows = bench_order.compare(1)
    pairs = [(row["treadle"][mode], row["dask"][mode]) for row in rows]
    return {
        "worse": sum(ours > theirs for ours, theirs in pairs),
        "equal": sum(ours == theirs for ours, theirs in pairs),
        "better": sum(ours < theirs for ours, theirs in pairs),
        "graphs": len(pairs),
    }


if __name__ == "__main__":
    serve({"treadle": compare})
