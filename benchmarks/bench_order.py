"""Static order against dask's: peak of live results and time per task, on the order corpus.

Run in an environment that has dask, from the repository's root::

    PYTHONPATH=src:. PYTHONHASHSEED=0 python benchmarks/bench_order.py [--json FILE] [--record]

Prints a Markdown table. Laws of the comparison:

1. Both orders are judged by treadle's simulation: a result is live until its last user has run;
   outputs are kept to the end (``kept``) or, as when each is written to a file, not (``released``).
2. dask breaks ties by the text of the keys, so it is asked twice, with integer keys and with
   padded text keys, and the better answer counts.
3. Times are medians of `--repeat` runs. dask's graph is built outside the timed part.

``--record`` rewrites the files that the tests compare with.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.order_corpus import graphs
from treadle.graph.order import explain_order, peak_live

ROOT = Path(__file__).resolve().parents[1]
Deps = Sequence[Sequence[int]]


def timed(call: Callable[[], Any], repeat: int) -> tuple[Any, float]:
    """The call's result and its median time in seconds."""
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        result = call()
        times.append(time.perf_counter() - start)
    return result, median(times)


def dask_orders(deps: Deps, repeat: int) -> tuple[list[list[int]], float]:
    """dask's order under two ways to name the tasks, and the shorter time in seconds."""
    order = import_module("dask.order").order
    spec = import_module("dask._task_spec")

    def run(*_values: object) -> None: ...

    orders = []
    seconds = []
    namings: list[list[Any]] = [[*range(len(deps))], [f"t{t:07d}" for t in range(len(deps))]]
    for keys in namings:
        dsk = {
            keys[t]: spec.Task(keys[t], run, *[spec.TaskRef(keys[d]) for d in dict.fromkeys(reads)])
            for t, reads in enumerate(deps)
        }
        place, spent = timed(partial(order, dsk), repeat)
        at = [place[key] for key in keys]
        orders.append(sorted(range(len(deps)), key=at.__getitem__))
        seconds.append(spent)
    return orders, min(seconds)


def compare(repeat: int) -> list[dict[str, Any]]:
    rows = []
    for name, (deps, outputs) in graphs():
        ours, seconds = timed(partial(explain_order, deps, outputs), repeat)
        orders, dask_seconds = dask_orders(deps, repeat)
        rows.append(
            {
                "shape": name,
                "tasks": len(deps),
                "bound": ours.bound,
                "treadle": {"kept": ours.peak, "released": explain_order(deps, ()).peak},
                "dask": {
                    mode: min(peak_live(deps, kept, order).peak for order in orders)
                    for mode, kept in (("kept", outputs), ("released", ()))
                },
                "treadle_us": round(seconds / len(deps) * 1e6, 2),
                "dask_us": round(dask_seconds / len(deps) * 1e6, 2),
                "walk": ours.name,
            }
        )
    return rows


def show(rows: list[dict[str, Any]]) -> None:
    print("| shape | tasks | bound | treadle | dask | released: treadle | dask | us/task | dask |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|")
    for r in rows:
        cells = [r["shape"], r["tasks"], r["bound"]]
        for mode in ("kept", "released"):
            cells += [r["treadle"][mode], r["dask"][mode]]
        cells += [r["treadle_us"], r["dask_us"]]
        print("| " + " | ".join(str(c) for c in cells) + " |")
    for mode in ("kept", "released"):
        worse = sum(r["treadle"][mode] > r["dask"][mode] for r in rows)
        better = sum(r["treadle"][mode] < r["dask"][mode] for r in rows)
        print(f"\nOutputs {mode}: worse on {worse}, better on {better} of {len(rows)} graphs.")
    print(
        f"\nMedian time per task: treadle {median(r['treadle_us'] for r in rows)} us, "
        f"dask {median(r['dask_us'] for r in rows)} us."
    )


def record(rows: list[dict[str, Any]], versions: dict[str, str]) -> None:
    for who, path in (
        ("dask", ROOT / "benchmarks" / "order_peaks_dask.json"),
        ("treadle", ROOT / "tests" / "graph" / "order" / "peaks.json"),
    ):
        lines = [f"    {json.dumps(r['shape'])}: {json.dumps(r[who])}" for r in rows]
        head = json.dumps({"python": versions["python"], who: versions[who]})
        path.write_text(
            f'{{\n  "versions": {head},\n  "peaks": {{\n' + ",\n".join(lines) + "\n  }\n}\n"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare static orders with dask's.")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--json", type=Path, help="write all numbers to this file")
    parser.add_argument("--record", action="store_true", help="rewrite what the tests compare with")
    options = parser.parse_args()
    versions = {
        "python": platform.python_version(),
        "dask": import_module("dask").__version__,
        "treadle": getattr(import_module("treadle"), "__version__", "unreleased"),
    }
    rows = compare(options.repeat)
    show(rows)
    if options.json:
        options.json.write_text(json.dumps({"versions": versions, "rows": rows}, indent=1) + "\n")
    if options.record:
        record(rows, versions)


if __name__ == "__main__":
    main()
