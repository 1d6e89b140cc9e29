"""Drawings as files and as pictures for notebooks; what is missing is named."""

from __future__ import annotations

import os
import shutil
import sys
from base64 import b64decode
from pathlib import Path
from typing import cast
from xml.etree import ElementTree

import pytest

from tests.diagnostics.draw.drawings import fan_in, tree
from treadle.diagnostics.draw import (
    Drawing,
    Edge,
    Node,
    layout,
    picture,
    save,
    to_dot,
    to_pdf,
    to_png,
    to_svg,
)
from treadle.diagnostics.draw.picture import Engine, Format
from treadle.errors import DrawingError, MissingDependencyError

PNG = b"\x89PNG\r\n\x1a\n"
NEEDS_DOT = pytest.mark.skipif(
    shutil.which("dot") is None, reason="the program 'dot' of Graphviz is not installed"
)


def converter() -> None:
    pytest.importorskip("vl_convert", reason="the package 'vl-convert-python' is not installed")


def png_size(png: bytes) -> tuple[int, int]:
    return int.from_bytes(png[16:20]), int.from_bytes(png[20:24])


def test_a_notebook_shows_svg(tmp_path: Path) -> None:
    shown = picture(tree(), tmp_path / "graph")
    assert shown.filename == str(tmp_path / "graph.svg")
    assert Path(shown.filename).read_text(encoding="utf-8") == shown.svg
    assert shown._repr_svg_() == shown.svg
    assert shown._repr_png_() is None
    assert shown._repr_mimebundle_(include=None, exclude=None)["image/svg+xml"] == shown.svg
    assert "graph.svg" in repr(shown)


def test_nothing_is_saved_without_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert picture(tree()).filename is None
    assert not list(tmp_path.iterdir())


def test_a_notebook_shows_png_when_png_was_asked_for(tmp_path: Path) -> None:
    converter()
    shown = picture(tree(), tmp_path / "graph.png")
    assert shown.png is not None
    assert shown.png.startswith(PNG)
    assert (tmp_path / "graph.png").read_bytes() == shown.png
    assert shown._repr_svg_() is None
    assert shown._repr_png_() == shown.png
    bundle = shown._repr_mimebundle_()
    assert b64decode(bundle["image/png"]) == shown.png
    assert "image/svg+xml" not in bundle


def test_png_has_the_size_of_the_svg_times_the_scale() -> None:
    converter()
    svg = to_svg(layout(tree()), background="#ffffff")
    root = ElementTree.fromstring(svg)
    width, height = png_size(to_png(svg, scale=3))
    assert width == pytest.approx(3 * float(root.get("width") or 0), abs=2)
    assert height == pytest.approx(3 * float(root.get("height") or 0), abs=2)


def test_a_huge_png_is_scaled_down() -> None:
    converter()
    width, height = png_size(to_png(to_svg(layout(fan_in(50)), background="#fff"), scale=50))
    assert 25_000_000 < width * height < 31_000_000


def test_pdf_is_vectors(tmp_path: Path) -> None:
    converter()
    data = save(tree(), tmp_path / "graph.pdf").read_bytes()
    assert data.startswith(b"%PDF-")
    assert b"/Font" in data
    assert b"/Subtype /Image" not in data
    assert b"/Subtype/Image" not in data


def test_what_is_not_svg_cannot_be_converted() -> None:
    converter()
    with pytest.raises(DrawingError, match="could not be converted"):
        to_png("not svg")
    with pytest.raises(DrawingError, match="could not be converted"):
        to_pdf("<p>not svg</p>")


@pytest.mark.parametrize("scale", [0, -1, float("nan"), float("inf")])
def test_a_scale_must_be_positive(scale: float) -> None:
    with pytest.raises(DrawingError, match="positive number"):
        to_png("<svg/>", scale)


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)  # the import now fails
    for write in (to_png, to_pdf):
        with pytest.raises(MissingDependencyError, match="pip install vl-convert-python"):
            write("<svg/>")


def test_a_missing_program_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingDependencyError, match="apt install graphviz"):
        picture(tree(), engine="graphviz")


@pytest.mark.skipif(os.name == "nt", reason="writes a shell script")
def test_a_failing_program_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "dot"
    program.write_text("#!/bin/sh\necho 'no more paper' >&2\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DrawingError, match="exit code 3: no more paper"):
        picture(tree(), engine="graphviz")


@NEEDS_DOT
def test_graphviz_draws_every_node_and_edge(tmp_path: Path) -> None:
    drawing = Drawing(
        [Node(0, 'say "a\\N"'), Node(-1, "<b>\n", "box", count=2, color="#fff")],
        [Edge(0, -1, "x", 2)],
        title="title",
        legend=[("legend", "#77aadd")],
    )
    path = save(drawing, tmp_path / "graph", engine="graphviz")
    root = ElementTree.parse(path).getroot()
    classes = [element.get("class") for element in root.iter()]
    assert (classes.count("node"), classes.count("edge")) == (3, 1)
    texts = {element.text for element in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {'say "a\\N"', "<b>", "x", "title", "legend"} <= texts


def test_graphviz_source_quotes_every_word(tmp_path: Path) -> None:
    drawing = Drawing(
        [Node(0, 'a "b" \\N'), Node(7, "c\n", detail="one\ntwo")],
        [Edge(0, 7), Edge(0, 7)],
        title='"]; evil',
    )
    source = save(drawing, tmp_path / "graph.dot").read_text(encoding="utf-8")
    assert source == to_dot(drawing)
    assert r'n0 [label="a \"b\" \\N"' in source
    assert r'tooltip="one\ntwo"' in source
    assert r'label="\"]; evil"' in source
    assert source.count("n0 -> n1") == 1


@pytest.mark.parametrize(
    ("name", "format", "expected"),
    [
        ("graph", None, "graph.svg"),
        ("graph", "dot", "graph.dot"),
        ("graph.SVG", None, "graph.SVG"),
        ("graph.dot", None, "graph.dot"),
        ("graph.v2", None, "graph.v2.svg"),
        ("graph.svg", "svg", "graph.svg"),
    ],
)
def test_names_and_formats(tmp_path: Path, name: str, format: Format | None, expected: str) -> None:
    path = save(tree(), tmp_path / name, format)
    assert path == tmp_path / expected
    assert path.read_text(encoding="utf-8").startswith("<svg" if "dot" not in expected else "di")


def test_a_name_that_contradicts_the_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DrawingError, match=r"'graph\.svg' ends in '\.svg' and format is 'png'"):
        save(tree(), tmp_path / "graph.svg", "png")


def test_unknown_formats_and_engines_list_the_known_ones() -> None:
    with pytest.raises(DrawingError, match="svg, png, pdf, dot"):
        picture(tree(), format=cast(Format, "gif"))
    with pytest.raises(DrawingError, match="treadle, graphviz"):
        picture(tree(), engine=cast(Engine, "tulip"))
