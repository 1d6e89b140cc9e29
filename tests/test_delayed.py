"""``delayed``, feature by feature."""

from __future__ import annotations

import copy
import operator
import pickle
import threading
from collections import namedtuple
from dataclasses import dataclass, field
from typing import Any

import pytest

import treadle
from treadle import compute, config, delayed
from treadle.delayed import Delayed
from treadle.errors import DuplicateKeyError, MissingKeyError, TokenizationError

Point = namedtuple("Point", "x y")


@dataclass
class Job:
    name: str
    cost: Any
    tags: list[Any] = field(default_factory=list)
    derived: int = field(init=False, default=7)


@dataclass(frozen=True)
class Frozen:
    value: Any


class Account:
    def __init__(self, balance: int) -> None:
        self.balance = balance

    def deposit(self, amount: int, times: int = 1) -> Account:
        return Account(self.balance + amount * times)


@delayed
def inc(x: Any) -> Any:
    """Add one."""
    return x + 1


def test_the_first_tutorial() -> None:
    results = [inc(i) for i in range(8)]
    total = delayed(sum)(results)
    assert repr(total).startswith("Delayed('sum-")
    assert total.compute() == 36


def test_the_wrapper_looks_like_the_function() -> None:
    assert inc.__name__ == "inc"
    assert inc.__doc__ == "Add one."
    assert inc.__wrapped__(1) == 2
    assert inc.key.startswith("function-")


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda x: [x, [x, 1]], [2, [2, 1]]),
        (lambda x: (x, (x,)), (2, (2,))),
        (lambda x: {x, 5}, {2, 5}),
        (lambda x: frozenset([x]), frozenset([2])),
        (lambda x: {"a": x, "b": {"c": [x]}}, {"a": 2, "b": {"c": [2]}}),
        (lambda x: {x: "key"}, {2: "key"}),
        (lambda x: Point(x, 1), Point(2, 1)),
        (lambda x: Job("j", x, [x]), Job("j", 2, [2])),
        (lambda x: Frozen(x), Frozen(2)),
        (lambda x: slice(x, None, 3), slice(2, None, 3)),
        (lambda x: iter([x, x]), [2, 2]),
        (lambda x: [Job("j", {"deep": (x,)})], [Job("j", {"deep": (2,)})]),
    ],
)
def test_lazy_values_are_found_in_containers(make: Any, expected: Any) -> None:
    x = inc(1)
    identity = delayed(lambda value: value)
    got = identity(make(x)).compute()
    assert got == expected
    assert type(got) is type(expected)
    assert delayed(make(x)).compute() == expected
    assert delayed(lambda *, value: value)(value=make(x)).compute() == expected


def test_containers_without_lazy_values_are_passed_on_as_they_are() -> None:
    big = [1, 2, [3, {"a": (4,)}]]
    assert delayed(lambda value: value)(big).compute() is big


def test_what_is_done_to_a_list_afterwards_does_not_matter() -> None:
    parts = [inc(0), inc(1)]
    total = delayed(sum)(parts)
    parts.append(inc(100))
    assert total.compute() == 3


def test_traverse_off() -> None:
    x = inc(1)
    got = delayed(lambda value: value, traverse=False)([x, 1]).compute()
    assert got[0] is x
    assert delayed(lambda value: value, traverse=False)(x).compute() == 2
    assert delayed([x], traverse=False).compute()[0] is x


def test_operators() -> None:
    x, y = delayed(7), delayed(3)
    arithmetic = ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow"]
    for name in [*arithmetic, "lshift", "rshift", "and_", "or_", "xor"]:
        func = getattr(operator, name)
        assert func(x, y).compute() == func(7, 3)
        assert func(x, 3).compute() == func(7, 3)
        assert func(7, y).compute() == func(7, 3)
    for name in ["lt", "le", "gt", "ge", "eq", "ne"]:
        func = getattr(operator, name)
        assert func(x, y).compute() == func(7, 3)
    assert (-x).compute() == -7
    assert (+x).compute() == 7
    assert (~x).compute() == ~7
    assert abs(delayed(-2)).compute() == 2


