"""From ranks and places along ranks to pixels: gaps, packing, directions and ways of edges.

Two directions are used throughout. *Across* runs along a rank, *along* runs from the inputs to
the results; only the last step turns them into x and y as `rankdir` says.

Laws: parts do not overlap; a rank is as deep as its deepest node; where a long edge passes a
rank, it runs straight.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from treadle.diagnostics.draw.model import (
    Drawing,
    Edge,
    PlacedEdge,
    PlacedNode,
    Point,
    Positioned,
)
from treadle.diagnostics.draw.sizes import Box

_LEAST_GAP = 40.0
_LABEL_GAP = 56.0
_MOST_GAP = 220.0
_GAP_PER_SPREAD = 0.15  # the farther edges fan out, the deeper the gap, so they stay apart
_PART_GAP = 30.0
_PORT_STEP = 8.0
_LEAST_PORT_STEP = 4.0


@dataclass(frozen=True, slots=True)
class Part:
    """One connected part. `across` is per node; `bends` per edge, one for each rank it passes."""

    nodes: list[int]
    ranks: list[int]
    across: list[float]
    edges: list[int]
    bends: list[list[float]]


@dataclass(frozen=True, slots=True)
class _Bands:
    """A part with its ranks laid out: where each begins and how deep it is."""

    part: Part
    start: list[float]
    depth: list[float]
    shift: float
    breadth: float

    @property
    def length(self) -> float:
        return self.start[-1] + self.depth[-1]


@dataclass(frozen=True, slots=True)
class _Frame:
    """Turns (across, along) of a part into (x, y) of the picture."""

    rankdir: str
    across: float
    along: float
    length: float

    def point(self, across: float, along: float) -> Point:
        if self.rankdir == "LR":
            return self.along + along, self.across + across
        if self.rankdir == "BT":
            along = self.length - along
        return self.across + across, self.along + along


def assemble(
    drawing: Drawing, boxes: Sequence[Box], edges: Sequence[Edge], parts: Sequence[Part]
) -> Positioned:
    """Put the parts into one picture."""
    sideways = drawing.rankdir == "LR"
    number = {node.id: index for index, node in enumerate(drawing.nodes)}
    ends = [(number[edge.source], number[edge.target]) for edge in edges]
    bands = [_stack_ranks(part, boxes, edges, ends, sideways) for part in parts]
    frames, breadth, length = _pack(bands, drawing.rankdir)

    placed: dict[int, PlacedNode] = {}
    for band, frame in zip(bands, frames, strict=True):
        part = band.part
        for node, rank, across in zip(part.nodes, part.ranks, part.across, strict=True):
            x, y = frame.point(across + band.shift, band.start[rank] + band.depth[rank] / 2)
            box = boxes[node]
            placed[node] = PlacedNode(
                node=drawing.nodes[node],
                x=x,
                y=y,
                width=box.width,
                height=box.height,
                rank=rank,
                text=box.text,
                subtext=box.subtext,
                overhang=box.overhang,
            )

    ways: dict[int, tuple[Point, ...]] = {}
    for band, frame in zip(bands, frames, strict=True):
        ways.update(_ways(band, frame, placed, ends))
    return Positioned(
        drawing=drawing,
        nodes=tuple(placed[index] for index in range(len(boxes))),
        edges=tuple(PlacedEdge(edge, ways[index]) for index, edge in enumerate(edges)),
        width=length if sideways else breadth,
        height=breadth if sideways else length,
    )


def _stack_ranks(
    part: Part,
    boxes: Sequence[Box],
    edges: Sequence[Edge],
    ends: Sequence[tuple[int, int]],
    sideways: bool,
) -> _Bands:
    count = max(part.ranks) + 1
    depth = [0.0] * count
    low, high = math.inf, -math.inf
    for node, rank, across in zip(part.nodes, part.ranks, part.across, strict=True):
        box = boxes[node]
        extent, deep = (box.height, box.width) if sideways else (box.width, box.height)
        depth[rank] = max(depth[rank], deep)
        low, high = min(low, across - extent / 2), max(high, across + extent / 2)
    for bends in part.bends:
        low, high = min([low, *bends]), max([high, *bends])

    gap = [_LEAST_GAP] * count
    local = {node: place for place, node in enumerate(part.nodes)}
    for edge, bends in zip(part.edges, part.bends, strict=True):
        source, target = (local[end] for end in ends[edge])
        steps = [part.across[source], *bends, part.across[target]]
        first = part.ranks[source]
        for rank, (one, two) in enumerate(pairwise(steps), start=first):
            gap[rank] = max(gap[rank], _GAP_PER_SPREAD * abs(two - one))
        if edges[edge].label:
            gap[first] = max(gap[first], _LABEL_GAP)

    start = [0.0]
    for rank in range(count - 1):
        start.append(start[-1] + depth[rank] + min(gap[rank], _MOST_GAP))
    return _Bands(part, start, depth, -low, high - low)


def _pack(bands: Sequence[_Bands], rankdir: str) -> tuple[list[_Frame], float, float]:
    """Set the parts in rows, longest first, all parts of a row beginning at their first rank."""
    sideways = rankdir == "LR"
    area = sum((band.breadth + _PART_GAP) * (band.length + _PART_GAP) for band in bands)
    limit = math.sqrt(area / 2) if sideways else math.sqrt(area * 2)
    limit = max([limit, 400.0 if sideways else 760.0, *(band.breadth for band in bands)])

    rows: list[list[int]] = []
    used = math.inf
    for index in sorted(range(len(bands)), key=lambda index: -bands[index].length):
        if used + _PART_GAP + bands[index].breadth > limit:
            rows.append([])
            used = -_PART_GAP
        rows[-1].append(index)
        used += _PART_GAP + bands[index].breadth

    frames: dict[int, _Frame] = {}
    along = breadth = 0.0
    for row in rows:
        across = 0.0
        length = max(bands[index].length for index in row)
        for index in row:
            frames[index] = _Frame(rankdir, across, along, length)
            across += bands[index].breadth + _PART_GAP
        breadth = max(breadth, across - _PART_GAP)
        along += length + _PART_GAP
    return [frames[index] for index in range(len(bands))], breadth, max(0.0, along - _PART_GAP)


def _ways(
    band: _Bands,
    frame: _Frame,
    placed: dict[int, PlacedNode],
    ends: Sequence[tuple[int, int]],
) -> dict[int, tuple[Point, ...]]:
    part = band.part
    local = {node: place for place, node in enumerate(part.nodes)}
    leaving: dict[int, list[tuple[float, int]]] = {}
    arriving: dict[int, list[tuple[float, int]]] = {}
    for edge, bends in zip(part.edges, part.bends, strict=True):
        source, target = ends[edge]
        from_, to = part.across[local[source]], part.across[local[target]]
        leaving.setdefault(source, []).append((bends[0] if bends else to, edge))
        arriving.setdefault(target, []).append((bends[-1] if bends else from_, edge))
    begin = _ports(leaving, placed, frame.rankdir, leaves=True)
    finish = _ports(arriving, placed, frame.rankdir, leaves=False)

    ways: dict[int, tuple[Point, ...]] = {}
    for edge, bends in zip(part.edges, part.bends, strict=True):
        first = part.ranks[local[ends[edge][0]]] + 1
        points = [begin[edge]]
        for rank, across in enumerate(bends, start=first):
            top = band.start[rank]
            points.append(frame.point(across + band.shift, top))
            points.append(frame.point(across + band.shift, top + band.depth[rank]))
        ways[edge] = (*points, finish[edge])
    return ways


def _ports(
    sides: dict[int, list[tuple[float, int]]],
    placed: dict[int, PlacedNode],
    rankdir: str,
    *,
    leaves: bool,
) -> dict[int, Point]:
    """Spread the ends of edges along the border, in the order in which they come from outside."""
    ports: dict[int, Point] = {}
    for index, towards in sides.items():
        node = placed[index]
        room = _room(node, rankdir == "LR")
        step = min(_PORT_STEP, room / max(1, len(towards) - 1))
        if step < _LEAST_PORT_STEP:  # too many to tell apart: all meet in the middle
            step = 0.0
        for place, (_, edge) in enumerate(sorted(towards)):
            offset = (place - (len(towards) - 1) / 2) * step
            ports[edge] = _port(node, rankdir, leaves, offset)
    return ports


def _room(node: PlacedNode, sideways: bool) -> float:
    width, height = node.width - 2 * node.overhang, node.height - 2 * node.overhang
    if node.node.shape == "box":
        return (height if sideways else width) - 18.0
    return height * 0.55 if sideways else width - height * 0.45


def _port(node: PlacedNode, rankdir: str, leaves: bool, offset: float) -> Point:
    """Find the point of the border at some distance from the middle of a side."""
    width, height = node.width - 2 * node.overhang, node.height - 2 * node.overhang
    sideways = rankdir == "LR"
    # Edges at the top and on the right meet the hindmost sheet, which is shifted that way.
    behind = leaves if sideways else leaves == (rankdir == "BT")
    over = node.overhang if behind else 0.0
    recess = 0.0
    if node.node.shape == "circle":
        radius = height / 2
        straight = 0.0 if sideways else (width - height) / 2
        shift = offset + over if sideways else offset - over
        beyond = min(radius, max(0.0, abs(shift) - straight))
        recess = radius - math.sqrt(radius**2 - beyond**2)
    if sideways:
        reach = width / 2 + over - recess
        return node.x + (reach if leaves else -reach), node.y + offset
    reach = height / 2 + over - recess
    return node.x + offset, node.y + (-reach if behind else reach)
