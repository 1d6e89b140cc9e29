"""Peaks on the corpus of real graph shapes: no worse than recorded, for treadle and for dask.

`peaks.json` beside this file and `benchmarks/order_peaks_dask.json` are written by
``python benchmarks/bench_order.py --record``; tests never need dask itself.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest

from benchmarks.order_corpus import CORPUS, graphs
from treadle.graph.order import explain_order

HERE = Path(__file__).resolve().parent
GRAPHS = dict(graphs())


@cache
def peaks(name: str) -> dict[str, int]:
    deps, outputs = GRAPHS[name]
    return {
        "kept": explain_order(deps, outputs).peak,
        "released": explain_order(deps, ()).peak,
    }


@cache
def recorded(path: Path) -> dict[str, dict[str, int]]:
    peaks: dict[str, dict[str, int]] = json.loads(path.read_text())["peaks"]
    return peaks


def ours() -> dict[str, dict[str, int]]:
    return recorded(HERE / "peaks.json")


def dask() -> dict[str, dict[str, int]]:
    return recorded(HERE.parents[2] / "benchmarks" / "order_peaks_dask.json")


def test_corpus_is_wide_and_fully_recorded() -> None:
    assert len(CORPUS) >= 30
    assert list(GRAPHS) == list(ours()) == list(dask())


@pytest.mark.parametrize("name", GRAPHS)
def test_no_worse_than_before(name: str) -> None:
    now, before = peaks(name), ours()[name]
    assert all(now[mode] <= before[mode] for mode in before), (now, before)


@pytest.mark.parametrize("name", GRAPHS)
def test_no_worse_than_dask(name: str) -> None:
    now, theirs = peaks(name), dask()[name]
    assert all(now[mode] <= theirs[mode] for mode in theirs), (now, theirs)


def test_better_than_dask_on_a_third() -> None:
    better = [name for name in GRAPHS if peaks(name)["kept"] < dask()[name]["kept"]]
    assert 3 * len(better) >= len(GRAPHS)
