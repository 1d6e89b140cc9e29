"""Random graphs, and a naive evaluator that everything is compared with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from treadle.graph.mapped import Each, Everything, Map, Project, Same, Window
from treadle.graph.operation import Call, Dep, Operation, TaskRef, literal, task_ref
from treadle.graph.packs import Keyed, Sequenced, Slot


def tagged(*args: Any, **kwargs: Any) -> Any:
    """Return something that shows every argument, so that a wrong order is a wrong value."""
    return ("call", args, tuple(sorted(kwargs.items())))


def listed(items: list[Any]) -> Any:
    return ("list", tuple(items))


@st.composite
def calls(draw: st.DrawFn, most: int = 30) -> list[Operation]:
    """Lists of one-task operations in topological order, using every form of call."""
    nodes: list[Operation] = [literal(draw(st.integers())) for _ in range(draw(st.integers(1, 4)))]
    for _ in range(draw(st.integers(0, most))):
        deps: list[Dep] = [draw(st.sampled_from(nodes)) for _ in range(draw(st.integers(0, 4)))]
        kind = draw(st.integers(0, 4)) if deps else 0
        slots = [Slot(n) for n in range(len(deps))]
        if kind == 0:
            nodes.append(Call(tagged, (1, "x"), None))
        elif kind == 1:
            nodes.append(Call(tagged, tuple(slots), None, tuple(deps)))
        elif kind == 2:
            nodes.append(Call(listed, (Sequenced(list, list(slots)),), None, tuple(deps)))
        elif kind == 3:
            keyed = Keyed(dict, [(n, slot) for n, slot in enumerate(slots)])
            nodes.append(Call(tagged, (repr, Sequenced(tuple, [keyed, 7])), None, tuple(deps)))
        else:
            nodes.append(Call(tagged, (3,), {f"k{n}": s for n, s in enumerate(slots)}, tuple(deps)))
    return nodes


@st.composite
def mixed(draw: st.DrawFn) -> list[Dep]:
    """Lists of tasks of maps and calls that read one another."""
    rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 5))
    row = Map(tagged, (columns,), (Each(range(columns)),))
    shape = (rows, columns)
    grid: Operation = Map(tagged, shape, (Project(row, (1,)), Each(range(rows * columns))))
    for _ in range(draw(st.integers(0, 3))):
        grid = Map(tagged, shape, (Same(grid), Same(grid)), {"k": 1})
    width = draw(st.integers(1, 3))
    axis = draw(st.integers(0, 1))
    fewer = [rows, columns]
    fewer[axis] = -(-fewer[axis] // width)
    windows = Map(listed, (fewer[0], fewer[1]), (Window(grid, axis, width),))
    total = Map(listed, (), (Everything(windows),))
    corner = Call(tagged, (Slot(0), Slot(1)), None, (TaskRef(grid, 0), total))
    candidates: list[Dep] = [corner, TaskRef(total, 0)]
    candidates += [TaskRef(windows, n) for n in range(windows.ntasks)]
    candidates += [TaskRef(grid, n) for n in range(grid.ntasks)]
    return draw(st.lists(st.sampled_from(candidates), min_size=1, max_size=4))


def evaluate(outputs: Sequence[Dep]) -> list[Any]:
    """Return the values of ``outputs`` by plain recursion, remembering nothing but values."""
    known: dict[TaskRef, Any] = {}

    def value(ref: TaskRef) -> Any:
        if ref not in known:
            inputs = [value(below) for below in ref.operation.reads(ref.position)]
            known[ref] = ref.operation.run(ref.position, inputs)
        return known[ref]

    return [value(task_ref(out)) for out in outputs]
