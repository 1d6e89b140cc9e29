"""Drawings of layered graphs: nodes and edges in, SVG, PNG, PDF or Graphviz source out."""

from treadle.diagnostics.draw.colors import (
    PALETTE,
    SCALES,
    ScaleName,
    color_names,
    color_values,
    scale_color,
)
from treadle.diagnostics.draw.dot import render_graphviz, to_dot
from treadle.diagnostics.draw.export import to_pdf, to_png
from treadle.diagnostics.draw.layout import layout
from treadle.diagnostics.draw.model import (
    Drawing,
    Edge,
    Node,
    PlacedEdge,
    PlacedNode,
    Positioned,
)
from treadle.diagnostics.draw.picture import Picture, picture, save
from treadle.diagnostics.draw.svg import to_svg

__all__ = [
    "PALETTE",
    "SCALES",
    "Drawing",
    "Edge",
    "Node",
    "Picture",
    "PlacedEdge",
    "PlacedNode",
    "Positioned",
    "ScaleName",
    "color_names",
    "color_values",
    "layout",
    "picture",
    "render_graphviz",
    "save",
    "scale_color",
    "to_dot",
    "to_pdf",
    "to_png",
    "to_svg",
]
