"""Rows about what treadle takes before it does anything: memory, live results, import time."""

from __future__ import annotations

from benchmarks.model import DASK, TREADLE, Goal, Group, Median, Row, Run, at_most

TRACED = "treadle, by the allocators"


def footprint(shrink: int) -> list[Group]:
    return [memory(shrink), order(), importing()]


def memory(shrink: int) -> Group:
    rows = []
    for what, title, size, peer_size, limit, text in (
        (
            "mapped",
            "a pending task of a mapped operation of {:,}",
            1_000_000 // shrink,
            50_000 // shrink,
            200.0,
            "at most 200",
        ),
        (
            "delayed",
            "a pending task of a tree of {:,} `delayed` calls",
            50_000 // shrink,
            5_000 // shrink,
            1536.0,
            "at most 1,536",
        ),
    ):
        tasks = 2 * size - 1 if what == "delayed" else size
        peer_tasks = 2 * peer_size - 1 if what == "delayed" else peer_size
        rows.append(
            Row(
                f"{title.format(tasks)}, growth of the process",
                "bytes",
                Median(Run("memory", TREADLE, (what, size, "resident")), "bytes"),
                {
                    DASK: Median(
                        Run("memory", DASK, (what, peer_size, "resident"), 3),
                        "bytes",
                        f"{peer_tasks:,} tasks",
                    ),
                    # Slow, and the same every time.
                    TRACED: Median(Run("memory", TREADLE, (what, size, "traced"), 1), "bytes"),
                },
                (at_most(limit, text),),
            )
        )
    return Group("memory", "Memory", rows, rounds=3)


def order() -> Group:
    rows = []
    for mode, when in (("kept", "outputs kept"), ("released", "outputs released")):
        run = Run("ordering", TREADLE)
        rows.append(
            Row(
                f"graphs of the order corpus with a higher peak than dask's, {when}",
                "graphs",
                Median(run, f"{mode} worse"),
                {
                    "equal": Median(run, f"{mode} equal"),
                    "lower": Median(run, f"{mode} better"),
                    "all": Median(run, "graphs"),
                },
                (
                    at_most(0, "none"),
                    Goal(
                        "lower on a third",
                        lambda values: 3 * values["lower"] >= values["all"],
                    ),
                ),
                compared=False,
            )
        )
    return Group("order", "Peak of live results under static order", rows, rounds=1)


def importing() -> Group:
    return Group(
        "import",
        "Import",
        [
            Row(
                "`import treadle`; `import dask.delayed`",
                "s",
                Median(Run("importing", TREADLE), "seconds"),
                {DASK: Median(Run("importing", DASK), "seconds")},
                (
                    Goal(
                        "at most 0.15 s or 1/8 of dask",
                        lambda values: (
                            values[TREADLE] <= 0.15 or values[TREADLE] <= values[DASK] / 8
                        ),
                    ),
                ),
            )
        ],
        rounds=10,
    )
