"""SVG to PNG and PDF, by the library `vl-convert-python`.

It is imported on use. It was chosen because it does both formats, keeps PDF as vectors with text
that can be searched, brings its own fonts (a machine without any draws the same picture), needs
no system library and has wheels for Linux, macOS and Windows.
"""

from __future__ import annotations

import importlib
import math
import re
from types import ModuleType

from treadle.errors import DrawingError, MissingDependencyError

_MOST_PIXELS = 30_000_000
_SIZE = re.compile(r'<svg\b[^>]*?\bwidth="([\d.]+)"[^>]*?\bheight="([\d.]+)"')


def to_png(svg: str, scale: float = 2.0) -> bytes:
    """Paint an SVG as PNG.

    Parameters
    ----------
    svg : str
        From :func:`to_svg`, with a background: PNG has no page of its own.
    scale : float
        Pixels of the PNG per pixel of the SVG. Reduced where the picture would have more than
        30 million pixels.

    Raises
    ------
    MissingDependencyError
        The library is not installed.
    DrawingError
        The scale is not positive, or the text is not SVG.
    """
    if not scale > 0 or math.isinf(scale):
        raise DrawingError(f"scale is {scale}. Use a positive number such as 2.")
    size = _SIZE.search(svg)
    if size:
        pixels = float(size[1]) * float(size[2])
        scale = min(scale, math.sqrt(_MOST_PIXELS / max(1.0, pixels)))
    return _convert("svg_to_png", svg, scale)


def to_pdf(svg: str) -> bytes:
    """Write an SVG as a one-page PDF of vectors, with text that can be searched and copied.

    Raises
    ------
    MissingDependencyError
        The library is not installed.
    DrawingError
        The text is not SVG.
    """
    return _convert("svg_to_pdf", svg, 1.0)


def _convert(function: str, svg: str, scale: float) -> bytes:
    library = _library()
    try:
        return bytes(getattr(library, function)(svg, scale=scale))
    except (ValueError, RuntimeError) as error:
        # What follows the first line is a trace of the library's own code, 90 lines of it.
        reason = str(error).partition("\n")[0]
        raise DrawingError(
            f"The picture could not be converted: {reason}. Save it as SVG to look at it."
        ) from None


def _library() -> ModuleType:
    try:
        return importlib.import_module("vl_convert")
    except ImportError as error:
        raise MissingDependencyError(
            "Drawing as PNG or PDF needs the package 'vl-convert-python', which is not installed "
            f"({error}). Install it with: pip install vl-convert-python  "
            "(or: pip install 'treadle[draw]'). SVG needs nothing."
        ) from error
