"""Estimates of what values hold."""

from __future__ import annotations

import collections
import dataclasses
import functools
import importlib
import json
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from treadle.graph.sizes import sizeof

MEGABYTE = 10**6


def exact(obj: Any) -> int:
    """Add up everything, for values that share nothing."""
    if isinstance(obj, dict):
        parts = [*obj, *obj.values()]
    elif isinstance(obj, (list, tuple, set, frozenset)):
        parts = list(obj)
    else:
        parts = []
    return sys.getsizeof(obj) + sum(map(exact, parts))


VALUES = st.recursive(
    st.text(max_size=20) | st.integers() | st.floats(),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.lists(inner, max_size=5).map(tuple)
        | st.dictionaries(st.text(max_size=3), inner, max_size=5)
    ),
    max_leaves=30,
)


@given(VALUES)
@settings(deadline=None)
def test_small_values_are_added_up(value: Any) -> None:
    # Parts that are the same object, such as (), count once here and each time there.
    assert sys.getsizeof(value) <= sizeof(value) <= exact(value)


def test_values_that_share_nothing_are_exact() -> None:
    value = [[float(i)] for i in range(50)], {str(i): [i + 1000] for i in range(50)}
    assert sizeof(value) == exact(value)


@pytest.mark.parametrize("kind", [list, tuple, set, collections.deque])
def test_long_containers_are_sampled(kind: Any) -> None:
    value = kind(f"{i:0100}" for i in range(20_000))
    expected = sys.getsizeof(value) + 20_000 * sys.getsizeof("0" * 100)
    assert sizeof(value) == pytest.approx(expected, rel=0.05)


def test_long_dicts_are_sampled() -> None:
    value = {i: bytes(100) + bytes([i % 256]) for i in range(1000, 20_000)}
    expected = sys.getsizeof(value) + 19_000 * (sys.getsizeof(b"x" * 101) + sys.getsizeof(1000))
    assert sizeof(value) == pytest.approx(expected, rel=0.05)


def test_only_a_bounded_part_is_looked_at() -> None:
    looked = []

    class Counted:
        def __init__(self, children: Any) -> None:
            self.children = children

    @sizeof.register(Counted)
    def held(obj: Counted) -> Any:
        looked.append(obj)
        return 1, obj.children

    leaves = [Counted([]) for _ in range(100)]
    for _ in range(4):
        leaves = [Counted([Counted(list(leaves)) for _ in range(20)]) for _ in range(20)]
    nested = [[[[[Counted([]) for _ in range(9)] for _ in range(9)] for _ in range(9)]] * 9] * 9
    for value in (leaves, [nested, leaves], [Counted([]) for _ in range(100_000)]):
        looked.clear()
        assert sizeof(value) > 0
        assert len(looked) < 10_000


def test_what_is_shared_counts_once() -> None:
    block = bytearray(MEGABYTE)
    assert sizeof([block]) < 1.1 * MEGABYTE
    holder = [block, [block], {"k": block}]
    blocks = [bytearray(MEGABYTE)]
    assert sizeof([holder, holder]) < 4 * MEGABYTE
    assert sizeof([blocks] * 1000) < 1.1 * MEGABYTE


def test_values_that_contain_themselves_and_deep_ones() -> None:
    ring: list[Any] = [bytes(1000)]
    ring.append(ring)
    assert 1000 < sizeof(ring) < 1500
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert sizeof(deep) > 0


def test_objects_hold_their_attributes() -> None:
    @dataclasses.dataclass
    class Plain:
        data: bytes
        more: Any = None

    @dataclasses.dataclass(slots=True)
    class Slots:
        data: bytes
        more: Any = None

    for kind in (Plain, Slots):
        assert 1000 < sizeof(kind(bytes(1000))) < 1800
        assert 3000 < sizeof(kind(bytes(1000), kind(bytes(2000)))) < 4000
    unset = Slots(bytes(1000))
    del unset.more
    assert 1000 < sizeof(unset) < 1500


