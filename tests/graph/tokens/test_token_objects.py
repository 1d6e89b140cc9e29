"""Objects: what they say about themselves, what they are taught to say, and when that fails."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import pathlib
import re
import threading
import uuid
import weakref
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from treadle.errors import TokenizationError
from treadle.graph.tokens import normalize_token, token_of, tokenize


@dataclasses.dataclass
class Point:
    x: Any
    y: Any = dataclasses.field(default=0, compare=False)

    @functools.cached_property
    def total(self) -> Any:
        return self.x + self.y


@dataclasses.dataclass(frozen=True)
class FrozenPoint:
    x: Any
    y: Any = 0


@dataclasses.dataclass(slots=True)
class SlotsPoint:
    x: Any
    y: Any = 0


class Pair(NamedTuple):
    x: Any
    y: Any = 0


class Bag:
    def __init__(self, **attributes: Any) -> None:
        vars(self).update(attributes)


class Colour(enum.Enum):
    RED = object()
    BLUE = threading.Lock()


class Number(enum.IntEnum):
    ONE = 1


class Mode(enum.Flag):
    A = 1
    B = 2
    C = 4


class Letters(set[str]):
    pass


def test_records_of_different_kinds_differ() -> None:
    kinds: list[Any] = [Point, FrozenPoint, SlotsPoint, Pair, lambda x, y: (x, y)]
    values = [kind(x, y) for kind in kinds for x in (0, 1) for y in (0, 1)]
    again = [kind(x, y) for kind in kinds for x in (0, 1) for y in (0, 1)]
    assert [tokenize(value) for value in values] == [tokenize(value) for value in again]
    assert len({tokenize(value) for value in values}) == len(values)


@given(st.dictionaries(st.text(max_size=3), st.sets(st.text(max_size=2), max_size=3), max_size=4))
@settings(deadline=None)
def test_objects_are_their_attributes(attributes: dict[str, Any]) -> None:
    backwards = dict(reversed(attributes.items()))
    assert tokenize(Bag(**attributes)) == tokenize(Bag(**backwards))
    assert tokenize(Bag(**attributes)) != tokenize(Bag(**attributes, one_more=1))


def test_a_cached_property_is_no_content() -> None:
    point = Point(1, 2)
    before = tokenize(point)
    assert point.total == 3
    assert tokenize(point) == before


def test_slots_that_are_not_assigned() -> None:
    point = SlotsPoint(1, 2)
    del point.y
    assert tokenize(point) not in {tokenize(SlotsPoint(1)), tokenize(SlotsPoint(1, 2))}


def test_subclasses_of_containers_keep_type_and_attributes() -> None:
    plain, marked = Letters("abc"), Letters("abc")
    assert tokenize(plain) == tokenize(Letters("cab"))
    assert tokenize(plain) != tokenize({"a", "b", "c"})
    vars(marked)["unit"] = "m"
    assert tokenize(plain) != tokenize(marked)
    ordered = collections.OrderedDict
    assert tokenize(ordered(a=1, b=2)) != tokenize(ordered(b=2, a=1))
    assert tokenize(collections.Counter("ab")) == tokenize(collections.Counter("ba"))
    assert tokenize(collections.defaultdict(int)) != tokenize(collections.defaultdict(list))
    assert tokenize(collections.deque([1], 2)) != tokenize(collections.deque([1], 3))


@pytest.mark.parametrize(
    "values",
    [
        [Colour.RED, Colour.BLUE, Number.ONE, 1, Mode.A, Mode.B, Mode.A | Mode.B, Mode(0)],
        [datetime.date(2020, 1, 1), datetime.date(2020, 1, 2), datetime.datetime(2020, 1, 1)],
        [datetime.datetime(2020, 1, 1), datetime.datetime(2020, 1, 1, fold=1)],
        [datetime.datetime(2020, 1, 1, tzinfo=zone) for zone in (None, datetime.UTC)],
        [datetime.time(1), datetime.timedelta(hours=1), datetime.timezone.min],
        [decimal.Decimal("1.0"), decimal.Decimal("1.00"), fractions.Fraction(1), 1.0],
        [uuid.UUID(int=1), uuid.UUID(int=2), 1],
        [pathlib.PurePosixPath("a"), pathlib.PureWindowsPath("a"), pathlib.Path("a"), "a"],
        [re.compile("a"), re.compile("a", re.IGNORECASE), re.compile(b"a"), "a"],
        [ValueError("a"), ValueError("b"), TypeError("a")],
        [int, str, type(None), type(...), Point, list[int], list[str], int | None],
    ],
)
def test_library_values_differ(values: list[Any]) -> None:
    assert len({tokenize(value) for value in values}) == len(values)


def test_objects_that_refer_to_each_other() -> None:
    def family(name: str) -> Bag:
        parent = Bag(name="p")
        parent.__dict__["children"] = [Bag(name=n, parent=parent) for n in ("a", name)]
        return parent

    assert tokenize(family("b")) == tokenize(family("b"))
    assert tokenize(family("b")) != tokenize(family("c"))


def test_objects_speak_for_themselves() -> None:
    class Sensor:
        def __init__(self, name: Any) -> None:
            self.name, self.lock = name, threading.Lock()

        def __treadle_tokenize__(self) -> Any:
            return {"name": self.name}

    assert tokenize(Sensor({"a", "b"})) == tokenize(Sensor({"b", "a"}))
    assert tokenize(Sensor("a")) != tokenize(Sensor("b"))
    assert tokenize(Sensor("a")) != tokenize({"name": "a"})
    with pytest.raises(TokenizationError, match=r"Sensor' -> \['name'\] : _thread\.lock"):
        tokenize(Sensor(threading.Lock()))


def test_types_can_be_taught() -> None:
    class Wire:
        def __init__(self, name: str) -> None:
            self.name, self.lock = name, threading.Lock()

    class Cable(Wire):
        pass

    with pytest.raises(TokenizationError, match=r"attribute 'lock' : _thread\.lock"):
        tokenize(Wire("a"))

    @normalize_token.register(Wire)
    def content(wire: Wire) -> str:
        return wire.name

    assert tokenize(Wire("a")) == tokenize(Wire("a"))
    assert tokenize(Wire("a")) != tokenize(Wire("b"))
    assert tokenize(Wire("a")) != tokenize(Cable("a")) == tokenize(Cable("a"))
    assert normalize_token(Wire("a")) == "a"
    assert normalize_token(3) == 3


def test_content_that_raises_names_the_object() -> None:
    class Broken:
        def __treadle_tokenize__(self) -> Any:
            raise OSError("gone")

    with pytest.raises(
        TokenizationError, match=r"argument 0 : .*Broken .*OSError\('gone'\)"
    ) as info:
        tokenize(Broken())
    assert isinstance(info.value.__cause__, OSError)


def test_built_in_types_cannot_be_taught() -> None:
    with pytest.raises(ValueError, match="built-in type 'dict'"):
        normalize_token.register(dict)


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({"model": Bag(lock=threading.Lock())}, r"\['model'\] -> attribute 'lock' : _thread.lock"),
        ([0, (1, threading.Lock())], r"\[1\] -> \[1\] : _thread.lock"),
        (object(), r"argument 1 : builtins.object"),
        ({1: {2: object}, 3: object()}, r"\[3\] : builtins.object"),
        ({object(): 1}, r"argument 1 -> a key : builtins.object"),
        ({1, object()}, r"argument 1 -> an element : builtins.object"),
        (SlotsPoint(1, object()), r"argument 1 -> attribute 'y' : builtins.object"),
        (Pair(1, object()), r"constructor arguments -> \[2\] : builtins.object"),
        (threading.Event(), r"attribute '_cond' -> .* : _thread"),
        (weakref.ref(Point), r"argument 1 : weakref"),
    ],
)
def test_the_error_names_the_path_and_what_to_do(value: Any, path: str) -> None:
    with pytest.raises(TokenizationError, match=path) as info:
        tokenize(0, value)
    assert "__treadle_tokenize__" in str(info.value)
    assert "normalize_token.register" in str(info.value)
    with pytest.raises(TokenizationError, match=r"^argument 'key'"):
        tokenize(key=value)


def test_deterministic_or_not() -> None:
    with pytest.raises(TokenizationError) as info:
        tokenize(object(), ensure_deterministic=True)
    assert not hasattr(info.value, "__notes__")
    with pytest.raises(TokenizationError) as info:
        tokenize(object(), ensure_deterministic=False)
    assert "token_of" in info.value.__notes__[0]
    assert tokenize(1, ensure_deterministic=True) == tokenize(1, ensure_deterministic=False)


def test_a_source_of_fresh_tokens_is_asked_only_when_needed() -> None:
    given = iter(["first", "second"])
    assert token_of([1], {"x": 2}, fresh=given.__next__) == tokenize(1, x=2)
    assert token_of([object()], fresh=given.__next__) == "first"
    assert token_of([1], {"x": object()}, fresh=given.__next__) == "second"
    with pytest.raises(TokenizationError):
        token_of([object()])
