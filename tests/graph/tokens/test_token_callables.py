"""Functions: by name where they can be imported, by what they do where they cannot."""

from __future__ import annotations

import functools
import json
import math
import operator
import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import pytest

from treadle.errors import TokenizationError
from treadle.graph.tokens import tokenize


def define(source: str, name: str = "f", **variables: Any) -> Any:
    """Define a function as a main program does, with `variables` as its globals."""
    space: dict[str, Any] = {"__name__": "__main__", **variables}
    exec(source, space)
    return space[name]


def adder(n: Any) -> Callable[[Any], Any]:
    return lambda x: x + n


def module_function(x: int) -> int:
    return x


@functools.wraps(module_function)
def wrapper_with_the_name_of_another(x: int) -> int:
    return x + 1


def test_importable_functions_are_their_name() -> None:
    assert tokenize(json.dumps) == tokenize(json.dumps)
    assert tokenize(json.dumps) != tokenize(json.loads)
    assert tokenize(math.sin) != tokenize(math.cos)
    assert tokenize(module_function) != tokenize(wrapper_with_the_name_of_another)


def test_the_same_definition_in_two_places_is_the_same_function() -> None:
    first = define("def f(x, y=1):\n    'text'\n    return [x + i for i in range(y)]")
    second = define("\n\n\ndef f(x, y=1):\n    'text'\n    return [x + i for i in range(y)]")
    assert tokenize(first) == tokenize(second)


@pytest.mark.parametrize(
    "source",
    [
        "def f(x, y=1): return x - y",
        "def f(x, y=2): return x + y",
        "def f(x, *, y=1): return x + y",
        "def f(x, y=1.0): return x + y",
        "def f(x, y=1): return x + y + 1",
        "def f(x, y=1): return (lambda: x + y)()",
        "def f(x, y=1): yield x + y",
        "async def f(x, y=1): return x + y",
        "def g(x, y=1): return x + y\nf = g",
        "def f(x, y=1):\n    try:\n        return x + y\n    except ValueError:\n        return 0",
    ],
)
def test_another_definition_is_another_function(source: str) -> None:
    assert tokenize(define(source)) != tokenize(define("def f(x, y=1): return x + y"))


def test_constants_of_nested_code_count() -> None:
    sources = [f"def f(): return [lambda: {{1, 2, {n}}} for _ in 'ab']" for n in (3, 3.0, 4)]
    assert len({tokenize(define(source)) for source in sources}) == 3


def test_closures_differ_by_what_they_close_over() -> None:
    assert tokenize(adder(1)) == tokenize(adder(1))
    assert len({tokenize(adder(n)) for n in (1, 2, 1.0, "1", [1], adder(1))}) == 6
    values = [1]
    function = adder(values)
    before = tokenize(function)
    values.append(2)
    assert tokenize(function) != before


def test_a_closure_variable_that_is_not_assigned_yet() -> None:
    def outer() -> tuple[str, str]:
        def inner() -> int:
            return late

        before = tokenize(inner)
        late = 1
        return before, tokenize(inner)

    before, after = outer()
    assert before != after


def test_globals_count_when_they_are_read() -> None:
    source = "def f(x): return x + offset.real"
    assert tokenize(define(source, offset=1)) == tokenize(define(source, offset=1))
    assert tokenize(define(source, offset=1)) != tokenize(define(source, offset=2))
    assert tokenize(define(source, offset=1)) != tokenize(define(source))
    # A global that only shares the name of an attribute is not read.
    assert tokenize(define(source, offset=1)) == tokenize(define(source, offset=1, real=object()))


def test_globals_read_by_functions_that_are_called_count() -> None:
    source = "def g(x): return x * factor\ndef f(x): return g(x) if x else f(0)"
    assert tokenize(define(source, factor=2)) == tokenize(define(source, factor=2))
    assert tokenize(define(source, factor=2)) != tokenize(define(source, factor=3))


