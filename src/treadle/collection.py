"""Collections: what ``compute``, ``persist``, ``optimize`` and ``visualize`` accept.

A collection is any object with these methods; nothing has to be inherited or registered.

``__treadle_graph__()``
    The ``Graph`` (or a raw mapping) in which its tasks are found, or None when the object holds
    concrete data and is no collection after all.
``__treadle_keys__()``
    The keys of the tasks that make up its result, in lists nested as deeply as the result needs.
``__treadle_postcompute__()``
    ``(finish, args)``: the result is ``finish(values, *args)``, where ``values`` has the nesting of
    the keys.
``__treadle_postpersist__()``
    ``(rebuild, args)``: ``rebuild(graph, *args)`` is the same collection on another graph that
    defines the same keys.
``__treadle_tokenize__()``
    Something to hash that stands for the collection's content.
``__treadle_optimize__``
    Optional: the names of the passes that ``compute`` runs on its graph.
``__treadle_scheduler__``
    Optional: the scheduler to use when nobody chose one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, Protocol, runtime_checkable

from treadle import config
from treadle.graph.graph import Graph
from treadle.graph.mapped import Each, Map
from treadle.graph.operation import Dep, Key, Operation, TaskRef, literal, task_ref, value_of
from treadle.graph.raw import from_raw
from treadle.units import parse_bytes


@runtime_checkable
class Collection(Protocol):
    """The methods of a collection, for type checkers and ``isinstance``."""

    def __treadle_graph__(self) -> Graph | Mapping[Key, Any] | None: ...
    def __treadle_keys__(self) -> Any: ...
    def __treadle_postcompute__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]: ...
    def __treadle_postpersist__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]: ...


class TreadleMethodsMixin:
    """Methods that collections share. Subclasses follow the collection protocol."""

    __slots__ = ("__weakref__",)

    def compute(self, **kwargs: Any) -> Any:
        """Run the tasks of this collection and return its result; see ``treadle.compute``."""
        (result,) = compute(self, traverse=False, **kwargs)
        return result

    def persist(self, **kwargs: Any) -> Any:
        """Run the tasks and return the collection holding results; see ``treadle.persist``."""
        (result,) = persist(self, traverse=False, **kwargs)
        return result

    def visualize(self, filename: str | None = "treadle", **kwargs: Any) -> Any:
        """Draw the graph of this collection; see ``treadle.visualize``."""
        from treadle.diagnostics.drawing import visualize

        return visualize(self, filename=filename, **kwargs)

    def explain(self, **kwargs: Any) -> Any:
        """Say what a computation will cost, or did; see ``treadle.explain``."""
        from treadle.diagnostics.explain import explain

        return explain(self, **kwargs)


def is_treadle_collection(obj: Any) -> bool:
    """Whether ``obj`` follows the collection protocol and has a graph.

    Examples
    --------
    >>> from treadle import delayed
    >>> is_treadle_collection(delayed(1)), is_treadle_collection(1)
    (True, False)
    """
    method = getattr(type(obj), "__treadle_graph__", None)
    return method is not None and method(obj) is not None


def graph_of(collection: Any) -> Graph:
    """Return the graph of a collection, its outputs set to the collection's keys."""
    graph = collection.__treadle_graph__()
    if not isinstance(graph, Graph):
        graph = from_raw(graph)
    outputs: list[Dep] = []
    for key in _leaves(collection.__treadle_keys__()):
        ref = graph.find(key)
        outputs.append(ref if ref.operation.shape else ref.operation)
    return Graph(outputs)


def compute(
    *args: Any,
    traverse: bool = True,
    optimize_graph: bool = True,
    scheduler: Any = None,
    get: Callable[..., Any] | None = None,
    **kwargs: Any,
) -> tuple[Any, ...]:
    """Run the tasks of several collections at once and return their results.

    Work that the collections have in common is done once. Arguments that are no collections come
    back unchanged.

    Parameters
    ----------
    *args
        Collections, or lists, tuples, sets, dicts and dataclasses that hold some.
    traverse
        Whether to look inside containers.
    optimize_graph
        Whether to run the optimisation passes first.
    scheduler
        ``'threads'``, ``'processes'``, ``'sync'`` or another of their names, a
        ``concurrent.futures.Executor``, or a callable ``get(graph, keys)``.
    get
        A callable as above; wins over ``scheduler``.
    **kwargs
        Options of the scheduler, such as ``num_workers``.

    Returns
    -------
    tuple
        One result per argument.

    Examples
    --------
    >>> from treadle import compute, delayed
    >>> x = delayed(sum)([1, 2])
    >>> compute(x, {"twice": x * 2}, 5)
    (3, {'twice': 6}, 5)
    """
    found, repack = unpack(args, traverse)
    if not found:
        return args
    try:
        results = _compute(found, optimize_graph, scheduler=scheduler, get=get, **kwargs)
    except Exception as error:
        if not config.get("admin.traceback.shorten"):
            raise
        from treadle.serialize import strip_frames

        # The frames between the caller's line and the task say nothing to the user.
        error.__traceback__ = strip_frames(error.__traceback__) or error.__traceback__
        raise
    return repack(results)


