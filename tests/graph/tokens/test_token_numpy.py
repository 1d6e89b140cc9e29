"""NumPy: type, dtype, shape and the bits of the elements, whatever the memory layout."""

from __future__ import annotations

import hashlib
import pickle
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from treadle.errors import TokenizationError
from treadle.graph.tokens import token_of, tokenize

np = pytest.importorskip("numpy")
hypothesis_numpy = pytest.importorskip("hypothesis.extra.numpy")

DTYPES = st.one_of(
    hypothesis_numpy.boolean_dtypes(),
    hypothesis_numpy.integer_dtypes(endianness="?"),
    hypothesis_numpy.floating_dtypes(endianness="?"),
    hypothesis_numpy.complex_number_dtypes(),
    hypothesis_numpy.datetime64_dtypes(),
    hypothesis_numpy.unicode_string_dtypes(max_len=3),
    hypothesis_numpy.byte_string_dtypes(max_len=3),
    hypothesis_numpy.array_dtypes(max_size=3),
)
SHAPES = hypothesis_numpy.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)
ARRAYS = DTYPES.flatmap(lambda dtype: hypothesis_numpy.arrays(dtype, SHAPES))


@given(ARRAYS)
@settings(deadline=None)
def test_layout_is_no_content(array: Any) -> None:
    token = tokenize(array)
    assert tokenize(array.copy()) == token
    assert tokenize(np.asfortranarray(array)) == token or array.ndim == 0
    pickled = pickle.loads(pickle.dumps(array))
    assert tokenize(pickled) == token or pickled.dtype != array.dtype  # may come back native
    if array.ndim:
        wide = np.repeat(array, 2, axis=-1)[..., ::2]
        assert tokenize(wide) == token
        assert tokenize(array[::-1][::-1]) == token


@given(ARRAYS)
@settings(deadline=None)
def test_shape_dtype_and_type_are_content(array: Any) -> None:
    others = [array[np.newaxis], array.tolist(), array.view(np.matrix) if array.ndim == 2 else None]
    assert tokenize(array) not in {tokenize(other) for other in others}


@given(hypothesis_numpy.arrays("i2", SHAPES), st.data())
@settings(deadline=None)
def test_changing_one_element_changes_the_token(array: Any, data: Any) -> None:
    if array.size == 0:
        return
    before = tokenize(array)
    array.flat[data.draw(st.integers(0, array.size - 1))] ^= 1
    assert tokenize(array) != before


def test_elements_are_hashed_by_their_bits() -> None:
    values: list[Any] = [0.0, -0.0, np.nan, 1.0]
    kinds: list[Callable[[Any], Any]] = [
        np.float64,
        np.float32,
        np.longdouble,
        np.array,
        np.atleast_1d,
    ]
    tokens = {tokenize(kind(value)) for value in values for kind in kinds}
    assert len(tokens) == len(values) * len(kinds)
    assert tokenize(np.float64(1)) != tokenize(1.0)


def test_bytes_that_belong_to_no_element_are_no_content() -> None:
    dtype = np.dtype("i1,f8", align=True)
    raw = np.zeros(3 * dtype.itemsize, "u1"), np.full(3 * dtype.itemsize, 255, "u1")
    arrays = [memory.view(dtype) for memory in raw]
    for array in arrays:
        array["f0"], array["f1"] = 1, 2
    assert raw[0].tobytes() != raw[1].tobytes()
    assert tokenize(arrays[0]) == tokenize(arrays[1])

    long = np.arange(4, dtype=np.longdouble)
    if long.itemsize == 16 and np.finfo(np.longdouble).nmant == 63:
        dirty = long.copy()
        dirty.view("u1").reshape(-1, 16)[:, 10:] = 255
        assert tokenize(dirty) == tokenize(long)


def test_equal_dtypes_have_the_same_content() -> None:
    assert tokenize(np.arange(3, dtype="q")) == tokenize(np.arange(3, dtype="l")) or (
        np.dtype("q") != np.dtype("l")
    )
    dtypes = ["i4", "<i2", ">i2", "M8[s]", "M8[D]", "U3", "S3", "O", "V3", "i4,i4", "(2,)i4"]
    dtypes = [*map(np.dtype, dtypes), np.dtype([("a", "i4"), ("b", "i4")])]
    dtypes.append(np.dtype({"names": ["a", "b"], "formats": ["i4", "i4"], "offsets": [0, 8]}))
    assert len({tokenize(dtype) for dtype in dtypes}) == len(dtypes)
    assert tokenize(np.dtype("i4")) == tokenize(np.dtype("<i4" if np.little_endian else ">i4"))


