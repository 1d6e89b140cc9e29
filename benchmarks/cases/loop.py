"""The floor: the calls of a graph made by a plain loop, references looked up in a list.

No library can be faster than the interpreter. ``compute`` is in microseconds per call.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

from benchmarks.cases.protocol import Figures, expect, serve
from benchmarks.cases.shapes import add, inc, total, value_of


class Ref:
    """Stands for the result of an earlier call."""

    __slots__ = ("call",)

    def __init__(self, call: int) -> None:
        self.call = call


Calls = tuple[list[Callable[..., Any]], list[tuple[Any, ...]]]


def tree(leaves: int) -> Calls:
    funcs: list[Callable[..., Any]] = [inc] * leaves
    arguments: list[tuple[Any, ...]] = [(i,) for i in range(leaves)]
    level = list(range(leaves))
    while len(level) > 1:
        above = []
        for a, b in zip(level[::2], level[1::2], strict=False):
            above.append(len(funcs))
            funcs.append(add)
            arguments.append((Ref(a), Ref(b)))
        level = above + level[2 * len(above) :]
    return funcs, arguments


def fan_in(leaves: int) -> Calls:
    refs = tuple([Ref(i) for i in range(leaves)])
    return [*[inc] * leaves, total], [*[(i,) for i in range(leaves)], refs]


def run(funcs: list[Callable[..., Any]], arguments: list[tuple[Any, ...]]) -> Any:
    values: list[Any] = [None] * len(funcs)
    for i, func in enumerate(funcs):
        values[i] = func(*[values[a.call] if type(a) is Ref else a for a in arguments[i]])
    return values[-1]


def loop(shape: str, leaves: int) -> Figures:
    calls = {"tree": tree, "fan-in": fan_in}[shape](leaves)
    start = perf_counter()
    value = run(*calls)
    spent = perf_counter() - start
    expect(value, value_of(leaves))
    return {"compute": spent / len(calls[0]) * 1e6}


if __name__ == "__main__":
    serve({"loop": loop})
