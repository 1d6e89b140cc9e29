"""``visualize``: what is drawn for a graph, in both views."""

from __future__ import annotations

from operator import add, neg
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import treadle
from treadle import config, delayed, visualize
from treadle.collection import graph_of
from treadle.diagnostics import Profiler
from treadle.diagnostics.drawing import group
from treadle.errors import DrawingError


def inc(x: int) -> int:
    return x + 1


def tutorial() -> Any:
    return delayed(sum)([delayed(inc)(n) for n in range(8)])


def titles(svg: str) -> list[str]:
    root = ElementTree.fromstring(svg)
    return [found.text or "" for found in root.iter("{http://www.w3.org/2000/svg}title")]


def test_one_shape_per_task() -> None:
    svg = visualize(tutorial(), filename=None).svg
    assert sum(title.startswith("inc\ninc-") for title in titles(svg)) == 8
    assert sum(title.startswith("sum\nsum-") for title in titles(svg)) == 1


def test_one_shape_per_group() -> None:
    svg = visualize(tutorial(), filename=None, by="operation").svg
    assert "inc: 8 tasks" in titles(svg)


def test_alike_operations_are_one_group() -> None:
    loads = [delayed(abs)(n) for n in range(5)]
    chains = [delayed(inc)(delayed(inc)(delayed(inc)(x))) for x in loads]
    other = delayed(inc)(delayed(neg)(1))
    total = delayed(sum)([*chains, other])
    groups = group(graph_of(total))
    assert [(members[0].label, len(members)) for members in groups] == [
        ("abs", 5),
        ("inc", 15),
        ("neg", 1),
        ("inc", 1),
        ("sum", 1),
    ]


def test_groups_never_form_a_circle() -> None:
    x = delayed(inc)(1)
    for _ in range(6):
        x = delayed(inc)(delayed(neg)(x))
    svg = visualize(delayed(add)(x, x), filename=None, by="operation").svg
    assert titles(svg)


def test_large_graphs_are_drawn_by_operation_and_say_so() -> None:
    with config.set({"visualization.max-tasks": 8}):
        svg = tutorial().visualize(filename=None).svg
    assert "9 tasks, more than 8: drawn by operation" in svg


def test_files(tmp_path: Path) -> None:
    picture = tutorial().visualize(tmp_path / "graph.svg")
    assert (tmp_path / "graph.svg").read_text() == picture.svg
    tutorial().visualize(tmp_path / "graph.dot")
    assert (tmp_path / "graph.dot").read_text().startswith("digraph")


@pytest.mark.parametrize("by", ["task", "operation"])
@pytest.mark.parametrize("color", ["name", "order", "memory"])
def test_colors(by: Any, color: Any) -> None:
    total = tutorial()
    assert visualize(total, filename=None, by=by, color=color).svg.startswith("<svg")


@pytest.mark.parametrize("by", ["task", "operation"])
def test_times_of_a_recorded_run(by: Any) -> None:
    total = tutorial()
    with Profiler() as profiler:
        total.compute(scheduler="sync")
    svg = visualize(total, filename=None, by=by, color="time", run=profiler).svg
    assert sum("µs" in title or "us" in title or " ms" in title for title in titles(svg))


def test_what_compute_would_run() -> None:
    x = delayed(neg)(delayed(neg)(1))
    (better,) = treadle.optimize(x)
    assert len([t for t in titles(visualize(better, filename=None).svg) if "neg" in t]) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "nothing to draw"),
        ({"color": "red"}, "color='red'"),
        ({"by": "key"}, "by='key'"),
        ({"color": "time"}, "needs a recorded run"),
        ({"color": "time", "run": 3}, "no recorded run"),
    ],
)
def test_wrong_arguments(arguments: dict[str, Any], words: str) -> None:
    values = [] if not arguments else [tutorial()]
    with pytest.raises(DrawingError, match=words):
        visualize(*values, filename=None, **arguments)
