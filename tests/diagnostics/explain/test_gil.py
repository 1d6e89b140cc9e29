"""The estimate of waits for the interpreter lock, on given numbers; and that the probe looks."""

from __future__ import annotations

import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle.diagnostics.explain.gil import Looks, Meter, Probe, waited

SECONDS = st.floats(0, 10)


@pytest.mark.parametrize(
    ("what", "wall", "cpu", "core", "switches", "share", "expected"),
    [
        ("one of two threads that loop in Python", 2.0, 1.0, 0.0, 400, 1.0, 1.0),
        ("one of four threads that loop in Python", 4.0, 1.0, 0.0, 1200, 1.0, 3.0),
        ("a sleep, alone", 1.0, 0.0, 0.0, 1, 0.0, 0.0),
        ("a sleep beside a loop in Python: one wait to come back", 1.0, 0.0, 0.0, 2, 1.0, 0.01),
        ("hashing without the lock beside hashing", 1.0, 1.0, 0.0, 3, 0.02, 0.0),
        ("a loop in Python alone, on a busy machine", 2.0, 1.0, 1.0, 200, 1.0, 0.0),
        ("a loop that sleeps half the time, alone", 2.0, 1.0, 0.0, 900, 0.5, 0.0),
        ("nobody looked at the lock", 2.0, 1.0, 0.0, 400, None, 0.0),
        ("switches are not counted", 2.0, 1.0, 0.0, None, 1.0, 1.0),
    ],
)
def test_estimate_for_known_cases(
    what: str,
    wall: float,
    cpu: float,
    core: float,
    switches: int | None,
    share: float | None,
    expected: float,
) -> None:
    assert waited(wall, cpu, core, switches, share, 0.005) == pytest.approx(expected), what


@given(SECONDS, SECONDS, SECONDS, st.none() | st.integers(0, 1000), st.none() | st.floats(0, 1))
def test_estimate_is_never_more_than_the_time_off_the_processor(
    wall: float, cpu: float, core: float, switches: int | None, share: float | None
) -> None:
    found = waited(wall, cpu, core, switches, share, 0.005)
    assert 0.0 <= found <= max(0.0, wall - cpu - core)


def test_share_counts_looks_in_between_or_of_the_whole_run_when_few() -> None:
    looks = Looks()
    assert looks.share(0.0, 1.0) is None
    for step in range(20):
        looks.add(step / 10, held=step >= 10)
    assert looks.share(0.0, 0.9) == 0.0
    assert looks.share(1.0, 1.9) == 1.0
    assert looks.share(0.5, 1.4) == 0.5
    assert looks.share(1.85, 1.95) == 0.5  # one look only: the whole run


def test_probe_looks_until_it_is_stopped() -> None:
    probe = Probe(interval=0.0001)
    probe.start()
    while len(probe.looks.times) < 3:
        pass
    probe.stop()
    count = len(probe.looks.times)
    assert "treadle-explain" not in [thread.name for thread in threading.enumerate()]
    assert list(probe.looks.times) == sorted(probe.looks.times)
    assert len(probe.looks.times) == count


def test_meter_counts_up_and_closes_twice() -> None:
    meter = Meter()
    first, second = meter.read(), meter.read()
    assert second[0] >= first[0] and second[1] >= first[1]
    if sys.platform == "linux":
        assert first[0] >= 0
    meter.close()
    meter.close()
    assert meter.read()[1] == -1.0
