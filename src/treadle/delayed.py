"""``delayed``: function calls that build a graph instead of running.

A ``Delayed`` holds one operation and nothing else, so a call costs about a microsecond: no hashing,
no copying, no look at the contents of arguments whose types cannot hold lazy values. What a tuple
of argument types means for a call is found out once and remembered.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from enum import Enum
from functools import partial
from typing import Any, overload

from treadle import config
from treadle.collection import TreadleMethodsMixin, graph_of, is_treadle_collection
from treadle.graph.annotations import current as current_annotations
from treadle.graph.calls import MethodCall, call_value, one_of
from treadle.graph.graph import Graph
from treadle.graph.lazy import COLLECTION, LAZY, OPAQUE, kind_of, scan
from treadle.graph.naming import label_of
from treadle.graph.operation import (
    GENERAL,
    PLAIN,
    SPREAD,
    Call,
    Dep,
    Key,
    Operation,
    literal,
    task_ref,
    value_of,
)
from treadle.graph.packs import Sequenced, Slot

#: What calls with arguments of these types look like, PLAIN or SPREAD.
_forms: dict[tuple[type, ...], int] = {}
_FORMS_LIMIT = 4096


class _NotGiven(Enum):
    NOTHING = 0


@overload
def delayed(
    *,
    name: str | None = None,
    pure: bool | None = None,
    nout: int | None = None,
    traverse: bool = True,
) -> Callable[[Any], Any]: ...


@overload
def delayed(
    obj: Any,
    name: str | None = None,
    pure: bool | None = None,
    nout: int | None = None,
    traverse: bool = True,
) -> Any: ...


def delayed(
    obj: Any = _NotGiven.NOTHING,
    name: str | None = None,
    pure: bool | None = None,
    nout: int | None = None,
    traverse: bool = True,
) -> Any:
    """Wrap a function so that calls build a graph, or a value so that it can be used in one.

    Parameters
    ----------
    obj
        A function, a class, any callable, or a value. Left out, a decorator with the other
        arguments comes back: ``@delayed(nout=2)``. Lazy values nested in lists, tuples, sets,
        dicts, slices and dataclasses are found.
    name
        Key of the wrapped object; made when None. Two things must not have the same name.
    pure
        Whether calls with equal arguments give equal results. If so they get the same key, by
        content, and run once. The option ``delayed-pure``, as it is set now, when None.
    nout
        How many results a call returns, for unpacking: ``a, b = f(x)`` with ``nout=2``.
    traverse
        Whether to look for lazy values inside ``obj`` and inside the arguments of calls.

    Returns
    -------
    Delayed
        Call it, index it, take attributes of it, use operators on it: all is lazy.

    Raises
    ------
    TypeError, ValueError
        ``nout`` is not a whole number of at least zero.

    Examples
    --------
    >>> from treadle import delayed
    >>> @delayed
    ... def inc(x):
    ...     return x + 1
    >>> total = delayed(sum)([inc(i) for i in range(8)])
    >>> total.compute()
    36
    """
    if obj is _NotGiven.NOTHING:
        return partial(delayed, name=name, pure=pure, nout=nout, traverse=traverse)
    if isinstance(obj, Delayed):
        return obj
    if nout is not None and (isinstance(nout, bool) or not isinstance(nout, int)):
        raise TypeError(f"nout={nout!r}: give the number of results of a call, for example nout=2")
    if nout is not None and nout < 0:
        raise ValueError(f"nout={nout}: a call cannot have a negative number of results")
    if name is not None and not isinstance(name, str):
        raise TypeError(f"name={name!r}: a key is a string, not {type(name).__name__}")
    if kind_of(type(obj)) == COLLECTION:
        return _from_collection(obj, name)
    if traverse:
        deps: list[Dep] = []
        packed = scan(obj, deps, _node_of)
        if deps:
            return _lazy(Call(value_of, (packed,), None, tuple(deps), name), nout)
    node = literal(obj, name)
    if name is None and pure:
        from treadle.tokens import tokenize

        node = literal(obj, f"{type(obj).__name__}-{tokenize(obj)}", pure=True)
    return DelayedLeaf(node, obj, pure, nout, traverse)


def _call(
    func: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    pure: bool | None = None,
    length: int | None = None,
    traverse: bool = True,
) -> Delayed:
    """Return the lazy result of ``func(*args, **kwargs)``; any arguments, any options."""
    pure = kwargs.pop("pure", pure)
    name = kwargs.pop("treadle_key_name", None) or kwargs.pop("dask_key_name", None)
    if name is not None and not isinstance(name, str):
        raise TypeError(f"a key is a string, not {type(name).__name__}: {name!r}")
    if name is None and pure:
        from treadle.tokens import tokenize

        name = f"{label_of(func)}-{tokenize(func, args, kwargs)}"
    else:
        pure = False
    annotations = current_annotations()
    if not kwargs and args and all(isinstance(arg, Delayed) for arg in args):
        deps = tuple([arg._node for arg in args])
        node = Call(func, (), None, deps, name, SPREAD, annotations, pure=bool(pure))
        _remember(args, SPREAD)
        return _lazy(node, length)
    found: list[Dep] = []
    if traverse:
        packed = tuple([scan(arg, found, _node_of) for arg in args])
        keywords = {key: scan(value, found, _node_of) for key, value in kwargs.items()}
    else:
        packed = tuple([_shallow(arg, found) for arg in args])
        keywords = {key: _shallow(value, found) for key, value in kwargs.items()}
    if not kwargs and not found and all(kind_of(type(arg)) == OPAQUE for arg in args):
        _remember(args, PLAIN)
    node = Call(func, packed, keywords or None, tuple(found), name, None, annotations)
    node.pure = bool(pure)
    return _lazy(node, length)


def _remember(args: tuple[Any, ...], form: int) -> None:
    if len(_forms) >= _FORMS_LIMIT:
        _forms.clear()
    if len(args) <= 8:
        _forms[tuple(map(type, args))] = form


def _shallow(arg: Any, found: list[Dep]) -> Any:
    """Return a hole for a lazy value, and anything else as it is."""
    return scan(arg, found, _node_of) if kind_of(type(arg)) in (LAZY, COLLECTION) else arg


def _node_of(obj: Any) -> Dep | None:
    """Return the task whose value stands for a lazy value or a collection in an argument."""
    if isinstance(obj, Delayed):
        return obj._node
    return _from_collection(obj, None)._node if is_treadle_collection(obj) else None


def _from_collection(collection: Any, name: str | None) -> Delayed:
    """Return the Delayed whose value is what the collection computes to."""
    graph = graph_of(collection)
    finish, extra = collection.__treadle_postcompute__()
    places = iter(range(len(graph.outputs)))
    holes = _holes(collection.__treadle_keys__(), places)
    node = Call(finish, (holes, *extra), None, graph.outputs, name, GENERAL)
    return Delayed(node)


def _holes(keys: Any, places: Iterator[int]) -> Any:
    if type(keys) is list:
        return Sequenced(list, [_holes(key, places) for key in keys])
    return Slot(next(places))


def _rebuild(graph: Graph, key: str, length: int | None) -> Delayed:
    return _lazy(graph.find(key).operation, length)


def _unpickle(graph: Graph, length: int | None) -> Delayed:
    return _lazy(task_ref(graph.outputs[0]).operation, length)


def _unpickle_leaf(
    func: Any, key: str, pure: bool | None, length: int | None, traverse: bool
) -> DelayedLeaf:
    return DelayedLeaf(literal(func, key), func, pure, length, traverse)


class Delayed(TreadleMethodsMixin):
    """A value that is computed when asked for. Made by ``delayed`` and by using one."""

    __slots__ = ("_node",)

    __treadle_lazy__ = True
    __array_ufunc__ = None  # NumPy's operators leave ``array @ lazy`` to us

    _node: Operation
    _length: int | None = None

    def __init__(self, node: Operation) -> None:
        _set_node(self, node)

    @property
    def key(self) -> str:
        """The key of the task that makes this value."""
        return str(self._node.name)

    @property
    def dask(self) -> Graph:
        """The graph of this value, under the name that programs moving over use."""
        return self.__treadle_graph__()

    # -- the collection protocol --------------------------------------------------------------

    def __treadle_graph__(self) -> Graph:
        return Graph((self._node,))

    def __treadle_keys__(self) -> Key:
        return self._node.name

    def __treadle_postcompute__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return value_of, ()

    def __treadle_postpersist__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return _rebuild, (self.key, self._length)

    def __treadle_tokenize__(self) -> str:
        return self.key

    # -- building more ------------------------------------------------------------------------

    def __call__(self, *args: Any, **kwargs: Any) -> Delayed:
        return _call(call_value, (self, *args), kwargs)

    def __getattr__(self, name: str) -> DelayedAttr:
        if name.startswith("_"):
            raise AttributeError(
                f"a Delayed has no attribute {name!r}; names with an underscore are never lazy"
            )
        return DelayedAttr(self, name)

    def __getitem__(self, index: Any) -> Delayed:
        return _call(operator.getitem, (self, index), {})

    def __setattr__(self, name: str, value: Any) -> None:
        raise TypeError(
            f"a Delayed cannot be changed: instead of x.{name} = value, write a function that "
            "returns a changed copy and delay that"
        )

    def __setitem__(self, index: Any, value: Any) -> None:
        raise TypeError(
            "a Delayed cannot be changed: instead of x[i] = value, write a function that returns "
            "a changed copy and delay that"
        )

    def __iter__(self) -> Iterator[Delayed]:
        if self._length is None:
            raise TypeError(
                "a Delayed of unknown length cannot be iterated over or unpacked: give the number "
                "of results, delayed(f, nout=2), or compute it first"
            )
        for position in range(self._length):
            yield _call(one_of, (self, position, self._length), {})

    def __len__(self) -> int:
        if self._length is None:
            raise TypeError(
                "a Delayed has no length before it is computed: give the number of results, "
                "delayed(f, nout=2), or use delayed(len)(x)"
            )
        return self._length

    def __bool__(self) -> bool:
        raise TypeError(
            "whether a Delayed is true is not known before it is computed: write "
            "x.compute() in the condition, or put the condition into a delayed function"
        )

    def __contains__(self, item: Any) -> bool:
        raise TypeError(
            "what is in a Delayed is not known before it is computed: compute it first, or use "
            "delayed(operator.contains)(x, item)"
        )

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        # As a decorator of methods: the instance is the first argument, as for functions.
        if instance is None:
            return self
        return _BoundDelayed(self, instance)

    def __hash__(self) -> int:
        return hash(self._node)

    def __dir__(self) -> list[str]:
        return ["compute", "explain", "key", "persist", "visualize"]

    def __repr__(self) -> str:
        return f"Delayed({self.key!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpickle, (self.__treadle_graph__(), self._length)

    def __copy__(self) -> Delayed:
        return self

    def __deepcopy__(self, memo: Any) -> Delayed:
        return self


_new = object.__new__
_set = object.__setattr__
#: Sets the one slot without a look at ``Delayed.__setattr__``; the quickest way there is.
_set_node = vars(Delayed)["_node"].__set__


class _Unpackable(Delayed):
    """A lazy value that can be unpacked into ``_length`` others."""

    __slots__ = ("_length",)

    def __init__(self, node: Operation, length: int) -> None:
        _set_node(self, node)
        _set(self, "_length", length)


def _lazy(node: Operation, length: int | None) -> Delayed:
    return Delayed(node) if length is None else _Unpackable(node, length)


class DelayedLeaf(Delayed):
    # A wrapped function or value: calls become operations on it. This comment is no docstring
    # because each instance has the docstring of what it wraps.

    __slots__ = ("__doc__", "_func", "_length", "_pure", "_traverse")

    _func: Any
    _pure: bool
    _traverse: bool

    def __init__(
        self,
        node: Operation,
        func: Any,
        pure: bool | None = None,
        nout: int | None = None,
        traverse: bool = True,
    ) -> None:
        _set(self, "_node", node)
        _set(self, "_length", nout)
        _set(self, "_func", func)
        _set(self, "_pure", config.get("delayed-pure") if pure is None else pure)
        _set(self, "_traverse", traverse)
        _set(self, "__doc__", getattr(func, "__doc__", None))

    def __call__(self, *args: Any, **kwargs: Any) -> Delayed:
        if not kwargs and not self._pure and self._traverse:
            form = _forms.get(tuple(map(type, args)))
            if form == PLAIN:
                node = Call(self._func, args, None, (), None, PLAIN, current_annotations())
            elif form == SPREAD:
                deps = tuple([arg._node for arg in args])
                node = Call(self._func, (), None, deps, None, SPREAD, current_annotations())
            if form is not None:
                if self._length is not None:
                    return _Unpackable(node, self._length)
                lazy = _new(Delayed)
                _set_node(lazy, node)
                return lazy
        return _call(self._func, args, kwargs, self._pure, self._length, self._traverse)

    @property
    def __name__(self) -> str:
        return str(getattr(self._func, "__name__", type(self._func).__name__))

    @property
    def __wrapped__(self) -> Any:
        return self._func

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpickle_leaf, (self._func, self.key, self._pure, self._length, self._traverse)


class DelayedAttr(Delayed):
    """An attribute of a delayed value; calling it calls the method in one task."""

    __slots__ = ("_attr", "_obj")

    _attr: str
    _obj: Delayed

    def __init__(self, obj: Delayed, attr: str) -> None:
        deps = (obj._node,)
        node = Call(getattr, (Slot(0), attr), None, deps, None, GENERAL, current_annotations())
        _set(self, "_node", node)
        _set(self, "_obj", obj)
        _set(self, "_attr", attr)

    def __call__(self, *args: Any, **kwargs: Any) -> Delayed:
        return _call(MethodCall(self._attr), (self._obj, *args), kwargs)


class _BoundDelayed:
    """A delayed function met as a method."""

    __slots__ = ("__self__", "_function")

    def __init__(self, function: Delayed, instance: Any) -> None:
        self._function = function
        self.__self__ = instance

    def __call__(self, *args: Any, **kwargs: Any) -> Delayed:
        return self._function(self.__self__, *args, **kwargs)


def _binary(func: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Delayed]:
    def method(self: Any, other: Any) -> Delayed:
        return _call(func, (self, other), {})

    return method


def _reflected(func: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Delayed]:
    def method(self: Any, other: Any) -> Delayed:
        return _call(func, (other, self), {})

    return method


def _unary(func: Callable[[Any], Any]) -> Callable[[Any], Delayed]:
    def method(self: Any) -> Delayed:
        return _call(func, (self,), {})

    return method


_ARITHMETIC = (
    *("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul"),
    *("lshift", "rshift", "and", "or", "xor"),
)
for _name in _ARITHMETIC:
    _func = getattr(operator, f"__{_name}__")
    setattr(Delayed, f"__{_name}__", _binary(_func))
    setattr(Delayed, f"__r{_name}__", _reflected(_func))
for _name in ("lt", "le", "gt", "ge", "eq", "ne"):
    setattr(Delayed, f"__{_name}__", _binary(getattr(operator, _name)))
for _name in ("neg", "pos", "invert", "abs"):
    setattr(Delayed, f"__{_name}__", _unary(getattr(operator, _name)))
