"""Values that travel: pickle protocol 5, with large buffers kept apart from the pickle.

Laws:

1. A large contiguous buffer is never copied here. `dumps` returns views of the memory that the
   value owns; `loads` makes a value out of the views it is given.
2. A value that cannot be sent raises SerializationError, whose text is the path to the culprit.
"""

from __future__ import annotations

import inspect
import pickle
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from treadle.serialize.culprit import cannot_rebuild, cannot_send
from treadle.serialize.functions import function_name
from treadle.serialize.pickling import dump_plain, dump_thorough

OUT_OF_BAND = 4096  # bytes; below that a copy is cheaper than the bookkeeping for one more buffer


def dumps(obj: Any, *, what: str = "value") -> tuple[bytes, list[memoryview]]:
    """Pickle a value for another process, large buffers apart.

    Parameters
    ----------
    obj
        Any value. Functions and classes that another process cannot import (lambdas, closures,
        those of ``__main__``) travel by value, also from inside containers.
    what
        How an error names the value: ``"result of fit()"``.

    Returns
    -------
    data : bytes
        The pickle, protocol 5.
    buffers : list of memoryview
        One-dimensional views, format ``"B"``, of the value's own memory, each of 4096 bytes or
        more. Nothing is copied: whoever keeps a view keeps the value's memory.

    Raises
    ------
    SerializationError
        Naming the path to what cannot be sent, and what to do.

    Examples
    --------
    >>> data, buffers = dumps({"a": [1, 2.5, "x"]})
    >>> len(buffers), loads(data, buffers)
    (0, {'a': [1, 2.5, 'x']})
    """
    try:
        return _dump(obj)
    except MemoryError:
        raise
    except Exception as error:
        raise cannot_send(obj, what, error) from error


def loads(data: bytes | memoryview, buffers: Sequence[Any] = (), *, what: str = "value") -> Any:
    """Rebuild a value from what `dumps` returned.

    Parameters
    ----------
    data, buffers
        As `dumps` returned them, or any bytes-like objects of the same content. Arrays become
        views of `buffers`: over ``bytes`` they are read-only, over a ``bytearray`` writable.
    what
        How an error names the value.

    Raises
    ------
    SerializationError
        Where this process cannot import what the value needs.
    """
    try:
        return pickle.loads(data, buffers=buffers)
    except Exception as error:
        raise cannot_rebuild(what, error) from error


def dumps_call(
    func: Callable[..., Any], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
) -> tuple[bytes, list[memoryview]]:
    """Pickle the arguments of one call together: ``loads`` gives back ``(args, kwargs)``.

    The function itself is not sent, see dumps_function; it only names arguments in errors.

    Raises
    ------
    SerializationError
        Naming the argument and the path inside it.

    Examples
    --------
    >>> loads(*dumps_call(round, (2.567,), {"ndigits": 1}))
    ((2.567,), {'ndigits': 1})
    """
    args, kwargs = tuple(args), dict(kwargs or {})
    try:
        return _dump((args, kwargs))
    except MemoryError:
        raise
    except Exception as error:
        failure = error
    named: list[tuple[int | str, Any]] = [*enumerate(args), *kwargs.items()]
    for which, value in named:
        try:
            _dump(value)
        except Exception as error:
            raise cannot_send(value, argument_of(func, which), error) from error
    what = f"the arguments of {function_name(func)}"
    raise cannot_send((args, kwargs), what, failure) from failure


def argument_of(func: Callable[..., Any], which: int | str) -> str:
    """Name an argument of a call for an error.

    Parameters
    ----------
    func
        The function that is called.
    which
        The argument's position, or its keyword.

    Examples
    --------
    >>> argument_of(lambda model, *rest: None, 0)
    "argument 'model' of <lambda>()"
    >>> argument_of(lambda model, *rest: None, 2)
    "argument 'rest[1]' of <lambda>()"
    """
    return f"argument {_parameter(func, which)!r} of {function_name(func)}"


def _parameter(func: Callable[..., Any], which: int | str) -> int | str:
    if isinstance(which, str):
        return which
    try:
        parameters = list(inspect.signature(func).parameters.values())
    except (TypeError, ValueError):
        return which  # many built-in functions have no signature
    for position, parameter in enumerate(parameters):
        if parameter.kind is parameter.VAR_POSITIONAL:
            return f"{parameter.name}[{which - position}]"
        if position == which and parameter.kind is not parameter.KEYWORD_ONLY:
            return parameter.name
    return which


def _dump(obj: Any) -> tuple[bytes, list[memoryview]]:
    buffers: list[memoryview] = []

    def keep_apart(buffer: pickle.PickleBuffer) -> bool:
        """Return whether the pickle shall hold the buffer itself."""
        view = buffer.raw()
        if view.nbytes < OUT_OF_BAND:
            return True
        buffers.append(view)
        return False

    try:
        data = dump_plain(obj, keep_apart)
    except MemoryError:
        raise
    except Exception:
        data = None  # lambdas and the like; the thorough pickler has the last word
    if data is None:
        buffers.clear()
        data = dump_thorough(obj, keep_apart)
    return data, buffers