def test_defaults_and_attributes_count() -> None:
    def make(default: Any, keyword: Any) -> Callable[..., Any]:
        def function(x: Any = default, *, y: Any = keyword) -> Any:
            return x, y

        return function

    pairs = [(1, 2), (2, 1), ([1], 2), (1, None)]
    assert len({tokenize(make(*pair)) for pair in pairs}) == 4
    marked = make(1, 2)
    vars(marked)["unit"] = "m"
    assert tokenize(marked) != tokenize(make(1, 2))


def test_partials_methods_and_caches() -> None:
    values: list[Any] = [
        module_function,
        functools.partial(module_function),
        functools.partial(module_function, 1),
        functools.partial(module_function, x=1),
        functools.partialmethod(module_function, 1),
        functools.lru_cache(module_function),
        functools.lru_cache(maxsize=1)(module_function),
        functools.lru_cache(adder(1)),
        functools.lru_cache(adder(2)),
        operator.itemgetter(1),
        operator.itemgetter(2),
        operator.attrgetter("a"),
        operator.methodcaller("a"),
        operator.methodcaller("a", x=1),
        "a".join,
        "b".join,
        "a".split,
        str.join,
        [1].append,
        [2].append,
    ]
    assert len({tokenize(value) for value in values}) == len(values)
    both = functools.partial(max, key=abs, default=0), functools.partial(max, default=0, key=abs)
    assert tokenize(both[0]) == tokenize(both[1])


def test_bound_methods_are_their_function_and_their_object() -> None:
    class Scale:
        def __init__(self, by: int) -> None:
            self.by = by

        def apply(self, x: int) -> int:
            return x * self.by

        def other(self, x: int) -> int:
            return x + self.by

    assert tokenize(Scale(1).apply) == tokenize(Scale(1).apply)
    tokens = {tokenize(m) for m in (Scale(1).apply, Scale(2).apply, Scale(1).other, Scale.apply)}
    assert len(tokens) == 4


def test_classes_of_the_main_program_are_their_body() -> None:
    source = "class f(Base):\n    limit = {}\n    def method(self):\n        return {}"
    versions = [("1", "2"), ("1", "2"), ("2", "2"), ("1", "3")]
    tokens = [tokenize(define(source.format(*v), Base=object)) for v in versions]
    assert tokens[0] == tokens[1]
    assert len(set(tokens)) == 3
    assert tokenize(define(source.format(1, 2), Base=dict)) != tokens[0]
    instances = [tokenize(define(source.format(*v), Base=object)()) for v in versions]
    assert instances[0] == instances[1]
    assert len(set(instances)) == 3


def test_functions_that_dispatch_on_a_type() -> None:
    def make(for_int: Callable[[int], Any]) -> Any:
        function = functools.singledispatch(lambda x: x)
        function.register(int, for_int)
        return function

    function = make(adder(1))
    before = tokenize(function)
    assert function(1) == 2  # keeps what it looked up
    assert before == tokenize(function) == tokenize(make(adder(1))) != tokenize(make(adder(2)))


def test_generic_classes() -> None:
    item = TypeVar("item")

    class Box(Generic[item]):
        def __init__(self, content: item) -> None:
            self.content = content

    tokens = {tokenize(value) for value in (Box, Box(1), Box(2), Box[int], Box[str], item)}
    assert len(tokens) == 6
    assert tokenize(Box(1)) == tokenize(Box(1))


def test_the_path_leads_to_what_a_function_closes_over() -> None:
    lock = threading.Lock()
    with pytest.raises(TokenizationError, match=r"argument 1 -> closure variable 'n' -> \['s'\]"):
        tokenize(0, adder({"s": lock}))
    with pytest.raises(TokenizationError, match=r"argument 0 -> global 'lock' : _thread"):
        tokenize(define("def f(): return lock.locked()", lock=lock))
    with pytest.raises(TokenizationError, match="default of argument 'x' : "):
        tokenize(lambda x=lock: x)
    with pytest.raises(TokenizationError, match="argument 0 -> argument 'key' : "):
        tokenize(functools.partial(max, key=lock))