def _compute(found: Sequence[Any], optimize_graph: bool, **options: Any) -> list[Any]:
    from treadle.local.select import run_graph

    graphs = [graph_of(collection) for collection in found]
    merged = merge(found, graphs, optimize_graph)
    values = run_graph(merged, default=_default_scheduler(found), **options)
    results = []
    start = 0
    for collection, graph in zip(found, graphs, strict=True):
        stop = start + len(graph.outputs)
        finish, args = collection.__treadle_postcompute__()
        nested = _nest(collection.__treadle_keys__(), iter(values[start:stop]))
        results.append(finish(nested, *args))
        start = stop
    return results


def merge(found: Sequence[Any], graphs: Sequence[Graph], optimize_graph: bool) -> Graph:
    """Return one graph whose outputs are those of all ``graphs``.

    The passes that any collection asks for run on all of it: what one collection reads must not
    disappear into a fused operation of another.
    """
    merged = Graph([out for graph in graphs for out in graph.outputs])
    if not optimize_graph:
        return merged
    wanted = [getattr(collection, "__treadle_optimize__", ()) for collection in found]
    names = dict.fromkeys([name for names in wanted for name in names])
    return _run_passes(merged, list(names)) if names else merged


def _run_passes(graph: Graph, names: Sequence[str]) -> Graph:
    """Run those of the named passes that the configuration leaves on."""
    from treadle.graph.passes import Settings, run_passes

    allowed = config.get("optimization.passes")
    if not config.get("optimization.fuse.active"):
        names = [name for name in names if name != "fuse"]
    if allowed is not None:
        names = [name for name in names if name in allowed]
    settings = Settings(
        fuse_max_bytes=parse_bytes(config.get("optimization.fuse.max-bytes")),
        fuse_annotated=config.get("optimization.annotations.fuse"),
    )
    return run_passes(graph, names, settings)


def persist(
    *args: Any,
    traverse: bool = True,
    optimize_graph: bool = True,
    scheduler: Any = None,
    **kwargs: Any,
) -> tuple[Any, ...]:
    """Run the tasks of several collections and return the collections, now holding results.

    Parameters are those of ``compute``. The keys stay what they were.

    Examples
    --------
    >>> from treadle import delayed, persist
    >>> (y,) = persist(delayed(sum)([1, 2]))
    >>> y.compute()
    3
    """
    found, repack = unpack(args, traverse)
    if not found:
        return args
    from treadle.local.select import run_graph

    graphs = [graph_of(collection) for collection in found]
    merged = merge(found, graphs, optimize_graph)
    default = _default_scheduler(found)
    values = iter(run_graph(merged, default=default, scheduler=scheduler, **kwargs))
    rebuilt = []
    for collection, graph in zip(found, graphs, strict=True):
        held = _hold(graph.outputs, values)
        rebuild, extra = collection.__treadle_postpersist__()
        rebuilt.append(rebuild(Graph(held.values(), held), *extra))
    return repack(rebuilt)


def _hold(outputs: Sequence[Dep], values: Iterator[Any]) -> dict[Key, Dep]:
    """Return operations that hold the values of ``outputs`` under the same names.

    A mapped operation whose tasks are all there stays one operation with its index space.
    """
    found = {task_ref(out): next(values) for out in outputs}
    there = Counter([ref.operation for ref in found])
    whole: dict[Operation, Map] = {}
    for operation, count in there.items():
        if operation.shape and count == operation.ntasks:
            items = [found[TaskRef(operation, n)] for n in range(count)]
            name, shape = operation.name, operation.shape
            whole[operation] = Map(value_of, shape, (Each(items),), name=name, pure=True)
    held: dict[Key, Dep] = {}
    for ref, value in found.items():
        new = whole.get(ref.operation)
        key = ref.key
        held[key] = literal(value, key, pure=True) if new is None else TaskRef(new, ref.position)
    return held


