"""Rows about what a user feels: the cost of a call, the tutorial, large arrays between workers."""

from __future__ import annotations

from benchmarks.model import DASK, TREADLE, Figure, Group, Median, Row, Run


def latency(shrink: int) -> Group:
    rows = []
    calls = max(5, 200 // shrink)
    for scheduler in ("sync", "threads", "processes"):
        arguments = (scheduler, calls)
        rows.append(
            Row(
                f"`compute()` of one task, `{scheduler}`, warm",
                "µs per call",
                Median(Run("latency", TREADLE, arguments), "warm"),
                {DASK: Median(Run("latency", DASK, arguments), "warm")},
            )
        )
    cold = ("cold", 0)
    peers: dict[str, Figure] = {
        DASK: Median(Run("latency", DASK, cold), "cold"),
        "ProcessPoolExecutor": Median(Run("latency", "pool", cold), "cold"),
    }
    rows.append(
        Row(
            "first `compute()` with `processes`, start of two workers included",
            "ms",
            Median(Run("latency", TREADLE, cold), "cold"),
            peers,
        )
    )
    return Group("latency", "Cost of a call", rows)


def tutorial(shrink: int) -> Group:
    milliseconds = 200 if shrink == 1 else 20
    rows = []
    for scheduler, workers, what in (
        ("threads", 8, "8 threads"),
        ("threads", 4, "4 threads"),
        ("processes", 2, "2 processes"),
        ("sync", 1, "`sync`"),
    ):
        arguments = (scheduler, workers, milliseconds)
        least = 8 // workers * milliseconds / 1000
        rows.append(
            Row(
                f"8 calls that sleep {milliseconds / 1000} s, {what} (no less than {least:.2g} s)",
                "s",
                Median(Run("sleeping", TREADLE, arguments), "seconds"),
                {DASK: Median(Run("sleeping", DASK, arguments), "seconds")},
            )
        )
    return Group("tutorial", "The tutorial", rows, rounds=3)


def arrays(shrink: int) -> Group:
    rows = []
    for how, megabytes, what in (
        ("apart", 50, "each summed in a task of its own"),
        ("together", 20, "all summed in one task"),
    ):
        arguments = (how, megabytes if shrink == 1 else 1)
        ours, theirs = Run("arrays", TREADLE, arguments), Run("arrays", DASK, arguments, 3)
        title = f"20 arrays of {arguments[1]} MB, {what}, `processes`"
        rows += [
            Row(title, "s", Median(ours, "seconds"), {DASK: Median(theirs, "seconds")}),
            Row(
                "growth of the calling process's peak memory by that",
                "MB",
                Median(ours, "peak"),
                {DASK: Median(theirs, "peak")},
                compared=False,
            ),
        ]
    return Group("arrays", "Large arrays", rows)
