"""``share``: join operations that are the same pure call under the same name."""

from __future__ import annotations

from treadle.graph.graph import Graph, unify
from treadle.graph.operation import Operation
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
    if not same:
        return graph

    def joined(operation: Operation, rewired: Operation) -> Operation:
        return rewired

    return rewrite(graph, joined, same)
