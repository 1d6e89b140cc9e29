"""Encodings of functions, methods and other callables.

Laws: a function that can be imported is its import name; library code is not read. A lambda, a
nested function or a function of the main program is its bytecode, constants, defaults, closure
and the globals it reads, all by their present values, so what changes its results changes its
token. Line numbers, file names and annotations are no content. Bytecode differs between Python
versions, and so do the tokens of such functions.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Iterator
from typing import Any
from weakref import ref

from treadle.graph.tokens.encode import Body, Encoder, encode_text
from treadle.graph.tokens.names import import_name, module_name

_LOADS_GLOBAL = frozenset({"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"})
_NESTED = 0x10  # code flag that says where a function stands, not what it does

_dispatching: Any = functools.singledispatch(print)

# Code never changes, and reading it is the slow part. By id, as code objects compare by content.
_codes: dict[int, tuple[ref[types.CodeType], bytes, tuple[str, ...]]] = {}


def _walk(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _walk(constant)


def _global_names(code: types.CodeType) -> tuple[str, ...]:
    import dis

    names = {
        instruction.argval
        for part in _walk(code)
        for instruction in dis.get_instructions(part)
        if instruction.opname in _LOADS_GLOBAL
    }
    return tuple(sorted(names))


def _forget_code(codes: dict[int, Any], key: int, _: object) -> None:
    codes.pop(key, None)


def _read_code(encoder: Encoder, code: types.CodeType) -> tuple[bytes, tuple[str, ...]]:
    known = _codes.get(id(code))
    if known is not None and known[0]() is code:
        return known[1], known[2]
    encoded = encoder.encode(
        (
            code.co_name,
            code.co_argcount,
            code.co_posonlyargcount,
            code.co_kwonlyargcount,
            code.co_flags & ~_NESTED,
            code.co_code,
            code.co_exceptiontable,
            code.co_consts,
            code.co_names,
            code.co_varnames,
            code.co_freevars,
            code.co_cellvars,
        )
    )
    names = _global_names(code)
    key = id(code)
    forget = functools.partial(_forget_code, _codes, key)
    _codes[key] = (ref(code, forget), encoded, names)
    return encoded, names


def _code(encoder: Encoder, code: types.CodeType) -> bytes:
    return b"O" + _read_code(encoder, code)[0]


def _function(encoder: Encoder, function: types.FunctionType) -> bytes:
    name = import_name(function)
    if name is not None:
        return b"F" + encode_text(name)
    if function.__code__ is _dispatching.__code__:
        # Its closure keeps what was looked up before.
        return b"X" + encoder.pairs(vars(function)["registry"].items(), "implementation for")
    code, reads = _read_code(encoder, function.__code__)
    parts = [b"L", encode_text(function.__name__), code]

    defaults = function.__defaults__ or ()
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    for argument, default in zip(names[len(names) - len(defaults) :], defaults, strict=True):
        parts.append(encoder.part(default, "default of argument", argument))
    parts.append(b"d" + encoder.pairs((function.__kwdefaults__ or {}).items(), "default of"))

    for variable, cell in zip(
        function.__code__.co_freevars, function.__closure__ or (), strict=True
    ):
        try:
            value = cell.cell_contents
        except ValueError:  # not assigned yet
            parts.append(b"?")
        else:
            parts.append(encoder.part(value, "closure variable", variable))

    for variable in reads:
        if variable in function.__globals__:
            parts.append(encoder.part(function.__globals__[variable], "global", variable))
        else:  # a built-in, or missing
            parts.append(b"?")

    parts.append(b"d" + encoder.pairs(function.__dict__.items(), "attribute"))
    return b"".join(parts)


def _method(encoder: Encoder, method: types.MethodType) -> bytes:
    function = encoder.part(method.__func__, "function of method", method.__name__)
    return b"m" + function + encoder.part(method.__self__, "__self__ of method", method.__name__)


def _builtin(encoder: Encoder, function: types.BuiltinFunctionType) -> bytes:
    owner = function.__self__
    if owner is None or isinstance(owner, types.ModuleType):
        return b"F" + encode_text(f"{function.__module__}:{function.__qualname__}")
    return b"n" + encode_text(function.__name__) + encoder.part(owner, "__self__")


def _descriptor(encoder: Encoder, descriptor: Any) -> bytes:
    return b"D" + encode_text(descriptor.__name__) + encoder.encode(descriptor.__objclass__)


def _method_wrapper(encoder: Encoder, wrapper: types.MethodWrapperType) -> bytes:
    return b"w" + encode_text(wrapper.__name__) + encoder.part(wrapper.__self__, "__self__")


def _partial(encoder: Encoder, partial: functools.partial[Any]) -> bytes:
    function = encoder.part(partial.func, "function of partial")
    arguments = encoder.part(partial.args, "arguments of partial")
    keywords = encoder.pairs(partial.keywords.items(), "argument")
    return b"P" + function + arguments + keywords + encoder.encode(partial.__dict__)


def _lru_cache(encoder: Encoder, function: Any) -> bytes:
    name = import_name(function)
    if name is not None:
        return b"F" + encode_text(name)
    parameters = encoder.encode(function.cache_parameters())
    return b"U" + parameters + encoder.part(function.__wrapped__, "cached function")


def _module(encoder: Encoder, module: types.ModuleType) -> bytes:
    return b"M" + encode_text(module_name(module))


BODIES: dict[type, Body] = {
    types.CodeType: _code,
    types.FunctionType: _function,
    types.MethodType: _method,
    types.BuiltinFunctionType: _builtin,
    types.MethodDescriptorType: _descriptor,
    types.WrapperDescriptorType: _descriptor,
    types.ClassMethodDescriptorType: _descriptor,
    types.GetSetDescriptorType: _descriptor,
    types.MemberDescriptorType: _descriptor,
    types.MethodWrapperType: _method_wrapper,
    types.ModuleType: _module,
    functools.partial: _partial,
    type(functools.lru_cache(print)): _lru_cache,
}
