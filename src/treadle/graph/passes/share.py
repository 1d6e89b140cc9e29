"""``share``: join operations that are the same pure call under the same name."""

from __future__ import annotations

from treadle.graph.graph import Graph, unify
from treadle.graph.passes.rewrite import rewrite
from treadle.graph.passes.settings import Settings


def share(graph: Graph, settings: Settings) -> Graph:
    """Return the graph in which equal operations are one.

    Raises
    ------
    DuplicateKeyError
        One name has two definitions.
    """
    same = unify(graph.operations)
    return rewrite(graph, same=same) if same else graph
