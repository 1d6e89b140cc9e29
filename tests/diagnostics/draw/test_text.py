"""Texts fit into what they are measured for."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.diagnostics.draw.drawings import ANY_TEXT
from treadle.diagnostics.draw import Node
from treadle.diagnostics.draw.model import SHAPES, Shape
from treadle.diagnostics.draw.sizes import SUBTEXT_SIZE, TEXT_SIZE, measure
from treadle.diagnostics.draw.text import one_line, shorten, text_width


@settings(deadline=None)
@given(ANY_TEXT, st.floats(20, 300))
def test_a_shortened_text_is_narrow_enough_and_keeps_both_ends(text: str, limit: float) -> None:
    text = one_line(text)
    short = shorten(text, 10, limit)
    assert text_width(short, 10) <= limit
    if short != text:
        head, _, tail = short.partition("…")
        assert text.startswith(head)
        assert text.endswith(tail)


@settings(deadline=None)
@given(ANY_TEXT)
def test_one_line_has_no_line_breaks_and_no_control_characters(text: str) -> None:
    line = one_line(text)
    assert line == one_line(line)
    assert len(line.splitlines()) <= 1
    assert "  " not in line


@settings(deadline=None)
@given(ANY_TEXT, st.sampled_from(SHAPES), st.integers(1, 10**12))
def test_labels_are_narrower_than_their_shape(label: str, shape: Shape, count: int) -> None:
    box = measure(Node(0, label, shape, count=count))
    inside = box.width - 2 * box.overhang
    assert text_width(box.text, TEXT_SIZE) < inside
    assert text_width(box.subtext, SUBTEXT_SIZE) < inside


def test_a_short_name_is_a_circle_and_a_long_one_a_pill() -> None:
    short, long = measure(Node(0, "inc")), measure(Node(0, "mean_combine"))
    assert short.width == short.height
    assert long.width > long.height == short.height


def test_wide_characters_count_as_wide_and_combining_ones_not_at_all() -> None:
    assert text_width("日本", 10) > text_width("ab", 10)
    assert text_width("e\N{COMBINING ACUTE ACCENT}", 10) == text_width("e", 10)
