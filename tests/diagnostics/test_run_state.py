"""The state that callbacks see, against sets kept in the plainest way."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from treadle.diagnostics.run_state import RunState
from treadle.graph.operation import Call, Dep
from treadle.graph.plan import Plan, expand
from treadle.units import format_time


def plan_of(reads: list[list[int]]) -> Plan:
    """Return a plan in which task ``i`` reads the tasks ``reads[i]``, all of them wanted."""
    calls: list[Dep] = []
    for inputs in reads:
        calls.append(Call(format_time, (), None, tuple([calls[i] for i in inputs])))
    return expand(calls)


@st.composite
def graphs(draw: st.DrawFn) -> list[list[int]]:
    count = draw(st.integers(1, 12))
    return [
        draw(st.lists(st.integers(0, task - 1), max_size=4)) if task else []
        for task in range(count)
    ]


@given(graphs(), st.data())
def test_states_are_those_of_a_naive_run(reads: list[list[int]], data: st.DataObject) -> None:
    plan = plan_of(reads)
    state = RunState(plan)
    running: set[int] = set()
    finished: set[int] = set()
    everything = set(range(len(plan)))
    while finished != everything:
        idle = everything - running - finished
        ready = {task for task in idle if set(plan.deps[task]) <= finished}
        naive = {
            "waiting": idle - ready,
            "ready": ready,
            "running": running,
            "finished": finished,
        }
        assert {name: set(keys) for name, keys in state.items()} == {
            name: {plan.key(task) for task in tasks} for name, tasks in naive.items()
        }
        assert [len(keys) for keys in state.values()] == [len(tasks) for tasks in naive.values()]
        task = data.draw(st.sampled_from(sorted(ready | running)))
        if task in running:
            state.task_finished(task)
            running.discard(task)
            finished.add(task)
        else:
            state.task_started(task)
            running.add(task)


def test_a_task_that_runs_again_stays_finished() -> None:
    state = RunState(plan_of([[], [0]]))
    for first in (True, False):
        assert state.task_started(0) is first
        assert state.task_finished(0) is first
    assert repr(state) == "<RunState: 0 waiting, 1 ready, 0 running, 1 finished>"


def test_states_are_sets() -> None:
    plan = plan_of([[], [0], [0]])
    state = RunState(plan)
    keys = [plan.key(task) for task in range(3)]
    assert state["ready"] | state["waiting"] == set(keys)
    assert keys[1] in state["waiting"]
    assert keys[0] not in state["waiting"]
    assert repr(state["waiting"]) == "<2 tasks waiting>"
