"""Contents of Arrow arrays, tables, schemas and scalars.

Laws: an array is its type, which values are null, and the values that are not; chunks, offsets
into larger buffers and the bytes under a null do not count. Schema metadata counts.
"""

from __future__ import annotations

import importlib
from typing import Any

from treadle.graph.tokens.encode import digest
from treadle.graph.tokens.objects import normalize_token
from treadle.graph.tokens.registry import Register


def _describe_type(pa: Any, dtype: Any) -> Any:
    return pa.schema([pa.field("", dtype)]).serialize().to_pybytes()


def _describe_array(pa: Any, array: Any) -> Any:
    dtype = array.type
    head = _describe_type(pa, dtype), len(array)
    if isinstance(array, pa.ExtensionArray):
        return *head, _describe_array(pa, array.storage)
    if pa.types.is_dictionary(dtype):
        return *head, _describe_array(pa, array.indices), _describe_array(pa, array.dictionary)
    if pa.types.is_union(dtype):
        return *head, _describe_array(pa, array.type_codes), array.to_pylist()
    try:
        nulls = None
        if array.null_count:
            nulls = _fixed_width(array.is_null().cast("uint8"))
            array = array.drop_null()
        return *head, nulls, _describe_values(pa, array)
    except pa.ArrowNotImplementedError:  # young types, such as text views, lack kernels
        return *head, "values", array.to_pylist()


def _describe_values(pa: Any, array: Any) -> Any:
    """Describe the values of an array without nulls at its top level."""
    compute: Any = importlib.import_module("pyarrow.compute")
    types, dtype = pa.types, array.type
    if types.is_null(dtype):
        return None
    if types.is_boolean(dtype):
        return _fixed_width(array.cast("uint8"))
    if types.is_struct(dtype):
        return [_describe_array(pa, child) for child in array.flatten()]
    if types.is_fixed_size_list(dtype):
        return _describe_array(pa, array.flatten())
    if types.is_list(dtype) or types.is_large_list(dtype) or types.is_map(dtype):
        lengths = compute.subtract(array.offsets[1:], array.offsets[:-1])
        first, last = array.offsets[0].as_py(), array.offsets[-1].as_py()
        children = [array.keys, array.items] if types.is_map(dtype) else [array.values]
        return _fixed_width(lengths), [
            _describe_array(pa, child.slice(first, last - first)) for child in children
        ]
    if isinstance(
        array, (pa.StringArray, pa.BinaryArray, pa.LargeStringArray, pa.LargeBinaryArray)
    ):
        lengths = compute.binary_length(array)
        start = _offset(array, 0)
        return _fixed_width(lengths), _slice(array.buffers()[2], start, _offset(array, len(array)))
    if types.is_primitive(dtype) or types.is_decimal(dtype) or types.is_fixed_size_binary(dtype):
        return _fixed_width(array)
    return array.to_pylist()


def _offset(array: Any, at: int) -> int:
    offsets = array.buffers()[1]
    if offsets is None or offsets.size == 0:
        return 0
    view = memoryview(offsets).cast("B")
    large = str(array.type).startswith("large")
    offset: int = (view.cast("q") if large else view.cast("i"))[array.offset + at]
    return offset


def _fixed_width(array: Any) -> bytes:
    width = array.type.bit_width // 8
    return _slice(array.buffers()[1], array.offset * width, (array.offset + len(array)) * width)


def _slice(buffer: Any, start: int, stop: int) -> bytes:
    return b"" if buffer is None or start == stop else digest(memoryview(buffer)[start:stop])


def _describe_chunks(pa: Any, chunked: Any) -> Any:
    if pa.types.is_dictionary(chunked.type):
        chunked = chunked.unify_dictionaries()
    array = chunked.combine_chunks()
    if isinstance(array, pa.ChunkedArray):  # too much text for one array
        return [_describe_array(pa, chunk) for chunk in array.chunks]
    return _describe_array(pa, array)


@normalize_token.register_lazy("pyarrow")
def _(register: Register) -> None:
    pa: Any = importlib.import_module("pyarrow")

    @register(pa.Array)
    def _(obj: Any) -> Any:
        return _describe_array(pa, obj)

    @register(pa.ChunkedArray)
    def _(obj: Any) -> Any:
        return _describe_chunks(pa, obj)

    @register(pa.Table)
    def _(obj: Any) -> Any:
        return obj.schema, [_describe_chunks(pa, column) for column in obj.columns]

    @register(pa.RecordBatch)
    def _(obj: Any) -> Any:
        return obj.schema, [_describe_array(pa, column) for column in obj.columns]

    @register(pa.Scalar)
    def _(obj: Any) -> Any:
        return _describe_array(pa, pa.repeat(obj, 1))

    @register(pa.Schema)
    def _(obj: Any) -> Any:
        return obj.serialize().to_pybytes()

    @register(pa.Field)
    def _(obj: Any) -> Any:
        return pa.schema([obj]).serialize().to_pybytes()

    @register(pa.DataType)
    def _(obj: Any) -> Any:
        return _describe_type(pa, obj)

    @register(pa.Buffer)
    def _(obj: Any) -> Any:
        return digest(memoryview(obj))
