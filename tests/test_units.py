"""What people write as sizes and durations, and that parsing reads back what formatting wrote."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle.errors import TreadleError
from treadle.units import UnitError, format_bytes, format_time, parse_bytes, parse_timedelta


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("100", 100),
        ("100 MB", 100_000_000),
        ("100M", 100_000_000),
        ("5kB", 5000),
        ("5.4 kB", 5400),
        ("1kiB", 1024),
        ("1Mi", 2**20),
        ("1e6", 1_000_000),
        ("1e6 kB", 1_000_000_000),
        ("MB", 1_000_000),
        (".5GB", 500_000_000),
        ("123 b", 123),
        (" 2 EiB ", 2**61),
        ("123456789012345678901", 123456789012345678901),
        (123, 123),
        (1.5, 1),
    ],
)
def test_parse_bytes(text: str | float, expected: int) -> None:
    assert parse_bytes(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "  ", "abc", "5 foos", "-1", "1 2", "1..5", "5 MBB", -1, float("nan"), True, "1e999"],
)
def test_parse_bytes_refuses(text: str | float) -> None:
    with pytest.raises(UnitError, match=r"bytes|unit") as error:
        parse_bytes(text)
    assert repr(text) in str(error.value)
    assert isinstance(error.value, TreadleError)
    assert isinstance(error.value, ValueError)


@given(st.integers(min_value=0, max_value=2**70))
def test_bytes_round_trip(n: int) -> None:
    written = format_bytes(n)
    unit = written.split()[1]
    if unit == "B":
        assert parse_bytes(written) == n
    else:
        # Half of the last of two decimals, and the fraction of a byte that parsing cuts off. The
        # float that is printed is itself exact to one part in 2**52.
        allowed = parse_bytes(unit) * 0.005 + 1 + n * 2.0**-51
        assert abs(parse_bytes(written) - n) <= allowed


@given(st.integers(min_value=0, max_value=2**200))
def test_whole_bytes_are_exact(n: int) -> None:
    assert parse_bytes(str(n)) == parse_bytes(n) == n


@given(st.integers(min_value=0, max_value=2**60))
def test_format_bytes_keeps_the_order_of_magnitude(n: int) -> None:
    number, unit = format_bytes(n).split()
    assert 0.9 <= float(number) < 1000 or (unit == "B" and float(number) == n < 1000)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10", 10.0),
        ("10s", 10.0),
        ("3.5 seconds", 3.5),
        ("300ms", 0.3),
        ("5 us", 5e-6),
        ("5\u00b5s", 5e-6),
        ("2m", 120.0),
        ("2 min", 120.0),
        ("1 Hour", 3600.0),
        ("1h 30m", 5400.0),
        ("1h30m", 5400.0),
        ("-1h 30m", -5400.0),
        ("1w", 604800.0),
        ("1e3 ms", 1.0),
        (2, 2.0),
        (timedelta(minutes=1), 60.0),
    ],
)
def test_parse_timedelta(text: str | float | timedelta, expected: float) -> None:
    assert parse_timedelta(text) == pytest.approx(expected)


def test_parse_timedelta_defaults() -> None:
    assert parse_timedelta(None) is None
    assert parse_timedelta("2", default="h") == 7200.0
    with pytest.raises(UnitError, match="no unit"):
        parse_timedelta(2, default=None)


@pytest.mark.parametrize(
    "text", ["", "-", "abc", "5 foos", "1s x", "1 2", "1s 2", "--1", True, float("inf")]
)
def test_parse_timedelta_refuses(text: str | float) -> None:
    with pytest.raises(UnitError, match=r"duration|unit"):
        parse_timedelta(text)


@given(st.floats(min_value=1e-9, max_value=1e9) | st.just(0.0))
def test_time_round_trip(seconds: float) -> None:
    read = parse_timedelta(format_time(seconds))
    # Below a minute two decimals are printed; above it the second unit is cut off.
    allowed = max(seconds * 0.0051, 1e-11) if seconds < 59.995 else max(1.0, seconds / 24)
    assert abs(read - seconds) <= allowed
    assert parse_timedelta(format_time(-seconds)) == -read


@given(st.floats(min_value=0, max_value=1e9))
def test_formatted_times_are_short(seconds: float) -> None:
    assert len(format_time(seconds)) <= 11
    assert "60s" not in format_time(seconds)
