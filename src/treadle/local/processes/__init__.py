"""The process scheduler: worker processes that keep what they compute.

The main path: ``run`` takes a ``WorkerPool``, ``shell`` carries out what ``core`` decides, and
``worker`` runs the tasks. Only numbers of tasks, tiny values and descriptors pass through the
parent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from treadle import config
from treadle.errors import SchedulerError
from treadle.local.processes import nested
from treadle.local.processes.death import ProcessDied
from treadle.local.processes.pool import WorkerPool, close_warm_pools, warm_pool

if TYPE_CHECKING:
    from treadle.graph.plan import Plan
    from treadle.local.observe import Observer

__all__ = ["ProcessDied", "WorkerPool", "close_warm_pools", "run"]


def run(
    plan: Plan,
    *,
    num_workers: int | None = None,
    observer: Observer | None = None,
    pool: WorkerPool | None = None,
    initializer: Callable[[], object] | None = None,
    chunksize: int | None = None,
) -> list[Any]:
    """Run every task of ``plan`` in worker processes and return the values of its outputs.

    Parameters
    ----------
    plan
        What to run.
    num_workers
        Processes to use; by default one per core that this process may use. Inside a task of a
        worker process, the default is to run in the task's own thread.
    observer
        Told about every task; its methods are called in this process.
    pool
        The processes to use, instead of warm ones.
    initializer
        Called once in each process before its first task.
    chunksize
        Tasks per message; by default as many as take about 30 ms, going by measured durations.

    Raises
    ------
    ProcessDied
        A worker process died; the message names cause, task and last output.
    SerializationError
        A function, argument or result that has to travel cannot be pickled.

    Notes
    -----
    Any exception of a task is raised here as itself. Tasks that are still running then get a
    moment to end; after that their processes are ended.
    """
    nested.refuse_while_importing()
    if chunksize is not None and (
        isinstance(chunksize, bool) or not isinstance(chunksize, int) or chunksize < 1
    ):
        raise SchedulerError(
            f"chunksize={chunksize!r}: give a whole number of at least 1, or None for messages "
            "sized by measured durations"
        )
    if pool is not None and not isinstance(pool, WorkerPool):
        raise SchedulerError(
            f"pool is {pool!r}; give a treadle.local.processes.WorkerPool, or use an executor as "
            "the scheduler: compute(scheduler=executor)"
        )
    if pool is not None and (num_workers is not None or initializer is not None):
        raise SchedulerError("num_workers and initializer belong to the pool: give them there")
    if not len(plan):
        return []
    if initializer is None and pool is None:
        initializer = config.get("multiprocessing.initializer", None)
    inside = nested.depth()
    if inside > 1 or (inside and num_workers is None and pool is None):
        from treadle.local import sync

        return sync.run(plan, observer=observer)
    if pool is None:
        with warm_pool(num_workers, initializer) as chosen:
            return _run(plan, chosen, observer, chunksize)
    with pool.turn():
        return _run(plan, pool, observer, chunksize)


def _run(
    plan: Plan, pool: WorkerPool, observer: Observer | None, chunksize: int | None
) -> list[Any]:
    from treadle.local.processes.shell import Run

    if observer is not None:
        observer.on_start(plan, "processes", pool.num_workers)
    errored = True
    try:
        values = Run(plan, pool, observer, chunksize).execute()
        errored = False
        return values
    finally:
        if observer is not None:
            observer.on_finish(errored)
