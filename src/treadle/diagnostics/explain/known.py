"""What is known of single tasks: their functions, the sizes of results, their durations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import fmean
from typing import TYPE_CHECKING, Any

from treadle.graph.mapped import Constant, Each, Map
from treadle.graph.packs import Slot, is_slot_list
from treadle.graph.sizes import sizeof

if TYPE_CHECKING:
    from treadle.diagnostics.explain.runs import Run
    from treadle.graph.operation import Operation

#: Arguments of these types are not worth measuring.
_SMALL = frozenset({int, float, complex, bool, type(None), range, slice, Slot})


def labels_of(operations: Sequence[Operation]) -> list[str]:
    """Return the function's name of every task."""
    known: dict[Operation, str] = {}
    found = []
    for operation in operations:
        label = known.get(operation)
        if label is None:
            label = known[operation] = operation.label
        found.append(label)
    return found


def join_repeats(labels: Sequence[str]) -> list[tuple[str, int]]:
    """Join repeats that follow each other.

    Examples
    --------
    >>> join_repeats(["load", "add", "add"])
    [('load', 1), ('add', 2)]
    """
    found: list[tuple[str, int]] = []
    for label in labels:
        if found and found[-1][0] == label:
            found[-1] = (label, found[-1][1] + 1)
        else:
            found.append((label, 1))
    return found


def result_sizes(
    operations: Sequence[Operation], labels: Sequence[str], literal: Sequence[bool], run: Run | None
) -> tuple[list[float], list[int]]:
    """Return the bytes of every result, 0 where unknown, and the tasks where it is."""
    seen = {} if run is None else {label: fmean(sizes) for label, sizes in run.sizes.items()}
    sizes: list[float] = []
    unknown = []
    for task, (operation, label, is_value) in enumerate(
        zip(operations, labels, literal, strict=True)
    ):
        # A value is held by the graph already and costs nothing on top.
        size = 0.0 if is_value else operation.nbytes
        if size is None:
            size = seen.get(label)
        if size is None:
            unknown.append(task)
            size = 0.0
        sizes.append(size)
    return sizes, unknown


def durations(
    labels: Sequence[str], literal: Sequence[bool], run: Run | None
) -> list[float | None] | None:
    """Return the expected seconds of every task, None where unknown; None without a run."""
    if run is None:
        return None
    seen: dict[str, list[float]] = {}
    ran = labels_of(run.plan.operations)
    for task, seconds in zip(run.tasks, run.efforts, strict=True):
        seen.setdefault(ran[task], []).append(seconds)
    means = {label: fmean(times) for label, times in seen.items()}
    return [
        0.0 if is_value else means.get(label)
        for label, is_value in zip(labels, literal, strict=True)
    ]


def held_bytes(operations: Iterable[Operation]) -> int:
    """Return the bytes of the arguments that operations hold, each object once."""
    seen: set[int] = set()
    total = 0
    for operation in operations:
        for arg in (*operation.args, *_constants(operation)):
            if type(arg) not in _SMALL and id(arg) not in seen and not is_slot_list(arg):
                seen.add(id(arg))
                total += sizeof(arg)
    return total


def _constants(operation: Operation) -> list[Any]:
    """Return the arguments besides ``args`` that an operation holds."""
    found = list((getattr(operation, "kwargs", None) or {}).values())
    if isinstance(operation, Map):
        for source in operation.sources:
            if isinstance(source, Constant):
                found.append(source.value)
            elif isinstance(source, Each):
                found.append(source.items)
    return found
