"""The synchronous scheduler: a plain loop in the calling thread.

Breakpoints, ``pdb`` and post-mortem debugging work because nothing stands between the caller and
the task but this loop. Law: a result is dropped as soon as the last task that reads it has run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from treadle.graph.operation import GATHER, PLAIN, SPREAD
from treadle.local.observe import run_observed

if TYPE_CHECKING:
    from treadle.graph.plan import Plan
    from treadle.local.observe import Observer


def run(
    plan: Plan, *, num_workers: int | None = None, observer: Observer | None = None
) -> list[Any]:
    """Run every task of ``plan`` in order and return the values of its outputs.

    Parameters
    ----------
    plan
        What to run.
    num_workers
        Accepted so that schedulers can be exchanged; one task runs at a time.
    observer
        Told about every task.
    """
    values: list[Any] = [None] * len(plan)
    if observer is not None:
        observer.on_start(plan, "sync", 1)
    errored = True
    try:
        _loop(plan, values, observer)
        errored = False
    finally:
        if observer is not None:
            observer.on_finish(errored)
    return [values[out] for out in plan.outputs]


def _loop(plan: Plan, values: list[Any], observer: Observer | None) -> None:
    all_deps = plan.deps
    # Without shared results the first reader is the last.
    last_reader = _last_readers(plan) if plan.shared else None
    for task, operation in enumerate(plan.operations):
        deps = all_deps[task]
        form = operation.form
        if observer is not None:
            inputs = [values[dep] for dep in deps]
            values[task] = run_observed(plan, task, inputs, 0, observer)
            del inputs
        elif form == PLAIN:
            values[task] = operation.func(*operation.args)
        elif form == SPREAD:
            if len(deps) == 2:  # common enough to save the list
                first, second = deps
                values[task] = operation.func(values[first], values[second])
            else:
                values[task] = operation.func(*[values[dep] for dep in deps])
        elif form == GATHER:
            values[task] = operation.func([values[dep] for dep in deps])
        else:
            values[task] = plan.run(task, [values[dep] for dep in deps])
        for dep in deps:
            if last_reader is None or last_reader[dep] == task:
                values[dep] = None


def _last_readers(plan: Plan) -> list[int]:
    """Return, per task, the task that reads it last; -1 for outputs, which are kept."""
    last = [-1] * len(plan)
    for task, deps in enumerate(plan.deps):
        for dep in deps:
            last[dep] = task
    for out in plan.outputs:
        last[out] = -1
    return last
