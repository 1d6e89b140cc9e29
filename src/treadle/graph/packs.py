"""Arguments with holes: containers that hold task results, rebuilt when the values are known.

``Slot(k)`` stands for the value of the k-th dependency. A container is replaced by a pack only
when a slot is somewhere inside it, so plain data, however large, is never walked at run time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class Slot:
    """The place of the value of dependency ``position``."""

    __slots__ = ("position",)

    def __init__(self, position: int) -> None:
        self.position = position

    def build(self, values: Sequence[Any]) -> Any:
        return values[self.position]

    def __repr__(self) -> str:
        return f"Slot({self.position})"


class Sequenced:
    """A list, tuple, set, frozenset or named tuple with holes."""

    __slots__ = ("items", "kind")

    def __init__(self, kind: type, items: list[Any]) -> None:
        self.kind = kind
        self.items = items

    def build(self, values: Sequence[Any]) -> Any:
        items = [fill(item, values) for item in self.items]
        if self.kind is list:
            return items
        if hasattr(self.kind, "_make"):
            return self.kind._make(items)
        return self.kind(items)


class Keyed:
    """A dict with holes in its keys or values."""

    __slots__ = ("items", "kind")

    def __init__(self, kind: type, items: list[tuple[Any, Any]]) -> None:
        self.kind = kind
        self.items = items

    def build(self, values: Sequence[Any]) -> Any:
        return self.kind({fill(key, values): fill(value, values) for key, value in self.items})


class Structured:
    """A dataclass instance with holes in its fields.

    Rebuilt without calling ``__init__``, as ``copy.copy`` does: fields computed there keep the
    values they had.
    """

    __slots__ = ("fields", "kind")

    def __init__(self, kind: type, fields: dict[str, Any]) -> None:
        self.kind = kind
        self.fields = fields

    def build(self, values: Sequence[Any]) -> Any:
        instance: Any = object.__new__(self.kind)
        for name, value in self.fields.items():
            # Frozen dataclasses refuse plain assignment.
            object.__setattr__(instance, name, fill(value, values))
        return instance


class Sliced:
    """A slice with holes."""

    __slots__ = ("parts",)

    def __init__(self, parts: tuple[Any, Any, Any]) -> None:
        self.parts = parts

    def build(self, values: Sequence[Any]) -> slice:
        return slice(*[fill(part, values) for part in self.parts])


_HOLED = frozenset({Slot, Sequenced, Keyed, Structured, Sliced})


def is_holed(obj: Any) -> bool:
    """Whether ``obj`` has to be filled before use."""
    return type(obj) in _HOLED


def fill(obj: Any, values: Sequence[Any]) -> Any:
    """Return ``obj`` with every hole replaced by its value.

    Examples
    --------
    >>> fill(Sequenced(tuple, [1, Slot(0)]), ["a"])
    (1, 'a')
    """
    return obj.build(values) if type(obj) in _HOLED else obj


def is_slot_list(obj: Any) -> bool:
    """Whether ``obj`` is a list made of slots 0, 1, 2, ... and nothing else."""
    return (
        type(obj) is Sequenced
        and obj.kind is list
        and all(type(item) is Slot and item.position == k for k, item in enumerate(obj.items))
    )
