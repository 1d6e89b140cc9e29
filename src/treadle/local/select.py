"""Which scheduler runs a computation: names, objects, and where the choice comes from.

The first of these that is given wins: the ``get=`` and ``scheduler=`` arguments, the ``scheduler``
option of the configuration, the default of the collections, threads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from difflib import get_close_matches
from inspect import signature
from typing import TYPE_CHECKING, Any

from treadle import config
from treadle.errors import SchedulerError
from treadle.graph.operation import task_ref
from treadle.graph.plan import expand
from treadle.graph.raw import to_raw
from treadle.local import observe
from treadle.local.collecting import collector_paused

if TYPE_CHECKING:
    from treadle.graph.graph import Graph

#: Runs a graph: ``run(graph, **options)`` gives the values of its outputs in order.
RunGraph = Callable[..., list[Any]]

NAMES = {
    "threads": "threads",
    "threading": "threads",
    "processes": "processes",
    "multiprocessing": "processes",
    "sync": "sync",
    "synchronous": "sync",
    "single-threaded": "sync",
}

#: Options that can be set for every computation: the argument's name, and the configuration's.
_OPTIONS = {
    "num_workers": "num-workers",
    "pool": "pool",
    "chunksize": "chunksize",
    "initializer": "multiprocessing.initializer",
}


def run_graph(
    graph: Graph,
    *,
    scheduler: Any = None,
    get: Callable[..., Any] | None = None,
    default: Any = None,
    **options: Any,
) -> list[Any]:
    """Run ``graph`` with the scheduler that the arguments and the configuration choose.

    Parameters
    ----------
    graph
        What to run; the values of its outputs are returned in order.
    scheduler
        A name, an ``Executor``, or a callable ``get(dsk, keys, **options)``.
    get
        A callable like ``scheduler``; wins over it.
    default
        The scheduler to use when nothing else says which.
    **options
        Given to the scheduler, which refuses what it does not know.
    """
    chosen = get if get is not None else scheduler
    if chosen is None:
        chosen = config.get("scheduler", None)
    if chosen is None:
        chosen = default if default is not None else "threads"
    if isinstance(chosen, str):
        return _run_named(graph, chosen, options)
    if isinstance(chosen, ThreadPoolExecutor):
        return _run_named(graph, "threads", {"pool": chosen, **options})
    if isinstance(chosen, Executor):
        from treadle.local import executor

        return _run_plan(graph, executor.run, "executor", {"pool": chosen, **options})
    inner = getattr(chosen, "get", chosen)
    if callable(inner):
        keys = [task_ref(out).key for out in graph.outputs]
        return list(inner(to_raw(graph), keys, **options))
    raise SchedulerError(
        f"{chosen!r} is no scheduler: give {_names()}, a concurrent.futures.Executor, "
        "or a callable get(graph, keys)"
    )


def _run_named(graph: Graph, name: str, options: Mapping[str, Any]) -> list[Any]:
    canonical = NAMES.get(name.lower())
    if canonical is None:
        near = get_close_matches(name.lower(), NAMES, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise SchedulerError(f"there is no scheduler {name!r}{hint} The names are {_names()}")
    if canonical == "sync":
        from treadle.local import sync

        return _run_plan(graph, sync.run, name, options)
    if canonical == "threads":
        from treadle.local import threads

        return _run_plan(graph, threads.run, name, options)
    from treadle.local import processes

    return _run_plan(graph, processes.run, name, options)


def _run_plan(graph: Graph, run: RunGraph, name: str, options: Mapping[str, Any]) -> list[Any]:
    known = [option for option in signature(run).parameters if option not in ("plan", "observer")]
    for option in options:
        if option not in known:
            raise SchedulerError(
                f"the scheduler {name!r} has no option {option!r}; it has {', '.join(known)}"
            )
    chosen = {
        option: config.get(key, None)
        for option, key in _OPTIONS.items()
        if option in known and option not in options
    }
    chosen = {option: value for option, value in chosen.items() if value is not None}
    with collector_paused():
        plan = expand(graph.outputs)
    with observe.claim() as observer:
        return run(plan, observer=observer, **chosen, **options)


def _names() -> str:
    return ", ".join(repr(name) for name in NAMES)
