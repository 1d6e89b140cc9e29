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

    __slots__ = ("_drops", "_inner", "members")

    members: tuple[Operation, ...]
    _inner: frozenset[Operation]
    #: Per member: the members whose results nobody reads after it.
    _drops: tuple[tuple[Operation, ...], ...]

    def __init__(self, members: tuple[Operation, ...]) -> None:
        last = members[-1]
        self._keep(members)
        self.func = last.func
        self.args = ()
        self.form = GENERAL
        self.annotations = last.annotations
        self.nbytes = last.nbytes
        self.pure = last.pure
        self._name = last._name

    def _keep(self, members: tuple[Operation, ...]) -> None:
        self.members = members
        self._inner = frozenset(members)
        last_reader: dict[Operation, int] = {}
        for place, member in enumerate(members):
            for source in member.inputs():
                if source in self._inner:
                    last_reader[source] = place
        drops: list[list[Operation]] = [[] for _ in members]
        for source, place in last_reader.items():
            drops[place].append(source)
        self._drops = tuple([tuple(each) for each in drops])

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
        found = [source for member in self.members for source in member.inputs()]
        return tuple(dict.fromkeys([source for source in found if source not in self._inner]))

    def reads(self, index: int) -> list[TaskRef]:
        found = [ref for member in self.members for ref in member.reads(index)]
        return [ref for ref in found if ref.operation not in self._inner]

    def run(self, index: int, values: Sequence[Any]) -> Any:
        held: dict[Operation, Any] = {}
        given = iter(values)
        value = None
        for member, drops in zip(self.members, self._drops, strict=True):
            inputs = [
                held[ref.operation] if ref.operation in self._inner else next(given)
                for ref in member.reads(index)
            ]
            for source in drops:
                del held[source]
            value = held[member] = member.run(index, inputs)
        return value

    def definition(self) -> tuple[Any, ...]:
        # What is drawn in is part of how it runs, not of what it is.
        return self.members[-1].definition()

    def rewire(self, replace: Callable[[Operation], Operation]) -> Fused:
        new: dict[Operation, Operation] = {}
        for member in self.members:
            new[member] = member.rewire(lambda source: new.get(source) or replace(source))
        twin = self._copy()
        twin._keep(tuple(new.values()))
        return twin
