"""``explain`` over real worker processes."""

from __future__ import annotations

import pytest

from tests.diagnostics.explain.graphs import prose
from treadle import delayed
from treadle.diagnostics.explain import explain


def squares(count: int) -> list[int]:
    return [number * number for number in range(count)]


def total(*parts: list[int]) -> int:
    return sum(map(sum, parts))


@pytest.mark.processes
def test_three_schedulers_in_one_table() -> None:
    last = delayed(total)(*[delayed(squares)(20_000) for _ in range(4)])
    explanation = explain(last, compare=["sync", "threads", "processes"], num_workers=2)
    assert [one.name for one in explanation.reports] == ["sync", "threads", "processes"]
    for one in explanation.reports:
        assert one.complete and one.tasks == 5
        assert one.account.total == pytest.approx(one.workers * one.wall)
    processes = explanation.reports[-1]
    assert processes.lock == 0.0 and processes.core is None
    assert processes.costs["pickle"]["nbytes"] > 0
    text = prose(explanation)
    assert "Processes took" in text and "Between processes went" in text
