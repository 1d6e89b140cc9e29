"""From a drawing to places: the layered layout of Sugiyama, Tagawa and Toda (1981).

The steps are one file each: ranks, order within a rank, coordinates; here they are put together,
once per connected part, and the parts are packed side by side. Long edges are split by dummy
vertices so that they find a way between the nodes they pass.

Laws: every node is placed, no two overlap; an edge leads from a lower to a higher rank; the same
drawing gives the same places; the number of dummy vertices is bounded, and beyond the bound the
longest edges are drawn in one sweep.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from treadle.diagnostics.draw.coordinates import assign_coordinates
from treadle.diagnostics.draw.model import Drawing, Node, Positioned, check, merge_edges
from treadle.diagnostics.draw.ordering import reduce_crossings
from treadle.diagnostics.draw.ranks import Cycle, assign_ranks
from treadle.diagnostics.draw.route import Part, assemble
from treadle.diagnostics.draw.sizes import Box, measure
from treadle.errors import CycleError

_MOST_DUMMIES = 8_000
_NODE_GAP = 16.0
_DUMMY_GAP = 9.0


@dataclass(slots=True)
class _Layered:
    """A proper layered graph: vertices 0..n-1 are nodes, the rest are bends of long edges."""

    layers: list[list[int]]
    up: list[list[int]]
    down: list[list[int]]
    chains: list[list[int]]


def layout(drawing: Drawing) -> Positioned:
    """Find a place for every node and a way for every edge.

    Parameters
    ----------
    drawing : Drawing
        Up to about 2,000 nodes; larger ones work and take longer.

    Returns
    -------
    Positioned
        Nodes in the order of the drawing, edges merged.

    Raises
    ------
    DrawingError
        Ids that occur twice, edges to unknown nodes.
    CycleError
        The edges form a circle; the message names it.

    References
    ----------
    K. Sugiyama, S. Tagawa, M. Toda: Methods for visual understanding of hierarchical system
    structures. IEEE Transactions on Systems, Man, and Cybernetics 11, 1981.

    Examples
    --------
    >>> from treadle.diagnostics.draw import Drawing, Edge, Node
    >>> drawing = Drawing([Node(0, "load"), Node(1, "sum")], [Edge(0, 1)])
    >>> [placed.rank for placed in layout(drawing).nodes]
    [0, 1]
    """
    check(drawing)
    number = {node.id: index for index, node in enumerate(drawing.nodes)}
    edges = merge_edges(drawing.edges)
    ends = [(number[edge.source], number[edge.target]) for edge in edges]
    boxes = [measure(node) for node in drawing.nodes]
    parts = []
    for members, inside in _components(len(boxes), ends):
        index = {node: place for place, node in enumerate(members)}
        local = [(index[ends[edge][0]], index[ends[edge][1]]) for edge in inside]
        try:
            ranks = assign_ranks(len(members), local)
        except Cycle as found:
            raise _cycle_error([drawing.nodes[members[node]] for node in found.nodes]) from None
        chosen = [boxes[node] for node in members]
        parts.append(_part(members, chosen, ranks, inside, local, drawing.rankdir == "LR"))
    return assemble(drawing, boxes, edges, parts)


def _components(count: int, ends: list[tuple[int, int]]) -> list[tuple[list[int], list[int]]]:
    """Split into connected parts: the nodes and the edges of each."""
    near: list[list[int]] = [[] for _ in range(count)]
    for source, target in ends:
        near[source].append(target)
        near[target].append(source)
    part_of = [-1] * count
    parts: list[tuple[list[int], list[int]]] = []
    for start in range(count):
        if part_of[start] < 0:
            stack = [start]
            part_of[start] = len(parts)
            while stack:
                for other in near[stack.pop()]:
                    if part_of[other] < 0:
                        part_of[other] = len(parts)
                        stack.append(other)
            parts.append(([], []))
    for node, part in enumerate(part_of):
        parts[part][0].append(node)
    for edge, (source, _) in enumerate(ends):
        parts[part_of[source]][1].append(edge)
    return parts


def _part(
    members: list[int],
    boxes: list[Box],
    ranks: list[int],
    inside: list[int],
    ends: list[tuple[int, int]],
    sideways: bool,
) -> Part:
    graph = _split_long_edges(ranks, ends)
    count = len(ranks)
    extent = [box.height if sideways else box.width for box in boxes]
    dummy = [vertex >= count for vertex in range(len(graph.up))]

    def separation(left: int, right: int) -> float:
        gap = _DUMMY_GAP if dummy[left] or dummy[right] else _NODE_GAP
        half = sum(extent[vertex] for vertex in (left, right) if vertex < count) / 2
        return half + gap

    graph.layers = reduce_crossings(graph.layers, graph.up, graph.down)
    across = assign_coordinates(graph.layers, graph.up, graph.down, dummy, separation)
    return Part(
        nodes=members,
        ranks=ranks,
        across=across[:count],
        edges=inside,
        bends=[[across[vertex] for vertex in chain] for chain in graph.chains],
    )


def _split_long_edges(ranks: list[int], ends: list[tuple[int, int]]) -> _Layered:
    layers: list[list[int]] = [[] for _ in range(max(ranks) + 1)]
    for node, rank in enumerate(ranks):
        layers[rank].append(node)
    up: list[list[int]] = [[] for _ in ranks]
    down: list[list[int]] = [[] for _ in ranks]
    chains: list[list[int]] = [[] for _ in ends]

    # Short edges first: when the budget is used up, it is the longest that go without.
    budget = _MOST_DUMMIES
    spans = [ranks[target] - ranks[source] for source, target in ends]
    for edge in sorted(range(len(ends)), key=spans.__getitem__):
        source, target = ends[edge]
        budget -= spans[edge] - 1
        if budget < 0:
            break
        chain = chains[edge]
        for rank in range(ranks[source] + 1, ranks[target]):
            chain.append(len(up))
            layers[rank].append(len(up))
            up.append([])
            down.append([])
        for one, two in pairwise([source, *chain, target]):
            down[one].append(two)
            up[two].append(one)
    return _Layered(layers, up, down, chains)


def _cycle_error(nodes: list[Node]) -> CycleError:
    names = [node.label for node in nodes[:10]] + ["..."] * (len(nodes) > 10)
    return CycleError(
        f"The edges form a circle: {' -> '.join([*names, nodes[0].label])}. "
        "A drawing in ranks needs a graph without one; leave one of these edges out."
    )
