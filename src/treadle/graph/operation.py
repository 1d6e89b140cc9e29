"""Operations: functions over index spaces, the only thing a graph is made of.

An operation is immutable once made. A ``Call`` has one task (a ``delayed`` call, a value, an entry
of a raw graph); a ``Map`` (see ``mapped``) has one task per coordinate of its shape and costs the
same to build, hash, optimise and send whether that is ten or ten million.

Laws that hold here:

1. ``run(index, values)`` is always a right way to run a task: ``values`` are the results of
   ``reads(index)`` in that order. ``form`` only tells schedulers which shortcut means the same.
2. A name belongs to one definition. Pure operations are named by content, impure ones by a serial
   number; the text of a name is made when somebody asks for it.
3. Operations compare by identity. Equal content is what the ``share`` pass is for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Self, TypeAlias

from treadle.graph.naming import fresh_name, label_of, next_serial
from treadle.graph.packs import fill, is_slot_list

#: What people call a task: str, bytes, int, float, or a tuple of them.
Key: TypeAlias = Any

#: Ways to call a task, from the cheapest to the general one.
PLAIN = 0  # func(*args): no dependencies, no keywords
SPREAD = 1  # func(*values): every positional argument is a dependency, in order
GATHER = 2  # func(list(values)): one argument, the list of all dependencies
GENERAL = 3  # run(index, values)


class TaskRef(NamedTuple):
    """One task: an operation and the flat position in its index space."""

    operation: Operation
    position: int

    @property
    def key(self) -> Key:
        return self.operation.key(self.position)


class Operation:
    """A function over an index space. Use ``Call`` or ``Map``."""

    __slots__ = ("_name", "annotations", "args", "form", "func", "nbytes", "pure")

    func: Callable[..., Any]
    #: Positional arguments of a one-task operation; packs where they have holes.
    args: tuple[Any, ...]
    form: int
    annotations: Mapping[str, Any] | None
    #: Estimated bytes of one result, or None where nothing is known.
    nbytes: int | None
    #: Whether the name is a hash of the content, so that equal names mean equal results.
    pure: bool
    #: The name, or the serial number (an exact int) that a name will be made from.
    _name: Key

    @property
    def shape(self) -> tuple[int, ...]:
        raise NotImplementedError

    @property
    def ntasks(self) -> int:
        raise NotImplementedError

    def inputs(self) -> tuple[Operation, ...]:
        """Return the distinct operations that this one reads."""
        raise NotImplementedError

    def reads(self, index: int) -> list[TaskRef]:
        """Return the tasks that task ``index`` reads, in the order ``run`` wants the values."""
        raise NotImplementedError

    def run(self, index: int, values: Sequence[Any]) -> Any:
        """Call task ``index`` with the values of its dependencies."""
        raise NotImplementedError

    @property
    def label(self) -> str:
        """The function's name, for people."""
        return label_of(self.func)

    @property
    def name(self) -> Key:
        """Unique name; the key of a one-task operation, the first part of the keys of others."""
        name = self._name
        if type(name) is int:
            # Same serial, same name: two threads asking at once agree.
            self._name = name = fresh_name(self.label, name)
        return name

    @property
    def named(self) -> bool:
        """Whether the name was given or asked for, so that others may know it."""
        return type(self._name) is not int

    def key(self, index: int = 0) -> Key:
        """Return the readable key of one task."""
        shape, name = self.shape, self.name
        if shape:
            return (name, *coordinates(index, shape))
        return int(name) if type(name) is _IntKey else name

    def definition(self) -> tuple[Any, ...]:
        """Return what to compare with the definition of another operation of the same name."""
        raise NotImplementedError

    def rewire(self, replace: Callable[[Operation], Operation]) -> Operation:
        """Return the same operation reading ``replace(x)`` wherever it reads ``x``.

        The replacement must have the index space of what it replaces.
        """
        raise NotImplementedError

    def _copy(self) -> Self:
        twin = object.__new__(type(self))
        for name in _slots(type(self)):
            setattr(twin, name, getattr(self, name))
        return twin

    def __getstate__(self) -> dict[str, Any]:
        # The name is fixed before it leaves: serial numbers mean nothing in another process.
        state = {name: getattr(self, name) for name in _slots(type(self))}
        annotations = self.annotations
        state |= {"_name": self.name, "annotations": annotations and dict(annotations)}
        return state

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"


