"""Running a plan on any ``concurrent.futures.Executor``.

The calling thread hands out ready tasks, a bounded number at a time, and collects results as they
come. Inputs and results pass through it, as an executor gives no other way. Executors that run
their calls in other processes get them as bytes, so lambdas and functions of ``__main__`` work.
"""

from __future__ import annotations

import heapq
from collections import deque
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from time import perf_counter, thread_time
from typing import TYPE_CHECKING, Any

from treadle.local.observe import TaskRecord
from treadle.local.threads import check_workers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from treadle.graph.plan import Plan
    from treadle.local.observe import Observer


def run(
    plan: Plan,
    *,
    pool: Executor,
    num_workers: int | None = None,
    observer: Observer | None = None,
) -> list[Any]:
    """Run every task of ``plan`` on ``pool`` and return the values of its outputs.

    Parameters
    ----------
    plan
        What to run.
    pool
        Runs the calls.
    num_workers
        How many tasks to have in the pool at once; twice its workers when None.
    observer
        Told about every task.
    """
    if num_workers is None:
        limit = 2 * check_workers(getattr(pool, "_max_workers", None))
    else:
        limit = check_workers(num_workers)
    if observer is not None:
        observer.on_start(plan, type(pool).__name__, limit)
    errored = True
    try:
        values = _loop(plan, pool, limit, observer)
        errored = False
    finally:
        if observer is not None:
            observer.on_finish(errored)
    return [values[out] for out in plan.outputs]


def _loop(plan: Plan, pool: Executor, limit: int, observer: Observer | None) -> list[Any]:
    values: list[Any] = [None] * len(plan)
    reads, readers = plan.reads(), plan.dependents()
    missing = [len(inputs) for inputs in reads]
    holds = [len(users) for users in readers]
    for out in plan.outputs:
        holds[out] += 1
    ready = [task for task, count in enumerate(missing) if not count]  # ascending: a heap
    running: dict[Future[Any], int] = {}
    arrived: deque[tuple[int, Future[Any]]] = deque()
    try:
        while ready or running:
            while ready and len(running) < limit:
                task = heapq.heappop(ready)
                inputs = [values[dep] for dep in plan.deps[task]]
                running[_submit(pool, plan, task, inputs)] = task
                if observer is not None:
                    observer.on_task_started(task, 0)
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            arrived.extend(sorted([(running.pop(future), future) for future in done], key=_first))
            while arrived:
                task, future = arrived.popleft()
                values[task], start, end, cpu = _unpack(pool, future.result())
                if observer is not None:
                    record = TaskRecord(task, 0, start, end, cpu)
                    observer.on_task_finished(record, values[task])
                for dep in reads[task]:
                    holds[dep] -= 1
                    if not holds[dep]:
                        values[dep] = None
                for reader in readers[task]:
                    missing[reader] -= 1
                    if not missing[reader]:
                        heapq.heappush(ready, reader)
    finally:
        for future in running:
            future.cancel()
    return values


def _first(pair: tuple[int, Future[Any]]) -> int:
    return pair[0]


def _submit(pool: Executor, plan: Plan, task: int, inputs: list[Any]) -> Future[Any]:
    from treadle.graph.raw import Runner

    runner = Runner(plan.operations[task], plan.position(task))
    if isinstance(pool, ProcessPoolExecutor):
        from treadle.serialize import dumps

        data, buffers = dumps((runner, inputs))
        return pool.submit(_call_pickled, data, [bytes(buffer) for buffer in buffers])
    return pool.submit(_call, runner, inputs)


def _call(runner: Any, inputs: list[Any]) -> tuple[Any, float, float, float]:
    start, before = perf_counter(), thread_time()
    value = runner(inputs)
    return value, start, perf_counter(), thread_time() - before


def _call_pickled(data: bytes, buffers: Sequence[Any]) -> tuple[bytes, Sequence[Any]]:
    from treadle.serialize import dumps, loads

    runner, inputs = loads(data, buffers)
    data, buffers = dumps(_call(runner, inputs))
    return data, [bytes(buffer) for buffer in buffers]


def _unpack(pool: Executor, result: Any) -> tuple[Any, float, float, float]:
    if isinstance(pool, ProcessPoolExecutor):
        from treadle.serialize import loads

        result = loads(*result)
    value, start, end, cpu = result
    return value, start, end, cpu
