"""Rebuilding a graph after some of its operations were replaced."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from treadle.graph.graph import Graph
from treadle.graph.operation import Dep, Operation, TaskRef


def rewrite(
    graph: Graph,
    change: Callable[[Operation, Operation], Operation] | None = None,
    same: Mapping[Operation, Operation] | None = None,
) -> Graph:
    """Return ``graph`` with every operation replaced by ``change(operation, rewired)``.

    Without ``change``, operations are only rewired. ``rewired`` is the operation reading the
    replacements of what it read; operations listed in
    ``same`` are replaced by what their counterpart is replaced by. Operations that nothing changes
    for stay the very same objects.
    """
    new: dict[Operation, Operation] = {}
    for operation in graph.operations:
        twin = (same or {}).get(operation)
        if twin is not None:
            if twin not in new:  # a held result that comes later reads nothing
                new[twin] = change(twin, twin) if change else twin
            new[operation] = new[twin]
            continue
        if operation in new:
            continue
        rewired = operation
        if any(new[source] is not source for source in operation.inputs()):
            rewired = operation.rewire(new.__getitem__)
        new[operation] = change(operation, rewired) if change else rewired

    def moved(dep: Dep) -> Dep:
        if isinstance(dep, TaskRef):
            return TaskRef(new[dep.operation], dep.position)
        return new[dep]

    aliases = {key: moved(dep) for key, dep in graph.aliases.items()}
    return Graph([moved(dep) for dep in graph.outputs], aliases)
