"""Watchers: who is told about which run."""

from __future__ import annotations

from typing import Any

import pytest

from treadle.graph.operation import literal
from treadle.graph.plan import Plan, expand
from treadle.local import observe
from treadle.local.observe import Observer, Observers

PLAN = expand([literal(1)])


class Noisy(Observer):
    """Writes down start and end, and raises at one of them when asked to."""

    def __init__(self, name: str, journal: list[str], fails_at: str = "") -> None:
        self.name = name
        self.journal = journal
        self.fails_at = fails_at

    def on_start(self, plan: Plan, scheduler: str, num_workers: int) -> None:
        if self.fails_at == "start":
            raise LookupError(self.name)
        self.journal.append(f"{self.name} starts")

    def on_finish(self, errored: bool) -> None:
        self.journal.append(f"{self.name} ends {errored}")
        if self.fails_at == "finish":
            raise LookupError(self.name)


def test_a_start_that_fails_ends_those_that_started() -> None:
    journal: list[str] = []
    group = Observers([Noisy("a", journal), Noisy("b", journal, "start"), Noisy("c", journal)])
    with pytest.raises(LookupError, match="b"):
        group.on_start(PLAN, "sync", 1)
    assert journal == ["a starts", "a ends True"]


def test_everybody_is_told_of_the_end() -> None:
    journal: list[str] = []
    group = Observers([Noisy("a", journal, "finish"), Noisy("b", journal)])
    group.on_start(PLAN, "sync", 1)
    with pytest.raises(LookupError, match="a"):
        group.on_finish(False)
    assert journal == ["a starts", "b starts", "a ends False", "b ends False"]


def claimed() -> Any:
    with observe.claim() as observer:
        return observer


def test_blocks_may_end_in_any_order() -> None:
    first, second = Observer(), Observer()
    observe.enter(first)
    observe.enter(second)
    observe.leave(first)
    assert claimed() is second
    observe.leave(second)
    observe.leave(second)
    assert claimed() is None


def test_a_run_inside_a_run_has_no_observer() -> None:
    with observe.observing(Observer()) as observer, observe.claim() as outer:
        assert outer is observer
        assert claimed() is None
