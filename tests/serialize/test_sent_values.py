"""Values between processes: what arrives, and what was copied on the way."""

from __future__ import annotations

import copyreg
import datetime
import functools
import importlib
import pickle
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from treadle.errors import SerializationError
from treadle.serialize import dumps, dumps_call, loads
from treadle.serialize.values import OUT_OF_BAND

Elsewhere = Callable[..., bytes]

SCALARS: Any = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.dates()
    | st.complex_numbers(allow_nan=False)
)
VALUES: Any = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(), inner)
        | st.frozensets(SCALARS)
    ),
)


def _address(buffer: Any) -> int:
    return np.frombuffer(buffer, np.uint8).ctypes.data


@given(VALUES)
def test_values_arrive_unchanged(value: Any) -> None:
    arrived = loads(*dumps(value))
    assert arrived == value
    assert repr(arrived) == repr(value) or isinstance(value, frozenset | dict | list | tuple)


@given(hnp.arrays(hnp.scalar_dtypes() | hnp.array_dtypes(), hnp.array_shapes(max_side=40)))
def test_arrays_arrive_unchanged(array: Any) -> None:
    for view in (array, array.T, array[::2], array[..., ::-1]):
        arrived = loads(*dumps(view))
        assert (arrived.dtype, arrived.shape) == (view.dtype, view.shape)
        assert arrived.tobytes() == view.tobytes()


LARGE = {
    "C order": np.arange(6e4).reshape(300, 200),
    "Fortran order": np.arange(6e4).reshape(300, 200).T,
    "integers": np.arange(60_000, dtype="u1"),
    "records": np.zeros(5000, dtype=[("a", "i4"), ("b", "f8")]),
    "dates": np.arange(10_000).astype("M8[ns]"),
    "durations": np.arange(10_000).astype("m8[s]"),
    "text": np.array(["abc"] * 5000),
}


@pytest.mark.parametrize("kind", LARGE)
def test_large_arrays_are_not_copied(kind: str) -> None:
    array = LARGE[kind]
    data, [buffer] = dumps({"x": array})
    assert len(data) < 500
    assert buffer.nbytes == array.nbytes
    assert _address(buffer) == array.ctypes.data
    received = bytearray(buffer)
    arrived = loads(data, [received])["x"]
    assert arrived.ctypes.data == _address(received)
    np.testing.assert_array_equal(arrived, array)
    assert arrived.dtype == array.dtype and arrived.flags.writeable


def test_views_that_are_not_contiguous_are_copied_once_and_out_of_band() -> None:
    array = np.arange(6e4).reshape(300, 200)[:, ::2]
    data, [buffer] = dumps(array)
    assert len(data) < 500 and buffer.nbytes == array.nbytes
    np.testing.assert_array_equal(loads(data, [buffer]), array)


