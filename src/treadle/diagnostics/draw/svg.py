"""A positioned drawing as SVG: one self-contained text, no scripts, nothing fetched.

Everything is drawn with plain attributes, so it looks the same in a browser, in a notebook and in
converters. The style sheet only adds what those may ignore: the edge under the pointer, and,
where the picture is a document of its own, the reader's dark scheme. Inline in a notebook the
words take the colour of the text around them.

Law: every text passes through :func:`_escape`, which leaves only characters that XML allows.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise

from treadle.diagnostics.draw.colors import EDGE_COLOR, PLAIN_FILL, darken, text_color
from treadle.diagnostics.draw.model import Drawing, PlacedEdge, PlacedNode, Point, Positioned
from treadle.diagnostics.draw.sizes import SUBTEXT_SIZE, TEXT_SIZE
from treadle.diagnostics.draw.text import FONT, TIMES, one_line, shorten, text_width

_MARGIN = 16.0
_TITLE_SIZE = 15.0
_SMALL_SIZE = 11.0
_ARROW = 6.0
_CORNER = 7.0
_NATURAL_WIDTH = 1400.0
_LEAST_SCALE = 0.6
_STYLE = (
    "svg.treadle-drawing:root{color:#1f2733;background:#fff}"
    "@media (prefers-color-scheme:dark)"
    "{svg.treadle-drawing:root{color:#dde3ec;background:#15191f}}"
    ".treadle-drawing .edge:hover path{stroke-width:2.6}"
)


def to_svg(positioned: Positioned, *, background: str | None = None) -> str:
    """Write a positioned drawing as SVG.

    A drawing wider than 1,400 pixels is scaled down, but not below six tenths, so that its words
    stay readable; beyond that it scrolls.

    Parameters
    ----------
    positioned : Positioned
        What :func:`layout` returned.
    background : str, optional
        Paint the paper in this color, for formats that are not shown on a page of their own
        (PNG, PDF). By default the page shines through.

    Returns
    -------
    str
        One ``<svg>`` element.

    Examples
    --------
    >>> from treadle.diagnostics.draw import Drawing, Node, layout
    >>> to_svg(layout(Drawing([Node(0, "a < b")])))[:36]
    '<svg xmlns="http://www.w3.org/2000/s'
    """
    drawing = positioned.drawing
    words = _Words(drawing, positioned.width)
    before, after = _overflow(positioned)
    width = max(before + positioned.width + after, words.width) + 2 * _MARGIN
    left = (width - before - positioned.width - after) / 2 + before
    top = _MARGIN + words.above
    height = top + positioned.height + words.below + _MARGIN
    scale = min(1.0, max(_LEAST_SCALE, _NATURAL_WIDTH / width))

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="treadle-drawing" '
        f'width="{_n(width * scale)}" height="{_n(height * scale)}" '
        f'viewBox="0 0 {_n(width)} {_n(height)}" role="img" font-family="{_escape(FONT)}" '
        f'font-size="{_n(TEXT_SIZE)}" text-anchor="middle">'
    ]
    if drawing.title:
        parts.append(f"<title>{_escape(drawing.title)}</title>")
    if background is None:
        parts.append(f"<style>{_STYLE}</style>")
    else:
        parts.append(f'<rect width="100%" height="100%" fill="{_escape(background)}"/>')
    parts.extend(words.draw(top + positioned.height))
    parts.append(f'<g transform="translate({_n(left)} {_n(top)})">')
    names = {placed.node.id: placed.text for placed in positioned.nodes}
    parts.extend(_edge(placed, drawing.rankdir, names) for placed in positioned.edges)
    parts.extend(_node(placed) for placed in positioned.nodes)
    parts.append("</g></svg>")
    return "\n".join(parts) + "\n"


class _Words:
    """Title above; legend and note below."""

    def __init__(self, drawing: Drawing, width: float) -> None:
        room = max(width, 420.0)
        self.title = shorten(one_line(drawing.title), _TITLE_SIZE, room)
        self.note = list(_wrap(one_line(drawing.note), _SMALL_SIZE, room))
        self.rows: list[list[tuple[str, str, float]]] = []
        used = math.inf
        for text, color in drawing.legend:
            text = shorten(one_line(text), _SMALL_SIZE, room - 40)
            wide = text_width(text, _SMALL_SIZE) + 32
            if used + wide > room:
                self.rows.append([])
                used = 0.0
            self.rows[-1].append((text, color, used))
            used += wide
        self.above = 32.0 if self.title else 0.0
        self.below = 20.0 * len(self.rows) + 16.0 * len(self.note)
        self.below += 14.0 if self.below else 0.0
        lines = [
            text_width(self.title, _TITLE_SIZE),
            *(text_width(line, _SMALL_SIZE) for line in self.note),
            *(row[-1][2] + text_width(row[-1][0], _SMALL_SIZE) + 32 for row in self.rows),
        ]
        self.width = max(lines)

    def draw(self, bottom: float) -> Iterable[str]:
        left = _MARGIN
        if self.title:
            yield (
                f'<text x="{_n(left)}" y="{_n(_MARGIN + 13)}" font-size="{_n(_TITLE_SIZE)}" '
                f'font-weight="600" text-anchor="start" fill="currentColor">'
                f"{_escape(self.title)}</text>"
            )
        y = bottom + 26
        for row in self.rows:
            for text, color, x in row:
                yield (
                    f'<rect x="{_n(left + x)}" y="{_n(y - 10)}" width="12" height="12" rx="3" '
                    f'fill="{_escape(color)}" stroke="{darken(color)}"/>'
                    f'<text x="{_n(left + x + 18)}" y="{_n(y)}" font-size="{_n(_SMALL_SIZE)}" '
                    f'text-anchor="start" fill="currentColor">{_escape(text)}</text>'
                )
            y += 20
        for line in self.note:
            yield (
                f'<text x="{_n(left)}" y="{_n(y)}" font-size="{_n(_SMALL_SIZE)}" '
                f'text-anchor="start" fill="currentColor" fill-opacity="0.75">'
                f"{_escape(line)}</text>"
            )
            y += 16


def _node(placed: PlacedNode) -> str:
    node = placed.node
    fill = node.color or PLAIN_FILL
    stroke = darken(fill)
    width, height = placed.width - 2 * placed.overhang, placed.height - 2 * placed.overhang
    x, y = placed.x, placed.y
    radius = height / 2 if node.shape == "circle" else _CORNER
    sheets = 3 if placed.overhang else 1
    shape = "".join(
        f'<rect x="{_n(x - width / 2 + back)}" y="{_n(y - height / 2 - back)}" '
        f'width="{_n(width)}" height="{_n(height)}" rx="{_n(radius)}" '
        f'fill="{fill}" stroke="{stroke}"/>'
        for back in (placed.overhang * sheet / 2 for sheet in reversed(range(sheets)))
    )
    ink = text_color(fill)
    if placed.subtext:
        text = (
            f'<text x="{_n(x)}" y="{_n(y - 3)}" fill="{ink}">{_escape(placed.text)}</text>'
            f'<text x="{_n(x)}" y="{_n(y + 13)}" font-size="{_n(SUBTEXT_SIZE)}" fill="{ink}" '
            f'fill-opacity="0.8">{_escape(placed.subtext)}</text>'
        )
    else:
        text = f'<text x="{_n(x)}" y="{_n(y + 4.2)}" fill="{ink}">{_escape(placed.text)}</text>'
    detail = _escape(node.detail or node.label)
    return f'<g class="node"><title>{detail}</title>{shape}{text}</g>'


def _edge(placed: PlacedEdge, rankdir: str, names: dict[int, str]) -> str:
    edge = placed.edge
    way, head = _curve(placed.points, rankdir)
    wide = 1.2 if edge.count == 1 else 2.0
    detail = f"{names[edge.source]} → {names[edge.target]}"
    if edge.label:
        detail += f": {edge.label}"
    if edge.count > 1:
        detail += f" ({TIMES} {edge.count:,})"
    label = ""
    if edge.label:
        x, y, anchor = _beside(placed, rankdir)
        label = (
            f'<text x="{_n(x)}" y="{_n(y)}" font-size="{_n(_SMALL_SIZE)}" '
            f'text-anchor="{anchor}" fill="currentColor" fill-opacity="0.8">'
            f"{_escape(_label(placed))}</text>"
        )
    return (
        f'<g class="edge"><title>{_escape(detail)}</title>'
        f'<path d="{way}" fill="none" stroke="{EDGE_COLOR}" stroke-width="{wide}" '
        f'stroke-opacity="0.85"/><path d="{head}" fill="{EDGE_COLOR}"/>{label}</g>'
    )


def _label(placed: PlacedEdge) -> str:
    return shorten(one_line(placed.edge.label), _SMALL_SIZE, 140.0)


def _beside(placed: PlacedEdge, rankdir: str) -> tuple[float, float, str]:
    """Find a place for words beside the middle of a line, and the end they hang on."""
    begin, end = placed.points[:2]
    x, y = (begin[0] + end[0]) / 2, (begin[1] + end[1]) / 2
    if rankdir == "LR":
        return x, y - 5, "middle"
    if abs(end[0] - begin[0]) < 40:  # about upright
        return x + 6, y + 4, "start"
    rises = (end[0] > begin[0]) == (end[1] < begin[1])
    return (x - 4, y - 5, "end") if rises else (x + 4, y - 5, "start")


def _overflow(positioned: Positioned) -> tuple[float, float]:
    """How far words beside edges reach beyond the drawing, to the left and to the right."""
    before = after = 0.0
    for placed in positioned.edges:
        if placed.edge.label:
            x, _, anchor = _beside(placed, positioned.drawing.rankdir)
            width = text_width(_label(placed), _SMALL_SIZE)
            start = x - {"start": 0.0, "middle": width / 2, "end": width}[anchor]
            before = max(before, -start)
            after = max(after, start + width - positioned.width)
    return before, after


def _curve(points: tuple[Point, ...], rankdir: str) -> tuple[str, str]:
    """Draw the line and its arrow head. Lines leave and arrive in the direction of the ranks."""
    across = rankdir == "LR"
    (x, y), forward = points[-1], -1.0 if rankdir == "BT" else 1.0
    if across:
        end = (x - _ARROW, y)
        head = f"M{_n(x)} {_n(y)}L{_n(x - _ARROW - 1)} {_n(y - 3)}V{_n(y + 3)}Z"
    else:
        end = (x, y - forward * _ARROW)
        base = _n(y - forward * (_ARROW + 1))
        head = f"M{_n(x)} {_n(y)}L{_n(x - 3)} {base}H{_n(x + 3)}Z"
    steps = [f"M{_n(points[0][0])} {_n(points[0][1])}"]
    for index, ((x1, y1), (x2, y2)) in enumerate(pairwise([*points[:-1], end])):
        if index % 2 or (y1 == y2 if across else x1 == x2):
            steps.append(f"L{_n(x2)} {_n(y2)}")
        elif across:
            middle = _n((x1 + x2) / 2)
            steps.append(f"C{middle} {_n(y1)} {middle} {_n(y2)} {_n(x2)} {_n(y2)}")
        else:
            middle = _n((y1 + y2) / 2)
            steps.append(f"C{_n(x1)} {middle} {_n(x2)} {middle} {_n(x2)} {_n(y2)}")
    return "".join(steps), head


def _wrap(text: str, size: float, room: float) -> Iterable[str]:
    line = ""
    for word in text.split():
        longer = f"{line} {word}".lstrip()
        if line and text_width(longer, size) > room:
            yield line
            longer = word
        line = longer
    if line:
        yield line


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _escape(text: str) -> str:
    """Make a text safe inside an element and inside a quoted attribute."""
    kept = "".join(c for c in text if c in "\t\n" or " " <= c < "\ud800" or c >= "\ue000")
    kept = kept.replace("\ufffe", "").replace("\uffff", "")
    for sign, name in (("&", "amp"), ("<", "lt"), (">", "gt"), ('"', "quot")):
        kept = kept.replace(sign, f"&{name};")
    return kept