def test_object_arrays_are_their_objects() -> None:
    def array(last: Any) -> Any:
        values = np.empty((2, 2), object)
        values[:] = [[{"a", "b"}, [1]], [None, last]]
        return values

    assert (
        tokenize(array("x"))
        == tokenize(array("x").copy())
        == tokenize(np.asfortranarray(array("x")))
    )
    assert tokenize(array("x")) != tokenize(array("y"))
    assert tokenize(array("x")) != tokenize(array("x").T)
    with pytest.raises(TokenizationError, match=r"content of 'ndarray'.*\[3\] : _thread.lock"):
        tokenize(array(threading.Lock()))
    ring = array(1)
    ring[1, 1] = ring
    assert tokenize(ring) != tokenize(array(1))


def test_variable_width_strings() -> None:
    dtype = getattr(np.dtypes, "StringDType", None)
    if dtype is None:
        pytest.skip("NumPy 1 has no variable-width strings")
    assert tokenize(np.array(["a", "b" * 50], dtype())) == tokenize(
        np.array(["a", "b" * 50], dtype())
    )
    assert tokenize(np.array(["a", "b" * 50], dtype())) != tokenize(
        np.array(["a", "c" * 50], dtype())
    )


def test_large_arrays_in_blocks_and_in_place_agree() -> None:
    array = np.random.default_rng(1).random((500, 400))
    assert tokenize(np.asfortranarray(array)) == tokenize(array)
    assert tokenize(array[::3, 5:]) == tokenize(array[::3, 5:].copy())


def test_broadcast_arrays_of_any_size() -> None:
    small = np.broadcast_to(np.arange(3.0), (4, 3))
    assert tokenize(small) == tokenize(small.copy())
    shapes = [(10**7, 10**7), (10**7, 10**6)]
    tokens = {tokenize(np.broadcast_to(value, shape)) for shape in shapes for value in (1.0, 2.0)}
    assert len(tokens) == 4


def test_an_array_is_hashed_once_per_token(monkeypatch: pytest.MonkeyPatch) -> None:
    from treadle.graph.tokens import numpy_types

    hashed = []

    def count(data: Any) -> bytes:
        hashed.append(len(data))
        return hashlib.blake2b(data, digest_size=16).digest()

    monkeypatch.setattr(numpy_types, "digest", count)
    array = np.arange(1000)
    tokenize([array] * 50, array)
    assert hashed == [array.nbytes]


def test_memory_maps_are_their_elements(tmp_path: Path) -> None:
    array = np.arange(12.0)
    tokens = set()
    for name, offset in (("a", 0), ("b", 16)):
        path = tmp_path / name
        path.write_bytes(bytes(offset) + array.tobytes())
        tokens.add(tokenize(np.memmap(path, "f8", "r", offset=offset)))
    assert len(tokens) == 1


def test_masked_arrays() -> None:
    def masked(*mask: bool, fill: int = 9) -> Any:
        return np.ma.MaskedArray([1, 2], mask=mask, fill_value=fill)

    values = [
        masked(True, False),
        masked(False, True),
        masked(True, False, fill=8),
        np.array([1, 2]),
    ]
    assert len({tokenize(value) for value in values}) == 4
    assert tokenize(masked(True, False)) == tokenize(masked(True, False))


def test_subclasses_keep_their_attributes() -> None:
    quantity_type = type("Quantity", (np.ndarray,), {})

    def quantity(unit: str) -> Any:
        array = np.arange(3).view(quantity_type)
        array.unit = unit
        return array

    assert tokenize(quantity("m")) == tokenize(quantity("m"))
    assert tokenize(quantity("m")) != tokenize(quantity("s"))


@pytest.mark.parametrize("make", [np.random.default_rng, np.random.RandomState, np.random.PCG64])
def test_random_generators_are_their_state(make: Callable[[int], Any]) -> None:
    generator = make(1)
    before = tokenize(generator)
    assert before == tokenize(make(1)) != tokenize(make(2))
    (generator.random_raw if hasattr(generator, "random_raw") else generator.random)()
    assert tokenize(generator) != before


def test_functions_of_numpy() -> None:
    functions = [
        np.add,
        np.multiply,
        np.sum,
        np.mean,
        np.linalg.norm,
        np.add.reduce,
        np.dot,
        np.float64,
    ]
    assert len({tokenize(function) for function in functions}) == len(functions)
    assert tokenize(np.add.reduce) == tokenize(np.add.reduce)


def test_functions_made_of_python_functions() -> None:
    def inc(x: int) -> int:
        return x + 1

    vectorized = np.vectorize(inc, otypes=[int])
    before = tokenize(vectorized)
    vectorized([1, 2])
    assert tokenize(vectorized) == before != tokenize(np.vectorize(abs, otypes=[int]))
    made = np.frompyfunc(inc, 1, 1)
    with pytest.raises(TokenizationError, match="no module is known to define the ufunc"):
        tokenize(made)
    assert token_of([made], fresh=lambda: "fresh") == "fresh"