def test_small_buffers_stay_in_the_pickle() -> None:
    small, large = np.zeros(OUT_OF_BAND // 8 - 1), np.zeros(OUT_OF_BAND // 8)
    assert dumps(small)[1] == []
    assert [b.nbytes for b in dumps([small, large, small])[1]] == [OUT_OF_BAND]


def test_one_array_is_sent_once() -> None:
    array = np.zeros(1000)
    data, buffers = dumps([array, {"again": array}])
    assert len(buffers) == 1
    first, second = loads(data, buffers)
    assert first is second["again"]


def test_read_only_arrays_stay_so() -> None:
    array = np.zeros(1000)
    array.flags.writeable = False
    data, buffers = dumps(array)
    assert not loads(data, [bytearray(b) for b in buffers]).flags.writeable


def test_object_arrays_and_masked_arrays_arrive() -> None:
    objects = np.array([1, "a", None, [2]], dtype=object)
    assert loads(*dumps(objects)).tolist() == objects.tolist()
    masked = np.ma.masked_array(np.arange(2000.0), mask=np.arange(2000) % 2 == 0)
    arrived = loads(*dumps(masked))
    assert arrived.sum() == masked.sum() and isinstance(arrived, np.ma.MaskedArray)


def test_the_columns_of_a_table_are_not_copied() -> None:
    table = pd.DataFrame({"a": np.arange(10_000), "b": np.arange(10_000.0)})
    table["t"] = pd.date_range("2000-01-01", periods=10_000)
    data, buffers = dumps(table)
    assert len(data) < 5000
    assert sum(b.nbytes for b in buffers) == 3 * 80_000
    pd.testing.assert_frame_equal(loads(data, buffers), table)


def test_bytes_like_values() -> None:
    numbers: Any = np.arange(2000, dtype="i4").reshape(40, 50)
    records: Any = np.zeros(3, dtype=[("a", "i4"), ("b", "f8")])
    for view in (
        memoryview(bytes(range(256)) * 20),
        memoryview(bytearray(5000)),
        memoryview(b"abcdef")[::2],
        memoryview(numbers),
        memoryview(numbers)[3:],
        memoryview(b""),
    ):
        arrived = loads(*dumps([view]))[0]
        assert isinstance(arrived, memoryview)
        assert (arrived.format, arrived.shape) == (view.format, view.shape)
        assert arrived.tobytes() == view.tobytes()
        assert arrived.readonly or not view.readonly
    assert _address(dumps([memoryview(numbers)])[1][0]) == numbers.ctypes.data
    with pytest.raises(SerializationError, match="This memoryview cannot be sent"):
        dumps(memoryview(records))


def test_functions_and_classes_inside_containers() -> None:
    class Local:
        def __init__(self, factor: int) -> None:
            self.factor = factor

    offset = 3
    value = {"f": [lambda x: x + offset], "o": Local(5), "p": functools.partial(max, 3)}
    arrived = loads(*dumps(value))
    assert arrived["f"][0](4) == 7
    assert arrived["o"].factor == 5
    assert arrived["p"](9) == 9


def test_text_that_mentions_main_is_just_text() -> None:
    assert loads(*dumps({"name": "__main__"})) == {"name": "__main__"}


def test_main_travels_by_value_there_and_back(elsewhere: Elsewhere) -> None:
    script = """
import functools, subprocess
from treadle.serialize import dumps, loads

FACTOR = 3

class Model:
    def __init__(self, n):
        self.n = n
    def scaled(self):
        return self.n * FACTOR

@functools.lru_cache(maxsize=7)
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)

there = '''
import sys
from treadle.serialize import dumps, loads
model, fib = loads(sys.stdin.buffer.read())
import __main__
assert not hasattr(__main__, "Model")
model.n = model.scaled() + fib(10)
data, buffers = dumps([model, fib.cache_parameters()])
sys.stdout.buffer.write(data)
'''
data, _ = dumps([Model(5), fib])
done = subprocess.run([sys.executable, "-c", there], input=data, capture_output=True, check=True)
model, parameters = loads(done.stdout)
assert type(model) is Model, type(model)
print(model.n, parameters["maxsize"])
"""
    assert elsewhere(script).split() == [b"70", b"7"]


def test_cached_functions_of_modules_travel_by_name() -> None:
    assert loads(*dumps([_cached, lambda: 0]))[0] is _cached


@functools.lru_cache
def _cached(x: int) -> int:
    return x


def test_modules_registered_to_travel_by_value_do(monkeypatch: pytest.MonkeyPatch) -> None:
    cloudpickle: Any = importlib.import_module("cloudpickle")
    module = types.ModuleType("only_here")
    exec("def f(): return 42\nclass C: ...", vars(module))
    monkeypatch.setitem(sys.modules, "only_here", module)
    by_name, _ = dumps(vars(module)["f"])
    cloudpickle.register_pickle_by_value(module)
    try:
        by_value, _ = dumps(vars(module)["f"])
    finally:
        cloudpickle.unregister_pickle_by_value(module)
    monkeypatch.delitem(sys.modules, "only_here")
    assert loads(by_value)() == 42
    with pytest.raises(SerializationError, match=r"No module named 'only_here'.*PYTHONPATH"):
        loads(by_name, what="result of f()")


class Registered:
    """A class whose reducer a library registers, perhaps long after the first value was sent."""


def test_reducers_registered_later_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    dumps(Registered())
    monkeypatch.setitem(
        copyreg.dispatch_table, Registered, lambda obj: (datetime.date, (2000, 1, 2))
    )
    assert loads(*dumps(Registered())) == datetime.date(2000, 1, 2)
    assert loads(*dumps([Registered(), lambda: 0]))[0] == datetime.date(2000, 1, 2)


def test_standard_streams_are_those_of_the_other_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open(tmp_path / "here", "w") as here, open(tmp_path / "there", "w") as there:
        monkeypatch.setattr(sys, "stdout", here)
        data, _ = dumps({"file": here})
        with pytest.raises(SerializationError, match="Open files belong to one process"):
            dumps({"file": there})
        monkeypatch.setattr(sys, "stdout", there)
        assert loads(data)["file"] is there


class OutOfMemory:
    def __reduce__(self) -> Any:
        raise MemoryError("no room")


def test_running_out_of_memory_is_not_a_pickling_problem() -> None:
    with pytest.raises(MemoryError, match="no room"):
        dumps([OutOfMemory()])
    with pytest.raises(MemoryError, match="no room"):
        dumps_call(print, [OutOfMemory()])


class BadState:
    def __setstate__(self, state: Any) -> None:
        raise ValueError("state of another version")

    def __getstate__(self) -> Any:
        return 1


def test_values_that_cannot_be_rebuilt() -> None:
    data, buffers = dumps(BadState())
    with pytest.raises(SerializationError, match=r"cannot rebuild result of f\(\) in this process"):
        loads(data, buffers, what="result of f()")


def test_calls_arrive_as_arguments_and_keywords() -> None:
    array = np.arange(1000.0)
    data, buffers = dumps_call(print, [array, 1], {"sep": array})
    (first, one), named = loads(data, buffers)
    assert one == 1 and first is named["sep"]
    assert len(buffers) == 1


def test_the_pickle_is_readable_without_treadle() -> None:
    data, buffers = dumps({"a": [1, (2, 3)]})
    assert pickle.loads(data, buffers=buffers) == {"a": [1, (2, 3)]}


def test_nothing_heavy_is_imported_before_a_value_needs_it(elsewhere: Elsewhere) -> None:
    script = """
from treadle.serialize import dumps, loads, pack_exception, unpack_exception
import treadle.store.segments
loads(*dumps([1, {"a": print}]))
unpack_exception(pack_exception(ValueError("x")))
print({"numpy", "pandas", "cloudpickle", "psutil", "multiprocessing", "asyncio"} & set(sys.modules))
"""
    assert elsewhere(script).strip() == b"set()"
