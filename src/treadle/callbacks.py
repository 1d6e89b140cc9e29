"""Callbacks: functions of yours that are called while a local scheduler runs a graph.

Laws:

1. The callbacks of one run are never called at the same time, whatever the scheduler.
2. An exception raised by a callback ends the run and reaches the caller.
3. ``finish`` is called exactly when ``start`` was and did not raise; nothing is called after it.
4. A task that runs again, because the process that had its result is gone, is reported once.
5. A run that a task starts itself is part of that task: its tasks are not reported.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from treadle.diagnostics.run_state import GraphView, RunState
from treadle.diagnostics.watch import Watch
from treadle.local.observe import Observer, TaskRecord

if TYPE_CHECKING:
    from treadle.graph.plan import Plan

_HOOKS = ("start", "start_state", "pretask", "posttask", "finish")


class Callback(Watch):
    """Functions to call while a graph runs.

    Pass them, or make a subclass that has methods of these names; the names may start with an
    underscore. Use it as a block, or ``register`` it for every run.

    Parameters
    ----------
    start
        ``start(dsk)``: a run begins. ``dsk`` maps keys to tasks ``(function, list of keys)``; tasks
        are looked up when you ask for them.
    start_state
        ``start_state(dsk, state)``: called right after ``start``. ``state`` has the entries
        ``'waiting'``, ``'ready'``, ``'running'`` and ``'finished'``: live sets of keys, whose
        ``len`` costs nothing. Results stay with the scheduler, so there is no ``'cache'``.
    pretask
        ``pretask(key, dsk, state)``: a task is about to run or, where it runs in another process,
        has been handed over.
    posttask
        ``posttask(key, result, dsk, state, worker_id)``: a task has run. ``result`` is None where
        it stays in another process.
    finish
        ``finish(dsk, state, errored)``: the run has ended.

    Examples
    --------
    >>> from treadle import compute, delayed
    >>> from treadle.callbacks import Callback
    >>> def report(key, result, dsk, state, worker_id):
    ...     print(result, "after", len(state["finished"]), "of", len(dsk))
    >>> with Callback(posttask=report):
    ...     total = delayed(sum)([1, 2]).compute(scheduler="sync")
    3 after 1 of 1
    """

    _given: Mapping[str, Callable[..., Any] | None] = {}

    def __init__(
        self,
        start: Callable[..., Any] | None = None,
        start_state: Callable[..., Any] | None = None,
        pretask: Callable[..., Any] | None = None,
        posttask: Callable[..., Any] | None = None,
        finish: Callable[..., Any] | None = None,
    ) -> None:
        self._given = dict(
            zip(_HOOKS, (start, start_state, pretask, posttask, finish), strict=True)
        )

    def for_run(self) -> Observer:
        return _CallbackRun(*[self._hook(name) for name in _HOOKS])

    def _hook(self, name: str) -> Callable[..., Any] | None:
        given = self._given.get(name)
        if given is not None:
            return given
        for method in (name, f"_{name}"):
            # Methods only: an attribute that happens to be called ``start`` is no callback.
            if callable(getattr(type(self), method, None)):
                found: Callable[..., Any] = getattr(self, method)
                return found
        return None


@contextmanager
def add_callbacks(*callbacks: Watch) -> Iterator[None]:
    """Attach callbacks, progress bars or profilers to the runs inside a block.

    Examples
    --------
    >>> from treadle import delayed
    >>> from treadle.callbacks import Callback, add_callbacks
    >>> started = Callback(start=lambda dsk: print("tasks:", len(dsk)))
    >>> ended = Callback(finish=lambda dsk, state, errored: print("errored:", errored))
    >>> with add_callbacks(started, ended):
    ...     total = delayed(sum)([1, 2]).compute()
    tasks: 1
    errored: False
    """
    with ExitStack() as stack:
        for callback in callbacks:
            stack.enter_context(callback)
        yield


class _CallbackRun(Observer):
    """Calls the functions of one ``Callback`` during one run."""

    def __init__(
        self,
        start: Callable[..., Any] | None,
        start_state: Callable[..., Any] | None,
        pretask: Callable[..., Any] | None,
        posttask: Callable[..., Any] | None,
        finish: Callable[..., Any] | None,
    ) -> None:
        self.start = start
        self.start_state = start_state
        self.pretask = pretask
        self.posttask = posttask
        self.finish = finish
        # Re-entrant, as a signal can interrupt a callback and end the run in the same thread.
        self.lock = threading.RLock()
        self.over = False

    def on_start(self, plan: Plan, scheduler: str, num_workers: int) -> None:
        self.plan = plan
        self.graph = GraphView(plan)
        self.state = RunState(plan)
        with self.lock:
            if self.start is not None:
                self.start(self.graph)
            if self.start_state is not None:
                try:
                    self.start_state(self.graph, self.state)
                except BaseException:
                    self.on_finish(True)
                    raise

    def on_task_started(self, task: int, worker: int) -> None:
        with self.lock:
            if self.over:
                return
            if self.state.task_started(task) and self.pretask is not None:
                self.pretask(self.plan.key(task), self.graph, self.state)

    def on_task_finished(self, record: TaskRecord, value: Any) -> None:
        with self.lock:
            if self.over:
                return
            if self.state.task_finished(record.task) and self.posttask is not None:
                key = self.plan.key(record.task)
                self.posttask(key, value, self.graph, self.state, record.worker)

    def on_finish(self, errored: bool) -> None:
        with self.lock:
            self.over = True
            if self.finish is not None:
                self.finish(self.graph, self.state, errored)
