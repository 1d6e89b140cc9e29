"""Drawings that several tests use: shapes of known graphs, and random ones for hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

from treadle.diagnostics.draw import Drawing, Edge, Node
from treadle.diagnostics.draw.model import DIRECTIONS, SHAPES

ANY_TEXT = st.text(st.characters(), max_size=40)
COLORS = st.sampled_from([None, "#fff", "#000000", "#77aadd"])


def tree(leaves: int = 8) -> Drawing:
    """A binary tree whose leaves were made in an order that crosses."""
    nodes = [Node(index, "inc") for index in range(leaves)]
    edges: list[Edge] = []
    level = [*range(0, leaves, 2), *range(1, leaves, 2)]
    while len(level) > 1:
        half = len(level) // 2
        above = []
        for left, right in zip(level[:half], level[half:], strict=True):
            parent = len(nodes)
            nodes.append(Node(parent, "add"))
            edges += [Edge(left, parent), Edge(right, parent)]
            above.append(parent)
        level = above
    return Drawing(nodes, edges, title="tree")


def fan_in(width: int = 8) -> Drawing:
    nodes = [*(Node(index, "inc") for index in range(width)), Node(width, "sum", "box")]
    return Drawing(nodes, [Edge(index, width) for index in range(width)])


def chain(length: int = 5) -> Drawing:
    nodes = [Node(index, "a" * (1 + index % 9 * 3)) for index in range(length)]
    return Drawing(nodes, [Edge(index, index + 1) for index in range(length - 1)])


@st.composite
def drawings(draw: st.DrawFn, max_nodes: int = 20) -> Drawing:
    """Any drawing without a circle: several parts, double edges, hostile words."""
    count = draw(st.integers(0, max_nodes))
    ids = draw(st.lists(st.integers(), min_size=count, max_size=count, unique=True))
    nodes = [
        Node(
            id=ids[index],
            label=draw(ANY_TEXT),
            shape=draw(st.sampled_from(SHAPES)),
            detail=draw(ANY_TEXT),
            color=draw(COLORS),
            count=draw(st.sampled_from([1, 1, 2, 1_000_000])),
        )
        for index in range(count)
    ]
    edges: list[Edge] = []
    if count > 1:
        pairs = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
        for one, two in draw(st.lists(pairs, max_size=3 * count)):
            if one != two:
                source, target = sorted((one, two))
                label = draw(st.sampled_from(["", "", "x", "<b>"]))
                edges.append(Edge(ids[source], ids[target], label))
    return Drawing(
        nodes,
        edges,
        title=draw(ANY_TEXT),
        rankdir=draw(st.sampled_from(DIRECTIONS)),
        legend=draw(st.lists(st.tuples(ANY_TEXT, st.just("#77aadd")), max_size=5)),
        note=draw(ANY_TEXT),
    )
