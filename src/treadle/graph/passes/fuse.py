"""``fuse``: make one operation of several that would run one after the other anyway.

An input A is drawn into its reader B when all of this holds:

1. B is the only reader of A and no output needs A: nobody else would miss its results.
2. B reads A at its own coordinate only, so no task of A serves two tasks of B.
3. Their annotations are equal: what the user asked for keeps meaning what it meant.
4. No parallelism is lost: either the index space is wider than one task, or A is the only input
   of B that is not a plain value.
5. What the joined task holds at once stays under the bound, by the estimates of its members.
6. The joined operation has at most 100 members, which keeps the cost of a long chain linear.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from treadle.graph.fused import Fused
from treadle.graph.graph import Graph
from treadle.graph.mapped import Map, Same
from treadle.graph.operation import Call, Operation, TaskRef, is_literal, task_ref
from treadle.graph.passes.rewrite import rewrite
from treadle.graph.passes.settings import Settings

MAX_MEMBERS = 100


def fuse(graph: Graph, settings: Settings) -> Graph:
    """Return the graph with chains of operations joined."""
    while True:
        # Joining two readers of an operation leaves it with one, so there may be more to join.
        joined = _fuse_once(graph, settings)
        if joined.operations == graph.operations:
            return graph
        graph = joined


def _fuse_once(graph: Graph, settings: Settings) -> Graph:
    readers: dict[Operation, int] = {}
    for operation in graph.operations:
        for source in operation.inputs():
            readers[source] = readers.get(source, 0) + 1
    for dep in (*graph.outputs, *graph.aliases.values()):
        wanted = task_ref(dep).operation
        readers[wanted] = readers.get(wanted, 0) + 2  # never the only reader

    def join(operation: Operation, rewired: Operation) -> Operation:
        drawn: dict[Operation, Operation] = {}  # what is drawn in, and its last member
        members: tuple[Operation, ...] = _members(rewired)
        # ``rewired`` reads the new inputs, which stand at the same places as the old ones.
        fits = _fitting(operation, settings)
        for old, new in zip(operation.inputs(), rewired.inputs(), strict=True):
            if readers[old] == 1 and fits(old):
                joined = (*_members(new), *members)
                held = sum(member.nbytes or 0 for member in joined)
                if held <= settings.fuse_max_bytes and len(joined) <= MAX_MEMBERS:
                    members = joined
                    drawn[new] = _members(new)[-1]
        if not drawn:
            return rewired
        inner = _members(rewired.rewire(lambda source: drawn.get(source, source)))
        return Fused((*members[: len(members) - len(inner)], *inner))

    return rewrite(graph, join)


def _members(operation: Operation) -> tuple[Operation, ...]:
    return operation.members if isinstance(operation, Fused) else (operation,)


def _fitting(reader: Operation, settings: Settings) -> Callable[[Operation], bool]:
    """Return the test for inputs of ``reader``: rules 2 to 4."""
    elsewhere = {source for source, same in _links(reader) if not same}
    wide = reader.ntasks > 1
    real = [source for source in reader.inputs() if not is_literal(source)]
    refused = bool(reader.annotations) and not settings.fuse_annotated

    def fits(source: Operation) -> bool:
        if refused or source.shape != reader.shape or source.annotations != reader.annotations:
            return False
        return source not in elsewhere and (wide or is_literal(source) or real == [source])

    return fits


def _links(reader: Operation) -> Iterator[tuple[Operation, bool]]:
    """Yield what ``reader`` reads, and whether it reads it at its own coordinate only."""
    if isinstance(reader, Fused):
        for member in reader.members:
            yield from _links(member)
    elif isinstance(reader, Map):
        for rule in reader.sources:
            operation = rule.operation_read()
            if operation is not None:
                yield operation, isinstance(rule, Same)
    elif isinstance(reader, Call):
        for dep in reader.deps:
            yield task_ref(dep).operation, not isinstance(dep, TaskRef) or not dep.operation.shape
