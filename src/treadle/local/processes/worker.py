"""The worker process: runs batches of tasks and keeps what they make.

Three threads. The *main* thread runs tasks, because that is where user code expects to run. The
*receiver* takes every message as soon as it comes, so the parent never waits to be read; it
drops values, and takes back tasks that have not started, even in the middle of a long one. The
*exporter* pickles values that others need, so that they need not wait for the current task either.

Laws:

1. Between the end of a task and the report nothing is written to stdout or stderr that has not been
   flushed.
2. The number of the running task is in ``note`` before the task starts, and -1 is there when none
   runs; the run is in the second half. Who finds this process dead knows what it was doing.
3. Every batch is answered once, with "done" or "failed".
"""

from __future__ import annotations

import contextlib
import faulthandler
import mmap
import os
import queue
import shutil
import socket
import sys
import threading
from collections import deque
from time import perf_counter, sleep, thread_time
from typing import Any

from treadle.graph.operation import GATHER, PLAIN, SPREAD
from treadle.graph.packs import fill
from treadle.local.exits import exited
from treadle.local.processes.catalog import INDEXED, Constant, Definition, Mixed, Pickled
from treadle.local.processes.channel import WorkerEnd
from treadle.local.processes.life import Life
from treadle.local.processes.messages import Batch, Session
from treadle.local.processes.nested import cause_of, unpickling
from treadle.local.processes.payload import Inline, Payload, estimate, is_tiny, pack, unpack
from treadle.serialize import loads_function, pack_exception
from treadle.store.segments import Segments

Entry = tuple[int, int, tuple[int, ...], Any, tuple[int, ...]]


