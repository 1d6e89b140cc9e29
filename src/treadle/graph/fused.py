"""``Fused``: several operations of one index space that run as one task per coordinate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from treadle.graph.operation import GENERAL, Operation, TaskRef


class Fused(Operation):
    """Operations run one after the other; only the result of the last one leaves the task.

    Parameters
    ----------
    members
        At least two operations of the same shape, inputs first. A member reads other members at
        its own position only. The last one gives the name, so keys do not change.
    """

    __slots__ = ("members",)

    members: tuple[Operation, ...]

    def __init__(self, members: tuple[Operation, ...]) -> None:
        last = members[-1]
        self.members = members
        self.func = last.func
        self.args = ()
        self.form = GENERAL
        self.annotations = last.annotations
        self.nbytes = last.nbytes
        self.pure = last.pure
        self._name = last._name

    @property
    def shape(self) -> tuple[int, ...]:
        return self.members[-1].shape

    @property
    def ntasks(self) -> int:
        return self.members[-1].ntasks

    @property
    def label(self) -> str:
        return self.members[-1].label

    def inputs(self) -> tuple[Operation, ...]:
        inner = set(self.members)
        found = [source for member in self.members for source in member.inputs()]
        return tuple(dict.fromkeys([source for source in found if source not in inner]))

    def reads(self, index: int) -> list[TaskRef]:
        inner = set(self.members)
        found = [ref for member in self.members for ref in member.reads(index)]
        return [ref for ref in found if ref.operation not in inner]

    def run(self, index: int, values: Sequence[Any]) -> Any:
        last_reader: dict[Operation, Operation] = {}
        for member in self.members:
            for source in member.inputs():
                last_reader[source] = member
        held: dict[Operation, Any] = {}
        inner = set(self.members)
        given = iter(values)
        value = None
        for member in self.members:
            reads = member.reads(index)
            inputs = [
                held[ref.operation] if ref.operation in inner else next(given) for ref in reads
            ]
            for ref in reads:
                if last_reader[ref.operation] is member:
                    held.pop(ref.operation, None)
            value = member.run(index, inputs)
            held[member] = value
        return value

    def definition(self) -> tuple[Any, ...]:
        # What is drawn in is part of how it runs, not of what it is.
        return self.members[-1].definition()

    def rewire(self, replace: Callable[[Operation], Operation]) -> Fused:
        new: dict[Operation, Operation] = {}
        for member in self.members:
            new[member] = member.rewire(lambda source: new.get(source) or replace(source))
        twin = self._copy()
        twin.members = tuple(new.values())
        return twin
