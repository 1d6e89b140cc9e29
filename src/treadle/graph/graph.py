"""``Graph``: an ordered set of operations, and the tasks of them that somebody wants.

A graph made from outputs alone finds its operations when they are asked for, so handing a graph
around costs nothing. Laws:

1. ``operations`` is in topological order: what an operation reads stands before it.
2. One name means one operation. Equal pure operations are joined, anything else under the same
   name is a ``DuplicateKeyError``.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from itertools import chain, islice
from typing import Any

from treadle.errors import DuplicateKeyError, MissingKeyError
from treadle.graph.operation import (
    Dep,
    Key,
    Operation,
    TaskRef,
    flat_position,
    is_literal,
    task_ref,
)
from treadle.graph.packs import is_holed

#: How many keys a "did you mean" looks at, so that the error of a huge graph is not slow.
_NEAREST_AMONG = 20_000


class Graph:
    """Operations in topological order and the outputs wanted from them.

    Parameters
    ----------
    outputs
        The tasks whose results are wanted.
    aliases
        Further keys for tasks of this graph (raw graphs name tasks freely).

    Examples
    --------
    >>> from treadle.graph.operation import Call, literal
    >>> from treadle.graph.packs import Slot
    >>> one = literal(1)
    >>> two = Call(lambda x: x + 1, (Slot(0),), deps=(one,), name="two")
    >>> graph = Graph([two])
    >>> len(graph), graph.ntasks, graph.find("two") == TaskRef(two, 0)
    (2, 2, True)
    """

    __slots__ = ("_operations", "aliases", "outputs")

    def __init__(self, outputs: Iterable[Dep], aliases: Mapping[Key, Dep] | None = None) -> None:
        self.outputs: tuple[Dep, ...] = tuple(outputs)
        self.aliases: Mapping[Key, Dep] = aliases if aliases is not None else {}
        self._operations: tuple[Operation, ...] | None = None

    @property
    def operations(self) -> tuple[Operation, ...]:
        """Every operation that the outputs and aliases need, inputs first."""
        found = self._operations
        if found is None:
            wanted = (*self.outputs, *self.aliases.values())
            found = tuple(walk([task_ref(dep).operation for dep in wanted]))
            self._operations = found
        return found

    @property
    def ntasks(self) -> int:
        return sum(operation.ntasks for operation in self.operations)

    def __len__(self) -> int:
        return len(self.operations)

    def __repr__(self) -> str:
        return f"<Graph: {len(self):,} operations, {self.ntasks:,} tasks>"

    def keys(self) -> Iterator[Key]:
        """Yield the keys of all tasks; expands nothing but the text of the keys."""
        for operation in self.operations:
            for index in range(operation.ntasks):
                yield operation.key(index)
        yield from self.aliases

    def find(self, key: Key) -> TaskRef:
        """Return the task that ``key`` names.

        Raises
        ------
        MissingKeyError
            No task has this key; the text names the nearest ones.
        """
        if not isinstance(key, Hashable):
            raise MissingKeyError(f"{key!r} cannot be a key: keys are strings, numbers or tuples")
        alias = self.aliases.get(key)
        if alias is not None:
            return task_ref(alias)
        name, coordinate = (key[0], key[1:]) if isinstance(key, tuple) and key else (key, ())
        for operation in chain(self._near(), self._all()):
            shape = operation.shape
            if not shape:
                if operation.name == key:
                    return TaskRef(operation, 0)
            elif operation.name == name and _inside(coordinate, shape):
                return TaskRef(operation, flat_position(coordinate, shape))
        raise self._missing(key)

    def _near(self) -> Iterator[Operation]:
        """Yield the operations of the outputs, which are there without a walk."""
        for dep in self.outputs:
            yield task_ref(dep).operation

    def _all(self) -> Iterator[Operation]:
        yield from self.operations

    def _missing(self, key: Key) -> MissingKeyError:
        hint = ""
        known = list(dict.fromkeys(map(str, islice(self.keys(), _NEAREST_AMONG))))
        near = get_close_matches(str(key), known, n=3, cutoff=0.5)
        if near:
            hint += f"; the nearest are {', '.join(repr(name) for name in near)}"
        elif not known:
            hint += "; the graph is empty"
        else:
            hint += f"; it has for example {', '.join(repr(name) for name in known[:3])}"
        return MissingKeyError(f"the graph has no key {key!r}{hint}")

    def __getstate__(self) -> Any:
        return flatten(self)

    def __setstate__(self, state: Any) -> None:
        outputs, aliases = unflatten(state)
        self.outputs, self.aliases, self._operations = tuple(outputs), aliases, None


def _inside(coordinate: Sequence[Any], shape: tuple[int, ...]) -> bool:
    return len(coordinate) == len(shape) and all(
        isinstance(part, int) and 0 <= part < extent
        for part, extent in zip(coordinate, shape, strict=True)
    )


def walk(roots: Iterable[Operation]) -> list[Operation]:
    """Return the operations below ``roots``, inputs first, each once.

    The walk is iterative: a chain of a million operations is no deeper than one.

    Raises
    ------
    DuplicateKeyError
        Two different operations have the same name.
    """
    done: dict[Operation, None] = {}
    stack: list[tuple[Operation, Iterator[Operation]]] = []
    for root in roots:
        if root in done:
            continue
        stack.append((root, iter(root.inputs())))
        while stack:
            operation, inputs = stack[-1]
            for source in inputs:
                if source not in done:
                    stack.append((source, iter(source.inputs())))
                    break
            else:
                done[operation] = None
                stack.pop()
    return list(done)


def unify(operations: Iterable[Operation]) -> dict[Operation, Operation]:
    """Map every operation that repeats an earlier name to the first of that name.

    Only names that were given or asked for can repeat. Two operations may share a name when they
    are the same pure call, which the name's content hash tells, or the very same definition.

    Raises
    ------
    DuplicateKeyError
        Two different definitions have the same name.
    """
    first: dict[Key, Operation] = {}
    same: dict[Operation, Operation] = {}
    for operation in operations:
        if not operation.named:
            continue
        earlier = first.setdefault(operation.name, operation)
        if earlier is not operation:
            if not same_definition(earlier, operation):
                raise DuplicateKeyError(
                    f"the key {operation.name!r} has two definitions: {earlier.label} and "
                    f"{operation.label} with other arguments; give one of them another name"
                )
            if is_literal(operation) and not is_literal(earlier):
                first[operation.name] = operation  # the result is there: nothing need run
                same[earlier] = operation
            else:
                same[operation] = earlier
    for operation, earlier in same.items():
        same[operation] = first[earlier.name]
    return same


def same_definition(a: Operation, b: Operation) -> bool:
    """Whether two operations of one name were defined alike, as far as can be told cheaply."""
    if a.shape != b.shape:
        return False
    if a.pure and b.pure:
        return True  # the name says everything
    if (a.pure and is_literal(a)) or (b.pure and is_literal(b)):
        return True  # the result of the other one, held by ``persist``
    return _alike(a.definition(), b.definition())


def _alike(a: Any, b: Any) -> bool:
    """Whether two parts of definitions are the same objects, or plain data of equal content."""
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if is_holed(a):
        return _alike(
            [getattr(a, name) for name in a.__slots__], [getattr(b, name) for name in a.__slots__]
        )
    if isinstance(a, dict):
        return _alike(list(a.items()), list(b.items()))
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all(_alike(x, y) for x, y in zip(a, b, strict=True))
    return isinstance(a, str | bytes | int | float | complex | range) and bool(a == b)


class _Stub(Operation):
    """Stands for operation ``number`` of a flat table while a graph is pickled."""

    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        self.number = number

    def __reduce__(self) -> tuple[Any, ...]:
        return _Stub, (self.number,)


def flatten(graph: Graph) -> Any:
    """Return the graph as flat tables, so that pickling a long chain needs no deep recursion."""
    stubs = {operation: _Stub(number) for number, operation in enumerate(graph.operations)}

    def where(dep: Dep) -> tuple[int, int]:
        ref = task_ref(dep)
        return stubs[ref.operation].number, ref.position

    return (
        [operation.rewire(stubs.__getitem__) for operation in stubs],
        [where(dep) for dep in graph.outputs],
        [(key, where(dep)) for key, dep in graph.aliases.items()],
    )


def unflatten(state: Any) -> tuple[list[Dep], dict[Key, Dep]]:
    """Rebuild outputs and aliases from the tables of ``flatten``."""
    rows, outputs, aliases = state
    operations: list[Operation] = []

    def real(stub: Operation) -> Operation:
        assert isinstance(stub, _Stub)
        return operations[stub.number]

    for row in rows:
        operations.append(row.rewire(real))

    def at(where: tuple[int, int]) -> Dep:
        operation = operations[where[0]]
        return TaskRef(operation, where[1]) if operation.shape else operation

    return [at(where) for where in outputs], {key: at(where) for key, where in aliases}
