"""The two picklers behind everything that leaves a process.

Laws:

1. *Plain* pickle is used only where it is certain to be right. It stores functions and classes as
   names, and a name in ``__main__`` means something else in another process, so a result that
   mentions ``__main__`` is thrown away and made again by the *thorough* pickler (cloudpickle).
2. What arrives is what was sent. Where a pickler would send an open text file as a copy of its
   contents, a memoryview as bytes, or the number of a connection that is open here, the rules of
   this file decide instead.
3. A function whose module holds a decorated version of it under its name (``@delayed def f``)
   travels as that name. By value it would drag along every module-level lock that it mentions.
4. Neither NumPy nor cloudpickle is imported before a value needs it.
"""

from __future__ import annotations

import copyreg
import functools
import importlib
import io
import pickle
import sys
import types
from collections import ChainMap
from collections.abc import Callable
from typing import Any, NoReturn

PROTOCOL = 5
DECORATORS = 8  # how many stacked decorators law 3 looks through

BufferCallback = Callable[[pickle.PickleBuffer], Any] | None
Reducer = Callable[[Any], Any]


def dump_plain(obj: Any, buffer_callback: BufferCallback = None) -> bytes | None:
    """Pickle the standard way; None where the result could mean something else elsewhere."""
    if _modules_by_value():
        return None
    file = io.BytesIO()
    pickler = pickle.Pickler(file, PROTOCOL, buffer_callback=buffer_callback)
    pickler.dispatch_table = _rules_for(_loaded())
    pickler.dump(obj)
    data = file.getvalue()
    return None if b"__main__" in data else data


def dump_thorough(obj: Any, buffer_callback: BufferCallback = None) -> bytes:
    """Pickle functions and classes that no other process can import by value."""
    file = io.BytesIO()
    thorough_pickler(file, buffer_callback).dump(obj)
    return file.getvalue()


def dump_inline(obj: Any) -> bytes:
    """Pickle into one piece, by whichever way is right; raises what the thorough pickler raises."""
    try:
        data = dump_plain(obj)
    except Exception:
        data = None
    return dump_thorough(obj) if data is None else data


def thorough_pickler(file: Any, buffer_callback: BufferCallback = None) -> Any:
    """Make a cloudpickle pickler that follows the laws above."""
    return _thorough_class(_loaded())(file, PROTOCOL, buffer_callback=buffer_callback)


class _Rules(dict[type, Any]):
    """Reducers by type; those that other libraries register are found too, also later ones."""

    def __missing__(self, cls: type) -> Any:
        return copyreg.dispatch_table[cls]


def _loaded() -> frozenset[str]:
    """Name the modules of _RULES that have objects in this process."""
    # Another thread may be importing one of them, which has no objects then but is listed already.
    return frozenset(n for n, (types, _) in _RULES.items() if hasattr(sys.modules.get(n), types[0]))


@functools.cache
def _rules_for(loaded: frozenset[str]) -> _Rules:
    rules = _Rules()
    for name in sorted(loaded):
        names, reducer = _RULES[name]
        module = sys.modules[name]
        rules.update({getattr(module, n): reducer for n in names if hasattr(module, n)})
    return rules


@functools.cache
def _thorough_class(loaded: frozenset[str]) -> Any:
    base: Any = importlib.import_module("cloudpickle").Pickler

    def reducer_override(self: Any, obj: Any) -> Any:
        if type(obj) is types.FunctionType:
            reference = _reference_through_decorator(obj)
            if reference is not None:
                return reference
        return base.reducer_override(self, obj)

    own = {io.TextIOWrapper: _reduce_file, memoryview: _reduce_memoryview, _Cached: _reduce_cached}
    members = {
        "reducer_override": reducer_override,
        "dispatch_table": ChainMap(own, dict(_rules_for(loaded)), base.dispatch_table),
    }
    return type("ThoroughPickler", (base,), members)


