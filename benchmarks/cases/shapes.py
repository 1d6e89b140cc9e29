"""The two graphs that schedulers are compared on, written once for everything with a ``delayed``.

The functions stand in a module that worker processes can import, so that no library has to send
their code.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def inc(x: int) -> int:
    return x + 1


def add(x: int, y: int) -> int:
    return x + y


def total(*numbers: int) -> int:
    return sum(numbers)


def tree(delayed: Callable[..., Any], leaves: int) -> Any:
    """``leaves`` calls, added up two by two: ``2 * leaves - 1`` tasks."""
    first, combine = delayed(inc), delayed(add)
    level = [first(i) for i in range(leaves)]
    while len(level) > 1:
        pairs = [combine(a, b) for a, b in zip(level[::2], level[1::2], strict=False)]
        level = pairs + level[2 * len(pairs) :]
    return level[0]


def fan_in(delayed: Callable[..., Any], leaves: int) -> Any:
    """``leaves`` calls and one that reads them all in a list: ``leaves + 1`` tasks."""
    first = delayed(inc)
    return delayed(sum)([first(i) for i in range(leaves)])


SHAPES: dict[str, Callable[[Callable[..., Any], int], Any]] = {"tree": tree, "fan-in": fan_in}


def tasks_of(shape: str, leaves: int) -> int:
    return 2 * leaves - 1 if shape == "tree" else leaves + 1


def value_of(leaves: int) -> int:
    """Either shape gives 1 + 2 + ... + leaves."""
    return leaves * (leaves + 1) // 2
