"""Contents of NumPy arrays, scalars, dtypes and random states.

Laws: an array is its type, dtype, shape and the bits of its elements in C order, whatever its
memory layout; bytes that belong to no element (padding) do not count. A contiguous array is hashed
in place, any other in blocks, so nothing is copied as a whole.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from treadle.graph.tokens.encode import Culprit, digest
from treadle.graph.tokens.names import lookup
from treadle.graph.tokens.objects import normalize_token
from treadle.graph.tokens.registry import Register
from treadle.graph.tokens.stdlib_types import attributes

if TYPE_CHECKING:
    import numpy as np

_BLOCK = 1 << 16
"""Elements that are made contiguous at a time."""

_REPEATED = 1 << 26
"""Bytes from which on an array that repeats itself by broadcasting is not hashed element-wise."""

_UFUNC_MODULES = ("numpy", "scipy.special")


def describe_dtype(dtype: np.dtype[Any]) -> Any:
    """Return the content of a dtype: equal dtypes have equal contents."""
    if dtype.subdtype is not None:
        return describe_dtype(dtype.subdtype[0]), dtype.subdtype[1]
    if dtype.fields is not None and dtype.names is not None:
        fields = [(name, *_field(dtype.fields[name])) for name in dtype.names]
        return fields, dtype.itemsize, dtype.type
    if dtype.kind == "T":
        return "T", getattr(dtype, "coerce", None), getattr(dtype, "na_object", ...)
    if dtype.isbuiltin == 2:  # of another library: its string says only how long it is
        return dtype.str, dtype.type
    return dtype.str


def _field(field: Any) -> tuple[Any, ...]:
    return describe_dtype(field[0]), *field[1:]


def describe_array(array: np.ndarray[Any, Any]) -> Any:
    """Return the content of an array as a value that can be tokenized."""
    import numpy as np

    array = array.view(np.ndarray)
    return describe_dtype(array.dtype), array.shape, _elements(array)


def _elements(array: np.ndarray[Any, Any]) -> Any:
    import numpy as np

    dtype = array.dtype
    if dtype.names is not None:
        # By field, as the bytes between the fields may hold anything.
        return [_elements(array[name]) for name in dtype.names]
    if dtype.kind in "OT":
        return array.reshape(-1).tolist()
    repeats = [n > 1 and stride == 0 for n, stride in zip(array.shape, array.strides, strict=True)]
    if array.nbytes > _REPEATED and any(repeats):
        once = tuple(slice(0, 1) if repeat else slice(None) for repeat in repeats)
        return "repeated", _elements(array[once])
    if dtype.char in "gG" and np.finfo(np.longdouble).nmant == 63:
        # Ten bytes of number, six of padding.
        bits = np.ascontiguousarray(array).reshape(-1).view(np.longdouble).view(np.uint8)
        return digest(np.ascontiguousarray(bits.reshape(-1, np.longdouble(0).itemsize)[:, :10]))
    if array.size == 0 or dtype.itemsize == 0:
        return b""
    if array.flags.c_contiguous:
        return digest(array.reshape(-1).view(np.uint8))
    state = blake2b(digest_size=16)
    nditer: Any = np.nditer  # its stubs do not know "contig"
    blocks = nditer(
        array,
        flags=["external_loop", "buffered"],
        op_flags=[["readonly", "contig"]],
        order="C",
        buffersize=_BLOCK,
    )
    for block in blocks:
        state.update(block.view(np.uint8))
    return state.digest()


@normalize_token.register_lazy("numpy")
def _(register: Register) -> None:
    import numpy as np

    @register(np.ndarray)
    def _(obj: np.ndarray[Any, Any]) -> Any:
        return describe_array(obj), attributes(obj)

    @register(np.memmap)
    def _(obj: np.memmap[Any, Any]) -> Any:
        return describe_array(obj)  # and not the file, nor where in it

    @register(np.ma.MaskedArray)
    def _(obj: np.ma.MaskedArray[Any, Any]) -> Any:
        mask = np.ma.getmaskarray(obj)
        return describe_array(obj.data), describe_array(mask), obj.fill_value, obj.hardmask

    @register(np.generic)
    def _(obj: np.generic) -> Any:
        return describe_array(np.asarray(obj))

    @register(np.dtype)
    def _(obj: np.dtype[Any]) -> Any:
        return describe_dtype(obj)

    @register(np.ufunc)
    def _(obj: np.ufunc) -> Any:
        for module in _UFUNC_MODULES:
            if lookup(module, obj.__name__) is obj:
                return module, obj.__name__
        raise Culprit(obj, f"no module is known to define the ufunc {obj.__name__!r}")

    @register(np.vectorize)
    def _(obj: Any) -> Any:
        # Without what it keeps from earlier calls.
        return obj.pyfunc, obj.otypes, obj.excluded, obj.cache, obj.signature, obj.__doc__

    @register(np.random.Generator)
    def _(obj: np.random.Generator) -> Any:
        return obj.bit_generator

    @register(np.random.BitGenerator)
    def _(obj: np.random.BitGenerator) -> Any:
        return obj.state, getattr(obj, "seed_seq", None)

    @register(np.random.SeedSequence)
    def _(obj: np.random.SeedSequence) -> Any:
        return obj.state

    @register(np.random.RandomState)
    def _(obj: np.random.RandomState) -> Any:
        return obj.get_state(legacy=False)
