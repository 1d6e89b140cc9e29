"""`sizeof`: about how many bytes it costs to hold a value.

Laws:

1. An estimate in bounded time: at most `_VISITS` objects are looked at, `_DEPTH` levels deep. Long
   containers are sampled, at evenly spaced places or, without positions, at their beginning.
2. What a value shares with itself counts once (`[a, a]` holds one `a`).
3. An array counts the elements it can reach and that memory holds: a broadcast dimension counts
   once, and a view counts its own elements and not the array it looks into. That array is counted
   where it is a result itself, and a view that is moved or written to disk takes only its own.
4. Code counts nothing: modules, classes and functions are there anyway.
"""

from __future__ import annotations

import functools
import sys
import types
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeAlias

from treadle.graph.tokens.registry import Register, TypeRegistry

_SAMPLE = 64
_VISITS = 4096
_DEPTH = 50

_CODE = (
    type,
    types.ModuleType,
    types.FunctionType,
    types.MethodDescriptorType,
    types.CodeType,
)
_FLAT = frozenset({int, float, complex, bool, str, bytes, bytearray, type(None), range})

Held: TypeAlias = int | tuple[int, *tuple[Sequence[Any], ...]]
"""What a registered function returns: the bytes, or its own bytes and sequences of parts."""


class SizeOf(TypeRegistry[Held]):
    """Estimates the bytes that a value holds, and can be taught types.

    A registered function takes an object and returns the number of its bytes. When it holds other
    objects it returns a tuple instead: its own bytes, then one or more sequences of what it holds.
    Long sequences are sampled.

    Examples
    --------
    >>> sizeof(b"x" * 1000) >= 1000
    True
    >>> class Picture:
    ...     def __init__(self, width, height, tags):
    ...         self.width, self.height, self.tags = width, height, tags
    >>> @sizeof.register(Picture)
    ... def _(picture):
    ...     return 3 * picture.width * picture.height, picture.tags
    >>> sizeof(Picture(640, 480, []))
    921600
    """

    def __init__(self) -> None:
        super().__init__("sizeof")

    def __call__(self, obj: Any) -> int:
        """Estimate the bytes that it costs to hold `obj`.

        Parameters
        ----------
        obj
            Any value. It is looked at and never changed, computed or loaded.

        Returns
        -------
        int
            Bytes, 0 or more.
        """
        return _Estimate(self).size(obj)


sizeof = SizeOf()


