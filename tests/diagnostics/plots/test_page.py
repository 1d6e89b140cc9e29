"""The page of a profile: complete, safe, and without anything to load."""

from __future__ import annotations

import json
import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from treadle import delayed
from treadle.diagnostics import CacheProfiler, Profiler, ResourceProfiler, visualize
from treadle.diagnostics.cache import CacheData
from treadle.diagnostics.plots.page import ProfilePage
from treadle.diagnostics.profile import TaskData
from treadle.diagnostics.resources import ResourceData
from treadle.diagnostics.watch import WatchError

NASTY = ["</script><script>alert(1)</script>", '<img src="x">&amp;', "na\u00efve", "\ud800", "'\"`"]


class Reader(HTMLParser):
    """Collects the elements of a page and checks that they are nested as they should be."""

    VOID = frozenset({"meta"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            self.texts.setdefault(self.open[-1], []).append(data)


def read(page: ProfilePage) -> Reader:
    reader = Reader()
    reader.feed(page.html)
    reader.close()
    assert reader.open == []
    return reader


def data_of(page: ProfilePage) -> Any:
    return json.loads(read(page).texts["script"][0])


def profiler_with(results: list[TaskData]) -> Profiler:
    profiler = Profiler()
    profiler.results.extend(results)
    return profiler


@pytest.fixture
def profilers() -> list[Profiler | ResourceProfiler | CacheProfiler]:
    tasks = profiler_with(
        [
            TaskData("load-1", "load", 10.0, 11.0, 0),
            TaskData(("mean", 0, 1), "mean", 10.5, 12.5, 1),
            TaskData("load-2", "load", 11.0, 14.0, 0),
        ]
    )
    resources = ResourceProfiler()
    resources.results.extend([ResourceData(9.5, 100.0, 0.0), ResourceData(14.5, 150.0, 180.0)])
    cache = CacheProfiler(metric_name="bytes")
    cache.results.extend(
        [CacheData("load-1", "load", 8, 11.0, 14.0), CacheData("mean", "mean", 4, 12.5, 14.0)]
    )
    return [tasks, resources, cache]


def test_all_is_drawn_on_one_time_axis(
    profilers: list[Profiler | ResourceProfiler | CacheProfiler],
) -> None:
    page = visualize(profilers, show=False, save=False)
    assert data_of(page) == {
        "span": 5_000_000,
        "labels": ["load", "mean"],
        "lanes": [
            {
                "name": "0",
                "start": [500_000, 1_500_000],
                "length": [1_000_000, 3_000_000],
                "label": [0, 0],
                "key": ["load-1", "load-2"],
            },
            {
                "name": "1",
                "start": [1_000_000],
                "length": [2_000_000],
                "label": [1],
                "key": ["('mean', 0, 1)"],
            },
        ],
        "curves": [
            {
                "name": "CPU",
                "unit": "%",
                "shape": "before",
                "times": [0, 5_000_000],
                "values": [0.0, 180.0],
            },
            {
                "name": "Memory",
                "unit": "MB",
                "shape": "line",
                "times": [0, 5_000_000],
                "values": [100.0, 150.0],
            },
            {
                "name": "Live results",
                "unit": "bytes",
                "shape": "after",
                "times": [1_500_000, 3_000_000, 4_500_000],
                "values": [8, 12, 0],
            },
        ],
    }


def test_the_table_has_counts_and_times(
    profilers: list[Profiler | ResourceProfiler | CacheProfiler],
) -> None:
    page = visualize(profilers[0], show=False, save=False)
    assert read(page).texts["td"] == [
        *["load", "2", "4.00 s", "66.7%", "2.00 s", "3.00 s"],
        *["mean", "1", "2.00 s", "33.3%", "2.00 s", "2.00 s"],
    ]
    assert "<b>3</b> tasks, <b>2</b> workers, <b>6.00 s</b> of work in <b>4.00 s</b>" in page.html
    assert "<b>1.50</b> tasks at once" in page.html


def test_nothing_is_loaded_from_anywhere(
    profilers: list[Profiler | ResourceProfiler | CacheProfiler],
) -> None:
    page = visualize(profilers, show=False, save=False)
    assert re.search(r"\w+://", page.html) is None
    assert re.search(r"url\(|@import|\bfetch\b|XMLHttpRequest", page.html) is None
    loading = {"src", "href", "srcset", "action"}
    for tag, attributes in read(page).elements:
        assert not loading & attributes.keys(), tag


@pytest.mark.parametrize("name", NASTY)
def test_names_are_escaped(name: str, tmp_path: Path) -> None:
    plain = profiler_with([TaskData("x", "f", 0.0, 1.0, 0)])
    nasty = profiler_with([TaskData(name, name, 0.0, 1.0, 0)])
    page = visualize(nasty, tmp_path / "profile.html", show=False)
    reader = read(page)
    assert reader.elements == read(visualize(plain, show=False, save=False)).elements
    assert reader.texts["td"][0] == name
    data = data_of(page)
    assert data["labels"] == [name]
    assert data["lanes"][0]["key"] == [name]


def test_a_profile_without_tasks_says_so() -> None:
    page = visualize([Profiler(), ResourceProfiler(), CacheProfiler()], show=False, save=False)
    assert "No task was recorded." in page.html
    assert data_of(page) == {"span": 0, "labels": [], "lanes": [], "curves": []}
    assert "table" not in {tag for tag, _ in read(page).elements}


def test_many_tasks_make_a_page_of_bounded_size() -> None:
    profiler = profiler_with(
        [TaskData(i, "abc"[i % 3], i * 1e-4, i * 1e-4 + 9e-5, i % 4) for i in range(60_000)]
    )
    page = profiler.visualize(save=False)
    assert len(page.html) < 1_000_000
    data = data_of(page)
    assert sum([sum(lane["count"]) for lane in data["lanes"]]) == 60_000
    assert all(len(lane["start"]) <= 4001 for lane in data["lanes"])
    assert all("key" not in lane for lane in data["lanes"])
    assert "tasks too short to see are summed up" in page.html


def test_a_real_run_is_saved(tmp_path: Path) -> None:
    with Profiler() as profiler:
        delayed(sum)([delayed(len)("ab"), delayed(abs)(-1)]).compute()
    page = profiler.visualize(tmp_path / "profile.html")
    assert page.path == (tmp_path / "profile.html").resolve()
    assert page.path.read_text(encoding="utf-8") == page.html
    assert set(data_of(page)["labels"]) == {"sum", "len", "abs"}
    assert "profile.html" in repr(page)
    assert repr(profiler.visualize(save=False)) == "<ProfilePage: not saved>"


def test_every_profiler_draws_itself(tmp_path: Path) -> None:
    Profiler().visualize(tmp_path / "1.html")
    ResourceProfiler().visualize(tmp_path / "2.html")
    CacheProfiler().visualize(tmp_path / "3.html")
    assert len(list(tmp_path.iterdir())) == 3


def test_a_program_that_runs_on_its_own_opens_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    monkeypatch.delattr(sys, "ps1", raising=False)
    visualize(Profiler(), tmp_path / "a.html")
    assert opened == []
    monkeypatch.setattr(sys, "ps1", ">>> ", raising=False)
    visualize(Profiler(), tmp_path / "b.html")
    visualize(Profiler(), tmp_path / "c.html", show=False)
    visualize(Profiler(), save=False)
    assert opened == [(tmp_path / "b.html").resolve().as_uri()]


def test_a_notebook_shows_the_page_in_a_frame() -> None:
    html = visualize(Profiler(), show=False, save=False)._repr_html_()
    reader = Reader()
    reader.feed(html)
    ((tag, attributes),) = reader.elements
    assert (tag, attributes["sandbox"]) == ("iframe", "allow-scripts")
    assert str(attributes["srcdoc"]).startswith("<!doctype html>")


def test_what_is_no_profiler_is_refused() -> None:
    wrong: Any = [Profiler(), 3]
    with pytest.raises(WatchError, match="3 is no profiler: give a Profiler"):
        visualize(wrong, save=False)
    with pytest.raises(WatchError, match="mode='cdn'"):
        visualize(Profiler(), save=False, mode="cdn")