def test_code_counts_nothing_and_what_it_is_given_does() -> None:
    assert sizeof(json) == sizeof(json.dumps) == sizeof(dict) == sizeof(len) == 0
    assert 1000 < sizeof(functools.partial(print, bytes(1000))) < 1800
    assert 1000 < sizeof(bytearray(1000).append) < 1200


def test_types_can_be_taught() -> None:
    class Remote:
        def __init__(self, nbytes: int) -> None:
            self.expected = nbytes

    class Closer(Remote):
        pass

    @sizeof.register(Remote)
    def held(obj: Remote) -> int:
        return obj.expected

    assert sizeof(Remote(12345)) == 12345
    assert 3 * 12345 < sizeof([Closer(12345) for _ in range(3)]) < 3 * 12345 + 200


def test_arrays_of_unknown_libraries_say_it_themselves() -> None:
    class Device:
        nbytes = 5 * MEGABYTE

    assert sizeof(Device()) == 5 * MEGABYTE

    class Odd:
        @property
        def nbytes(self) -> int:
            raise NotImplementedError

    assert 0 < sizeof(Odd()) < 1000


def test_a_size_that_cannot_be_asked_for() -> None:
    class Broken:
        def __sizeof__(self) -> int:
            raise RuntimeError("unknown")

    assert sizeof(Broken()) > 0


def test_numpy() -> None:
    np = pytest.importorskip("numpy")
    block = np.zeros(MEGABYTE, "u1")
    for array in (block, block.reshape(1000, 1000).T, np.ma.MaskedArray(block)):
        assert sizeof(array) == pytest.approx(MEGABYTE, rel=0.01)
    assert sizeof(block[:1000]) < 1500  # a view holds what it shows
    assert sizeof(block[::2]) == pytest.approx(MEGABYTE / 2, rel=0.01)
    assert sizeof(np.broadcast_to(block, (10**6, 10**6))) == pytest.approx(MEGABYTE, rel=0.01)
    assert sizeof([block] * 10) == pytest.approx(MEGABYTE, rel=0.01)
    assert sizeof(np.zeros((0, 5))) < 500
    assert sizeof(np.float64(1)) < 100
    objects = np.empty(1000, object)
    objects[:] = [bytes(1000) + bytes([i % 256]) for i in range(1000)]
    assert sizeof(objects) == pytest.approx(1.05 * MEGABYTE, rel=0.05)
    objects[0] = objects
    assert sizeof(objects) == pytest.approx(1.05 * MEGABYTE, rel=0.05)


def test_pandas() -> None:
    pytest.importorskip("numpy")
    pd = pytest.importorskip("pandas")
    texts = [f"some text {i:05}" for i in range(10_000)]
    frame = pd.DataFrame({"i": range(10_000), "o": pd.Series(texts, dtype=object), "s": texts})
    frame["c"] = frame["s"].astype("category")
    for value in (frame, frame["i"], frame["o"], frame["s"], frame.set_index("o")):
        deep = value.memory_usage(deep=True)
        expected = deep if isinstance(value, pd.Series) else deep.sum()
        assert sizeof(value) == pytest.approx(int(expected), rel=0.3)
    assert 10_000 < sizeof(frame["c"]) < 2 * MEGABYTE
    assert sizeof(pd.RangeIndex(10**9)) < 1000
    assert sizeof(pd.MultiIndex.from_product([range(100), texts])) < 8 * MEGABYTE
    wide = pd.DataFrame({f"c{i}": range(1000) for i in range(300)})
    assert sizeof(wide) == pytest.approx(wide.memory_usage().sum(), rel=0.2)
    assert sizeof(pd.Timestamp("2020")) < 1000


def test_arrow_and_xarray() -> None:
    pytest.importorskip("pyarrow")
    pa: Any = importlib.import_module("pyarrow")
    table = pa.table({"a": range(100_000), "b": ["xy"] * 100_000})
    assert sizeof(table) == pytest.approx(table.nbytes, rel=0.01)
    assert sizeof(table.slice(0, 10)) < 2000
    xr = pytest.importorskip("xarray")
    assert sizeof(xr.Dataset({"a": ("x", [1.0] * 1000)})) == pytest.approx(8000, rel=0.1)
