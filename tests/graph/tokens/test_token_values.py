"""Built-in values: equal content and types if and only if equal tokens."""

from __future__ import annotations

import copy
import itertools
import math
import pickle
import struct
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from treadle.errors import TokenizationError
from treadle.graph.tokens import tokenize

# Few atoms, so that generated values are often equal, and close to each other when they are not.
ATOMS = st.sampled_from(
    [None, True, False, 0, 1, -1, 2**70, 0.0, -0.0, 1.0, math.inf, 1j, ..., "", "a", "1", b"", b"a"]
)
HASHABLE = st.recursive(
    ATOMS,
    lambda inner: (
        st.lists(inner, max_size=3).map(tuple) | st.lists(inner, max_size=3).map(frozenset)
    ),
    max_leaves=5,
)
VALUES = st.recursive(
    HASHABLE | st.floats() | st.text(max_size=40) | st.binary(max_size=40) | st.integers(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(HASHABLE, inner, max_size=4)
        | st.sets(HASHABLE, max_size=4)
        | st.binary(max_size=4).map(bytearray)
    ),
    max_leaves=20,
)


def content(value: Any) -> Any:
    """Say what a value is, in a way that compares: a slow model of what a token says."""
    kind = type(value).__name__
    if isinstance(value, (list, tuple)):
        return kind, tuple(content(item) for item in value)
    if isinstance(value, (set, frozenset)):
        return kind, frozenset(content(item) for item in value)
    if isinstance(value, dict):
        return kind, frozenset((content(key), content(item)) for key, item in value.items())
    if isinstance(value, float):
        return kind, struct.pack("<d", value)
    return kind, repr(value)


@given(VALUES, VALUES)
@settings(max_examples=500, deadline=None)
def test_equal_content_if_and_only_if_equal_token(left: Any, right: Any) -> None:
    assert (content(left) == content(right)) == (tokenize(left) == tokenize(right))


@given(VALUES)
@settings(deadline=None)
def test_copies_have_the_same_token(value: Any) -> None:
    token = tokenize(value)
    assert token == tokenize(copy.deepcopy(value))
    assert token == tokenize(pickle.loads(pickle.dumps(value)))


@given(st.lists(VALUES, max_size=4), st.dictionaries(st.text(max_size=3), VALUES, max_size=4))
@settings(deadline=None)
def test_order_of_dicts_and_keywords_is_no_content(
    values: list[Any], mapping: dict[str, Any]
) -> None:
    backwards = dict(reversed(mapping.items()))
    assert tokenize(mapping, values) == tokenize(backwards, values)
    assert tokenize(values, k=mapping, m=1) == tokenize(values, m=1, k=backwards)


def nest(items: list[Any]) -> Any:
    return [[], *items]


def wrap_once(items: list[Any]) -> Any:
    return [items]


