"""Bars and rows from recorded tasks."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle.diagnostics.plots import timeline
from treadle.diagnostics.plots.timeline import Bar, Lane, Row, lanes, rows
from treadle.diagnostics.profile import TaskData


def task(label: str, start: float, end: float, worker: int = 0) -> TaskData:
    return TaskData(f"{label}-{start}", label, start, end, worker)


def test_rows_are_sorted_by_total_time() -> None:
    results = [task("a", 0, 1), task("b", 0, 5), task("a", 1, 4), task("c", 4, 9)]
    assert rows(results) == [Row("b", 1, 5, 5, 5), Row("c", 1, 5, 5, 5), Row("a", 2, 4, 2, 3)]


def test_a_worker_has_a_lane() -> None:
    results = [task("b", 2, 3, 1), task("a", 0, 1, 0), task("a", 1, 2, 0)]
    assert lanes(results) == [
        Lane("0", [Bar(0, 1, "a", "a-0", 1, 1.0), Bar(1, 2, "a", "a-1", 1, 1.0)]),
        Lane("1", [Bar(2, 3, "b", "b-2", 1, 1.0)]),
    ]
    assert lanes([]) == []


def test_tasks_that_overlap_get_lanes_of_their_own() -> None:
    found = lanes([task("a", 0, 3), task("b", 1, 2), task("c", 2, 4)])
    assert [(lane.name, [bar.label for bar in lane.bars]) for lane in found] == [
        ("0.0", ["a"]),
        ("0.1", ["b", "c"]),
    ]


@st.composite
def tasks(draw: st.DrawFn) -> list[TaskData]:
    return [
        task(draw(st.sampled_from("abc")), start, start + length, draw(st.integers(0, 2)))
        for start, length in draw(
            st.lists(st.tuples(st.integers(0, 50), st.integers(0, 9)), min_size=1, max_size=40)
        )
    ]


@given(tasks())
def test_bars_of_a_lane_do_not_overlap_and_none_is_lost(results: list[TaskData]) -> None:
    found = lanes(results)
    bars = [bar for lane in found for bar in lane.bars]
    assert sorted([(bar.start, bar.end, bar.label) for bar in bars]) == sorted(
        [(result.start_time, result.end_time, result.task) for result in results]
    )
    for lane in found:
        assert all(left.end <= right.start for left, right in pairwise(lane.bars))


@given(tasks())
def test_short_tasks_are_summed_up_when_there_are_many(results: list[TaskData]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timeline, "LIMIT", 0)
        patch.setattr(timeline, "PLACES", 5)
        found = lanes(results)
    bars = [bar for lane in found for bar in lane.bars]
    assert sum([bar.tasks for bar in bars]) == len(results)
    span = max([result.end_time for result in results]) - min(
        [result.start_time for result in results]
    )
    for lane in found:
        short = [bar for bar in lane.bars if bar.end - bar.start < span / 5 or bar.tasks > 1]
        assert len(short) <= 6
        assert [bar.start for bar in lane.bars] == sorted([bar.start for bar in lane.bars])
    assert all(0 <= bar.busy <= 1 for bar in bars)


def test_a_sum_says_what_it_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeline, "LIMIT", 3)
    monkeypatch.setattr(timeline, "PLACES", 10)
    results = [task("a", 0, 2), task("b", 2, 5), task("b", 5, 6), task("long", 20, 100)]
    (lane,) = lanes(results)
    assert lane.bars == [
        Bar(0, 10, "b", "", 3, 0.6),
        Bar(20, 100, "long", "long-20", 1, 1.0),
    ]