def _modules_by_value() -> bool:
    """Whether the user asked cloudpickle to send some modules by value."""
    cloudpickle: Any = sys.modules.get("cloudpickle")
    return cloudpickle is not None and bool(cloudpickle.list_registry_pickle_by_value())


def _refuse(obj: Any) -> NoReturn:
    raise TypeError(f"cannot pickle {type(obj).__qualname__!r} object")


def _reduce_file(file: io.TextIOWrapper) -> Any:
    for name in ("stdout", "stderr"):
        if file is getattr(sys, name):
            return getattr, (sys, name)  # that of the other process
    return _refuse(file)


def _reduce_memoryview(view: memoryview) -> Any:
    if len(view.format) != 1 or view.ndim == 0:
        raise TypeError(f"cannot pickle a memoryview of format {view.format!r}, {view.ndim}-d")
    buffer = pickle.PickleBuffer(view if view.c_contiguous else bytearray(view.tobytes()))
    return _rebuild_memoryview, (buffer, view.format, view.shape, view.readonly)


def _rebuild_memoryview(buffer: Any, format: Any, shape: Any, readonly: bool) -> memoryview:
    flat = memoryview(buffer).cast("B")
    view: Any = flat if format == "B" and len(shape) == 1 else flat.cast(format, shape)
    return memoryview(view).toreadonly() if readonly else memoryview(view)


def _reduce_array(array: Any) -> Any:
    # NumPy hands out buffers of contiguous arrays of plain numbers only and pickles the rest byte
    # by byte, three copies on the way. One contiguous copy, or dates seen as integers, travel out
    # of band like any other array.
    if not array.flags.forc and not array.dtype.hasobject:
        array = array.copy(order="C")
    if array.dtype.kind in "mM":
        return _rebuild_dates, (array.view("i8"), array.dtype)
    return array.__reduce_ex__(PROTOCOL)


def _rebuild_dates(integers: Any, dtype: Any) -> Any:
    return integers.view(dtype)


_Cached = type(functools.cache(len))


def _reduce_cached(cached: Any) -> Any:
    """Reduce a function with an lru_cache to its name, or to its function and an empty cache."""
    module = cached.__module__
    if module != "__main__" and module in sys.modules and not _modules_by_value():
        try:
            if _look_up(module, cached.__qualname__) is cached:
                return str(cached.__qualname__)
        except AttributeError:
            pass
    return _rebuild_cached, (cached.__wrapped__, cached.cache_parameters())


def _rebuild_cached(func: Any, parameters: Any) -> Any:
    return functools.lru_cache(**parameters)(func)


def _reference_through_decorator(func: types.FunctionType) -> Any:
    """Reduce a decorated function to the name of its decorated version, if that leads to it."""
    module = func.__module__
    if module not in sys.modules or module == "__main__" or _modules_by_value():
        return None
    try:
        found: Any = _look_up(module, func.__qualname__)
        for depth in range(DECORATORS):
            if found is func:
                # Depth 0 is the ordinary case, which the standard rules store as a name.
                return (_load_decorated, (module, func.__qualname__, depth)) if depth else None
            found = getattr(found, "__wrapped__", None)
    except Exception:
        return None  # no such name, or a module or decorator whose attributes need more than asking
    return None


def _look_up(module: str, qualname: str) -> Any:
    return functools.reduce(getattr, qualname.split("."), importlib.import_module(module))


def _load_decorated(module: str, qualname: str, depth: int) -> Any:
    found: Any = _look_up(module, qualname)
    for _ in range(depth):
        found = found.__wrapped__
    return found


# What needs the types of other modules: by the module, the names of the types and the reducer.
_RULES: dict[str, tuple[tuple[str, ...], Reducer]] = {
    "ctypes": (("CDLL", "PyDLL", "WinDLL", "OleDLL"), _refuse),
    "multiprocessing.connection": (("Connection", "PipeConnection"), _refuse),
    "numpy": (("ndarray",), _reduce_array),
}
