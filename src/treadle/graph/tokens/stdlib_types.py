"""Contents of standard library types that pickle describes in another way in every version.

Dates, times, decimals, deques, counters and most others need no entry: what they tell pickle is
their content.
"""

from __future__ import annotations

from typing import Any

from treadle.graph.tokens.objects import normalize_token
from treadle.graph.tokens.registry import Register


def attributes(obj: Any) -> dict[str, Any] | None:
    """Return the attributes that a subclass added to a type with slots."""
    return getattr(obj, "__dict__", None) or None


@normalize_token.register(set, frozenset)
def _(obj: set[Any] | frozenset[Any]) -> Any:
    return frozenset(obj), attributes(obj)


@normalize_token.register_lazy("collections")
def _(register: Register) -> None:
    from collections import OrderedDict

    @register(OrderedDict)
    def _(obj: OrderedDict[Any, Any]) -> Any:
        return list(obj.items()), attributes(obj)


@normalize_token.register_lazy("enum")
def _(register: Register) -> None:
    from enum import Enum, Flag

    @register(Enum)
    def _(obj: Enum) -> Any:
        return obj.name  # the value may be anything, also a plain object()

    @register(Flag)
    def _(obj: Flag) -> Any:
        return obj.value  # a combination has no name of its own


@normalize_token.register_lazy("fractions")
def _(register: Register) -> None:
    from fractions import Fraction

    @register(Fraction)
    def _(obj: Fraction) -> Any:
        return obj.numerator, obj.denominator, attributes(obj)


@normalize_token.register_lazy("pathlib")
def _(register: Register) -> None:
    from pathlib import PurePath

    @register(PurePath)
    def _(obj: PurePath) -> Any:
        return str(obj), attributes(obj)


@normalize_token.register_lazy("re")
def _(register: Register) -> None:
    import re

    @register(re.Pattern)
    def _(obj: re.Pattern[Any]) -> Any:
        return obj.pattern, obj.flags


@normalize_token.register_lazy("typing")
def _(register: Register) -> None:
    from typing import ParamSpec, TypeVar, TypeVarTuple

    @register(TypeVar)
    def _(obj: TypeVar) -> Any:
        return obj.__name__, obj.__bound__, obj.__constraints__

    @register(ParamSpec, TypeVarTuple)
    def _(obj: ParamSpec | TypeVarTuple) -> Any:
        return obj.__name__


@normalize_token.register_lazy("uuid")
def _(register: Register) -> None:
    from uuid import UUID

    @register(UUID)
    def _(obj: UUID) -> Any:
        return obj.int
