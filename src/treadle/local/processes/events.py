"""What the core of the process scheduler is told (events) and what it asks for (effects).

Events are in the past tense, effects are imperative. Both are plain data, so that the core runs
the same in a test, in a simulation and in front of real processes. Tasks are the integers of the
plan; workers are numbered 0, 1, ..., and the number one above them is the isolation worker, in
which a task that is suspected of having killed its process runs again with nothing beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias


class BatchFinished(NamedTuple):
    """A worker has run the first ``done`` tasks of its oldest batch and will run no more of it."""

    worker: int
    done: int
    #: Wall-clock seconds per task.
    seconds: Sequence[float]
    #: Tasks whose values are now with the parent.
    held: Sequence[int]
    #: Tasks watched, and the estimated bytes of their values.
    sizes: Sequence[tuple[int, int]]
    now: float


class Returned(NamedTuple):
    """A worker gave back tasks that it had not started."""

    worker: int
    tasks: Sequence[int]
    now: float


class TaskFailed(NamedTuple):
    """A task raised; ``error`` is opaque here."""

    worker: int
    task: int
    error: Any


class Exported(NamedTuple):
    """Values asked for with ``Export`` are now with the parent."""

    worker: int
    tasks: Sequence[int]
    now: float


class ExportFailed(NamedTuple):
    """A value cannot leave its process. For exports of a batch: told before the batch is."""

    worker: int
    task: int
    error: Any
    now: float


class WorkerDied(NamedTuple):
    """A worker process ended.

    ``running`` is the task it was in, -1 for none. ``certain`` says that the task did it: a
    segmentation fault comes from inside, a SIGKILL may have been meant for somebody else.
    """

    worker: int
    running: int
    certain: bool
    cause: Any
    now: float


class Ticked(NamedTuple):
    """Time has passed; sent while ``State.wants_tick``."""

    now: float


Event: TypeAlias = (
    BatchFinished | Returned | TaskFailed | Exported | ExportFailed | WorkerDied | Ticked
)


class SendBatch(NamedTuple):
    """Run ``tasks`` in this order.

    After ``tasks[i]`` has run the worker forgets the values of ``drops[i]``. The values of
    ``given`` come along, because they were made elsewhere. Those of ``watch`` have readers outside
    the batch: their size is wanted, and their value when it is tiny. Those of ``export`` must reach
    the parent.
    """

    worker: int
    tasks: list[int]
    drops: list[tuple[int, ...]]
    given: list[int]
    watch: list[int]
    export: list[int]


class Export(NamedTuple):
    """Hand the values of ``tasks`` to the parent; they stay on the worker too."""

    worker: int
    tasks: list[int]


class Drop(NamedTuple):
    """Forget the values of ``tasks``."""

    worker: int
    tasks: list[int]


class Release(NamedTuple):
    """Nobody will ask the parent for the value of ``task`` again."""

    task: int


class Recall(NamedTuple):
    """Give back what has not been started."""

    worker: int


class StartWorker(NamedTuple):
    """Start a process in the place of a dead one, or the isolation worker."""

    worker: int


class StopWorker(NamedTuple):
    """End the isolation worker."""

    worker: int


class Fail(NamedTuple):
    """The run has failed: a task raised, a value cannot travel, or a process died.

    ``kind`` is ``"task"``, ``"export"`` or ``"death"``; ``task`` is -1 where no task is to blame.
    """

    kind: str
    task: int
    error: Any


class Done(NamedTuple):
    """Every task has run and every output is with the parent."""


Effect: TypeAlias = (
    SendBatch | Export | Drop | Release | Recall | StartWorker | StopWorker | Fail | Done
)