def test_matrix_product() -> None:
    np = pytest.importorskip("numpy")
    a = np.arange(4).reshape(2, 2)
    assert ((delayed(a) @ a).compute() == a @ a).all()
    assert ((a @ delayed(a)).compute() == a @ a).all()


def test_attributes_methods_and_items() -> None:
    account = delayed(Account)(10)
    assert account.balance.compute() == 10
    assert account.deposit(5).balance.compute() == 15
    assert account.deposit(inc(1), times=inc(2)).balance.compute() == 16
    assert delayed({"a": [1, 2]})["a"][inc(0)].compute() == 2
    assert delayed([1, 2, 3])[1:].compute() == [2, 3]
    assert delayed("a b").split().compute() == ["a", "b"]


def test_calling_a_lazy_function() -> None:
    make = delayed(lambda n: lambda x: x * n)
    assert make(3)(5).compute() == 15
    assert make(3)(inc(4)).compute() == 15


def test_library_functions_and_classes() -> None:
    assert delayed(max)(inc(1), 1).compute() == 2
    assert delayed(dict)(a=inc(1)).compute() == {"a": 2}
    assert delayed(int)("12").compute() == 12


def test_methods_can_be_decorated() -> None:
    class Model:
        factor = 3

        @delayed
        def fit(self, x: int) -> int:
            return x * self.factor

    assert Model().fit(2).compute() == 6
    assert Model.fit(Model(), inc(1)).compute() == 6


def test_delayed_of_delayed_is_the_same() -> None:
    x = inc(1)
    assert delayed(x) is x
    assert delayed(inc)(x).compute() == 3


def test_a_function_as_an_argument() -> None:
    assert delayed(lambda f, x: f(x))(inc, 1).key
    assert delayed(lambda f, x: f(x))(delayed(abs), -1).compute() == 1


def test_nout() -> None:
    @delayed(nout=2)
    def divide(a: int, b: int) -> tuple[int, int]:
        return divmod(a, b)

    quotient, rest = divide(7, 2)
    assert compute(quotient, rest) == (3, 1)
    assert len(divide(1, 1)) == 2
    assert list(delayed(lambda: (), nout=0)()) == []
    # Unpacked results share one call.
    q, r = divide(7, 2)
    assert len(treadle.collection.graph_of(q + r)) == 4


@pytest.mark.parametrize("nout", [-1])
def test_a_negative_nout(nout: int) -> None:
    with pytest.raises(ValueError, match="nout=-1"):
        delayed(inc.__wrapped__, nout=nout)


@pytest.mark.parametrize("nout", ["2", 1.0, True])
def test_an_odd_nout(nout: Any) -> None:
    with pytest.raises(TypeError, match="nout="):
        delayed(inc.__wrapped__, nout=nout)


def test_pure_calls_have_keys_by_content_and_run_once() -> None:
    pure = delayed(abs, pure=True)
    assert pure(-1).key == pure(-1).key != pure(-2).key
    assert pure(pure(-1)).key == pure(pure(-1)).key
    assert inc(1).key != inc(1).key
    assert inc(1, pure=True).key == inc(1, pure=True).key
    assert pure(-1, pure=False).key != pure(-1, pure=False).key
    with config.set(delayed_pure=True):
        assert delayed(abs)(-1).key == pure(-1).key
    assert delayed(5, pure=True).key == delayed(5, pure=True).key


def test_pure_calls_of_equal_content_run_once() -> None:
    ran: list[int] = []

    class Work:
        def __call__(self, x: int) -> int:
            ran.append(x)
            return x

        def __treadle_tokenize__(self) -> str:
            return "work"

    work = delayed(Work(), pure=True)
    assert compute(work(1), work(1), work(2)) == (1, 1, 2)
    assert sorted(ran) == [1, 2]


def test_pure_calls_need_arguments_with_content() -> None:
    with pytest.raises(TokenizationError, match="lock"):
        delayed(repr, pure=True)(threading.Lock())


def test_given_names() -> None:
    assert delayed(1, name="one").key == "one"
    assert inc(1, dask_key_name="mine").key == "mine"
    assert inc(1, treadle_key_name="mine").compute() == 2
    assert delayed([inc(1)], name="boxed").key == "boxed"
    with pytest.raises(TypeError, match="key is a string"):
        inc(1, dask_key_name=3)


