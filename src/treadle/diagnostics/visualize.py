"""``visualize``: the graph of collections as a picture.

Two views of the same graph:

- by task: one shape per task, with the tasks it reads below it;
- by operation: one shape per group of alike tasks, with their number. Tasks belong to one group
  when they call the same function on results of the same groups, so eight calls of ``inc`` are one
  shape and a chain of ``inc`` is one as well. This view does not expand the graph.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import TYPE_CHECKING, Any, Literal

from treadle import config
from treadle.collection import graph_of, merge, unpack
from treadle.diagnostics.draw import (
    Drawing,
    Edge,
    Node,
    Picture,
    color_names,
    color_values,
    picture,
)
from treadle.errors import DrawingError
from treadle.graph.operation import Operation, is_literal
from treadle.graph.plan import Plan, expand
from treadle.units import format_bytes, format_time

if TYPE_CHECKING:
    from os import PathLike

    from treadle.diagnostics.draw import ScaleName
    from treadle.graph.graph import Graph

By = Literal["task", "operation"]
Color = Literal["name", "order", "memory", "time"]

#: Groups beyond this number make no picture that anyone could read.
MAX_GROUPS = 1500


def visualize(
    *args: Any,
    filename: str | PathLike[str] | None = "treadle",
    format: Literal["svg", "png", "pdf", "dot"] | None = None,
    by: By | None = None,
    color: Color = "name",
    run: Any = None,
    optimize_graph: bool = False,
    traverse: bool = True,
    engine: Literal["treadle", "graphviz"] | None = None,
    rankdir: Literal["BT", "TB", "LR"] = "BT",
) -> Picture:
    """Draw the graph of collections.

    Parameters
    ----------
    *args
        Collections, or containers that hold some.
    filename
        Where to save the picture; its ending chooses the format. None: do not save.
    format
        ``'svg'`` (the default), ``'png'``, ``'pdf'`` or ``'dot'``.
    by
        ``'task'`` or ``'operation'``. When None, by task up to ``visualization.max-tasks`` tasks;
        a larger graph is drawn by operation, and the picture says so.
    color
        ``'name'`` colours by function, ``'order'`` by the order in which tasks run, ``'memory'``
        by estimated bytes of results, ``'time'`` by the seconds that tasks took in ``run``.
    run
        A recorded run: a ``Profiler``, or what ``explain`` records.
    optimize_graph
        Draw what ``compute`` would run, after its passes.
    traverse
        Whether to look for collections inside containers.
    engine
        ``'treadle'``, or ``'graphviz'`` for the layout of the program ``dot``.
    rankdir
        Where values flow to: bottom to top, top to bottom, or left to right.

    Returns
    -------
    Picture
        Shown by a notebook; its attribute ``svg`` has the text.

    Raises
    ------
    DrawingError
        Nothing to draw, or too much even by operation.

    Examples
    --------
    >>> from treadle import delayed, visualize
    >>> total = delayed(sum)([delayed(abs)(i) for i in range(8)])
    >>> visualize(total, filename=None).svg.count("<title>abs") >= 8
    True
    """
    found, _ = unpack(args, traverse)
    if not found:
        raise DrawingError(
            "there is nothing to draw: visualize() wants collections, such as delayed values, "
            f"not {', '.join(type(arg).__name__ for arg in args) or 'nothing at all'}"
        )
    if by not in (None, "task", "operation"):
        raise DrawingError(f"by={by!r}: graphs are drawn by='task' or by='operation'")
    if color not in ("name", "order", "memory", "time"):
        raise DrawingError(f"color={color!r}: choose 'name', 'order', 'memory' or 'time'")
    if color == "time" and run is None:
        raise DrawingError(
            "color='time' needs a recorded run: `with Profiler() as prof: x.compute()`, "
            "then visualize(x, color='time', run=prof)"
        )
    graph = merge(found, [graph_of(collection) for collection in found], optimize_graph)
    limit = config.get("visualization.max-tasks")
    note = ""
    if by is None:
        by = "task" if graph.ntasks <= limit else "operation"
        if by == "operation":
            note = f"{graph.ntasks:,} tasks, more than {limit:,}: drawn by operation"
    durations = _durations(run) if run is not None else {}
    drawing = (
        _by_task(expand(graph.outputs), color, durations)
        if by == "task"
        else _by_operation(graph, color, durations)
    )
    drawing.note = note
    drawing.rankdir = rankdir
    chosen = engine or config.get("visualization.engine") or "treadle"
    return picture(drawing, filename, format=format, engine=chosen)


def _by_task(plan: Plan, color: Color, durations: Mapping[Any, float]) -> Drawing:
    operations = plan.operations
    labels = [operation.label for operation in operations]
    measures: list[float | None] = []
    if color == "order":
        measures = [float(task) for task in range(len(plan))]
    elif color == "memory":
        measures = [operation.nbytes for operation in operations]
    elif color == "time":
        measures = [durations.get(plan.key(task)) for task in range(len(plan))]
    fills, legend = _fills(labels, measures, color)
    nodes = []
    for task, operation in enumerate(operations):
        detail = f"{labels[task]}\n{plan.key(task)}"
        if measures:
            detail += f"\n{_form(color)(measures[task])}" if measures[task] is not None else ""
        shape: Literal["box", "circle"] = "box" if is_literal(operation) else "circle"
        nodes.append(Node(task, _text(operation), shape, detail, fills[task]))
    edges = [Edge(dep, task) for task, deps in enumerate(plan.reads()) for dep in deps]
    return Drawing(nodes, edges, legend=legend)


def _by_operation(graph: Graph, color: Color, durations: Mapping[Any, float]) -> Drawing:
    groups = group(graph)
    if len(groups) > MAX_GROUPS:
        raise DrawingError(
            f"{len(graph):,} operations make {len(groups):,} groups, more than a picture can hold "
            f"({MAX_GROUPS:,}): draw a part of the graph, one of the values it is made from"
        )
    place = {operation: n for n, members in enumerate(groups) for operation in members}
    labels = [members[0].label for members in groups]
    measures: list[float | None] = []
    if color == "order":
        rank = {operation: n for n, operation in enumerate(graph.operations)}
        measures = [fmean([rank[member] for member in members]) for members in groups]
    elif color == "memory":
        measures = [_sum([m.nbytes and m.nbytes * m.ntasks for m in members]) for members in groups]
    elif color == "time":
        seconds: dict[str, list[float | None]] = {}
        for key, spent in durations.items():
            name = key[0] if isinstance(key, tuple) else key
            seconds.setdefault(str(name), []).append(spent)
        measures = [
            _sum([spent for member in members for spent in seconds.get(member.name, ())])
            for members in groups
        ]
    fills, legend = _fills(labels, measures, color)
    nodes = []
    counts: dict[tuple[int, int], int] = {}
    for n, members in enumerate(groups):
        total = sum(member.ntasks for member in members)
        detail = f"{labels[n]}: {total:,} tasks"
        if measures and measures[n] is not None:
            detail += f"\n{_form(color)(measures[n])}"
        shape: Literal["box", "circle"] = "box" if is_literal(members[0]) else "circle"
        text = _text(members[0]) if total == 1 else labels[n]
        nodes.append(Node(n, text, shape, detail, fills[n], total))
        for member in members:
            for source in member.inputs():
                if place[source] != n:
                    link = (place[source], n)
                    counts[link] = counts.get(link, 0) + max(member.ntasks, source.ntasks)
    edges = [Edge(source, target, count=count) for (source, target), count in counts.items()]
    return Drawing(nodes, edges, legend=legend)


def group(graph: Graph) -> list[list[Operation]]:
    """Return the operations in groups of alike ones, inputs first.

    Operations are alike when they have the same function name and read from the same groups. One
    that reads from a group of its own name joins it if that group reads nothing the other does
    not: a chain folds into one.
    """
    number: dict[Any, int] = {}
    place: dict[Operation, int] = {}
    reads: list[frozenset[int]] = []
    names: list[str] = []
    groups: list[list[Operation]] = []
    for operation in graph.operations:
        label = operation.label
        sources = frozenset([place[source] for source in operation.inputs()])
        home = number.get((label, sources))
        if home is None:
            for source in sorted(sources):
                if names[source] == label and sources - {source} <= reads[source]:
                    home = source
                    break
        if home is None:
            home = len(groups)
            number[(label, sources)] = home
            groups.append([])
            names.append(label)
            reads.append(sources)
        groups[home].append(operation)
        place[operation] = home
    return groups


def _text(operation: Operation) -> str:
    """Return what to write into a shape: a short value, or the name of the function or type."""
    if is_literal(operation):
        value = operation.args[0]
        if isinstance(value, int | float | str | bool | None) and len(repr(value)) <= 12:
            return repr(value)
    return operation.label


def _fills(
    labels: Sequence[str], measures: Sequence[float | None], color: Color
) -> tuple[Sequence[str | None], list[tuple[str, str]]]:
    if color == "name":
        names = color_names(sorted(set(labels)))
        return [names[label] for label in labels], []
    scale: ScaleName = color
    return color_values(measures, scale, form=_form(color), log=color != "order")


def _form(color: Color) -> Any:
    if color == "memory":
        return lambda value: format_bytes(int(value))
    return format_time if color == "time" else "{:,.0f}".format


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _durations(run: Any) -> dict[Any, float]:
    """Return seconds by key from what recorded a run."""
    durations = getattr(run, "durations", None)
    if callable(durations):
        return dict(durations())
    results = getattr(run, "results", None)
    if results is not None:
        return {row.key: row.end_time - row.start_time for row in results}
    raise DrawingError(
        f"run={type(run).__name__}: no recorded run; give a Profiler that watched compute()"
    )
