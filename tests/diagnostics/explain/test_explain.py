"""``explain`` as people call it."""

from __future__ import annotations

import json
from typing import Any

import pytest

import treadle
from tests.diagnostics.explain.graphs import prose
from treadle import delayed
from treadle.diagnostics.explain import Explanation, explain, record
from treadle.diagnostics.explain.forecast import forecast
from treadle.diagnostics.explain.report import Failure
from treadle.errors import GraphError, SchedulerError
from treadle.graph.graph import Graph
from treadle.graph.mapped import Each, Everything, Map, Same
from treadle.graph.operation import Call, TaskRef, literal
from treadle.graph.packs import Slot

calls: list[int] = []


@pytest.fixture(autouse=True)
def no_calls() -> None:
    calls.clear()


def inc(x: int) -> int:
    calls.append(x)
    return x + 1


def total(count: int = 8) -> Any:
    return delayed(sum)([delayed(inc)(i) for i in range(count)])


# -- before a run -------------------------------------------------------------------------------


def test_nothing_is_run_before_a_run() -> None:
    explanation = treadle.explain(total(), num_workers=4)
    text = prose(explanation)
    assert calls == [] and explanation.runs == []
    seen = explanation.forecast
    assert seen.operations == {"inc": 8, "sum": 1}
    assert (seen.tasks, seen.tasks_before, seen.calls, seen.path, seen.width) == (9, 9, 9, 2, 8)
    assert seen.parallelism == 4.5
    assert seen.bound(4) == 3.0  # three steps: 4, 4 and the sum
    assert "inc x8, sum x1" in text
    assert "At most 4.50x" in text and "At most 3.00x" in text
    assert "unknown before a run" in text


def test_unknown_sizes_are_called_unknown() -> None:
    seen = explain(total(), num_workers=2).forecast
    assert [(peak.nbytes, peak.unknown) for peak in seen.peaks] == [(0, 9)] * 3
    assert (seen.sources, seen.sources_unknown, seen.source_bytes) == (8, 8, 0)
    assert "unknown bytes, 9 results at once" in prose(explain(total(), num_workers=2))