class Call(Operation):
    """One function call: an operation with a single task.

    Parameters
    ----------
    func
        What to call.
    args, kwargs
        Arguments; lazy ones are holes of ``packs`` that point into ``deps``.
    deps
        The tasks it reads: calls, or ``TaskRef`` for one task of a wider operation.
    name
        Fixed name, or None for one made on demand.
    form
        How to call; found out from the arguments when None.
    """

    __slots__ = ("deps", "kwargs")

    def __init__(
        self,
        func: Callable[..., Any],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
        deps: tuple[Dep, ...] = (),
        name: Key = None,
        form: int | None = None,
        annotations: Mapping[str, Any] | None = None,
        nbytes: int | None = None,
        pure: bool = False,
    ) -> None:
        self.func = func
        self.args = args
        self.kwargs = kwargs
        self.deps = deps
        self._name = next_serial() if name is None else as_name(name)
        self.form = _form_of(args, kwargs, deps) if form is None else form
        self.annotations = annotations
        self.nbytes = nbytes
        self.pure = pure

    @property
    def shape(self) -> tuple[int, ...]:
        return ()

    @property
    def ntasks(self) -> int:
        return 1

    @property
    def label(self) -> str:
        if self.func is value_of and self.form == PLAIN:
            return type(self.args[0]).__name__
        return label_of(self.func)

    def inputs(self) -> tuple[Operation, ...]:
        return tuple(dict.fromkeys([task_ref(dep).operation for dep in self.deps]))

    def reads(self, index: int) -> list[TaskRef]:
        return [task_ref(dep) for dep in self.deps]

    def run(self, index: int, values: Sequence[Any]) -> Any:
        form = self.form
        if form == PLAIN:
            return self.func(*self.args)
        if form == SPREAD:
            return self.func(*values)
        if form == GATHER:
            return self.func(list(values))
        args = [fill(arg, values) for arg in self.args]
        if not self.kwargs:
            return self.func(*args)
        kwargs = {key: fill(value, values) for key, value in self.kwargs.items()}
        return self.func(*args, **kwargs)

    def definition(self) -> tuple[Any, ...]:
        keys = [ref.key for ref in self.reads(0)]
        return self.func, self.form, keys, self.args, dict(self.kwargs or {})

    def rewire(self, replace: Callable[[Operation], Operation]) -> Call:
        twin = self._copy()
        twin.deps = tuple(
            [
                TaskRef(replace(dep.operation), dep.position)
                if isinstance(dep, TaskRef)
                else replace(dep)
                for dep in self.deps
            ]
        )
        return twin


#: What a call may depend on; a bare operation has a single task.
Dep: TypeAlias = Operation | TaskRef


def task_ref(dep: Dep) -> TaskRef:
    """Return ``dep`` as a ``TaskRef``."""
    return dep if isinstance(dep, TaskRef) else TaskRef(dep, 0)


class _IntKey(int):
    """An int that is a key. An exact int in the place of a name is a serial number."""


def as_name(key: Key) -> Key:
    """Return ``key`` as operations keep it."""
    return _IntKey(key) if type(key) is int else key


def _slots(kind: type) -> list[str]:
    return [name for base in kind.__mro__ for name in getattr(base, "__slots__", ())]


def _form_of(args: tuple[Any, ...], kwargs: Mapping[str, Any] | None, deps: tuple[Dep, ...]) -> int:
    if kwargs:
        return GENERAL
    if not deps:
        return PLAIN
    if len(args) == 1 and is_slot_list(args[0]) and len(args[0].items) == len(deps):
        return GATHER
    return GENERAL


def value_of(obj: Any) -> Any:
    """Return ``obj``: the function of operations that stand for a value."""
    return obj


def literal(value: Any, name: Key = None, nbytes: int | None = None, pure: bool = False) -> Call:
    """Return the operation whose single task is ``value``.

    Examples
    --------
    >>> literal(5).run(0, [])
    5
    """
    return Call(value_of, (value,), None, (), name, PLAIN, nbytes=nbytes, pure=pure)


def is_literal(operation: Operation) -> bool:
    """Whether ``operation`` stands for a value that is already there."""
    return operation.func is value_of and operation.form == PLAIN


def coordinates(index: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the coordinates of flat position ``index`` in C order.

    Examples
    --------
    >>> coordinates(7, (2, 5))
    (1, 2)
    """
    parts = []
    for extent in reversed(shape):
        index, part = divmod(index, extent)
        parts.append(part)
    return tuple(reversed(parts))


def flat_position(coordinate: Sequence[int], shape: tuple[int, ...]) -> int:
    """Return the flat position of ``coordinate`` in C order: the inverse of ``coordinates``.

    Examples
    --------
    >>> flat_position((1, 2), (2, 5))
    7
    """
    flat = 0
    for part, extent in zip(coordinate, shape, strict=True):
        flat = flat * extent + part
    return flat
