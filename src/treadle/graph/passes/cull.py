"""``cull``: keep the operations that the outputs need."""

from __future__ import annotations

from treadle.graph.graph import Graph
from treadle.graph.passes.settings import Settings


def cull(graph: Graph, settings: Settings) -> Graph:
    """Return the graph without the operations that no output needs.

    Single tasks of an operation that nobody reads are left out when the graph is expanded.
    """
    return Graph(graph.outputs) if graph.aliases else graph
