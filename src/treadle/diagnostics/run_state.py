"""What callbacks see of a run: its graph by key, and which tasks are in which state.

Both are views over the plan. Keys are made when somebody asks for them; the number of tasks in a
state is kept up to date and costs nothing to ask for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from functools import cached_property
from typing import TYPE_CHECKING, Any

from treadle.errors import MissingKeyError
from treadle.graph.raw import Runner

if TYPE_CHECKING:
    from treadle.graph.operation import Key
    from treadle.graph.plan import Plan

_STATES = ("waiting", "ready", "running", "finished")
_WAITING, _READY, _RUNNING, _FINISHED = range(4)


class GraphView(Mapping[Any, Any]):
    """The tasks of a plan by key: ``(function, list of keys)``, in the order of the plan."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    @cached_property
    def numbers(self) -> dict[Key, int]:
        """The number of each task by key."""
        plan = self.plan
        return {plan.key(task): task for task in range(len(plan))}

    def __len__(self) -> int:
        return len(self.plan)

    def __iter__(self) -> Iterator[Key]:
        return map(self.plan.key, range(len(self.plan)))

    def __contains__(self, key: object) -> bool:
        return key in self.numbers

    def __getitem__(self, key: Key) -> tuple[Runner, list[Key]]:
        plan = self.plan
        task = self.numbers[key]
        runner = Runner(plan.operations[task], plan.position(task))
        return runner, [plan.key(dep) for dep in plan.deps[task]]

    def __repr__(self) -> str:
        return f"<GraphView: {len(self):,} tasks>"


class RunState(Mapping[str, Set[Any]]):
    """The keys of the tasks that are waiting, ready, running and finished.

    A task that has to run again, because the worker that had its result is gone, stays finished.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.missing = [len(reads) for reads in plan.reads()]
        self.readers = plan.dependents()
        self.states = bytearray([_WAITING if count else _READY for count in self.missing])
        self.counts = [self.states.count(state) for state in range(len(_STATES))]

    def task_started(self, task: int) -> bool:
        """Take note of a start, and return whether it was the first one."""
        if self.states[task] >= _RUNNING:
            return False
        self._move(task, _RUNNING)
        return True

    def task_finished(self, task: int) -> bool:
        """Take note of an end, and return whether it was the first one."""
        if self.states[task] == _FINISHED:
            return False
        self._move(task, _FINISHED)
        for reader in self.readers[task]:
            self.missing[reader] -= 1
            if not self.missing[reader] and self.states[reader] == _WAITING:
                self._move(reader, _READY)
        return True

    def _move(self, task: int, state: int) -> None:
        self.counts[self.states[task]] -= 1
        self.counts[state] += 1
        self.states[task] = state

    def __getitem__(self, name: str) -> Set[Key]:
        if name not in _STATES:
            raise MissingKeyError(
                f"there is no {name!r} in the state of a run; it has {', '.join(_STATES)}"
            )
        return _TasksIn(self, _STATES.index(name))

    def __iter__(self) -> Iterator[str]:
        return iter(_STATES)

    def __len__(self) -> int:
        return len(_STATES)

    def __repr__(self) -> str:
        parts = [f"{count:,} {name}" for name, count in zip(_STATES, self.counts, strict=True)]
        return f"<RunState: {', '.join(parts)}>"


class _TasksIn(Set[Any]):
    """The keys of the tasks that are in one state now."""

    def __init__(self, run: RunState, state: int) -> None:
        self.run = run
        self.state = state

    @classmethod
    def _from_iterable(cls, keys: Any) -> Set[Any]:
        return frozenset(keys)

    def __len__(self) -> int:
        return self.run.counts[self.state]

    def __iter__(self) -> Iterator[Key]:
        # Over a copy: another thread may move on meanwhile.
        for task, state in enumerate(bytes(self.run.states)):
            if state == self.state:
                yield self.run.plan.key(task)

    def __contains__(self, key: object) -> bool:
        return any(key == mine for mine in self)

    def __repr__(self) -> str:
        return f"<{len(self):,} tasks {_STATES[self.state]}>"
