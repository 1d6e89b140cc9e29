"""The SVG is XML, holds exactly what was drawn, and no text of a user becomes markup."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given, settings

from tests.diagnostics.draw.drawings import drawings, fan_in, tree
from treadle.diagnostics.draw import Drawing, Edge, Node, layout, to_svg
from treadle.diagnostics.draw.text import text_width

SVG = "{http://www.w3.org/2000/svg}"
ALLOWED = {f"{SVG}{name}" for name in ("svg", "title", "style", "g", "rect", "path", "text")}
HOSTILE = """</title><script>alert("1")</script>' onload='x' &amp; ]]>\n<!--\x00\x1b\ud800"""


def groups(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [group for group in root.iter(f"{SVG}g") if group.get("class") == name]


@settings(deadline=None)
@given(drawings())
def test_any_drawing_is_xml_with_one_group_per_node_and_edge(drawing: Drawing) -> None:
    positioned = layout(drawing)
    root = ElementTree.fromstring(to_svg(positioned))
    assert {element.tag for element in root.iter()} <= ALLOWED
    assert len(groups(root, "node")) == len(drawing.nodes)
    assert len(groups(root, "edge")) == len(positioned.edges)


@pytest.mark.parametrize("background", [None, "#ffffff"])
def test_hostile_words_stay_words(background: str | None) -> None:
    drawing = Drawing(
        [Node(0, HOSTILE, detail=HOSTILE), Node(1, HOSTILE, "box")],
        [Edge(0, 1, HOSTILE)],
        title=HOSTILE,
        legend=[(HOSTILE, "#fff")],
        note=HOSTILE,
    )
    root = ElementTree.fromstring(to_svg(layout(drawing), background=background))
    assert {element.tag for element in root.iter()} <= ALLOWED
    names = {name for element in root.iter() for name in element.attrib}
    assert not any(name.startswith("on") or "href" in name for name in names)
    (tooltip, *_) = (group.findtext(f"{SVG}title") for group in groups(root, "node"))
    assert tooltip == HOSTILE.translate({0: None, 0x1B: None, 0xD800: None})


def test_the_full_name_is_in_the_tooltip_when_the_label_is_shortened() -> None:
    name = "a-very-long-name-" * 10
    root = ElementTree.fromstring(to_svg(layout(Drawing([Node(0, name)]))))
    (node,) = groups(root, "node")
    assert node.findtext(f"{SVG}title") == name
    label = node.findtext(f"{SVG}text") or ""
    assert "…" in label
    assert len(label) < 40


def test_an_operation_of_many_tasks_is_a_stack_with_its_number() -> None:
    drawing = Drawing([Node(0, "one"), Node(1, "many", count=1_000_000)])
    one, many = groups(ElementTree.fromstring(to_svg(layout(drawing))), "node")
    assert len(one.findall(f"{SVG}rect")) == 1
    assert len(many.findall(f"{SVG}rect")) == 3
    assert [text.text for text in many.findall(f"{SVG}text")] == [
        "many",
        "\N{MULTIPLICATION SIGN} 1,000,000",
    ]


def test_title_legend_and_note_are_written() -> None:
    drawing = tree()
    drawing.legend = [("inc", "#77aadd"), ("add", "#ee8866")]
    drawing.note = "Drawn by operation: too many tasks. " * 20
    root = ElementTree.fromstring(to_svg(layout(drawing)))
    texts = [text.text for text in root.findall(f"{SVG}text")]
    assert texts[:3] == ["tree", "inc", "add"]
    assert " ".join(filter(None, texts[3:])) == drawing.note.strip()
    assert [rect.get("fill") for rect in root.findall(f"{SVG}rect")] == ["#77aadd", "#ee8866"]


def test_a_wide_drawing_is_scaled_down_but_not_out_of_sight() -> None:
    def scale(width: int) -> float:
        root = ElementTree.fromstring(to_svg(layout(fan_in(width))))
        inner = float((root.get("viewBox") or "").split()[2])
        return float(root.get("width") or 0) / inner

    assert scale(5) == pytest.approx(1.0, abs=1e-3)
    assert 0.6 < scale(30) < 1.0
    assert scale(500) == pytest.approx(0.6, abs=1e-3)


def test_words_beside_an_edge_stay_inside_the_picture() -> None:
    label = "words beside it"
    drawing = Drawing([Node(0, "a"), Node(1, "b")], [Edge(0, 1, label)])
    root = ElementTree.fromstring(to_svg(layout(drawing)))
    (edge,) = groups(root, "edge")
    text = edge.find(f"{SVG}text")
    frame = next(group for group in root.iter(f"{SVG}g") if group.get("transform"))
    assert text is not None
    assert (text.text, text.get("text-anchor")) == (label, "start")
    shift = float((frame.get("transform") or "").removeprefix("translate(").split()[0])
    end = shift + float(text.get("x") or 0) + text_width(label, 11)
    assert end <= float((root.get("viewBox") or "").split()[2])


def test_nothing_is_fetched_and_nothing_runs() -> None:
    svg = to_svg(layout(tree()))
    assert "http" not in svg.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert "script" not in svg
    assert "url(" not in svg
