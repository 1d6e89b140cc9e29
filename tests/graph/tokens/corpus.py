"""Values of every documented type, and their tokens. Run as a program it prints them as JSON.

Not a test module: the tests run it in this process and as the main program of others.
"""

from __future__ import annotations

import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import importlib.util
import json
import math
import operator
import pathlib
import re
import threading
import types
import uuid
from collections.abc import Callable
from typing import Any, NamedTuple

from treadle.graph.tokens import tokenize

FACTOR = {"b", "a", "c", "word", "other", "more"}


@dataclasses.dataclass
class Point:
    x: int
    y: Any = None

    @functools.cached_property
    def length(self) -> float:
        return math.hypot(self.x, self.y)


@dataclasses.dataclass(frozen=True, slots=True)
class Frozen:
    tags: frozenset[str]
    names: list[str] = dataclasses.field(default_factory=list)


class Slots:
    __slots__ = ("a", "b")

    def __init__(self, a: Any) -> None:
        self.a = a


class Pair(NamedTuple):
    left: Any
    right: Any


class Colour(enum.Enum):
    RED = 1
    BLUE = "blue"

    def shout(self) -> str:
        return self.name.upper()


class Mode(enum.Flag):
    READ = enum.auto()
    WRITE = enum.auto()


class Words(set[str]):
    pass


class Keyed(dict[str, int]):
    pass


class Named:
    def __init__(self, name: str) -> None:
        self.name = name
        self.unhashable = threading.Lock()

    def __treadle_tokenize__(self) -> Any:
        return self.name

    def method(self) -> str:
        return self.name

    @classmethod
    def build(cls) -> Named:
        return cls("built")

    @staticmethod
    def fixed() -> int:
        return 3


def scale(x: int, by: int = 2, *, words: frozenset[str] = frozenset({"x", "y", "z"})) -> Any:
    return x * by if str(x) in FACTOR else helper(x) in {"p", "q", "r"}


def helper(x: int) -> Any:
    return scale(x - 1) if x > 0 else x


def adder(n: Any) -> Callable[[Any], Any]:
    def add(x: Any) -> Any:
        return x + n

    return add


@functools.lru_cache(maxsize=10)
def remembered(x: int) -> int:
    return x + 1


def plain_values() -> dict[str, Any]:
    cyclic: list[Any] = [1, {"a": {"b", "c"}}]
    cyclic.append(cyclic)
    ring: dict[str, Any] = {"x": [Words({"u", "v"})]}
    ring["self"] = ring
    values: dict[str, Any] = {
        "none": None,
        "ellipsis": ...,
        "notimplemented": NotImplemented,
        "true": True,
        "nan": math.nan,
        "complex": 1 - 0.0j,
        "huge": 10**5000,
        "bytes": b"abc",
        "long bytes": b"abc" * 100,
        "bytearray": bytearray(b"abc"),
        "memoryview": memoryview(b"abcdef")[::2],
        "surrogate": "\ud800",
        "slice": slice(1, None, [2]),
        "range": range(1, 10, 3),
        "set": set("abcdefghijklmnop"),
        "frozenset": frozenset("abcdefghijklmnop"),
        "nested": {"k": [{"s": {(1, "a"), (2, "b"), "c"}}, ({}, [], set())]},
        "cyclic": cyclic,
        "ring": ring,
        "ordered": collections.OrderedDict(b=1, a=2),
        "counter": collections.Counter("abracadabra"),
        "defaultdict": collections.defaultdict(list, a=[1]),
        "deque": collections.deque([1, 2], 5),
        "namespace": types.SimpleNamespace(a=1, b={"x", "y"}),
        "proxy": types.MappingProxyType({"a": 1}),
        "words": Words("abcdef"),
        "keyed": Keyed(a=1, b=2),
        "pair": Pair(1, {"x", "y"}),
        "point": Point(1, {"a": {"x", "y"}}),
        "frozen": Frozen(frozenset("xyz")),
        "slots": Slots({"x", "y"}),
        "colour": Colour.BLUE,
        "mode": Mode.READ | Mode.WRITE,
        "library enum": re.RegexFlag.IGNORECASE,
        "named": Named("n"),
        "datetime": datetime.datetime(2020, 1, 2, 3, 4, 5, 6, datetime.UTC, fold=1),
        "date": datetime.date(2020, 1, 2),
        "time": datetime.time(1, 2),
        "timedelta": datetime.timedelta(1, 2, 3),
        "timezone": datetime.timezone(datetime.timedelta(hours=2), "here"),
        "decimal": decimal.Decimal("1.10"),
        "fraction": fractions.Fraction(3, 7),
        "uuid": uuid.UUID(int=7),
        "path": pathlib.Path("/a/b"),
        "pure path": pathlib.PureWindowsPath("c:/x"),
        "pattern": re.compile("a+", re.IGNORECASE),
        "error": ValueError("x", 1),
        "type": int,
        "none type": type(None),
        "function type": types.FunctionType,
        "alias": list[int],
        "union": int | None,
        "class": Point,
        "enum class": Colour,
        "tuple class": Pair,
        "slots class": Slots,
        "module": json,
        "function": scale,
        "recursive": helper,
        "lambda": lambda x, y=(1, 2): x + y[0],
        "closure": adder({"x", "y", "z"}),
        "library function": json.dumps,
        "builtin": len,
        "math": math.sin,
        "method of builtin": "abc".upper,
        "class method of builtin": dict.fromkeys,
        "method descriptor": str.upper,
        "slot wrapper": int.__add__,
        "method wrapper": (1).__add__,
        "bound": Named("m").method,
        "class method": Named.build,
        "static method": Named.fixed,
        "partial": functools.partial(scale, 1, words=frozenset({"k", "l"})),
        "partialmethod": functools.partialmethod(scale, 1),
        "cached": remembered,
        "itemgetter": operator.itemgetter(1, "a"),
        "attrgetter": operator.attrgetter("a.b"),
        "methodcaller": operator.methodcaller("f", 1, x=2),
    }
    values |= {f"int {i}": i * 7919 for i in range(-100, 100)}
    values |= {f"float {i}": i / 7 for i in range(100)}
    values |= {f"text {i}": "x" * i for i in range(100)}
    values |= {f"words {i}": {f"w{j}" for j in range(i)} for i in range(50)}
    return values


