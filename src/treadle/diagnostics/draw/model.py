"""What can be drawn: nodes, edges and the words around them; and the same with positions.

A drawing knows nothing about graphs of treadle. Whoever draws decides what a node is (a task, an
operation, a worker) and hands over a :class:`Drawing`; :func:`~treadle.diagnostics.draw.layout`
turns it into a :class:`Positioned` one, and everything that writes a file starts from there.

Laws: node ids are unique; every edge joins two known nodes; an edge points from the producer to
the user of a value. A :class:`Positioned` drawing has exactly the nodes of its drawing, and one
edge for each pair of nodes that any edge joins.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from treadle.errors import DrawingError

Shape = Literal["circle", "box"]
Direction = Literal["BT", "TB", "LR"]
Point = tuple[float, float]

SHAPES: tuple[Shape, ...] = ("circle", "box")
DIRECTIONS: tuple[Direction, ...] = ("BT", "TB", "LR")
_HEX_COLOR = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")


@dataclass(frozen=True, slots=True)
class Node:
    """One shape in a drawing.

    Parameters
    ----------
    id : int
        Identifies the node within its drawing.
    label : str
        Written inside the shape; shortened when long.
    shape : {"circle", "box"}
        A circle grows into a pill around a longer label.
    detail : str
        Shown when the pointer rests on the shape; the label if empty.
    color : str, optional
        Fill as ``#rgb`` or ``#rrggbb``. The label's colour follows from it.
    count : int
        How many tasks the node stands for. More than one is drawn as a stack with the number.
    """

    id: int
    label: str
    shape: Shape = "circle"
    detail: str = ""
    color: str | None = None
    count: int = 1

    def __post_init__(self) -> None:
        if self.shape not in SHAPES:
            raise DrawingError(
                f"Node {self.id} ({self.label!r}) has the shape {self.shape!r}. "
                f"Use one of {', '.join(SHAPES)}."
            )
        if self.color is not None and not _HEX_COLOR.fullmatch(self.color):
            raise DrawingError(
                f"Node {self.id} ({self.label!r}) has the color {self.color!r}. "
                "Write it as '#rgb' or '#rrggbb'."
            )
        if self.count < 1:
            raise DrawingError(
                f"Node {self.id} ({self.label!r}) has the count {self.count}. "
                "A node stands for at least one task."
            )


@dataclass(frozen=True, slots=True)
class Edge:
    """An arrow from the node that makes a value to the node that uses it.

    Parameters
    ----------
    source, target : int
        Ids of the two nodes.
    label : str
        Written beside the arrow.
    count : int
        How many dependencies the arrow stands for. More than one is drawn thicker.
    """

    source: int
    target: int
    label: str = ""
    count: int = 1

    def __post_init__(self) -> None:
        if self.count < 1:
            raise DrawingError(
                f"The edge {self.source} -> {self.target} has the count {self.count}. "
                "An edge stands for at least one dependency."
            )


@dataclass(slots=True)
class Drawing:
    """Nodes, edges and the words around them.

    Parameters
    ----------
    nodes, edges : list
        What to draw. Edges between the same two nodes are merged into one arrow.
    title : str
        Written above the drawing.
    rankdir : {"BT", "TB", "LR"}
        Where arrows point: bottom to top, top to bottom, or left to right.
    legend : list of (text, color)
        What the fills mean, written below the drawing.
    note : str
        One sentence below everything, such as why a graph is drawn by operation.
    """

    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    title: str = ""
    rankdir: Direction = "BT"
    legend: list[tuple[str, str]] = field(default_factory=list)
    note: str = ""


@dataclass(frozen=True, slots=True)
class PlacedNode:
    """A node with its room: centre, size and the text that fits into it.

    The room of a stacked node has `overhang` on each side of the front sheet; the sheets behind
    reach into it at the top and on the right.
    """

    node: Node
    x: float
    y: float
    width: float
    height: float
    rank: int
    text: str
    subtext: str
    overhang: float


@dataclass(frozen=True, slots=True)
class PlacedEdge:
    """An edge with its way: from the border of one node, past others, to the border of another.

    The way runs straight between ``points[1]`` and ``points[2]``, ``points[3]`` and
    ``points[4]``, ... (there it passes a rank of nodes) and is free to bend in between.
    """

    edge: Edge
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Positioned:
    """A drawing with a place for everything, in pixels from the top left corner."""

    drawing: Drawing
    nodes: tuple[PlacedNode, ...]
    edges: tuple[PlacedEdge, ...]
    width: float
    height: float


def check(drawing: Drawing) -> None:
    """Raise unless the laws at the head of this file hold.

    Raises
    ------
    DrawingError
        An id that occurs twice, an edge to a node that is not there, an unknown direction, or a
        color in the legend that is not one.
    """
    if drawing.rankdir not in DIRECTIONS:
        raise DrawingError(f"rankdir is {drawing.rankdir!r}. Use one of {', '.join(DIRECTIONS)}.")
    for text, color in drawing.legend:
        if not _HEX_COLOR.fullmatch(color):
            raise DrawingError(
                f"The legend gives {text!r} the color {color!r}. Write it as '#rgb' or '#rrggbb'."
            )
    known: dict[int, Node] = {}
    for node in drawing.nodes:
        if node.id in known:
            raise DrawingError(
                f"Two nodes have the id {node.id}: {known[node.id].label!r} and {node.label!r}. "
                "Give each node an id of its own."
            )
        known[node.id] = node
    for edge in drawing.edges:
        for end in (edge.source, edge.target):
            if end not in known:
                raise DrawingError(
                    f"The edge {edge.source} -> {edge.target} needs node {end}, "
                    f"and the drawing has no such node. Add it, or leave the edge out."
                )


def merge_edges(edges: Iterable[Edge]) -> list[Edge]:
    """Make one edge of all edges between the same two nodes, in order of first appearance.

    Counts add up; labels that differ are joined by commas.

    Examples
    --------
    >>> merge_edges([Edge(0, 1, "x"), Edge(0, 2), Edge(0, 1, "y")])
    [Edge(source=0, target=1, label='x, y', count=2), Edge(source=0, target=2, label='', count=1)]
    """
    counts: dict[tuple[int, int], int] = {}
    labels: dict[tuple[int, int], dict[str, None]] = {}
    for edge in edges:
        ends = (edge.source, edge.target)
        counts[ends] = counts.get(ends, 0) + edge.count
        seen = labels.setdefault(ends, {})
        if edge.label:
            seen[edge.label] = None
    return [
        Edge(ends[0], ends[1], ", ".join(labels[ends]), count) for ends, count in counts.items()
    ]
