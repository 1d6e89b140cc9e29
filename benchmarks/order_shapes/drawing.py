"""What the shapes are drawn with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Shape(NamedTuple):
    """A graph: for each task the tasks it reads, and the tasks whose results are kept."""

    deps: list[tuple[int, ...]]
    outputs: tuple[int, ...]


class Drawing:
    """Adds tasks one by one; `add` returns the new task's id."""

    def __init__(self) -> None:
        self.deps: list[tuple[int, ...]] = []

    def add(self, *reads: int) -> int:
        self.deps.append(reads)
        return len(self.deps) - 1

    def many(self, count: int, *reads: int) -> list[int]:
        return [self.add(*reads) for _ in range(count)]

    def each(self, *columns: Sequence[int]) -> list[int]:
        """One task per row of the given columns: an elementwise operation."""
        return [self.add(*row) for row in zip(*columns, strict=True)]

    def reduce(self, tasks: Sequence[int], width: int = 4) -> int:
        """A tree that joins `width` neighbours at a time until one is left."""
        level = list(tasks)
        while len(level) > 1:
            level = [self.add(*level[i : i + width]) for i in range(0, len(level), width)]
        return level[0]

    def done(self, *outputs: int) -> Shape:
        return Shape(self.deps, outputs)
