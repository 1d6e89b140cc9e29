"""``Map``: one function over an N-dimensional index space, and the rules for its inputs.

A source is a rule from a coordinate to an argument. Rules are data, not closures: they pickle,
compare and print, and their cost does not depend on how many tasks they describe.

==============  ==============================================================================
``Each``        element ``i`` of a sequence, i the flat position
``Constant``    the same value everywhere
``Same``        the task at the same coordinate of another operation
``Project``     the task at some of the coordinates (broadcasting: an axis left out, or fixed)
``Window``      a list: ``width`` neighbours along an axis (one step of a tree reduction)
``Everything``  a list: all tasks of another operation
==============  ==============================================================================
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Protocol, Self

from treadle.graph.naming import next_serial
from treadle.graph.operation import (
    GENERAL,
    Operation,
    TaskRef,
    coordinates,
    flat_position,
)


class Source(Protocol):
    """A rule from a coordinate to one argument."""

    def operation_read(self) -> Operation | None:
        """Return the operation that the rule reads from, if it reads one."""

    def positions(self, index: int, shape: tuple[int, ...]) -> Sequence[int]:
        """Return the flat positions read by task ``index`` of an operation of this shape."""

    def argument(self, index: int, values: Sequence[Any]) -> Any:
        """Return the argument, from the values of ``positions``."""

    def check(self, shape: tuple[int, ...]) -> None:
        """Raise ValueError when the rule does not fit an operation of this shape."""

    def rebind(self, replace: Callable[[Operation], Operation]) -> Source:
        """Return the same rule reading ``replace(x)`` in the place of ``x``."""

    def terms(self) -> tuple[Any, ...]:
        """Return what tells the rule from others of its kind, operations by name."""


@dataclass(frozen=True, eq=False)
class _Rule:
    """Base of the rules."""

    def terms(self) -> tuple[Any, ...]:
        values = [getattr(self, field.name) for field in dataclasses.fields(self)]
        return tuple([each.name if isinstance(each, Operation) else each for each in values])


@dataclass(frozen=True, eq=False)
class _Unread(_Rule):
    """Base of the rules that read no operation."""

    def operation_read(self) -> None:
        return None

    def positions(self, index: int, shape: tuple[int, ...]) -> Sequence[int]:
        return ()

    def rebind(self, replace: Callable[[Operation], Operation]) -> Self:
        return self


@dataclass(frozen=True, eq=False)
class _Reading(_Rule):
    """Base of the rules that read an operation."""

    operation: Operation

    def operation_read(self) -> Operation:
        return self.operation

    def rebind(self, replace: Callable[[Operation], Operation]) -> Self:
        return dataclasses.replace(self, operation=replace(self.operation))


@dataclass(frozen=True, eq=False)
class Each(_Unread):
    """Element ``index`` of a sequence: a list, a tuple, a range, an array."""

    items: Sequence[Any]

    def argument(self, index: int, values: Sequence[Any]) -> Any:
        return self.items[index]

    def check(self, shape: tuple[int, ...]) -> None:
        if len(self.items) != prod(shape):
            raise ValueError(
                f"{len(self.items)} elements cannot be spread over {prod(shape)} tasks of "
                f"shape {shape}: give one element per task"
            )


@dataclass(frozen=True, eq=False)
class Constant(_Unread):
    """The same value for every task."""

    value: Any

    def argument(self, index: int, values: Sequence[Any]) -> Any:
        return self.value

    def check(self, shape: tuple[int, ...]) -> None:
        return None


@dataclass(frozen=True, eq=False)
class Same(_Reading):
    """The task at the same coordinate of ``operation``."""

    def positions(self, index: int, shape: tuple[int, ...]) -> Sequence[int]:
        return (index,)

    def argument(self, index: int, values: Sequence[Any]) -> Any:
        return values[0]

    def check(self, shape: tuple[int, ...]) -> None:
        if self.operation.shape != shape:
            raise ValueError(
                f"{self.operation.name} has shape {self.operation.shape} and cannot be read "
                f"coordinate by coordinate from shape {shape}: use Project"
            )


@dataclass(frozen=True, eq=False)
class Project(_Reading):
    """The task at coordinates picked from the reader's; ``None`` stands for position 0.

    ``Project(a, (1, None))`` reads ``a[j, 0]`` at coordinate ``(i, j)``.
    """

    axes: tuple[int | None, ...]

    def positions(self, index: int, shape: tuple[int, ...]) -> Sequence[int]:
        here = coordinates(index, shape)
        there = [0 if axis is None else here[axis] for axis in self.axes]
        return (flat_position(there, self.operation.shape),)

    def argument(self, index: int, values: Sequence[Any]) -> Any:
        return values[0]

    def check(self, shape: tuple[int, ...]) -> None:
        extents = [1 if axis is None else shape[axis] for axis in self.axes]
        if len(extents) != len(self.operation.shape) or any(
            extent > limit for extent, limit in zip(extents, self.operation.shape, strict=True)
        ):
            raise ValueError(
                f"axes {self.axes} of shape {shape} reach outside {self.operation.name}, "
                f"whose shape is {self.operation.shape}"
            )


@dataclass(frozen=True, eq=False)
class Window(_Reading):
    """A list of up to ``width`` neighbours along ``axis``: window k covers k*width to (k+1)*width.

    The other axes are the reader's own.
    """

    axis: int
    width: int

    def positions(self, index: int, shape: tuple[int, ...]) -> Sequence[int]:
        here = list(coordinates(index, shape))
        first = here[self.axis] * self.width
        last = min(first + self.width, self.operation.shape[self.axis])
        found = []
        for step in range(first, last):
            here[self.axis] = step
            found.append(flat_position(here, self.operation.shape))
        return found

    def argument(self, index: int, values: Sequence[Any]) -> Any:
        return list(values)

    def check(self, shape: tuple[int, ...]) -> None:
        wanted = list(self.operation.shape)
        if self.width < 1 or not 0 <= self.axis < len(wanted):
            raise ValueError(
                f"a window of {self.width} along axis {self.axis} does not exist in shape "
                f"{self.operation.shape}"
            )
        wanted[self.axis] = -(-wanted[self.axis] // self.width)
        if tuple(wanted) != shape:
            raise ValueError(
                f"windows of {self.width} along axis {self.axis} of {self.operation.shape} make "
                f"shape {tuple(wanted)}, not {shape}"
            )


@dataclass(frozen=True, eq=False)
class Everything(_Reading):
    """A list of the results of all tasks of ``operation``, in C order."""

    def positions(self, index: int, shape: tuple[int, ...]) -> Sequence[int]:
        return range(self.operation.ntasks)

    def argument(self, index: int, values: Sequence[Any]) -> Any:
        return list(values)

    def check(self, shape: tuple[int, ...]) -> None:
        return None


class Map(Operation):
    """``func`` applied at every coordinate of ``shape``, with one argument per source.

    Parameters
    ----------
    func
        Called as ``func(*arguments, **kwargs)`` once per task.
    shape
        Extents of the index space.
    sources
        Where the positional arguments come from.
    kwargs
        Keyword arguments, the same for every task.
    name, annotations, nbytes
        As for ``Call``; ``nbytes`` is an estimate per task.

    Raises
    ------
    ValueError
        A source does not fit the shape.

    Examples
    --------
    >>> squares = Map(pow, (3,), (Each([1, 2, 3]), Constant(2)), name="squares")
    >>> [squares.run(i, []) for i in range(squares.ntasks)], squares.key(2)
    ([1, 4, 9], ('squares', 2))
    """

    __slots__ = ("_ntasks", "_shape", "kwargs", "sources")

    def __init__(
        self,
        func: Callable[..., Any],
        shape: tuple[int, ...],
        sources: tuple[Source, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
        name: str | None = None,
        annotations: Mapping[str, Any] | None = None,
        nbytes: int | None = None,
        pure: bool = False,
    ) -> None:
        for source in sources:
            source.check(shape)
        self.func = func
        self.args = ()
        self._shape = shape
        self._ntasks = prod(shape)
        self.sources = sources
        self.kwargs = kwargs
        self._name = next_serial() if name is None else name
        self.form = GENERAL
        self.annotations = annotations
        self.nbytes = nbytes
        self.pure = pure

    @property
    def shape(self) -> tuple[int, ...]:
        return self._shape

    @property
    def ntasks(self) -> int:
        return self._ntasks

    def inputs(self) -> tuple[Operation, ...]:
        found = [source.operation_read() for source in self.sources]
        return tuple(dict.fromkeys([operation for operation in found if operation is not None]))

    def reads(self, index: int) -> list[TaskRef]:
        found = []
        for source in self.sources:
            operation = source.operation_read()
            if operation is not None:
                for where in source.positions(index, self._shape):
                    found.append(TaskRef(operation, where))
        return found

    def definition(self) -> tuple[Any, ...]:
        rules = [(type(source), source.terms()) for source in self.sources]
        return self.func, self._shape, rules, dict(self.kwargs or {})

    def rewire(self, replace: Callable[[Operation], Operation]) -> Map:
        twin = self._copy()
        twin.sources = tuple([source.rebind(replace) for source in self.sources])
        return twin

    def run(self, index: int, values: Sequence[Any]) -> Any:
        arguments = []
        start = 0
        for source in self.sources:
            count = len(source.positions(index, self._shape))
            arguments.append(source.argument(index, values[start : start + count]))
            start += count
        return self.func(*arguments, **(self.kwargs or {}))