def _read(count: int, nbytes: int | None) -> Graph:
    chunks = Map(len, (count,), (Each(["x"] * count),), nbytes=nbytes)
    halves = Map(len, (count,), (Same(chunks),), nbytes=None if nbytes is None else nbytes // 2)
    whole = Call(
        sum, (Slot(0),), deps=(TaskRef(Map(sum, (1,), (Everything(halves),), nbytes=8), 0),)
    )
    return Graph([whole])


def test_known_sizes_give_projected_peaks() -> None:
    graph = _read(4, 1000)
    seen = forecast(graph, graph, 2)
    peaks = {peak.scheduler: peak for peak in seen.peaks}
    assert seen.source_bytes == 4000 and seen.sources_unknown == 0
    # One chunk at a time, halved at once: three halves, the last chunk and its half.
    assert peaks["sync"].nbytes in range(1500, 6001)
    assert peaks["sync"].unknown == 1  # the outermost call has no estimate
    assert peaks["sync"].nbytes <= peaks["threads"].nbytes <= 6008
    assert peaks["processes"].nbytes <= 6008


def test_values_are_held_by_the_graph_and_weigh_nothing() -> None:
    data = literal(b"x" * 10_000)
    graph = Graph([Call(len, (Slot(0),), deps=(data,), nbytes=28)])
    seen = forecast(graph, graph, 2)
    assert (seen.tasks, seen.values, seen.calls, seen.path, seen.width) == (2, 1, 1, 1, 1)
    assert seen.held_bytes >= 10_000
    assert seen.peaks[0].nbytes == 28
    assert "2, 1 of them values" in prose(Explanation(seen, [], []))


def test_an_argument_used_twice_is_held_once() -> None:
    block = b"x" * 10_000
    pair = delayed(sum)([delayed(len)(block), delayed(len)(block)])
    assert 10_000 <= explain(pair).forecast.held_bytes < 11_000


def test_huge_graphs_are_looked_at_by_operation() -> None:
    graph = _read(3_000_000, 1000)
    seen = forecast(graph, graph, 2)
    assert not seen.expanded and seen.plan is None and seen.peaks == ()
    assert seen.tasks == 6_000_002
    assert (seen.path, seen.width, seen.source_bytes) == (4, 3_000_000, 3_000_000_000)
    text = prose(Explanation(seen, [], []))
    assert "Too many tasks to look at one by one" in text
    assert "peak memory" in text and "unknown" in text


def test_the_limit_of_expanding_can_be_set() -> None:
    assert explain(total(), max_tasks=8).forecast.expanded is False


def test_one_scheduler_shows_its_peak_only() -> None:
    seen = explain(total(), scheduler="processes").forecast
    assert [peak.scheduler for peak in seen.peaks] == ["processes"]


def test_several_collections_share_their_tasks() -> None:
    first = delayed(inc)(1)
    assert explain(delayed(inc)(first), [delayed(inc)(first)]).forecast.tasks == 3


def test_empty_arguments_are_an_error() -> None:
    with pytest.raises(GraphError, match="got no collection"):
        explain(5)


# -- with runs ----------------------------------------------------------------------------------


def test_compare_runs_each_scheduler_once_and_prints_one_table() -> None:
    explanation = explain(total(), compare=["sync", "threads"], num_workers=2)
    assert len(calls) == 16
    assert [one.name for one in explanation.reports] == ["sync", "threads"]
    assert [one.workers for one in explanation.reports] == [1, 2]
    assert max(map(len, str(explanation).splitlines())) <= 100
    text = prose(explanation)
    assert text.count("worker-seconds") == 1
    for question in ("How much speed-up is possible?", "How much with 2 workers?"):
        assert question in text
    assert "How much was achieved, and why not more?" in text
    assert "Why were processes slower or faster than threads here?" in text
    assert "no complete run with processes" in text


def test_recorded_sizes_and_durations_fill_the_forecast() -> None:
    with record() as rec:
        total().compute(scheduler="sync")
    before = len(calls)
    seen = explain(total(100), run=rec, num_workers=2).forecast
    assert len(calls) == before
    assert seen.estimate is not None and seen.estimate.unknown == 0
    assert seen.estimate.span <= seen.estimate.makespan <= seen.estimate.work
    assert all(peak.unknown == 0 and peak.nbytes > 0 for peak in seen.peaks)
    text = prose(explain(total(100), run=rec, num_workers=2))
    assert "expected time" in text
    assert "With the recorded durations, at most" in text
    assert "A simulated run with the recorded durations takes" in text


def test_functions_that_the_recording_does_not_know_stay_unknown() -> None:
    with record() as rec:
        delayed(inc)(1).compute(scheduler="sync")
    explanation = explain(total(), run=rec.last)
    assert explanation.forecast.estimate is not None
    assert explanation.forecast.estimate.unknown == 1  # sum
    assert "does not know 1 task of them" in prose(explanation)


def test_a_recorded_run_shows_its_graph_without_guessing_what_was_described() -> None:
    with record() as rec:
        total().compute(scheduler="sync")
    explanation = rec.explain()
    assert explanation.forecast.tasks_before is None
    assert "The graph" in prose(explanation) and "as described" not in prose(explanation)


def test_run_names_a_scheduler_or_takes_the_default() -> None:
    assert explain(total(), run="sync").reports[0].scheduler == "sync"
    assert explain(total(), run=True).reports[0].scheduler == "threads"
    assert explain(total(), run=True, scheduler="sync").reports[0].scheduler == "sync"
    assert total().explain(run="sync").reports[0].tasks == 9


def test_a_scheduler_that_fails_is_a_row_that_says_why() -> None:
    explanation = explain(total(), compare=["sync", "thread"])
    failure = explanation.runs[1]
    assert isinstance(failure, Failure) and failure.name == "thread"
    assert "thread failed: SchedulerError: there is no scheduler 'thread'" in prose(explanation)
    assert [one.name for one in explanation.reports] == ["sync"]


def test_a_scheduler_that_tells_nothing_is_a_row_that_says_so() -> None:
    def mine(dsk: Any, keys: Any) -> Any:
        return treadle.get(dsk, keys)

    def silent(dsk: Any, keys: list[Any]) -> list[Any]:
        return [0 for _ in keys]

    explanation = explain(total(), compare=[mine, silent])
    assert [one.name for one in explanation.runs][1] == "silent"
    assert isinstance(explanation.runs[1], Failure)
    assert "nothing was recorded" in prose(explanation)


def test_a_single_run_that_fails_raises() -> None:
    with pytest.raises(ZeroDivisionError):
        explain(delayed(divmod)(1, 0), run="sync")


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"run": "sync", "compare": ["sync"]}, "both ask for runs"),
        ({"compare": "sync"}, "give a list"),
        ({"run": 3}, "is no recorded run"),
    ],
)
def test_what_cannot_be_asked(arguments: dict[str, Any], match: str) -> None:
    with pytest.raises(SchedulerError, match=match):
        explain(total(), **arguments)
    assert calls == []


# -- shown --------------------------------------------------------------------------------------


def test_everything_goes_into_json_and_back() -> None:
    explanation = explain(total(), compare=["sync", "nonsense"])
    shown = json.loads(json.dumps(explanation.to_dict()))
    assert shown["forecast"]["operations"] == {"inc": 8, "sum": 1}
    assert shown["runs"][0]["tasks"] == 9
    assert sum(shown["runs"][0]["account"].values()) == pytest.approx(shown["runs"][0]["wall"])
    assert shown["runs"][1]["failed"].startswith("SchedulerError")
    assert shown["answers"][0]["question"] == "How much speed-up is possible?"


def test_html_shows_names_and_not_markup() -> None:
    html = explain(total(), compare=["sync", "<b>"])._repr_html_()
    assert "&lt;b&gt;" in html and "<b>" not in html
    assert html.count("<table>") == html.count("</table>") == 1
