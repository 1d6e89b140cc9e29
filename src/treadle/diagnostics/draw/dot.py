"""The same drawing for Graphviz: as source text, and rendered by its program `dot`.

For people who have Graphviz and prefer its layout, or want to edit the source.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator

from treadle.diagnostics.draw.colors import EDGE_COLOR, PLAIN_FILL, darken, text_color
from treadle.diagnostics.draw.model import (
    Drawing,
    check,
    merge_edges,
)
from treadle.diagnostics.draw.sizes import measure
from treadle.diagnostics.draw.text import one_line
from treadle.errors import DrawingError, MissingDependencyError

_FONT = "Helvetica,Arial,sans-serif"
_MOST_SECONDS = 120.0


def to_dot(drawing: Drawing) -> str:
    """Write a drawing as Graphviz source.

    Parameters
    ----------
    drawing : Drawing

    Returns
    -------
    str
        A ``digraph``.

    Raises
    ------
    DrawingError
        Ids that occur twice, edges to unknown nodes.

    Examples
    --------
    >>> from treadle.diagnostics.draw import Drawing, Edge, Node
    >>> source = to_dot(Drawing([Node(0, "load"), Node(1, "sum")], [Edge(0, 1)]))
    >>> print(source.splitlines()[-2])
      n0 -> n1 [tooltip="load -> sum"];
    """
    check(drawing)
    node = {"style": "filled", "fontname": _FONT, "fontsize": "11", "margin": "0.1,0.05"}
    edge = {
        "color": EDGE_COLOR,
        "fontcolor": EDGE_COLOR,
        "fontname": _FONT,
        "fontsize": "9",
        "arrowsize": "0.6",
    }
    lines = [
        "digraph treadle {",
        f"  graph [{_attributes(_graph(drawing))}];",
        f"  node [{_attributes(node)}];",
        f"  edge [{_attributes(edge)}];",
        *_legend(drawing),
        *_nodes_and_edges(drawing),
        "}",
    ]
    return "\n".join(lines) + "\n"


def _nodes_and_edges(drawing: Drawing) -> Iterator[str]:
    names: dict[int, tuple[str, str]] = {}
    for index, node in enumerate(drawing.nodes):
        box = measure(node)
        names[node.id] = f"n{index}", box.text
        fill = node.color or PLAIN_FILL
        attributes = {
            "label": f"{box.text}\n{box.subtext}" if box.subtext else box.text,
            "tooltip": node.detail or node.label,
            "shape": "box" if node.shape == "box" else "ellipse",
            "style": "filled,rounded" if node.shape == "box" else "filled",
            "fillcolor": _long(fill),
            "color": darken(fill),
            "fontcolor": text_color(fill),
        }
        if box.subtext:
            attributes["peripheries"] = "2"
        yield f"  n{index} [{_attributes(attributes)}];"
    for edge in merge_edges(drawing.edges):
        (source, producer), (target, user) = names[edge.source], names[edge.target]
        attributes = {"tooltip": f"{producer} -> {user}"}
        if edge.label:
            attributes["label"] = one_line(edge.label)
        if edge.count > 1:
            attributes["penwidth"] = "2"
        yield f"  {source} -> {target} [{_attributes(attributes)}];"


def render_graphviz(drawing: Drawing, format: str = "svg") -> bytes:
    """Draw with the program `dot` of Graphviz.

    Parameters
    ----------
    drawing : Drawing
    format : {"svg", "png", "pdf"}

    Raises
    ------
    MissingDependencyError
        The program is not on the PATH.
    DrawingError
        The program failed, or took more than two minutes.
    """
    source = to_dot(drawing)
    program = shutil.which("dot")
    if program is None:
        raise MissingDependencyError(
            "engine='graphviz' needs the program 'dot', and it is not on the PATH. Install "
            "Graphviz (apt install graphviz, brew install graphviz), or leave `engine` out: "
            "treadle's own layout needs no program."
        )
    try:
        done = subprocess.run(
            [program, f"-T{format}", f"-Gbgcolor={'transparent' if format == 'svg' else 'white'}"],
            input=source.encode(),
            capture_output=True,
            timeout=_MOST_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise DrawingError(
            f"dot did not finish {len(drawing.nodes):,} nodes within {_MOST_SECONDS:.0f} s and "
            "was stopped. Draw fewer nodes, or leave `engine` out."
        ) from error
    if done.returncode:
        raise DrawingError(
            f"dot ended with exit code {done.returncode}: "
            f"{done.stderr.decode(errors='replace').strip()[-500:]}"
        )
    return done.stdout


def _graph(drawing: Drawing) -> dict[str, str]:
    lines = [one_line(drawing.title), one_line(drawing.note)]
    return {
        "rankdir": drawing.rankdir,
        "label": "\n".join(line for line in lines if line),
        "labelloc": "t",
        "fontname": _FONT,
        "fontcolor": EDGE_COLOR,
    }


def _legend(drawing: Drawing) -> Iterator[str]:
    """Graphviz has no legends: draw a box for each entry, in a frame of their own."""
    if drawing.legend:
        yield f'  subgraph cluster_legend {{ color="{EDGE_COLOR}"; label="";'
        for index, (text, color) in enumerate(drawing.legend):
            attributes = {
                "label": one_line(text),
                "shape": "box",
                "fillcolor": _long(color),
                "fontcolor": text_color(color),
                "fontsize": "9",
                "height": "0.25",
            }
            yield f"    legend{index} [{_attributes(attributes)}];"
        yield "  }"


def _attributes(attributes: dict[str, str]) -> str:
    return " ".join(f"{name}={_quote(value)}" for name, value in attributes.items())


def _quote(text: str) -> str:
    """Quote a text so that neither quotes nor Graphviz's own backslash codes act."""
    lines = [one_line(line).replace("\\", "\\\\").replace('"', '\\"') for line in text.split("\n")]
    return '"' + "\\n".join(lines) + '"'


def _long(color: str) -> str:
    if len(color) == 4:
        return "#" + "".join(2 * digit for digit in color[1:])
    return color