class _Estimate:
    """One walk over one value."""

    def __init__(self, registry: TypeRegistry[Held]) -> None:
        self._registry = registry
        self._seen: dict[int, Any] = {}  # id -> object, which keeps the id from being used again
        self._depth = 0

    def size(self, obj: Any) -> int:
        if type(obj) in _FLAT:
            return sys.getsizeof(obj)
        if id(obj) in self._seen or isinstance(obj, _CODE):
            return 0
        self._seen[id(obj)] = obj
        function = self._registry.find(type(obj))
        held = _look(obj) if function is None else function(obj)
        if not isinstance(held, tuple):
            return held
        own, *groups = held
        if self._depth == _DEPTH or len(self._seen) > _VISITS:
            return own
        self._depth += 1
        total = own + sum(self._group(group) for group in groups)
        self._depth -= 1
        return total

    def _group(self, values: Sequence[Any]) -> int:
        """Estimate what the values of a sequence hold together."""
        length = len(values)
        count = min(length, _SAMPLE)
        sample = [values[i * length // count] for i in range(count)]
        distinct = {id(value): value for value in sample}.values()
        total = sum(map(self.size, distinct))
        # A sample that repeats a few objects says that so does the rest: no scaling then.
        return total if 2 * len(distinct) < count else total * length // max(1, count)


class _Beginning(Sequence[Any]):
    """The first values of a container without positions, standing for all of them."""

    def __init__(self, values: Iterable[Any], length: int) -> None:
        self._first = list(islice(values, _SAMPLE))
        self._length = length

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, index: Any) -> Any:
        return self._first[-(-index * len(self._first) // self._length)]


def _look(obj: Any) -> Held:
    """Return what an object of an unregistered type holds."""
    try:
        own = sys.getsizeof(obj)
    except Exception:  # a user's __sizeof__ that fails is no reason to fail here
        own = object.__sizeof__(obj)
    if isinstance(obj, dict):
        return own, _Beginning(obj, len(obj)), _Beginning(obj.values(), len(obj))
    if isinstance(obj, (list, tuple)):
        return own, obj
    if isinstance(obj, (set, frozenset, deque)):
        return own, _Beginning(obj, len(obj))
    try:
        nbytes = obj.nbytes if hasattr(type(obj), "nbytes") else None  # an array of some library
    except Exception:  # which does not know
        nbytes = None
    if isinstance(nbytes, int):
        return max(own, nbytes)
    return own, list(_attributes(obj))


def _attributes(obj: Any) -> Iterator[Any]:
    attributes = getattr(obj, "__dict__", None)
    if isinstance(attributes, dict):
        yield attributes
    for cls in type(obj).__mro__:
        for descriptor in vars(cls).values():
            if isinstance(descriptor, types.MemberDescriptorType):
                try:
                    yield descriptor.__get__(obj)
                except AttributeError:  # a slot that was never assigned
                    continue


@sizeof.register(functools.partial)
def _(obj: functools.partial[Any]) -> Held:
    return sys.getsizeof(obj), [obj.func, obj.args, obj.keywords]


@sizeof.register(types.MethodType)
def _(obj: types.MethodType) -> Held:
    return sys.getsizeof(obj), [obj.__self__]


@sizeof.register(types.BuiltinFunctionType)
def _(obj: types.BuiltinFunctionType) -> Held:
    return 0, [obj.__self__]  # a module, or the object that the method belongs to


@sizeof.register_lazy("numpy")
def _(register: Register) -> None:
    import numpy as np

    @register(np.ndarray)
    def _(obj: Any) -> Held:
        held = obj.itemsize
        for length, stride in zip(obj.shape, obj.strides, strict=True):
            held *= length if stride else min(length, 1)
        own = object.__sizeof__(obj) + held
        # Object arrays hold objects, and the variable-width ones text beside the array.
        return (own, obj.flat) if obj.dtype.kind in "OT" else own

    @register(np.ma.MaskedArray)
    def _(obj: Any) -> Held:
        return object.__sizeof__(obj), [obj.data, np.ma.getmask(obj)]


@sizeof.register_lazy("pandas")
def _(register: Register) -> None:
    import numpy as np
    import pandas as pd

    class Columns(Sequence[Any]):
        def __init__(self, frame: Any) -> None:
            self._frame = frame

        def __len__(self) -> int:
            return int(self._frame.shape[1])

        def __getitem__(self, index: Any) -> Any:
            return self._frame.iloc[:, index].array

    @register(pd.DataFrame)
    def _(obj: Any) -> Held:
        return object.__sizeof__(obj), [obj.index, obj.columns], Columns(obj)

    @register(pd.Series)
    def _(obj: Any) -> Held:
        return object.__sizeof__(obj), [obj.index, obj.array]

    @register(pd.Index)
    def _(obj: Any) -> Held:
        return object.__sizeof__(obj), [obj.array]

    @register(pd.RangeIndex)
    def _(obj: Any) -> Held:
        return object.__sizeof__(obj)

    @register(pd.MultiIndex)
    def _(obj: Any) -> Held:
        return object.__sizeof__(obj), obj.levels, obj.codes

    @register(pd.Categorical)
    def _(obj: Any) -> Held:
        return object.__sizeof__(obj), [obj.codes, obj.categories]

    @register(pd.api.extensions.ExtensionArray)
    def _(obj: Any) -> Held:
        return object.__sizeof__(obj) + int(obj.nbytes)

    arrays: Any = pd.arrays

    @register(arrays.NumpyExtensionArray)
    def _(obj: Any) -> Held:
        return object.__sizeof__(obj), [np.asarray(obj)]
