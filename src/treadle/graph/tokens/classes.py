"""Encodings of classes.

Laws: a class that can be imported is its import name. One of the main program, or one made inside
a function, is its name, bases, metaclass and body, methods included.
"""

from __future__ import annotations

import enum
import functools
from typing import Any

from treadle.graph.tokens.encode import Body, Encoder, encode_text
from treadle.graph.tokens.names import class_name

# What Python puts into a class by itself, or what only documents it.
_NO_CONTENT = frozenset(
    {
        "__abstractmethods__",
        "__annotate__",
        "__annotate_func__",
        "__annotations__",
        "__annotations_cache__",
        "__dataclass_fields__",
        "__dataclass_params__",
        "__dict__",
        "__doc__",
        "__firstlineno__",
        "__module__",
        "__orig_bases__",
        "__parameters__",
        "__static_attributes__",
        "__type_params__",
        "__weakref__",
        "_abc_impl",
    }
)


def encode_class(encoder: Encoder, cls: type) -> bytes:
    """Encode a class."""
    name = class_name(cls)
    if name is not None:
        return b"C" + encode_text(name)
    head = b"K" + encode_text(cls.__name__) + encoder.encode(type(cls))
    bases = encoder.part(cls.__bases__, "bases of class", cls.__name__)
    return head + bases + encoder.pairs(_body(cls), f"class {cls.__name__}, attribute")


def _body(cls: type) -> list[tuple[str, Any]]:
    body = [(name, value) for name, value in vars(cls).items() if name not in _NO_CONTENT]
    if not isinstance(cls, enum.EnumMeta):
        return body
    # The machinery of an Enum differs between Python versions; its members and methods do not.
    methods = [(name, value) for name, value in body if hasattr(value, "__get__")]
    kept = [(name, value) for name, value in methods if not _is_enum_machinery(name, value)]
    members: dict[str, enum.Enum] = dict(cls.__members__)
    return [*kept, *((name, member.value) for name, member in members.items())]


def _is_enum_machinery(name: str, value: Any) -> bool:
    return isinstance(value, enum.property) or name in {"__new__", "_generate_next_value_"}


def _property(encoder: Encoder, value: property) -> bytes:
    return b"Q" + b"".join(encoder.items((value.fget, value.fset, value.fdel)))


def _wrapped(encoder: Encoder, value: staticmethod[..., Any] | classmethod[Any, ..., Any]) -> bytes:
    return b"W" + encoder.encode(type(value)) + encoder.encode(value.__func__)


def _cached_property(encoder: Encoder, value: functools.cached_property[Any]) -> bytes:
    return b"A" + encoder.encode(value.func)


BODIES: dict[type, Body] = {
    type: encode_class,
    property: _property,
    staticmethod: _wrapped,
    classmethod: _wrapped,
    functools.cached_property: _cached_property,
}