def optimize(*args: Any, traverse: bool = True, passes: Sequence[str] | None = None) -> Any:
    """Return equivalent collections on one optimised graph.

    Parameters
    ----------
    *args, traverse
        As for ``compute``.
    passes
        Names of the passes to run, all of them when None; see ``treadle.graph.passes``.

    Returns
    -------
    tuple
        One collection per argument. Optimising again changes nothing.
    """
    from treadle.graph.passes import ALL

    found, repack = unpack(args, traverse)
    if not found:
        return args
    graphs = [graph_of(collection) for collection in found]
    merged = Graph([out for graph in graphs for out in graph.outputs])
    outputs = iter(_run_passes(merged, ALL if passes is None else passes).outputs)
    rebuilt = []
    for collection, graph in zip(found, graphs, strict=True):
        held = {task_ref(out).key: next(outputs) for out in graph.outputs}
        rebuild, extra = collection.__treadle_postpersist__()
        rebuilt.append(rebuild(Graph(held.values(), held), *extra))
    return repack(rebuilt)


def get(dsk: Mapping[Key, Any], keys: Any, **kwargs: Any) -> Any:
    """Run a raw graph in the calling thread and return the values of ``keys``.

    Parameters
    ----------
    dsk
        A mapping from keys to tasks; a task is a tuple of a callable and its arguments, in which
        other keys stand for their results.
    keys
        A key, or nested lists of keys.

    Raises
    ------
    CycleError
        The graph has a cycle.
    MissingKeyError
        A key is not in the graph.

    Examples
    --------
    >>> from operator import add
    >>> get({"x": 1, "y": (add, "x", 10)}, ["y", ["x"]])
    [11, [1]]
    """
    return get_with("sync", dsk, keys, **kwargs)


def get_with(scheduler: Any, dsk: Any, keys: Any, **kwargs: Any) -> Any:
    """Run a raw graph with a scheduler; the base of every ``get`` function."""
    from treadle.local.select import run_graph

    graph = dsk if isinstance(dsk, Graph) else from_raw(dsk)
    refs: list[TaskRef] = [graph.find(key) for key in _leaves(keys)]
    values = run_graph(Graph(refs), scheduler=scheduler, **kwargs)
    return _nest(keys, iter(values))


def _default_scheduler(found: Iterable[Any]) -> Any:
    """Return the scheduler that the collections ask for, None when they do not agree."""
    wanted = {getattr(collection, "__treadle_scheduler__", None) for collection in found}
    return wanted.pop() if len(wanted) == 1 else None


def _leaves(keys: Any) -> Iterator[Key]:
    if type(keys) is list:
        for key in keys:
            yield from _leaves(key)
    else:
        yield keys


def _nest(keys: Any, values: Any) -> Any:
    if type(keys) is list:
        return [_nest(key, values) for key in keys]
    return next(values)


def unpack(
    args: tuple[Any, ...], traverse: bool = True
) -> tuple[list[Any], Callable[[Sequence[Any]], tuple[Any, ...]]]:
    """Find the collections in ``args``; return them and a function that puts results back.

    The same object found twice is listed once.
    """
    found: list[Any] = []
    number: dict[int, int] = {}

    def visit(obj: Any) -> Callable[[Sequence[Any]], Any] | None:
        """Return what builds the result for ``obj``, or None when it stays as it is."""
        if is_treadle_collection(obj):
            place = number.setdefault(id(obj), len(found))
            if place == len(found):
                found.append(obj)
            return lambda results: results[place]
        if not traverse:
            return None
        kind = type(obj)
        if kind in (list, tuple, set, frozenset) or (
            isinstance(obj, tuple) and hasattr(kind, "_make")
        ):
            items = list(obj)
            parts = [visit(item) for item in items]
            if not any(parts):
                return None
            make = getattr(kind, "_make", kind)
            return lambda results: make(_filled(items, parts, results))
        if kind is dict:
            keys, items = list(obj), list(obj.values())
            key_parts, parts = [visit(key) for key in keys], [visit(item) for item in items]
            if not any(parts) and not any(key_parts):
                return None
            return lambda results: dict(
                zip(_filled(keys, key_parts, results), _filled(items, parts, results), strict=True)
            )
        if is_dataclass(obj) and not isinstance(obj, type):
            names = [field.name for field in fields(obj) if hasattr(obj, field.name)]
            items = [getattr(obj, name) for name in names]
            parts = [visit(item) for item in items]
            if not any(parts):
                return None

            def build(results: Sequence[Any]) -> Any:
                import copy

                twin = copy.copy(obj)
                for name, value in zip(names, _filled(items, parts, results), strict=True):
                    object.__setattr__(twin, name, value)
                return twin

            return build
        return None

    builders = [visit(arg) for arg in args]

    def repack(results: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(_filled(args, builders, results))

    return found, repack


def _filled(items: Sequence[Any], parts: Sequence[Any], results: Sequence[Any]) -> list[Any]:
    return [
        item if part is None else part(results) for item, part in zip(items, parts, strict=True)
    ]
