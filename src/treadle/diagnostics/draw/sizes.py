"""How large the shape of a node is: its text fits, whatever the text.

Law: the text of a node, measured by :func:`~treadle.diagnostics.draw.text.text_width`, is
narrower than its shape.
"""

from __future__ import annotations

from dataclasses import dataclass

from treadle.diagnostics.draw.model import Node
from treadle.diagnostics.draw.text import TIMES, one_line, shorten, text_width

TEXT_SIZE = 12.0
SUBTEXT_SIZE = 10.5

_WIDEST_TEXT = 200.0
_HEIGHT = {"circle": 40.0, "box": 32.0}
_HEIGHT_WITH_SUBTEXT = 46.0
_PADDING = 12.0
_LEAST_PADDING_IN_CIRCLE = 4.5
_LEAST_WIDTH_OF_BOX = 48.0
_OVERHANG = 7.0


@dataclass(frozen=True, slots=True)
class Box:
    """Room for a node with everything that belongs to it, and the text that it shows.

    The front sheet of a stack stands in the middle, with `overhang` on every side of it, so that
    chains of stacked and single nodes run straight.
    """

    width: float
    height: float
    text: str
    subtext: str
    overhang: float


def measure(node: Node) -> Box:
    """Find the size of a node.

    A circle stays a circle as long as its text fits, and widens into a pill after that.

    Examples
    --------
    >>> box = measure(Node(0, "inc"))
    >>> box.width == box.height
    True
    """
    text = shorten(one_line(node.label), TEXT_SIZE, _WIDEST_TEXT)
    subtext = f"{TIMES} {node.count:,}" if node.count > 1 else ""
    height = _HEIGHT_WITH_SUBTEXT if subtext else _HEIGHT[node.shape]
    overhang = _OVERHANG if subtext else 0.0
    inner = max(text_width(text, TEXT_SIZE), text_width(subtext, SUBTEXT_SIZE))
    if node.shape == "circle" and inner + 2 * _LEAST_PADDING_IN_CIRCLE <= height:
        width = height
    else:
        width = max(_LEAST_WIDTH_OF_BOX, inner + 2 * _PADDING)
    return Box(width + 2 * overhang, height + 2 * overhang, text, subtext, overhang)
