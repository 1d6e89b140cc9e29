"""Colors keep the order of values, repeat on every run, and leave labels readable."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.diagnostics.draw.drawings import ANY_TEXT
from treadle.diagnostics.draw import PALETTE, SCALES, ScaleName, color_names, color_values
from treadle.diagnostics.draw.colors import PLAIN_FILL, scale_color, text_color


def luminance(color: str) -> float:
    channels = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, two: str) -> float:
    low, high = sorted((luminance(one), luminance(two)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scale", SCALES)
def test_scales_grow_darker_all_the_way(scale: ScaleName) -> None:
    shades = [luminance(scale_color(step / 50, scale)) for step in range(51)]
    assert all(lighter > darker for lighter, darker in pairwise(shades))


@pytest.mark.parametrize("scale", SCALES)
def test_labels_are_readable_on_every_fill(scale: ScaleName) -> None:
    fills = [scale_color(step / 50, scale) for step in range(51)]
    for fill in [*fills, *PALETTE, PLAIN_FILL]:
        assert contrast(fill, text_color(fill)) >= 3.8


@settings(deadline=None)
@given(st.lists(st.none() | st.floats(-1e9, 1e9), max_size=20), st.sampled_from(list(SCALES)))
def test_larger_values_are_never_lighter(values: list[float | None], scale: ScaleName) -> None:
    colors, legend = color_values(values, scale)
    known = sorted((v, c) for v, c in zip(values, colors, strict=True) if v is not None and c)
    shades = [luminance(color) for _, color in known]
    assert len(known) == sum(value is not None for value in values)
    assert all(lighter >= darker for lighter, darker in pairwise(shades))
    assert len(legend) <= 5
    assert bool(legend) == bool(known)


def test_the_legend_runs_from_the_least_to_the_largest_value() -> None:
    colors, legend = color_values([3.0, None, 7.0, math.nan], form="{:.0f} s".format)
    assert [text for text, _ in legend] == ["3 s", "4 s", "5 s", "6 s", "7 s"]
    assert (colors[0], colors[2]) == (legend[0][1], legend[-1][1])
    assert colors[1] is colors[3] is None


def test_upper_holds_the_dark_end_for_larger_values() -> None:
    colors, legend = color_values([0, 10, 1000], upper=10)
    assert colors[1] == colors[2] == legend[-1][1]
    assert legend[-1][0] == "10"


def test_log_spreads_small_values() -> None:
    colors, legend = color_values([1, 100, 10_000, 0], log=True, form="{:.0f}".format)
    assert colors[1] == scale_color(0.5)
    assert colors[3] == colors[0]
    assert [text for text, _ in legend] == ["1", "10", "100", "1000", "10000"]


def test_equal_values_have_one_color_and_one_line_in_the_legend() -> None:
    colors, legend = color_values([4, 4])
    assert colors == [legend[0][1]] * 2
    assert len(legend) == 1


def test_names_have_the_same_color_in_every_drawing_and_run() -> None:
    # Fixed values: a change here changes everyone's drawings.
    assert color_names(["inc"]) == {"inc": "#e1b1cc"}
    assert color_names(["sum"]) == {"sum": "#e7a26b"}


@settings(deadline=None)
@given(st.lists(ANY_TEXT, max_size=8))
def test_up_to_eight_names_are_told_apart(names: list[str]) -> None:
    colors = color_names(names)
    assert list(colors) == sorted(set(names))
    assert len(set(colors.values())) == len(colors)


def test_more_names_use_every_color_about_as_often() -> None:
    colors = list(color_names(f"name-{index}" for index in range(20)).values())
    assert {colors.count(color) for color in PALETTE} <= {2, 3}
