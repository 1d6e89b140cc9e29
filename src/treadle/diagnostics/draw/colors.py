"""From values to fills that most eyes can tell apart, and back to ink that is readable on them.

Scales run from light to dark in even steps of lightness, so they keep their order for every kind
of colour vision and in grey. Names of operations take a colour from a palette by a hash of the
name: the same operation has the same colour in every drawing, on every run.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Literal
from zlib import crc32

ScaleName = Literal["order", "memory", "time"]

# "order" follows viridis (Smith and van der Walt, released as CC0), from its light end; the other
# two keep one hue each, so that a reader sees from the hue what is meant.
SCALES: dict[ScaleName, tuple[str, ...]] = {
    "order": (
        "#fde725",
        "#addc30",
        "#5ec962",
        "#28ae80",
        "#21918c",
        "#2c728e",
        "#3b528b",
        "#472d7b",
    ),
    "memory": (
        "#eef4fb",
        "#cfe0f3",
        "#a8c9e8",
        "#79add9",
        "#4a8fc6",
        "#2671ae",
        "#0f5490",
        "#083a6b",
    ),
    "time": (
        "#fff3e0",
        "#fddfb4",
        "#fbc181",
        "#f59d55",
        "#e67635",
        "#cb5122",
        "#a33318",
        "#751e12",
    ),
}

# The hues of Okabe and Ito (Color Universal Design, 2008), mixed with two fifths of white, so that
# dark labels stay readable; and a slate.
PALETTE = ("#f0c76b", "#9dd4f2", "#6bc7ae", "#f6ef91", "#6badd2", "#e7a26b", "#e1b1cc", "#b4bfcc")

PLAIN_FILL = "#eaeff6"
EDGE_COLOR = "#7b889b"  # about equally far from white and from a dark page
_DARK_INK = "#1b2430"
_LIGHT_INK = "#ffffff"


def scale_color(fraction: float, scale: ScaleName = "order") -> str:
    """Give the color at a place between 0 (light) and 1 (dark) of a scale.

    Examples
    --------
    >>> scale_color(0.0, "memory"), scale_color(1.0, "memory")
    ('#eef4fb', '#083a6b')
    """
    anchors = SCALES[scale]
    place = min(1.0, max(0.0, fraction)) * (len(anchors) - 1)
    index = min(int(place), len(anchors) - 2)
    low, high = _channels(anchors[index]), _channels(anchors[index + 1])
    return _hex(a + (b - a) * (place - index) for a, b in zip(low, high, strict=True))


def color_values(
    values: Sequence[float | None],
    scale: ScaleName = "order",
    *,
    form: Callable[[float], str] = "{:,.4g}".format,
    upper: float | None = None,
    log: bool = False,
) -> tuple[list[str | None], list[tuple[str, str]]]:
    """Give each value a fill, and the legend that explains them.

    Parameters
    ----------
    values : sequence of float or None
        None and NaN get no color.
    scale : {"order", "memory", "time"}
    form : callable
        Writes a value for the legend, such as ``format_bytes``.
    upper : float, optional
        The value at the dark end; larger ones get that color too. By default the largest value.
    log : bool
        Spread the small values, for sizes and times that differ by orders of magnitude. Values
        that are not positive get the light end.

    Returns
    -------
    colors : list of str or None
        One per value.
    legend : list of (text, color)
        Up to five steps from the smallest value to the largest.

    Examples
    --------
    >>> colors, legend = color_values([0, 5, None, 10], form="{:.0f}".format)
    >>> colors
    ['#fde725', '#24a086', None, '#472d7b']
    >>> [text for text, _ in legend]
    ['0', '2', '5', '8', '10']
    """
    known = [v for v in values if v is not None and not math.isnan(v) and (v > 0 or not log)]
    if not known:
        return [None] * len(values), []
    low = min(known)
    high = max(low, max(known) if upper is None else upper)

    def place(value: float) -> float:
        if value <= low or high == low:
            return 0.0
        return math.log(value / low) / math.log(high / low) if log else (value - low) / (high - low)

    def value_at(fraction: float) -> float:
        return low * (high / low) ** fraction if log else low + (high - low) * fraction

    colors = [
        None if value is None or math.isnan(value) else scale_color(place(value), scale)
        for value in values
    ]
    steps = [step / 4 for step in range(5)] if high > low else [0.0]
    legend = {form(value_at(step)): scale_color(step, scale) for step in reversed(steps)}
    return colors, list(legend.items())[::-1]


def color_names(names: Iterable[str]) -> dict[str, str]:
    """Give each name a fill: by a hash of the name, moved on while another name has that color.

    Parameters
    ----------
    names : iterable of str
        May repeat.

    Returns
    -------
    dict of str to str
        Sorted by name; as a legend, ``list(result.items())``. Colors repeat beyond eight names.

    Examples
    --------
    >>> color_names(["sum", "load"])["load"] == color_names(["load"])["load"]
    True
    """
    colors: dict[str, str] = {}
    taken: set[int] = set()
    for name in sorted(set(names)):
        slot = crc32(name.encode("utf-8", "replace")) % len(PALETTE)
        if len(taken) == len(PALETTE):
            taken.clear()
        while slot in taken:
            slot = (slot + 1) % len(PALETTE)
        taken.add(slot)
        colors[name] = PALETTE[slot]
    return colors


def text_color(fill: str) -> str:
    """Choose the ink, dark or light, that contrasts more with a fill (WCAG 2 contrast).

    Examples
    --------
    >>> text_color("#fde725"), text_color("#083a6b")
    ('#1b2430', '#ffffff')
    """
    light, paper, dark = (_luminance(color) for color in (_LIGHT_INK, fill, _DARK_INK))
    return _LIGHT_INK if (light + 0.05) * (dark + 0.05) > (paper + 0.05) ** 2 else _DARK_INK


def darken(fill: str) -> str:
    """Give the outline for a fill: the same color, a third darker.

    Examples
    --------
    >>> darken("#ffffff")
    '#aaaaaa'
    """
    return _hex(channel * 2 / 3 for channel in _channels(fill))


def _channels(color: str) -> tuple[int, int, int]:
    digits = color[1:]
    if len(digits) == 3:
        digits = "".join(2 * digit for digit in digits)
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)


def _hex(channels: Iterable[float]) -> str:
    return "#" + "".join(f"{round(channel):02x}" for channel in channels)


def _luminance(color: str) -> float:
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (channel / 255 for channel in _channels(color))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
