"""Sizes and durations as people write them: "128 MiB", "10s", and back.

Laws:

- What ``format_x`` writes, ``parse_x`` reads, to the digits that were printed.
- ``kB``, ``MB`` ... are powers of 1000 and ``KiB``, ``MiB`` ... powers of 1024; case and spaces do
  not matter. Sizes are whole bytes and never negative.
- A text that is not a size or a duration raises `UnitError`, which is a ``ValueError``.
"""

from __future__ import annotations

import math
import re
from datetime import timedelta
from typing import overload

from treadle.errors import TreadleError

__all__ = ["UnitError", "format_bytes", "format_time", "parse_bytes", "parse_timedelta"]


class UnitError(TreadleError, ValueError):
    """A text that is not a size or not a duration."""


_PREFIXES = "kmgtpe"
_BYTES: dict[str, int] = {"": 1, "b": 1, "byte": 1, "bytes": 1}
for _power, _prefix in enumerate(_PREFIXES, start=1):
    _BYTES[_prefix] = _BYTES[_prefix + "b"] = 1000**_power
    _BYTES[_prefix + "i"] = _BYTES[_prefix + "ib"] = 1024**_power

_SECONDS: dict[str, float] = {
    **dict.fromkeys(("ns", "nanosecond", "nanoseconds"), 1e-9),
    **dict.fromkeys(("us", "\u00b5s", "\u03bcs", "microsecond", "microseconds"), 1e-6),
    **dict.fromkeys(("ms", "millisecond", "milliseconds"), 1e-3),
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1.0),
    **dict.fromkeys(("m", "min", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hr", "hour", "hours"), 3600.0),
    **dict.fromkeys(("d", "day", "days"), 86400.0),
    **dict.fromkeys(("w", "week", "weeks"), 604800.0),
}

_SIZE = re.compile(
    r"([0-9][0-9_]*\.?[0-9]*(?:e[+-]?[0-9]+)?|\.[0-9]+(?:e[+-]?[0-9]+)?)?\s*([a-z]*)"
)
_DURATION = re.compile(r"((?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?)\s*([^\W\d_]*)\s*")


def parse_bytes(size: str | float) -> int:
    """Return the number of bytes that a text or number stands for.

    Parameters
    ----------
    size
        A text such as ``"128 MiB"``, ``"1e6"``, ``"5kB"`` or ``"MB"`` (one of them), or a number of
        bytes.

    Returns
    -------
    int
        Whole bytes; a fraction of a byte is cut off.

    Raises
    ------
    UnitError
        If the text is not a size, the unit is unknown or the size is negative or not finite.

    Examples
    --------
    >>> parse_bytes("128 MiB")
    134217728
    >>> parse_bytes("1.5 kB")
    1500
    >>> parse_bytes(4096)
    4096
    """
    if not isinstance(size, str):
        return _whole_bytes(size, size)
    text = size.strip().lower()
    match = _SIZE.fullmatch(text)
    if match is None or not text:
        raise UnitError(f"{size!r} is not a size in bytes; write one like '128 MiB' or '500 kB'")
    number, unit = match.groups()
    if unit not in _BYTES:
        raise UnitError(
            f"{size!r} has the unknown unit {unit!r}; use B, kB, MB, GB, TB, PB, EB "
            "or KiB, MiB, GiB, TiB, PiB, EiB"
        )
    if number is None:
        return _BYTES[unit]
    # A float would lose the last digits of a large whole number.
    exact = int(number) if number.isdecimal() else float(number)
    return _whole_bytes(exact * _BYTES[unit], size)


def _whole_bytes(number: float, given: str | float) -> int:
    if isinstance(number, bool) or not math.isfinite(number) or number < 0:
        raise UnitError(f"{given!r} is not a size in bytes; give a finite number, 0 or more")
    return int(number)


def format_bytes(n: float) -> str:
    """Write a number of bytes for people, in powers of 1024 with two decimals.

    Parameters
    ----------
    n
        A number of bytes.

    Examples
    --------
    >>> format_bytes(1)
    '1 B'
    >>> format_bytes(134217728)
    '128.00 MiB'
    >>> format_bytes(-2048)
    '-2.00 kiB'
    """
    for power in range(len(_PREFIXES), 0, -1):
        unit = 1024**power
        # A little under one unit reads better as "0.95 GiB" than as "972.80 MiB".
        if abs(n) >= 0.9 * unit:
            prefix = "k" if power == 1 else _PREFIXES[power - 1].upper()
            return f"{n / unit:.2f} {prefix}iB"
    return f"{int(n)} B"


@overload
def parse_timedelta(duration: None, default: str | None = "s") -> None: ...
@overload
def parse_timedelta(duration: str | float | timedelta, default: str | None = "s") -> float: ...
def parse_timedelta(
    duration: str | float | timedelta | None, default: str | None = "s"
) -> float | None:
    """Return the number of seconds that a text, a number or a timedelta stands for.

    Parameters
    ----------
    duration
        A text such as ``"10s"``, ``"300 ms"``, ``"1h 30m"``, a number, a `datetime.timedelta`, or
        None, which stays None ("no limit").
    default
        The unit of a number without one. None makes such a number an error.

    Returns
    -------
    float or None
        Seconds.

    Raises
    ------
    UnitError
        If the text is not a duration, or a unit is unknown or missing.

    Examples
    --------
    >>> parse_timedelta("10s")
    10.0
    >>> parse_timedelta("1h 30m")
    5400.0
    >>> parse_timedelta(300, default="ms")
    0.3
    """
    if duration is None:
        return None
    if isinstance(duration, timedelta):
        return duration.total_seconds()
    if not isinstance(duration, str):
        if isinstance(duration, bool) or not math.isfinite(duration):
            raise UnitError(f"{duration!r} is not a duration; write one like '10s' or '1h 30m'")
        return duration * _seconds_per("", default, duration)
    text = duration.strip()
    sign = -1.0 if text.startswith("-") else 1.0
    start = position = 1 if text[:1] in ("-", "+") else 0
    seconds = 0.0
    while match := _DURATION.match(text, position):
        # Only a number that stands alone may lack a unit: "1 000" is not one second.
        alone = position == start and match.end() == len(text)
        seconds += float(match[1]) * _seconds_per(match[2], default if alone else None, duration)
        position = match.end()
    if position < len(text) or position == start or not math.isfinite(seconds):
        raise UnitError(f"{duration!r} is not a duration; write one like '10s' or '1h 30m'")
    return sign * seconds


def _seconds_per(unit: str, default: str | None, given: str | float) -> float:
    unit = unit or default or ""
    # Upper case is taken as lower case: there is no 'M' for a month or a mega-second.
    factor = _SECONDS.get(unit.lower())
    if factor is None:
        problem = f"has the unknown unit {unit!r}" if unit else "has no unit"
        raise UnitError(f"{given!r} {problem}; use ns, us, ms, s, m, h, d or w")
    return factor


def format_time(seconds: float) -> str:
    """Write a duration for people, with the two largest units that matter.

    Parameters
    ----------
    seconds
        A duration in seconds.

    Examples
    --------
    >>> format_time(0.00145)
    '1.45 ms'
    >>> format_time(1.5)
    '1.50 s'
    >>> format_time(5400)
    '1h 30m'
    >>> format_time(200000)
    '2d 7h'
    >>> format_time(-0.25)
    '-250.00 ms'
    """
    if seconds < 0:
        return "-" + format_time(-seconds)
    whole = int(seconds)
    # Larger units are cut off, not rounded: rounding would print "60m 0s" just below an hour.
    if whole >= 86400:
        return f"{whole // 86400}d {whole % 86400 // 3600}h"
    if whole >= 3600:
        return f"{whole // 3600}h {whole % 3600 // 60}m"
    if seconds >= 59.995:
        return f"{max(whole, 60) // 60}m {max(whole, 60) % 60}s"
    for factor, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "us")):
        if seconds >= factor * 0.99999:
            return f"{seconds / factor:.2f} {unit}"
    return f"{seconds / 1e-9:.2f} ns" if seconds else "0 s"
