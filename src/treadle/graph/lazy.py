"""Finding lazy values inside arguments.

What a type can hold is found out once per type. Values of opaque types (numbers, strings, arrays,
most objects) are never looked into, and a long list of them is passed over at the speed of
``set(map(type, items))``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from types import GeneratorType
from typing import Any

from treadle.graph.operation import Dep
from treadle.graph.packs import Keyed, Sequenced, Sliced, Slot, Structured

OPAQUE = 0  # holds nothing lazy
LAZY = 1  # one lazy value with a node of its own
COLLECTION = 2  # follows the collection protocol
ITEMS = 3  # list, tuple, set, frozenset, named tuple
KEYED = 4  # dict
FIELDS = 5  # dataclass
SLICE = 6
ITERATOR = 7  # an iterator over a list, tuple or set: consumed
GENERATOR = 8  # refused

_ITERATORS = frozenset({type(iter([])), type(iter(())), type(iter({1}))})

_kinds: dict[type, int] = {}
_KINDS_LIMIT = 4096


def kind_of(kind: type) -> int:
    """Return what values of this type may hold: one of the constants above.

    Examples
    --------
    >>> kind_of(int) == OPAQUE, kind_of(list) == ITEMS
    (True, True)
    """
    found = _kinds.get(kind)
    if found is None:
        if len(_kinds) >= _KINDS_LIMIT:  # types made on the fly must not pile up
            _kinds.clear()
        found = _kinds[kind] = _find_kind(kind)
    return found


def _find_kind(kind: type) -> int:
    if hasattr(kind, "__treadle_lazy__"):
        return LAZY
    if hasattr(kind, "__treadle_graph__"):
        return COLLECTION
    if kind in (list, tuple, set, frozenset) or (
        issubclass(kind, tuple) and hasattr(kind, "_make")
    ):
        return ITEMS
    if kind is dict:
        return KEYED
    if kind is slice:
        return SLICE
    if kind in _ITERATORS:
        return ITERATOR
    if kind is GeneratorType:
        return GENERATOR
    return FIELDS if is_dataclass(kind) else OPAQUE


def scan(obj: Any, deps: list[Dep], node_of: Callable[[Any], Dep | None]) -> Any:
    """Return ``obj`` with holes where it holds lazy values, whose nodes are appended to ``deps``.

    Without lazy values inside, ``obj`` itself comes back.

    Parameters
    ----------
    obj
        Any value.
    deps
        Collects what fills the holes, in order.
    node_of
        Returns the task behind a lazy value or a collection; None if it turns out to hold data.
    """
    kind = kind_of(type(obj))
    if kind == OPAQUE:
        return obj
    if kind <= COLLECTION:
        node = node_of(obj)
        if node is None:
            return obj
        deps.append(node)
        return Slot(len(deps) - 1)
    before = len(deps)
    if kind == ITEMS:
        if all(kind_of(each) == OPAQUE for each in set(map(type, obj))):
            return obj
        items = [scan(item, deps, node_of) for item in obj]
        return Sequenced(type(obj), items) if len(deps) > before else obj
    if kind == KEYED:
        pairs = [
            (scan(key, deps, node_of), scan(value, deps, node_of)) for key, value in obj.items()
        ]
        return Keyed(type(obj), pairs) if len(deps) > before else obj
    if kind == SLICE:
        parts = [scan(part, deps, node_of) for part in (obj.start, obj.stop, obj.step)]
        return Sliced((parts[0], parts[1], parts[2])) if len(deps) > before else obj
    if kind == ITERATOR:
        items = list(obj)
        packed = scan(items, deps, node_of)
        return packed if len(deps) > before else items
    if kind == GENERATOR:
        raise TypeError(
            "a generator cannot be an argument of a delayed call: it gives its items only once, "
            "and lazy values in it would not be found; write a list, f([x for x in ...])"
        )
    names = [field.name for field in fields(obj) if hasattr(obj, field.name)]
    scanned = {name: scan(getattr(obj, name), deps, node_of) for name in names}
    if len(deps) == before:
        return obj
    return Structured(type(obj), {**getattr(obj, "__dict__", {}), **scanned})
