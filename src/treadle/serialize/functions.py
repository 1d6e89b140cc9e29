"""Functions that travel: as a name where the other side can import them, else by value.

Laws:

1. What is sent is the function as it is *now*. A closure variable or a ``__main__`` global that
   changed since the last call changes the pickle, so only functions without any such state are
   remembered. A caller with many tasks of one function pickles it once per run.
2. The same bytes give the same function object for as long as anybody uses it, so that a worker
   keeps one copy however many tasks name it. Only small ones are kept longer.
"""

from __future__ import annotations

import functools
import hashlib
import pickle
import threading
import types
import weakref
from collections.abc import Callable
from typing import Any, NamedTuple

from treadle.errors import SerializationError
from treadle.serialize.culprit import cannot_rebuild, cannot_send
from treadle.serialize.pickling import dump_inline

SMALL = 65536  # bytes; a pickled function above this is held weakly
KEPT = 256  # small functions that a process keeps


class _Pickled(NamedTuple):
    code: types.CodeType
    names: frozenset[str]
    data: bytes


_stateless: weakref.WeakKeyDictionary[types.FunctionType, _Pickled] = weakref.WeakKeyDictionary()
_small: dict[bytes, Callable[..., Any]] = {}
_large: weakref.WeakValueDictionary[bytes, Callable[..., Any]] = weakref.WeakValueDictionary()
_lock = threading.Lock()


def dumps_function(func: Callable[..., Any]) -> bytes:
    """Pickle a function for another process.

    Parameters
    ----------
    func
        Any callable. One that the other process can import travels as its name, also when its
        module holds a decorated version under that name; a lambda, a closure, or a function of
        ``__main__`` travels by value, with the globals and closure variables that it uses.

    Returns
    -------
    bytes
        For loads_function. Pickling by value costs about 50 us; keep the result while a run lasts.

    Raises
    ------
    SerializationError
        Naming the path to what cannot be sent.

    Examples
    --------
    >>> double = loads_function(dumps_function(lambda x: 2 * x))
    >>> double(21)
    42
    """
    known = _stateless.get(func) if isinstance(func, types.FunctionType) else None
    if known is not None and _is_current(func, known):
        return known.data
    try:
        data = dump_inline(func)
    except Exception as error:
        raise cannot_send(func, f"function {function_name(func)}", error) from error
    if isinstance(func, types.FunctionType) and b"__main__" in data:
        fresh = _Pickled(func.__code__, frozenset(_global_names(func.__code__)), data)
        if _is_current(func, fresh):
            _stateless[func] = fresh
    return data


def loads_function(data: bytes) -> Callable[..., Any]:
    """Rebuild a function; the same bytes give the same object while it is in use.

    Raises
    ------
    SerializationError
        Where this process cannot import what the function needs.

    Examples
    --------
    >>> loads_function(dumps_function(len)) is len
    True
    """
    small = len(data) <= SMALL
    name = bytes(data) if small else hashlib.blake2b(data, digest_size=16).digest()
    with _lock:
        known = _small.get(name, _large.get(name))
    if known is not None:
        return known
    # Unpickling may import modules, which takes locks of its own: never while holding ours.
    func = _load(data)
    with _lock:
        if small:
            while len(_small) >= KEPT:
                del _small[next(iter(_small))]
            return _small.setdefault(name, func)
        return _large.setdefault(name, func) if type(func).__weakrefoffset__ else func


def function_name(func: Any) -> str:
    """Name a function the way people write it: ``fit()``, ``Model.fit()``, ``<lambda>()``."""
    while isinstance(func, functools.partial):
        func = func.func
    name = getattr(func, "__qualname__", None) or type(func).__qualname__
    return f"{str(name).rpartition('<locals>.')[2]}()"


def _is_current(func: Any, known: _Pickled) -> bool:
    """Whether a remembered pickle is all there is to the function."""
    return (
        func.__code__ is known.code
        and func.__closure__ is None
        and func.__defaults__ is None
        and not func.__kwdefaults__
        and not func.__dict__
        and known.names.isdisjoint(func.__globals__)
    )


def _global_names(code: types.CodeType) -> set[str]:
    """Every name that the code or the code inside it may look up in its globals."""
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names |= _global_names(constant)
    return names


def _load(data: bytes) -> Callable[..., Any]:
    try:
        func: Callable[..., Any] = pickle.loads(data)
    except Exception as error:
        raise cannot_rebuild("function", error) from error
    if not callable(func):
        raise SerializationError(f"expected a pickled function, got a {type(func).__qualname__}")
    return func
