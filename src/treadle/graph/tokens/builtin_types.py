"""Encodings of the built-in values: numbers, strings, containers.

Laws: the type is part of the content (`1`, `1.0` and `True` differ, so do `(1,)` and `[1]`);
floats are hashed by their bits (`0.0` and `-0.0` differ, a NaN is itself); sets and dicts are
hashed without their order, as they compare; subclasses are not handled here.
"""

from __future__ import annotations

import struct
import types
from typing import Any

from treadle.graph.tokens.encode import Atom, Body, Encoder, digest, encode_text, shorten

_pack_float = struct.Struct("<d").pack
_pack_complex = struct.Struct("<dd").pack


def _int(value: int) -> bytes:
    return shorten(b"i%x;" % value)


def _float(value: float) -> bytes:
    return b"f" + _pack_float(value)


def _complex(value: complex) -> bytes:
    return b"c" + _pack_complex(value.real, value.imag)


def _bytes(value: bytes) -> bytes:
    if len(value) > 32:
        return b"B" + digest(value)
    return b"b%x:%b" % (len(value), value)


def _bytearray(value: bytearray) -> bytes:
    return b"Y" + digest(value)


def _memoryview(encoder: Encoder, value: memoryview) -> bytes:
    shape = encoder.encode((value.format, value.shape))
    flat = value.ndim == 1 and value.c_contiguous
    return b"V" + shape + digest(value if flat else value.tobytes())


def _tuple(encoder: Encoder, value: tuple[Any, ...]) -> bytes:
    return b"(%x:%b" % (len(value), b"".join(encoder.items(value)))


def _list(encoder: Encoder, value: list[Any]) -> bytes:
    return b"[%x:%b" % (len(value), b"".join(encoder.items(value)))


def _set(encoder: Encoder, value: set[Any]) -> bytes:
    return b"{%x:%b" % (len(value), b"".join(sorted(encoder.items(value, "an element"))))


def _frozenset(encoder: Encoder, value: frozenset[Any]) -> bytes:
    return b"}%x:%b" % (len(value), b"".join(sorted(encoder.items(value, "an element"))))


def _dict(encoder: Encoder, value: dict[Any, Any]) -> bytes:
    return b"d" + encoder.pairs(value.items())


def _mappingproxy(encoder: Encoder, value: types.MappingProxyType[Any, Any]) -> bytes:
    return b"p" + encoder.pairs(value.items())


def _slice(encoder: Encoder, value: slice) -> bytes:
    return b"/" + b"".join(encoder.items((value.start, value.stop, value.step)))


def _range(encoder: Encoder, value: range) -> bytes:
    return b"r" + b"".join(encoder.items((value.start, value.stop, value.step)))


ATOMS: dict[type, Atom] = {
    type(None): lambda _: b"N",
    type(...): lambda _: b".",
    type(NotImplemented): lambda _: b"!",
    bool: lambda value: b"1" if value else b"0",
    int: _int,
    float: _float,
    complex: _complex,
    str: encode_text,
    bytes: _bytes,
    bytearray: _bytearray,
}

BODIES: dict[type, Body] = {
    tuple: _tuple,
    list: _list,
    set: _set,
    frozenset: _frozenset,
    dict: _dict,
    types.MappingProxyType: _mappingproxy,
    memoryview: _memoryview,
    slice: _slice,
    range: _range,
}
