"""Names the steps of a path through a value the way the person who made the value would.

Laws:

1. A step is recognised by identity: the next object being saved *is* the value of this attribute,
   closure variable or item. How a pickler packs things up in between does not matter.
2. What no rule recognises is still named, by its place in what ``__reduce__`` returned.
"""

from __future__ import annotations

import collections
import functools
import operator
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

MAX_REPR = 40
# A pickler puts at most this many objects of its own (argument tuples, state dictionaries, cells)
# between an object and a part of it.
REACH = 8


@dataclass(slots=True)
class Saved:
    """An object being pickled, and what its reduction consists of once that is known."""

    obj: Any
    args: Any = None
    state: Any = None


def describe(obj: Any) -> str:
    """Name the kind of the object at the end of a path."""
    if isinstance(obj, type | types.FunctionType | types.BuiltinFunctionType):
        kind = "class" if isinstance(obj, type) else "function"
        return f"{kind} {_full_name(obj)}"
    return _full_name(type(obj))


def _full_name(named: Any) -> str:
    module = getattr(named, "__module__", None)
    name = getattr(named, "__qualname__", None) or repr(named)
    return str(name) if module in (None, "builtins") else f"{module}.{name}"


def labels_between(stack: list[Saved]) -> list[str]:
    """Name the steps from the first object of the stack to its last."""
    labels: list[str] = []
    at = 0
    while at < len(stack) - 1:
        label, at = _step(stack, at)
        if label:
            labels.append(label)
    return labels


def _step(stack: list[Saved], at: int) -> tuple[str, int]:
    """Name one step from stack[at] and say where it leads."""
    parent = stack[at].obj
    within_reach = {id(stack[n].obj): n for n in range(min(at + REACH, len(stack) - 1), at, -1)}
    found = [
        (within_reach[id(part)], label)
        for label, part in _parts(parent)
        if id(part) in within_reach
    ]
    if found:
        reached, label = min(found, key=operator.itemgetter(0))
        return label, reached
    child = stack[at + 1].obj
    if type(parent).__module__.partition(".")[0] == "numpy" and at + 2 < len(stack):
        return "", at + 2  # straight to the list of an array's objects
    if child is stack[at].state:
        return "__getstate__()", at + 1
    if child is stack[at].args:
        return "__reduce__()", at + 1
    return "", at + 1


def _parts(parent: Any) -> Iterator[tuple[str, Any]]:
    """Every part of an object that its owner has a name for."""
    if isinstance(parent, types.FunctionType):
        yield from _parts_of_function(parent)
    elif isinstance(parent, type):
        yield from ((f".{name}", value) for name, value in vars(parent).items())
        yield from ((f"base class {base.__qualname__}", base) for base in parent.__bases__)
        yield "metaclass", type(parent)
    elif isinstance(parent, types.MethodType | types.BuiltinMethodType):
        yield "__self__", parent.__self__
        yield "", getattr(parent, "__func__", None)
    elif isinstance(parent, functools.partial):
        yield "function of partial", parent.func
        yield from ((f"partial argument {n}", value) for n, value in enumerate(parent.args))
        yield from ((f"partial argument {k!r}", value) for k, value in parent.keywords.items())
    elif isinstance(parent, types.CellType):
        yield from _parts_of_cell(parent)
    elif isinstance(parent, staticmethod | classmethod):
        yield "", parent.__func__
    elif isinstance(parent, property):
        yield from (("", part) for part in (parent.fget, parent.fset, parent.fdel))
    else:
        yield from _parts_of_value(parent)


def _parts_of_function(func: types.FunctionType) -> Iterator[tuple[str, Any]]:
    for name, cell in zip(func.__code__.co_freevars, func.__closure__ or (), strict=True):
        # The cell and, where the pickler shows it without its cell, the value.
        yield from ((f"closure variable {name!r}", part) for _, part in _parts_of_cell(cell))
    code, defaults = func.__code__, func.__defaults__ or ()
    with_default = code.co_varnames[code.co_argcount - len(defaults) : code.co_argcount]
    for name, value in zip(with_default, defaults, strict=True):
        yield f"default of argument {name!r}", value
    for name, value in (func.__kwdefaults__ or {}).items():
        yield f"default of argument {name!r}", value
    yield from ((f"attribute {name!r}", value) for name, value in vars(func).items())
    for name, value in func.__annotations__.items():
        yield f"annotation of {name!r}", value
    for name in _names(func.__code__):
        if name in func.__globals__:
            yield f"global {name!r}", func.__globals__[name]


def _names(code: types.CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names(constant)


def _parts_of_cell(cell: types.CellType) -> Iterator[tuple[str, Any]]:
    try:
        yield "", cell.cell_contents
    except ValueError:
        return  # a variable that has no value yet


def _parts_of_value(parent: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(parent, dict | types.MappingProxyType):
        for key, value in parent.items():
            yield f"[{_short(key)}]", value
            yield f"key {_short(key)}", key
    elif isinstance(parent, tuple) and hasattr(parent, "_fields"):
        yield from ((f".{name}", getattr(parent, name)) for name in parent._fields)
    elif isinstance(parent, list | tuple | collections.deque):
        yield from ((f"[{n}]", value) for n, value in enumerate(parent))
    elif isinstance(parent, set | frozenset):
        yield from (("element", value) for value in parent)
    if isinstance(parent, BaseException):
        yield ".args", parent.args
    yield from _attributes(parent)


def _attributes(parent: Any) -> Iterator[tuple[str, Any]]:
    attributes = getattr(parent, "__dict__", None)
    if isinstance(attributes, Mapping):
        yield from ((f".{name}", value) for name, value in attributes.items())
    for cls in type(parent).__mro__:
        for name, member in vars(cls).items():
            if isinstance(member, types.MemberDescriptorType) and name != "__dict__":
                try:
                    yield f".{name}", member.__get__(parent, cls)
                except AttributeError:
                    continue  # a slot that was never filled


def _short(key: object) -> str:
    try:
        text = repr(key)
    except Exception:  # the key's own repr; the path matters more
        text = describe(key)
    return text if len(text) <= MAX_REPR else f"{text[: MAX_REPR - 3]}..."
