"""``Plan``: a graph expanded to tasks, which is what schedulers run.

Tasks are dense integers numbered in static order. Laws:

1. What a task reads has a smaller number, and running 0, 1, 2, ... is the single-threaded schedule.
2. Only tasks that the outputs need are in a plan: expanding culls.
3. Expanding happens here and nowhere else, when somebody is about to run the graph.

Two ways lead here. Most graphs people write by hand are forests of one-task calls, in which every
result has one reader; they are numbered by a single walk at a fraction of a microsecond a task.
Everything else takes the general way: find operations, join equal names, walk tasks, order.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from treadle.graph.graph import unify, walk
from treadle.graph.operation import Call, Dep, Key, Operation, task_ref
from treadle.graph.order import static_order

#: The forest walk looks for shared results after so many tasks, and then after four times as many.
_FIRST_LOOK = 1024


class Plan:
    """Tasks in static order.

    Attributes
    ----------
    operations
        Per task: its operation.
    index
        Per task: its flat position in the operation; None when every one is 0.
    deps
        Per task: the tasks it reads, in the order that ``Operation.run`` wants the values. A task
        that reads another one twice has it twice.
    outputs
        The tasks whose values are wanted, in the order asked for; may repeat.
    shared
        Whether some result has more than one reader, the caller who wants an output included.
    """

    __slots__ = ("deps", "index", "operations", "outputs", "shared")

    def __init__(
        self,
        operations: list[Operation],
        index: list[int] | None,
        deps: list[tuple[int, ...]],
        outputs: tuple[int, ...],
        shared: bool,
    ) -> None:
        self.operations = operations
        self.index = index
        self.deps = deps
        self.outputs = outputs
        self.shared = shared

    def __len__(self) -> int:
        return len(self.operations)

    def __repr__(self) -> str:
        return f"<Plan: {len(self):,} tasks, {len(self.outputs):,} outputs>"

    def position(self, task: int) -> int:
        """Return the flat position of a task in its operation."""
        return self.index[task] if self.index is not None else 0

    def key(self, task: int) -> Key:
        """Return the readable key of a task."""
        return self.operations[task].key(self.position(task))

    def run(self, task: int, values: Sequence[Any]) -> Any:
        """Run one task with the values of ``deps[task]``."""
        return self.operations[task].run(self.position(task), values)

    def reads(self) -> list[tuple[int, ...]]:
        """Return, per task, the distinct tasks it reads."""
        if not self.shared:
            return self.deps
        return [
            dep if len(dep) < 2 or len(set(dep)) == len(dep) else tuple(dict.fromkeys(dep))
            for dep in self.deps
        ]

    def dependents(self) -> list[tuple[int, ...]]:
        """Return, per task, the distinct tasks that read it, ascending."""
        empty: tuple[int, ...] = ()
        found = [empty] * len(self.deps)
        if not self.shared:
            for task, deps in enumerate(self.deps):
                if deps:
                    reader = (task,)  # one tuple for all inputs of a task
                    for dep in deps:
                        found[dep] = reader
            return found
        lists: list[list[int]] = [[] for _ in self.deps]
        for task, deps in enumerate(self.reads()):
            for dep in deps:
                lists[dep].append(task)
        return [tuple(readers) for readers in lists]


def expand(outputs: Sequence[Dep]) -> Plan:
    """Expand the tasks that ``outputs`` need, numbered in static order.

    Parameters
    ----------
    outputs
        The tasks whose results are wanted: one-task operations or ``TaskRef``.

    Raises
    ------
    DuplicateKeyError
        One name has two definitions.
    """
    return _forest(outputs) or _general(outputs)


def _forest(outputs: Sequence[Dep]) -> Plan | None:
    """Expand a forest of calls, or return None as soon as the graph turns out to be none.

    Popping a call and pushing what it reads visits a tree root first, last input first; backwards,
    that is depth-first post-order with the inputs in their given order, so one visit per task does.
    """
    found: list[Call] = []
    stack: list[Any] = list(outputs)
    pop, push, visit = stack.pop, stack.extend, found.append
    limit = _FIRST_LOOK
    while stack:
        while stack and len(found) < limit:
            call = pop()
            if type(call) is not Call:
                return None
            visit(call)
            if call.deps:
                push(call.deps)
        # A shared call met twice is walked twice, and so is all below it: stop early.
        if stack and len(set(found)) < len(found):
            return None
        limit *= 4
    found.reverse()
    number: dict[Dep, int] = dict(zip(found, range(len(found)), strict=True))
    if len(number) < len(found):
        return None
    deps: list[tuple[int, ...]] = []
    # How many results are alive at once while the tree below a task is worked off. Working off the
    # needier inputs first is optimal (Sethi and Ullman, JACM 17(4), 1970).
    need = [1] * len(found)
    named: list[Operation] = []
    well_ordered = True
    for task, call in enumerate(found):
        if type(call._name) is not int:
            named.append(call)
        inputs = call.deps
        if len(inputs) == 2:
            first, second = number[inputs[0]], number[inputs[1]]
            deps.append((first, second))
            if need[first] < need[second]:
                well_ordered = False
            need[task] = max(3, need[first], need[second] + 1)
        elif inputs:
            numbers = tuple([number[dep] for dep in inputs])
            deps.append(numbers)
            needs = [need[dep] for dep in numbers]
            if any(a < b for a, b in pairwise(needs)):
                well_ordered = False
            need[task] = max(len(needs) + 1, *[n + k for k, n in enumerate(needs)])
        else:
            deps.append(())
    if unify(named):
        return None
    ends = tuple([number[out] for out in outputs])
    plan = Plan(list[Operation](found), None, deps, ends, shared=False)
    return plan if well_ordered else _renumber(plan)


def _general(outputs: Sequence[Dep]) -> Plan:
    """Expand any graph: operations first, then the tasks that are needed, then the order."""
    wanted = [task_ref(out) for out in outputs]
    operations = walk([ref.operation for ref in wanted])
    same = unify(operations)
    base: dict[Operation, int] = {}
    total = 0
    for operation in operations:
        if operation not in same:
            base[operation] = total
            total += operation.ntasks
    for repeat, original in same.items():
        base[repeat] = base[original]

    owner: list[Operation] = []  # place -> operation
    for operation in operations:
        if operation not in same:
            owner.extend([operation] * operation.ntasks)
    leaves = {operation for operation in operations if not operation.inputs()}
    number = [-1] * total  # place -> task, -1 unseen, -2 on the stack
    reads: dict[int, list[int]] = {}  # place -> places
    order: list[int] = []  # task -> place
    roots = [base[ref.operation] + ref.position for ref in wanted]
    stack: list[int] = roots[::-1]
    while stack:
        place = stack.pop()
        if place < 0:  # a place that comes up again, complemented, when all below it is done
            place = ~place
            number[place] = len(order)
            order.append(place)
            continue
        if number[place] != -1:
            continue
        operation = owner[place]
        if operation in leaves:
            number[place] = len(order)
            order.append(place)
            continue
        number[place] = -2
        below = [base[ref[0]] + ref[1] for ref in operation.reads(place - base[operation])]
        reads[place] = below
        stack.append(~place)
        # The first input comes off the stack first.
        stack.extend([each for each in reversed(below) if number[each] == -1])
    where = number.__getitem__
    deps = [tuple(map(where, reads[place])) if place in reads else () for place in order]
    ends = tuple(map(where, roots))
    plain = all(not operation.shape for operation in operations)
    plan = Plan(
        [owner[place] for place in order],
        None if plain else [place - base[owner[place]] for place in order],
        deps,
        ends,
        _is_shared(deps, ends),
    )
    return plan if not plan.shared and _well_ordered(deps) else _renumber(plan)


def _is_shared(deps: list[tuple[int, ...]], ends: tuple[int, ...]) -> bool:
    """Whether some task has more than one reader, counting the caller as one."""
    seen = bytearray(len(deps))
    for inputs in (ends, *deps):
        for dep in inputs:
            if seen[dep]:
                return True
            seen[dep] = 1
    return False


def _well_ordered(deps: list[tuple[int, ...]]) -> bool:
    """Whether a forest works off the needier inputs of every task first; see ``_forest``."""
    need = [1] * len(deps)
    for task, inputs in enumerate(deps):
        if inputs:
            needs = [need[dep] for dep in inputs]
            if any(a < b for a, b in pairwise(needs)):
                return False
            need[task] = max(len(needs) + 1, *[n + k for k, n in enumerate(needs)])
    return True


def _renumber(plan: Plan) -> Plan:
    """Return the same plan with its tasks numbered in static order."""
    order = static_order(plan.deps, plan.outputs)
    number = [0] * len(order)
    for new, old in enumerate(order):
        number[old] = new
    where = number.__getitem__
    index = plan.index
    deps = plan.deps
    return Plan(
        [plan.operations[old] for old in order],
        None if index is None else [index[old] for old in order],
        [tuple(map(where, deps[old])) if deps[old] else () for old in order],
        tuple(map(where, plan.outputs)),
        plan.shared,
    )
