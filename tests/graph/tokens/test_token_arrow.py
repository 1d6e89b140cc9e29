"""Arrow: type, nulls and values, whatever the buffers around them hold."""

from __future__ import annotations

import datetime
import decimal
import pickle
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from treadle.graph.tokens import tokenize

pa: Any = pytest.importorskip("pyarrow")

COLUMNS: dict[str, tuple[Any, list[Any]]] = {
    "int": (pa.int64(), [1, None, 3, 4]),
    "small": (pa.uint8(), [1, None, 3, 4]),
    "float": (pa.float64(), [1.5, None, -0.0, 4]),
    "bool": (pa.bool_(), [True, None, False, True]),
    "null": (pa.null(), [None] * 4),
    "text": (pa.string(), ["a", None, "", "bcd"]),
    "large text": (pa.large_string(), ["a", None, "", "bcd"]),
    "binary": (pa.binary(), [b"a", None, b"", b"bcd"]),
    "text view": (pa.string_view(), ["a", None, "", "b" * 30]),
    "fixed binary": (pa.binary(2), [b"ab", None, b"cd", b"ef"]),
    "decimal": (pa.decimal128(5, 2), [decimal.Decimal("1.10"), None, decimal.Decimal(2), None]),
    "date": (pa.date32(), [datetime.date(2020, 1, 1), None, datetime.date(2020, 1, 2), None]),
    "timestamp": (pa.timestamp("us", "UTC"), [1, None, 3, 4]),
    "list": (pa.list_(pa.string()), [["a"], None, [], ["b", None, "c"]]),
    "large list": (pa.large_list(pa.int8()), [[1], None, [], [2, None, 3]]),
    "fixed list": (pa.list_(pa.int8(), 2), [[1, 2], None, [3, None], [5, 6]]),
    "struct": (pa.struct([("a", pa.int8()), ("b", pa.string())]), [{"a": 1}, None, {"b": "x"}, {}]),
    "map": (pa.map_(pa.string(), pa.int8()), [[("a", 1)], None, [], [("b", 2), ("c", None)]]),
    "dictionary": (pa.dictionary(pa.int8(), pa.string()), ["a", None, "b", "a"]),
}


def array(name: str) -> Any:
    dtype, values = COLUMNS[name]
    return pa.array(values, dtype)


@pytest.mark.parametrize("name", COLUMNS)
@given(st.integers(0, 4), st.integers(0, 4))
@settings(deadline=None)
def test_what_is_around_a_slice_is_no_content(name: str, start: int, length: int) -> None:
    dtype, values = COLUMNS[name]
    whole = pa.array(values + values, dtype)
    part = whole.slice(start, length)
    fresh = pa.array((values + values)[start : start + length], dtype)
    if name == "dictionary":  # keeps its dictionary, which is content
        fresh = pa.DictionaryArray.from_arrays(
            pa.array(part.indices.to_pylist(), pa.int8()), whole.dictionary
        )
    assert tokenize(part) == tokenize(fresh)
    assert tokenize(pickle.loads(pickle.dumps(part))) == tokenize(fresh)


@pytest.mark.parametrize("name", COLUMNS)
def test_every_value_is_content(name: str) -> None:
    whole = array(name)
    slices = [whole.slice(start, length) for start in range(4) for length in range(1, 5 - start)]
    different = {(str(part.to_pylist())) for part in slices}
    assert len({tokenize(part) for part in slices}) == len(different)


def test_types_are_content() -> None:
    assert len({tokenize(array(name)) for name in COLUMNS}) == len(COLUMNS)
    assert len({tokenize(dtype) for dtype, _ in COLUMNS.values()}) == len(COLUMNS)
    assert len({tokenize(pa.array([], dtype)) for dtype, _ in COLUMNS.values()}) == len(COLUMNS)


@pytest.mark.parametrize("name", COLUMNS)
def test_chunks_are_no_content(name: str) -> None:
    dtype, values = COLUMNS[name]
    chunked = [
        pa.chunked_array([pa.array(part, dtype) for part in parts], dtype)
        for parts in ([values], [values[:1], [], values[1:]])
    ]
    assert tokenize(chunked[0]) == tokenize(chunked[1])


def test_bytes_under_a_null_are_no_content() -> None:
    valid = pa.py_buffer(bytes([0b101]))
    numbers = pa.Array.from_buffers(pa.uint8(), 3, [valid, pa.py_buffer(b"\x01\x02\x03")])
    assert numbers.to_pylist() == [1, None, 3]
    assert tokenize(numbers) == tokenize(pa.array([1, None, 3], pa.uint8()))
    offsets = pa.array([0, 1, 3, 4], pa.int32()).buffers()[1]
    texts = pa.Array.from_buffers(pa.string(), 3, [valid, offsets, pa.py_buffer(b"abcd")])
    assert texts.to_pylist() == ["a", None, "d"]
    assert tokenize(texts) == tokenize(pa.array(["a", None, "d"]))
    rows = pa.Array.from_buffers(pa.struct([("t", pa.string())]), 3, [valid], children=[texts])
    assert tokenize(rows) == tokenize(pa.array([{"t": "a"}, None, {"t": "d"}], rows.type))


def test_types_whose_nulls_cannot_be_dropped() -> None:
    dtype = pa.struct([("t", pa.string_view())])
    rows = [{"t": "a"}, None, {"t": None}]
    assert tokenize(pa.array(rows, dtype)) == tokenize(pa.array([None, *rows], dtype)[1:])
    assert tokenize(pa.array(rows, dtype)) != tokenize(pa.array(rows[::-1], dtype))


def test_tables_and_what_they_are_made_of() -> None:
    table = pa.table({"a": [1, 2], "b": ["x", None]})
    values = [
        table,
        table.select(["b", "a"]),
        table.rename_columns(["a", "c"]),
        table.replace_schema_metadata({"k": "v"}),
        table.slice(1),
        table.to_batches()[0],
        table.schema,
        table.schema.field("a"),
        table.schema.field("b"),
        table["a"],
        table["a"].chunk(0),
        table["a"][0],
        table["a"][1],
        table["b"][1],
        pa.scalar(None, pa.int64()),
        pa.py_buffer(b"abc"),
    ]
    assert len({tokenize(value) for value in values}) == len(values)
    for value in values:
        assert tokenize(value) == tokenize(pickle.loads(pickle.dumps(value)))
    assert tokenize(pa.concat_tables([table.slice(0, 1), table.slice(1)])) == tokenize(table)


def test_unions() -> None:
    codes, offsets = pa.array([0, 1, 0], pa.int8()), pa.array([0, 0, 1], pa.int32())
    children = [pa.array([1, 2]), pa.array(["x"])]
    one = pa.UnionArray.from_dense(codes, offsets, children)
    other = pa.UnionArray.from_dense(codes, offsets, [pa.array([1, 3]), children[1]])
    again = pa.UnionArray.from_dense(codes, offsets, children)
    assert tokenize(one) == tokenize(again) != tokenize(other)
