"""Encodings of all other objects: what they say about themselves.

An object is asked in this order, and the first answer counts:

1. its ``__treadle_tokenize__()``;
2. the function registered for its type with `normalize_token`;
3. its import name, when it is found under one (a NumPy function, a singleton of a module);
4. what it tells `pickle`: the constructor, its arguments and the state. That is walked value by
   value and never pickled, as pickles differ for equal values (order of sets, shared parts).

Law: the type is part of every answer. An object that gives none raises `Culprit`.
"""

from __future__ import annotations

import copyreg
import functools
import types
from typing import Any
from weakref import WeakKeyDictionary

from treadle.graph.tokens.classes import encode_class
from treadle.graph.tokens.encode import Culprit, Encoder, encode_text
from treadle.graph.tokens.names import import_name, lookup, module_name, spell
from treadle.graph.tokens.registry import TypeRegistry

_cached_names: WeakKeyDictionary[type, frozenset[str]] = WeakKeyDictionary()


class NormalizeToken(TypeRegistry[Any]):
    """Teaches `tokenize` the content of a type.

    A registered function takes an object and returns its content as any value that can be
    tokenized itself; the type is added to it.

    Examples
    --------
    >>> from treadle.graph.tokens import normalize_token, tokenize
    >>> class Sensor:
    ...     def __init__(self, name, connection):
    ...         self.name, self.connection = name, connection
    >>> @normalize_token.register(Sensor)
    ... def _(sensor):
    ...     return sensor.name
    >>> tokenize(Sensor("t1", object())) == tokenize(Sensor("t1", object()))
    True
    """

    def __init__(self) -> None:
        super().__init__("normalize_token")

    def __call__(self, obj: Any) -> Any:
        """Return the registered content of `obj`, or `obj` itself when there is none."""
        function = self.find(type(obj))
        return obj if function is None else function(obj)


normalize_token = NormalizeToken()


def encode_object(encoder: Encoder, obj: Any) -> bytes:
    """Encode an object that is not of an exactly known type."""
    if isinstance(obj, type):
        return encode_class(encoder, obj)
    cls = type(obj)
    if cls is object:
        raise Culprit(obj, "a plain object() has an identity and no content")
    method = getattr(cls, "__treadle_tokenize__", None)
    if method is not None:
        return (
            b"T"
            + encoder.encode(cls)
            + encoder.part(_ask(method, obj), "content of", cls.__qualname__)
        )
    function = normalize_token.find(cls)
    if function is not None:
        encoder.weigh(getattr(obj, "nbytes", 0))
        content = _ask(function, obj)
        return b"R" + encoder.encode(cls) + encoder.part(content, "content of", cls.__qualname__)
    if isinstance(obj, types.ModuleType):
        return b"M" + encode_text(module_name(obj))
    name = _ask(import_name, obj)
    if name is not None:
        return b"G" + encode_text(name)
    return _encode_reduced(encoder, obj, cls)


def _ask(function: Any, obj: Any) -> Any:
    try:
        return function(obj)
    except (Culprit, RecursionError):
        raise
    except Exception as error:
        raise Culprit(obj, f"asking for its content raised {error!r}") from error


def _encode_reduced(encoder: Encoder, obj: Any, cls: type) -> bytes:
    reducer = copyreg.dispatch_table.get(cls)
    try:
        reduced = obj.__reduce_ex__(4) if reducer is None else reducer(obj)
    except RecursionError:
        raise
    except Exception as error:
        raise Culprit(obj, str(error) or repr(error)) from error

    if isinstance(reduced, str):
        module = getattr(obj, "__module__", None)
        if lookup(module, reduced) is not obj:
            raise Culprit(obj, f"it calls itself {reduced!r}, but {module!r} has no such name")
        return b"G" + encode_text(spell(str(module), reduced))

    make, arguments, state, items, pairs, setter = (*reduced, None, None, None, None)[:6]
    parts = [b"Z", encoder.part(make, "constructor")]
    parts.append(encoder.part(arguments, "constructor arguments"))
    parts.append(_encode_state(encoder, state, cls))
    parts.append(b"N" if items is None else encoder.encode(list(items)))
    parts.append(b"N" if pairs is None else encoder.pairs(pairs))
    parts.append(encoder.encode(setter))
    return b"".join(parts)


def _encode_state(encoder: Encoder, state: Any, cls: type) -> bytes:
    if type(state) is tuple and len(state) == 2 and type(state[1]) is dict:
        # An object with slots: (the other attributes or None, the slots)
        return b"2" + _encode_state(encoder, state[0], cls) + _encode_state(encoder, state[1], cls)
    if type(state) is not dict:
        return encoder.part(state, "state of", cls.__qualname__)
    # A cached property says nothing that the other attributes do not say.
    cached = _cached_properties(cls)
    return b"d" + encoder.pairs(
        (item for item in state.items() if item[0] not in cached), "attribute"
    )


def _cached_properties(cls: type) -> frozenset[str]:
    names = _cached_names.get(cls)
    if names is None:
        names = _cached_names[cls] = frozenset(
            name
            for base in cls.__mro__
            for name, value in vars(base).items()
            if isinstance(value, functools.cached_property)
        )
    return names
