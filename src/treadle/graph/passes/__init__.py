"""Passes: named rewrites of a graph, one file each, each switched off by leaving out its name.

========  =================================================================================
``cull``  keep what the outputs need
``share``  join operations that are the same pure call
``fuse``  join operations that run one after the other anyway into one
========  =================================================================================

A pass takes a graph and settings and returns a graph whose outputs have the same keys and values.
Running the passes a second time changes nothing. They cost per operation, never per task.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches

from treadle.errors import GraphError
from treadle.graph.graph import Graph
from treadle.graph.passes.cull import cull
from treadle.graph.passes.fuse import fuse
from treadle.graph.passes.settings import Settings
from treadle.graph.passes.share import share

Pass = Callable[[Graph, Settings], Graph]

#: The passes by name, in the order in which they make sense.
PASSES: Mapping[str, Pass] = {"cull": cull, "share": share, "fuse": fuse}

ALL: tuple[str, ...] = tuple(PASSES)

__all__ = ["ALL", "PASSES", "Pass", "Settings", "run_passes"]


def run_passes(graph: Graph, names: Sequence[str], settings: Settings | None = None) -> Graph:
    """Run the named passes in their order on ``graph``.

    Raises
    ------
    GraphError
        There is no pass of that name.

    Examples
    --------
    >>> from treadle.graph.raw import from_raw
    >>> graph = from_raw({"x": 1, "y": (abs, "x"), "z": (abs, "y")})
    >>> len(run_passes(Graph([graph.find("z")]), ["cull", "fuse"]))
    1
    """
    for name in names:
        if name not in PASSES:
            near = get_close_matches(name, PASSES, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise GraphError(f"there is no pass {name!r}{hint} The passes are {', '.join(ALL)}")
    settings = settings or Settings()
    for name in PASSES:
        if name in names:
            graph = PASSES[name](graph, settings)
    return graph