def numpy_values() -> dict[str, Any]:
    import numpy as np

    return {
        "array": np.arange(10.0),
        "matrix": np.arange(12).reshape(3, 4)[:, ::2],
        "objects": np.array([{"x", "y"}, "a", None], dtype=object),
        "structured": np.array([(1, 2.0, "a")], dtype="i1,f8,U3"),
        "dates": np.array(["2020-01-01", "NaT"], dtype="M8[D]"),
        "scalar": np.float32(1.5),
        "dtype": np.dtype([("a", "i4"), ("b", "f8", (2,))]),
        "ufunc": np.add,
        "numpy function": np.linalg.norm,
        "dispatched function": np.sum,
        "generator": np.random.default_rng(7),
        "random state": np.random.RandomState(7),
        "masked": np.ma.MaskedArray([1, 2], mask=[False, True]),
    }


def pandas_values() -> dict[str, Any]:
    import pandas as pd

    frame = pd.DataFrame({"a": [1, 2], "b": ["x", None], "c": pd.Categorical(["u", "v"])})
    return {
        "frame": frame,
        "series": frame["b"],
        "index": frame.set_index("b").index,
        "multi": pd.MultiIndex.from_product([[1, 2], ["a", "b"]]),
        "timestamp": pd.Timestamp("2020-01-01", tz="Europe/Paris"),
        "timedelta": pd.Timedelta(1, "s"),
        "period": pd.Period("2020-01", "M"),
        "interval": pd.Interval(1, 2),
        "dates": pd.date_range("2020", periods=3, tz="UTC"),
        "nullable": pd.Series([1, None], dtype="Int64"),
        "offset": pd.offsets.BusinessDay(2),
        "na": pd.NA,
        "nat": pd.NaT,
    }


def arrow_values() -> dict[str, Any]:
    pa: Any = importlib.import_module("pyarrow")

    table = pa.table({"a": [1, None], "b": ["x", "yy"], "c": [[1], None], "d": [{"q": 1}, None]})
    return {
        "arrow table": table,
        "arrow column": table["c"],
        "arrow array": pa.array(["a", None]),
        "arrow scalar": pa.scalar(3),
        "arrow schema": table.schema,
        "arrow type": pa.list_(pa.int8()),
    }


def tokens() -> dict[str, str]:
    """Return the token of every value, by name."""
    sources: list[tuple[str, Callable[[], dict[str, Any]]]] = [
        ("json", plain_values),
        ("numpy", numpy_values),
        ("pandas", pandas_values),
        ("pyarrow", arrow_values),
    ]
    return {
        f"{needs}: {name}": tokenize(value)
        for needs, values in sources
        if importlib.util.find_spec(needs)
        for name, value in values().items()
    }


if __name__ == "__main__":
    print(json.dumps(tokens()))