def test_one_name_for_two_calls_is_an_error() -> None:
    a, b = inc(1, dask_key_name="k"), inc(2, dask_key_name="k")
    with pytest.raises(DuplicateKeyError, match="'k' has two definitions"):
        compute(a, b)


@pytest.mark.parametrize(
    ("use", "hint"),
    [
        (lambda x: bool(x), "compute"),
        (lambda x: [1 for _ in x], "nout"),
        (lambda x: len(x), "nout"),
        (lambda x: 1 in x, "contains"),
        (lambda x: setattr(x, "a", 1), "changed copy"),
        (lambda x: operator.setitem(x, 0, 1), "changed copy"),
    ],
)
def test_what_cannot_work_says_what_to_write(use: Any, hint: str) -> None:
    with pytest.raises(TypeError, match=hint):
        use(inc(1))


def test_augmented_assignment_makes_a_new_value() -> None:
    x = y = inc(1)
    x += 1
    assert compute(x, y) == (3, 2)


def test_underscore_attributes_are_not_lazy() -> None:
    with pytest.raises(AttributeError, match="underscore"):
        _ = inc(1)._private
    assert not hasattr(inc(1), "__array__")


def test_pickling() -> None:
    y = delayed(operator.add)(delayed(abs)(-1), delayed([1, 2])[0])
    z = pickle.loads(pickle.dumps(y))
    assert z.key == y.key
    assert z.compute() == 2
    f = pickle.loads(pickle.dumps(delayed(abs, nout=3)))
    assert len(f(-1)) == 3


def test_pickling_a_long_chain() -> None:
    x = delayed(0)
    for _ in range(5_000):
        x = delayed(operator.neg)(x)
    assert pickle.loads(pickle.dumps(x)).compute() == 0


def test_copies_are_the_same_value() -> None:
    x = inc(1)
    assert copy.copy(x) is x
    assert copy.deepcopy([x])[0] is x


def test_hash_and_equality() -> None:
    x = inc(1)
    assert len({x: 1, inc(1): 2}) == 2
    assert isinstance(x == x, Delayed)


def test_graph_and_keys() -> None:
    y = inc(inc(1))
    assert set(y.dask.keys()) == {y.key, *(op.name for op in y.dask.operations)}
    with pytest.raises(MissingKeyError):
        y.dask.find("nothing")


def test_a_large_argument_is_not_looked_at() -> None:
    class Watched(list[int]):
        def __iter__(self) -> Any:
            raise AssertionError("looked into a list subclass")

    assert delayed(len)(Watched([1, 2])).compute() == 2


def test_annotations() -> None:
    with treadle.annotate(priority=5):
        x = inc(1)
        with treadle.annotate(retries=2):
            y = inc(x)
    operations = y.dask.operations
    assert [op.annotations for op in operations] == [
        {"priority": 5},
        {"priority": 5, "retries": 2},
    ]
    assert treadle.get_annotations() == {}


@pytest.mark.parametrize(
    "wrong", [{"retries": -1}, {"retries": 1.5}, {"priority": "high"}, {"resources": 3}]
)
def test_wrong_annotations(wrong: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError), match=next(iter(wrong))), treadle.annotate(**wrong):
        pass


def test_a_generator_is_refused() -> None:
    with pytest.raises(TypeError, match="write a list"):
        delayed(sum)(inc(n) for n in range(3))
    with pytest.raises(TypeError, match="write a list"):
        delayed(sum)([(n for n in range(3))])


def test_a_wrong_nout_says_so() -> None:
    a, b = delayed(lambda: (1, 2, 3), nout=2)()
    with pytest.raises(ValueError, match="nout=2 returned 3"):
        compute(a, b)
    (c,) = delayed(lambda: 5, nout=1)()
    with pytest.raises(TypeError, match="nout=1 returned one int"):
        c.compute()
    d, e = delayed(lambda: {7, 8}, nout=2)()
    assert sorted(compute(d, e)) == [7, 8]