def test_ten_thousand_values_do_not_collide() -> None:
    numbers = [n * scale for n in range(-500, 500) for scale in (1, 2**64)]
    floats = [n / 10 for n in range(2000)]
    texts = ["ab" * (n // 2) + str(n % 2) for n in range(500)]
    small: list[Any] = [None, True, 0, 1, "1", b"1", 1.0, (), [], "[]", "(1:"]
    shapes: list[Any] = [
        wrap(list(items))
        for size in range(4)
        for items in itertools.product(small, repeat=size)
        for wrap in (list[Any], tuple[Any, ...], nest, wrap_once)
    ]
    values = [*numbers, *floats, *texts, *shapes]
    contents = {content(value) for value in values}
    assert len(contents) > 9000
    assert len({tokenize(value) for value in values}) == len(contents)


def test_token_is_hexadecimal_and_of_fixed_length() -> None:
    for token in (tokenize(), tokenize(1), tokenize("x" * 10_000)):
        assert len(token) == 32
        assert set(token) <= set("0123456789abcdef")


def test_arguments_are_not_confused_with_containers() -> None:
    tokens = {
        tokenize(),
        tokenize(()),
        tokenize(1, 2),
        tokenize((1, 2)),
        tokenize([1, 2]),
        tokenize(1, (2,)),
        tokenize(1, a=2),
        tokenize(1, b=2),
        tokenize(1, {"a": 2}),
        tokenize(a=1, b=2),
    }
    assert len(tokens) == 10


def test_nan_equals_itself_and_zeros_keep_their_sign() -> None:
    assert tokenize(math.nan) == tokenize(float("nan"))
    assert tokenize({math.nan: 1}) == tokenize({float("nan"): 1})
    assert tokenize(0.0) != tokenize(-0.0)
    assert tokenize(complex(0.0, -0.0)) != tokenize(complex(0.0, 0.0))


def test_a_change_anywhere_changes_the_token() -> None:
    value: Any = {"a": [1, {"b": (2, {3}), "c": bytearray(b"x")}], "d": set()}
    tokens = [tokenize(value)]
    changes: list[Callable[[], None]] = [
        lambda: value["a"].append(0),
        lambda: value["a"][1]["b"][1].add(4),
        lambda: value["a"][1]["c"].extend(b"y"),
        lambda: value["d"].add("e"),
        lambda: value.update(f=None),
    ]
    for change in changes:
        change()
        tokens.append(tokenize(value))
    assert len(set(tokens)) == len(tokens)


def test_sharing_is_no_content() -> None:
    part = [1, "x" * 100, {"k": [2]}]
    assert tokenize([part, part]) == tokenize([part, copy.deepcopy(part)])
    assert tokenize(part, part) == tokenize(part, copy.deepcopy(part))


def test_values_that_share_much_of_themselves_cost_little() -> None:
    value: Any = ["leaf"]
    for _ in range(200):  # 2**200 leaves when unfolded
        value = [value, {"k": value}]
    assert tokenize(value) == tokenize(copy.deepcopy(value))


def test_values_that_contain_themselves() -> None:
    def ring(leaf: int) -> list[Any]:
        inner: dict[str, Any] = {"leaf": leaf}
        outer: list[Any] = [inner, (inner,)]
        inner["outer"] = outer
        outer.append(outer)
        return outer

    assert tokenize(ring(1)) == tokenize(ring(1))
    assert tokenize(ring(1)) != tokenize(ring(2))
    assert tokenize([ring(1), ring(1)]) != tokenize([ring(1), ring(2)])
    plain: list[Any] = []
    plain.append(plain)
    assert tokenize(plain) not in {tokenize([]), tokenize([[]])}


def test_a_part_of_a_ring_is_not_confused_with_the_same_part_elsewhere() -> None:
    # `part` refers to what encloses it: it means something else in another place.
    left: list[Any] = [0]
    right: list[Any] = [1]
    part_of_left: list[Any] = [left]
    left.append(part_of_left)
    right.append([right])
    assert tokenize([left, [right]]) != tokenize([right, [left]])
    assert tokenize([part_of_left, left]) != tokenize([left, part_of_left])


def test_too_many_rings_raise_instead_of_running_for_ever() -> None:
    nodes: list[list[Any]] = [[] for _ in range(30)]
    for node in nodes:
        node.extend(nodes)  # everyone refers to everyone
    with pytest.raises(TokenizationError, match="too many circles"):
        tokenize(nodes)


def test_values_nested_too_deep_raise() -> None:
    value: Any = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(TokenizationError, match="nested this deep"):
        tokenize(value)


def test_memoryviews_are_their_content_whatever_the_strides() -> None:
    assert tokenize(memoryview(b"abcdef")[::2]) == tokenize(memoryview(b"ace"))
    assert tokenize(memoryview(b"abcd")) != tokenize(memoryview(b"abcd").cast("I"))
    assert tokenize(memoryview(b"abcd")) != tokenize(memoryview(b"abcd").cast("B", (2, 2)))
    assert tokenize(memoryview(b"abc")) != tokenize(b"abc") != tokenize(bytearray(b"abc"))


def test_slices_and_ranges() -> None:
    assert tokenize(slice(1, None)) == tokenize(slice(1, None, None))
    tokens = {tokenize(v) for v in (slice(1), slice(0, 1), range(1), range(0, 1, 2), (0, 1, 2))}
    assert len(tokens) == 5
