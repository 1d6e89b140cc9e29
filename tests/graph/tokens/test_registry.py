"""The registry of functions per type."""

from __future__ import annotations

import decimal
import gc
import weakref
from typing import Any

import pytest

from treadle.graph.tokens import TypeRegistry
from treadle.graph.tokens.registry import Register


class Base:
    pass


class Middle(Base):
    pass


class Leaf(Middle):
    pass


def say(word: str) -> object:
    return lambda obj: word


def ask(registry: TypeRegistry[str], cls: type) -> str | None:
    function = registry.find(cls)
    return None if function is None else function(None)


def test_the_most_specific_class_wins_whenever_it_comes() -> None:
    registry = TypeRegistry[str]("test")
    assert ask(registry, Leaf) is None
    registry.register(Base)(lambda obj: "base")
    assert ask(registry, Leaf) == "base"
    registry.register(Leaf)(lambda obj: "leaf")
    assert ask(registry, Leaf) == "leaf"
    assert ask(registry, Middle) == "base"
    registry.register(Middle, int)(lambda obj: "both")
    assert [ask(registry, cls) for cls in (Middle, bool, Leaf, str)] == [
        "both",
        "both",
        "leaf",
        None,
    ]


def test_lazy_registrations_run_once_and_only_when_needed() -> None:
    registry = TypeRegistry[str]("test")
    calls = []

    @registry.register_lazy("decimal")
    def load(register: Register) -> None:
        calls.append("decimal")
        register(decimal.Decimal)(lambda obj: "decimal")

    assert ask(registry, Leaf) is None
    assert calls == []
    assert ask(registry, decimal.Decimal) == "decimal"
    assert ask(registry, decimal.Context) is None
    assert calls == ["decimal"]


def test_subclasses_of_a_package_count_as_its_types() -> None:
    class Money(decimal.Decimal):
        pass

    registry = TypeRegistry[str]("test")
    registry.register_lazy("decimal")(
        lambda register: register(decimal.Decimal)(lambda obj: "decimal")
    )
    assert ask(registry, Money) == "decimal"


def test_a_direct_registration_goes_before_a_lazy_one() -> None:
    registry = TypeRegistry[str]("test")
    registry.register_lazy("decimal")(
        lambda register: register(decimal.Decimal)(lambda obj: "lazy")
    )
    registry.register(decimal.Decimal)(lambda obj: "direct")
    assert ask(registry, decimal.Decimal) == "direct"


def test_a_later_lazy_registration_replaces_an_earlier_one() -> None:
    registry = TypeRegistry[str]("test")
    registry.register_lazy("decimal")(lambda register: register(decimal.Decimal)(lambda obj: "one"))
    assert ask(registry, decimal.Decimal) == "one"
    registry.register_lazy("decimal")(lambda register: register(decimal.Decimal)(lambda obj: "two"))
    assert ask(registry, decimal.Decimal) == "two"


def test_asking_does_not_keep_classes_alive() -> None:
    registry = TypeRegistry[str]("test")
    passing = type("Passing", (), {})
    registry.find(passing)
    gone = weakref.ref(passing)
    del passing
    gc.collect()
    assert gone() is None


def test_wrong_arguments_say_what_to_write() -> None:
    registry = TypeRegistry[str]("numbers")
    wrong: list[Any] = [3]
    with pytest.raises(
        TypeError, match=r"numbers registers classes, got 3; write @numbers.register"
    ):
        registry.register(*wrong)
    registry.close(frozenset({int}))
    with pytest.raises(ValueError, match="numbers cannot be taught the built-in type 'int'"):
        registry.register(int)
