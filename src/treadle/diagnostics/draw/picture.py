"""Drawings as files, and as pictures that a notebook shows."""

from __future__ import annotations

import os
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from treadle.diagnostics.draw.dot import render_graphviz, to_dot
from treadle.diagnostics.draw.export import to_pdf, to_png
from treadle.diagnostics.draw.layout import layout
from treadle.diagnostics.draw.model import Drawing
from treadle.diagnostics.draw.svg import to_svg
from treadle.errors import DrawingError

Format = Literal["svg", "png", "pdf", "dot"]
Engine = Literal["treadle", "graphviz"]
FORMATS: tuple[Format, ...] = ("svg", "png", "pdf", "dot")
ENGINES: tuple[Engine, ...] = ("treadle", "graphviz")
_PAPER = "#ffffff"


@dataclass(frozen=True, slots=True)
class Picture:
    """A finished drawing. A notebook shows it where a cell ends with it.

    Attributes
    ----------
    svg : str
        The drawing, whatever the format of the file.
    filename : str or None
        Where it was saved.
    png : bytes or None
        The drawing as PNG, if it was asked for as PNG; a notebook then shows this.
    """

    svg: str
    filename: str | None = None
    png: bytes | None = None

    def _repr_svg_(self) -> str | None:
        return self.svg if self.png is None else None

    def _repr_png_(self) -> bytes | None:
        return self.png

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        if self.png is None:
            return {"image/svg+xml": self.svg, "text/plain": repr(self)}
        return {"image/png": b64encode(self.png).decode("ascii"), "text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"<Picture {self.filename or 'not saved'}, {len(self.svg):,} characters of SVG>"


def picture(
    drawing: Drawing,
    filename: str | os.PathLike[str] | None = None,
    *,
    format: Format | None = None,
    engine: Engine = "treadle",
    scale: float = 2.0,
) -> Picture:
    """Draw, and save if a file name is given.

    Parameters
    ----------
    drawing : Drawing
    filename : path, optional
        Where to save. A name without a known ending gets the one of the format.
    format : {"svg", "png", "pdf", "dot"}, optional
        By default as the name ends, else SVG.
    engine : {"treadle", "graphviz"}
        Whose layout: our own, or that of the program `dot`.
    scale : float
        Pixels of a PNG per pixel of the SVG; Graphviz chooses its own.

    Returns
    -------
    Picture

    Raises
    ------
    DrawingError
        A format or an engine that does not exist, a name that contradicts the format, or a
        drawing that contradicts itself.
    MissingDependencyError
        PNG and PDF need a library, Graphviz its program.
    CycleError
        The edges form a circle.

    Examples
    --------
    >>> from treadle.diagnostics.draw import Drawing, Edge, Node
    >>> picture(Drawing([Node(0, "load"), Node(1, "sum")], [Edge(0, 1)])).filename is None
    True
    """
    path, kind = _target(filename, format)
    if engine not in ENGINES:
        raise DrawingError(f"engine is {engine!r}. Use one of {', '.join(ENGINES)}.")
    if engine == "graphviz":
        text = render_graphviz(drawing, "svg").decode("utf-8")
        svg = text[text.index("<svg") :]
    else:
        positioned = layout(drawing)
        svg = to_svg(positioned)

    if kind == "svg":
        data = svg.encode("utf-8")
    elif kind == "dot":
        data = to_dot(drawing).encode("utf-8")
    elif engine == "graphviz":
        data = render_graphviz(drawing, kind)
    else:
        page = to_svg(positioned, background=_PAPER)
        data = to_png(page, scale) if kind == "png" else to_pdf(page)

    if path is not None:
        path.write_bytes(data)
    return Picture(
        svg=svg,
        filename=None if path is None else str(path),
        png=data if kind == "png" else None,
    )


def save(
    drawing: Drawing,
    filename: str | os.PathLike[str],
    format: Format | None = None,
    *,
    engine: Engine = "treadle",
    scale: float = 2.0,
) -> Path:
    """Draw into a file and return its path; arguments and errors are those of :func:`picture`."""
    saved = picture(drawing, filename, format=format, engine=engine, scale=scale).filename
    return Path(saved or filename)


def _target(
    filename: str | os.PathLike[str] | None, format: Format | None
) -> tuple[Path | None, Format]:
    if format is not None and format not in FORMATS:
        raise DrawingError(f"format is {format!r}. Use one of {', '.join(FORMATS)}.")
    if filename is None:
        return None, format or "svg"
    path = Path(filename)
    ending = next((known for known in FORMATS if path.suffix.lower() == f".{known}"), None)
    if ending and format and ending != format:
        raise DrawingError(
            f"The file name {path.name!r} ends in '.{ending}' and format is {format!r}. "
            "Leave one of the two out."
        )
    if ending:
        return path, ending
    kind = format or "svg"
    return path.with_name(f"{path.name}.{kind}"), kind