class _Order:
    """One batch on the worker: what is left of it can be taken from both ends."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.todo: deque[Entry] = deque(
            zip(batch.tasks, batch.codes, batch.deps, batch.arguments, batch.drops, strict=True)
        )


class Worker:
    """State and threads of a worker process."""

    def __init__(
        self, channel: WorkerEnd, segments: Segments, note: memoryview, life: Life
    ) -> None:
        self.channel = channel
        self.segments = segments
        self.note = note
        self.life = life
        self.parent = os.getppid()
        self.results: dict[int, Any] = {}
        self.table: dict[int, tuple[int, Any]] = {}
        self.constants: dict[int, Any] = {}
        self.orders: deque[_Order] = deque()  # batches not answered yet
        self.inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.exports: queue.SimpleQueue[tuple[int, list[int]]] = queue.SimpleQueue()

    # -- the receiver -----------------------------------------------------------------------------

    def receive(self) -> None:
        """Take messages until the parent is gone."""
        while True:
            try:
                message = self.channel.receive()
            except EOFError:
                self._parent_is_gone()
            kind = message[0]
            if kind == "batch":
                order = _Order(message[1])
                self.orders.append(order)
                self.inbox.put(("batch", order))
            elif kind == "drop":
                for task in message[1]:
                    self.results.pop(task, None)
            elif kind == "export":
                self.exports.put(message[1:])
            elif kind == "recall":
                self._send(("returned", message[1], self._give_back(message[1])))
            elif kind == "forget":
                for number in message[1]:
                    self.constants.pop(number, None)
            else:
                if kind == "end":
                    self._give_back(message[1])
                self.inbox.put(message)

    def _give_back(self, run: int) -> list[int]:
        """Take back what has not started, last first, so that what stays does not need it.

        Of one run: a slow worker may still be at the last one when the next begins.
        """
        tasks: list[int] = []
        for order in reversed(self.orders.copy()):
            while order.batch.run == run:
                try:
                    tasks.append(order.todo.pop()[0])
                except IndexError:
                    break
        return tasks[::-1]

    def _parent_is_gone(self) -> None:
        # Whose end of the socket is closed may still live, and go on with other workers. When a
        # process ends, its children get a new parent a moment after its descriptors are closed.
        deadline = perf_counter() + 1.0
        while os.getppid() == self.parent and perf_counter() < deadline:
            sleep(0.01)
        if os.getppid() != self.parent:
            shutil.rmtree(self.segments.directory, ignore_errors=True)
        os._exit(1)

    # -- the exporter -----------------------------------------------------------------------------

    def export(self) -> None:
        """Make payloads of values that others need."""
        while True:
            run, tasks = self.exports.get()
            done: list[tuple[int, Payload]] = []
            begin = perf_counter()
            for task in tasks:
                try:
                    done.append((task, self._payload(task, self.results[task])))
                except Exception as error:
                    self._send(("export_failed", run, task, pack_exception(error)))
            if done:
                self._send(("exported", run, done, perf_counter() - begin))

    def _payload(self, task: int, value: Any) -> Payload:
        return pack(value, self.segments, f"result of task {task}")

    # -- the main thread --------------------------------------------------------------------------

    def work(self) -> None:
        """Run what comes until told to stop."""
        # No name is bound to a message: it would keep arguments alive while the worker waits.
        while self._handle(*self.inbox.get()):
            pass

    def _handle(self, kind: str, content: Any = None) -> bool:
        """Handle a message; False when it was the last one."""
        if kind == "batch":
            self._answer(content)
        elif kind == "session":
            self._begin(content)
        elif kind == "end":
            self.results.clear()
            self.constants.clear()
            self.table.clear()
            self._send(("idle", content))
        return kind != "stop"

    def _begin(self, session: Session) -> None:
        try:
            session.apply()
        except BaseException as error:
            self._send(("unprepared", session.run, pack_exception(error)))

    def _answer(self, order: _Order) -> None:
        run, failed = order.batch.run, None
        self.life.arm()
        try:
            message = self._perform(order)
        except BaseException as error:
            task = int(self.note[0])
            failed = cause_of(error)
            self._give_back(run)
            if isinstance(error, SystemExit):
                failed = exited(error)
            message = ("failed", run, task, pack_exception(failed))
        self.note[0] = -1
        self.orders.popleft()
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):
                stream.flush()
        self.life.disarm()
        self._send(message)

    def _perform(self, order: _Order) -> Any:
        batch = order.batch
        self.note[1] = batch.run
        with contextlib.suppress(IndexError):  # taken back already
            self.note[0] = order.todo[0][0]  # who is to blame for arguments that do not unpickle
        self._prepare(batch)
        results, table, note = self.results, self.table, self.note
        take, export, observed = order.todo.popleft, frozenset(batch.export), batch.observed
        kept: dict[int, Any] = {}
        seconds: list[float] = []
        record = seconds.append
        spans: list[float] = []
        begin = perf_counter()
        while order.todo:
            try:
                task, code, deps, argument, drop = take()
            except IndexError:
                break  # taken back this very moment
            note[0] = task
            form, func = table[code]
            if observed:
                spans += (perf_counter(), thread_time())
            if form == SPREAD:
                value = func(*[results[dep] for dep in deps])
            elif form == PLAIN and type(argument) is tuple:
                value = func(*argument)
            elif form == GATHER:
                value = func([results[dep] for dep in deps])
            else:
                value = self._call(form, func, argument, [results[dep] for dep in deps])
            if observed:
                spans += (perf_counter(), thread_time())
            results[task] = value
            if export and task in export:
                kept[task] = value
            for dep in drop:
                results.pop(dep, None)
            end = perf_counter()
            record(end - begin)
            begin = end
        value = None
        return self._report(batch, seconds, spans, kept)

    def _prepare(self, batch: Batch) -> None:
        """Unpickle what came with a batch."""
        with unpickling():
            for code, definition in batch.definitions:
                self.table[code] = self._define(definition)
            for number, payload in batch.constants:
                self.constants[number] = unpack(payload, self.segments, "argument")
            for task, payload in batch.given:
                # Removed already: then the tasks that needed it have run elsewhere.
                with contextlib.suppress(FileNotFoundError):
                    self.results[task] = unpack(payload, self.segments, f"input {task}")

    def _define(self, definition: Definition) -> tuple[int, Any]:
        if definition.function is not None:
            return definition.form, loads_function(definition.function)
        assert definition.operation is not None
        return definition.form, unpack(definition.operation, self.segments, "operation")

    def _call(self, form: int, func: Any, argument: Any, values: list[Any]) -> Any:
        """Call a task whose arguments are more than a tuple of simple values."""
        if form == INDEXED:
            return func.run(argument, values)
        args, kwargs = self._arguments(argument)
        filled = [fill(arg, values) for arg in args]
        return func(*filled, **{name: fill(value, values) for name, value in kwargs.items()})

    def _arguments(self, argument: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        if isinstance(argument, Pickled):
            with unpickling():
                args, kwargs = unpack(argument.payload, self.segments, "arguments")
            return args, kwargs
        if isinstance(argument, Mixed):
            args = tuple([self._one(arg) for arg in argument.args])
            return args, {name: self._one(value) for name, value in argument.kwargs.items()}
        return argument, {}

    def _one(self, arg: Any) -> Any:
        if isinstance(arg, Constant):
            return self.constants[arg.number]
        if isinstance(arg, Inline):
            with unpickling():
                return unpack(arg, self.segments, "argument")
        return arg

    def _report(
        self, batch: Batch, seconds: list[float], spans: list[float], kept: dict[int, Any]
    ) -> Any:
        """Return the message that answers a batch."""
        results = self.results
        ran = frozenset(batch.tasks[: len(seconds)])
        held: list[tuple[int, Payload]] = []
        failures: list[tuple[int, bytes]] = []
        begin = perf_counter()
        for task, value in kept.items():
            try:
                held.append((task, self._payload(task, value)))
            except Exception as error:
                failures.append((task, pack_exception(error)))
        spent = perf_counter() - begin
        tiny: dict[int, Any] = {}
        sizes: list[tuple[int, int]] = []
        for task in batch.watch:
            if task in ran and task in results:
                value = results[task]
                if is_tiny(value):
                    tiny[task] = value
                else:
                    sizes.append((task, estimate(value)))
        return ("done", batch.run, seconds, tiny, sizes, held, failures, spans, spent)

    def _send(self, message: Any) -> None:
        with contextlib.suppress(OSError):  # the parent is gone, which the receiver handles
            self.channel.send(message)


def main(arguments: dict[str, Any]) -> None:
    """Run a worker until its parent stops it or is gone."""
    if sys.platform == "win32":
        length = int.from_bytes(sys.stdin.buffer.read(4), "little")
        sock = socket.fromshare(sys.stdin.buffer.read(length))
        note = mmap.mmap(-1, 16, tagname=arguments["note"])
    else:
        sock = socket.socket(fileno=arguments["socket"])
        note = mmap.mmap(arguments["note"], 16)
        os.close(arguments["note"])
    sock.set_inheritable(False)
    with contextlib.suppress(Exception):
        faulthandler.enable()
    channel = WorkerEnd(sock)
    if hasattr(os, "register_at_fork"):
        # A child that a task forks must not keep the parent's connection open.
        os.register_at_fork(after_in_child=channel.abandon)
    segments = Segments(
        arguments["directory"],
        owner=False,
        temporary_directory=arguments["temporary_directory"],
    )
    life = Life(arguments.get("life", -1))
    worker = Worker(channel, segments, memoryview(note).cast("q"), life)
    for target in (worker.receive, worker.export):
        threading.Thread(target=target, name=f"treadle-{target.__name__}", daemon=True).start()
    worker._send(("ready", -1))
    worker.work()
