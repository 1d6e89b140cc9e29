"""Rows about cost per task: building a graph, running it on each scheduler, and how that grows."""

from __future__ import annotations

from benchmarks.model import (
    DASK,
    TREADLE,
    Figure,
    Goal,
    Group,
    Median,
    Row,
    Run,
    Spread,
    at_most,
    at_most_of,
)

LEAVES = 50_000
LOOP = "bare loop"
SYNC = "treadle sync"
UNIT = "µs per task"
SLOW = 3  # rounds of what takes long


def hundredth(part: int) -> Goal:
    return at_most_of(1 / part, DASK, f"at most 1/{part} of dask")


def graph(
    library: str,
    shape: str,
    leaves: int,
    *arguments: str | int,
    figure: str = "compute",
    rounds: int = 1000,
    stated: int | None = None,
) -> Median:
    """Return a figure of ``cases/graphs.py``, with a note where the size is not the stated one."""
    note = "" if stated in (None, leaves) else f"{leaves:,} {words(shape)}"
    return Median(Run("graphs", library, (shape, leaves, *arguments), rounds), figure, note)


def words(shape: str) -> str:
    return "leaves" if shape == "tree" else "wide"


def described(shape: str, leaves: int) -> str:
    tasks = 2 * leaves - 1 if shape == "tree" else leaves + 1
    return f"tree of {tasks:,} tasks" if shape == "tree" else f"fan-in, {leaves:,} wide"


def calls(shrink: int) -> Group:
    count = LEAVES // shrink
    return Group(
        "calls",
        "Describing work",
        [
            Row(
                f"one `delayed` call, of {count:,} impure ones",
                "µs per call",
                Median(Run("calls", TREADLE, (count,)), "call"),
                {DASK: Median(Run("calls", DASK, (count,)), "call")},
                (hundredth(100),),
            )
        ],
    )


def sync(shrink: int) -> Group:
    rows = []
    for shape, peer_leaves in (("tree", LEAVES // shrink), ("fan-in", 10_000 // shrink)):
        leaves = LEAVES // shrink
        peer = {
            figure: graph(
                DASK, shape, peer_leaves, "sync", figure=figure, rounds=SLOW, stated=leaves
            )
            for figure in ("build", "compute")
        }
        rows += [
            Row(
                f"building a {described(shape, leaves)}",
                UNIT,
                graph(TREADLE, shape, leaves, "sync", figure="build"),
                {DASK: peer["build"]},
            ),
            Row(
                f"computing it, `sync` ({shape})",
                UNIT,
                graph(TREADLE, shape, leaves, "sync"),
                {
                    DASK: peer["compute"],
                    LOOP: Median(Run("loop", "loop", (shape, leaves)), "compute"),
                },
                (hundredth(100), at_most_of(4, LOOP, "at most 4 x a bare loop")),
            ),
        ]
    return Group("sync", "In the calling thread", rows)


def threads(shrink: int) -> Group:
    leaves = LEAVES // shrink
    rows = []
    for shape, peer_leaves in (("tree", leaves), ("fan-in", 5_000 // shrink)):
        peers: dict[str, Figure] = {
            DASK: graph(DASK, shape, peer_leaves, "threads", rounds=SLOW, stated=leaves),
            SYNC: graph(TREADLE, shape, leaves, "sync"),
        }
        if shape == "fan-in":
            peers["ThreadPoolExecutor.submit"] = Median(
                Run("pools", "threads", (leaves,)), "compute"
            )
            peers["joblib, threads"] = Median(
                Run("pools", "joblib", ("threading", leaves)), "compute"
            )
        rows.append(
            Row(
                f"computing a {described(shape, leaves)}, `threads`",
                UNIT,
                graph(TREADLE, shape, leaves, "threads"),
                peers,
                (hundredth(50), at_most_of(3, SYNC, "at most 3 x `sync`")),
            )
        )
    return Group("threads", "Two threads", rows)


def processes(shrink: int) -> Group:
    leaves = LEAVES // shrink
    rows = []
    for shape in ("tree", "fan-in"):
        small = max(10, 1_000 // shrink)
        ray = Run("ray_tasks", "ray", (shape, 5 * small // (2 if shape == "tree" else 1)), SLOW)
        peers: dict[str, Figure] = {
            DASK: graph(DASK, shape, 5 * small, "processes", rounds=SLOW, stated=leaves),
            "distributed": graph("distributed", shape, small, rounds=SLOW, stated=leaves),
            "Ray": Median(ray, "compute", f"{ray.arguments[1]:,} {words(shape)}"),
        }
        if shape == "fan-in":
            peers["ProcessPoolExecutor.map in chunks of 1,000"] = Median(
                Run("pools", "processes", (leaves,)), "compute"
            )
            peers["joblib, loky"] = Median(Run("pools", "joblib", ("loky", leaves)), "compute")
        rows.append(
            Row(
                f"computing a {described(shape, leaves)}, `processes`",
                UNIT,
                graph(TREADLE, shape, leaves, "processes"),
                peers,
                (hundredth(50),),
            )
        )
    return Group("processes", "Two worker processes, started before", rows)


def growth(shrink: int) -> Group:
    sizes = [max(10, size // shrink) for size in (1_000, 10_000, 100_000, 1_000_000)]
    rows = []
    for scheduler in ("sync", "threads"):
        parts = []
        for tasks in sizes:
            rounds = max(1, min(50, 100_000 // tasks))
            most = SLOW if tasks > 100_000 else 1000
            run = Run("graphs", TREADLE, ("tree", tasks // 2, scheduler, rounds), most)
            parts.append(Median(run, "compute"))
        names: dict[str, Figure] = {
            f"{tasks:,} tasks": part for tasks, part in zip(sizes, parts, strict=True)
        }
        rows.append(
            Row(
                f"cost per task from {sizes[0]:,} to {sizes[-1]:,} tasks, `{scheduler}`: "
                "largest divided by smallest",
                "times",
                Spread(tuple(parts)),
                goals=(at_most(1.5, "at most 1.5"),),
                details=names,
            )
        )
    return Group("growth", "Growth", rows)
