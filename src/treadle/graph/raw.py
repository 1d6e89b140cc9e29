"""Raw graphs: mappings from keys to tasks, accepted at the border and converted at once.

``{'x': 1, 'y': (inc, 'x'), 'z': (add, 'y', (inc, 'x'))}``. A value of the mapping is one of

- a task: a tuple that starts with a callable; its arguments are any of these forms again
- a key of the mapping: an alias, or a reference when it is an argument
- a list: of any of these forms
- anything else: a value
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Any

from treadle.errors import CycleError, GraphError
from treadle.graph.graph import Graph
from treadle.graph.operation import Call, Dep, Key, Operation, literal, task_ref
from treadle.graph.packs import Sequenced, Slot


def is_task(obj: Any) -> bool:
    """Whether ``obj`` is a task of a raw graph.

    Examples
    --------
    >>> is_task((sum, [1, 2])), is_task(("x", 0)), is_task(())
    (True, False, False)
    """
    return type(obj) is tuple and bool(obj) and callable(obj[0])


def from_raw(raw: Mapping[Key, Any]) -> Graph:
    """Convert a raw graph.

    Raises
    ------
    CycleError
        Tasks wait for each other in a circle; the text names the circle.

    Examples
    --------
    >>> graph = from_raw({"x": 1, "y": (sum, ["x", "x"])})
    >>> graph.find("y").operation.label
    'sum'
    """
    if not isinstance(raw, Mapping):
        raise GraphError(
            f"a raw graph is a mapping from keys to tasks, not {type(raw).__name__}: "
            "write {'key': (function, argument, ...)}"
        )
    converted: dict[Key, Dep] = {}
    for key in _sorted(raw):
        converted[key] = _convert(raw[key], raw, converted, key)
    return Graph((), converted)


def to_raw(graph: Graph) -> dict[Key, Any]:
    """Return the same graph as a mapping in which every task reads a list of keys.

    Examples
    --------
    >>> raw = to_raw(from_raw({"x": 1, "y": (sum, ["x", "x"])}))
    >>> raw["y"][1]
    ['x', 'x']
    """
    raw: dict[Key, Any] = {}
    for operation in graph.operations:
        for position in range(operation.ntasks):
            keys = [ref.key for ref in operation.reads(position)]
            raw[operation.key(position)] = (Runner(operation, position), keys)
    for key, dep in graph.aliases.items():
        raw.setdefault(key, task_ref(dep).key)
    return raw


class Runner:
    """Calls one task of an operation with the list of values it reads."""

    __slots__ = ("operation", "position")

    def __init__(self, operation: Operation, position: int) -> None:
        # The task must not carry what it reads along when it is pickled on its own.
        self.operation = operation.rewire(_hollow)
        self.position = position

    def __call__(self, values: list[Any]) -> Any:
        return self.operation.run(self.position, values)

    @property
    def __name__(self) -> str:
        return self.operation.label


def _hollow(operation: Operation) -> Operation:
    """Return an operation with the index space of another and nothing in it."""
    from treadle.graph.mapped import Map

    name = operation.name
    return Map(_never, operation.shape, name=name) if operation.shape else Call(_never, name=name)


def _never() -> None:
    raise AssertionError("an operation that only marks a place was run")


def _is_key(obj: Any, raw: Mapping[Key, Any]) -> bool:
    # Arrays and other odd values are hashable or not, and may compare element by element.
    return (
        type(obj) in (str, bytes, int, float, tuple)
        and isinstance(obj, Hashable)
        and _has(raw, obj)
    )


def _has(raw: Mapping[Key, Any], key: Key) -> bool:
    try:
        return key in raw
    except TypeError:  # a tuple with something unhashable inside
        return False


def _references(value: Any, raw: Mapping[Key, Any]) -> Iterator[Key]:
    stack = [value]
    while stack:
        item = stack.pop()
        if is_task(item):
            stack.extend(item[:0:-1])
        elif type(item) is list:
            stack.extend(reversed(item))
        elif _is_key(item, raw):
            yield item


def _sorted(raw: Mapping[Key, Any]) -> Iterable[Key]:
    """Return the keys, those that are read first."""
    done: dict[Key, None] = {}
    for root in raw:
        path: dict[Key, Iterator[Key]] = {} if root in done else {root: _references(raw[root], raw)}
        while path:
            key, references = next(reversed(path.items()))
            for reference in references:
                if reference in path:
                    keys = list(path)
                    circle = [*keys[keys.index(reference) :], reference]
                    raise CycleError(
                        f"the graph has a cycle: {' -> '.join(map(repr, circle))}; "
                        "no task of it can be the first to run, so one of these reads must go"
                    )
                if reference not in done:
                    path[reference] = _references(raw[reference], raw)
                    break
            else:
                done[key] = None
                del path[key]
    return done


def _convert(value: Any, raw: Mapping[Key, Any], converted: Mapping[Key, Dep], name: Key) -> Dep:
    if is_task(value):
        deps: list[Dep] = []
        args = tuple([_argument(arg, raw, converted, deps) for arg in value[1:]])
        return Call(value[0], args, None, tuple(deps), name)
    if type(value) is list:
        deps = []
        packed = _argument(value, raw, converted, deps)
        if deps:
            return Call(_same, (packed,), None, tuple(deps), name)
    elif _is_key(value, raw):
        return converted[value]
    return literal(value, name)


def _argument(
    value: Any, raw: Mapping[Key, Any], converted: Mapping[Key, Dep], deps: list[Dep]
) -> Any:
    """Return ``value`` with holes for what it reads, which is appended to ``deps``."""
    if type(value) is list:
        before = len(deps)
        items = [_argument(item, raw, converted, deps) for item in value]
        return Sequenced(list, items) if len(deps) > before else value
    if is_task(value) or _is_key(value, raw):
        deps.append(_convert(value, raw, converted, None))
        return Slot(len(deps) - 1)
    return value


def _same(value: Any) -> Any:
    return value
