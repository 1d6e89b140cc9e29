"""One run: carries out what the core decides, and tells it what happened.

Laws: nothing here blocks except waiting for messages, for the end of a process, or for the
output of workers that have written it already; and whatever way a run ends, no task of it goes on
afterwards.
"""

from __future__ import annotations

import selectors
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from treadle.errors import SchedulerError, SerializationError, TreadleError
from treadle.local.collecting import collector_paused
from treadle.local.observe import TaskRecord
from treadle.local.processes import core
from treadle.local.processes.death import classify, error_of, oom_kills
from treadle.local.processes.events import (
    BatchFinished,
    Done,
    Drop,
    Effect,
    Event,
    Export,
    Exported,
    ExportFailed,
    Fail,
    Recall,
    Release,
    Returned,
    SendBatch,
    StartWorker,
    StopWorker,
    TaskFailed,
    Ticked,
    WorkerDied,
)
from treadle.local.processes.links import Links
from treadle.local.processes.payload import Payload, Plain, nbytes_of, unpack
from treadle.local.processes.pool import Member, WorkerPool
from treadle.local.processes.state import State
from treadle.serialize import unpack_exception
from treadle.store.segments import Segment

if TYPE_CHECKING:
    from treadle.graph.plan import Plan
    from treadle.local.observe import Observer

#: Seconds that a process may take before it says that it is ready.
START = 60.0
#: Seconds that tasks still running get when another task has failed, before they are ended.
GRACE = 0.2
#: Seconds between looks at the clock, while some worker idles and another has a queue.
TICK = 0.05


class Run:
    """One run of a plan on a pool, whose turn the caller has."""

    def __init__(
        self, plan: Plan, pool: WorkerPool, observer: Observer | None, chunksize: int | None
    ) -> None:
        self.plan = plan
        self.pool = pool
        self.observer = observer
        pool.run += 1
        self.number = pool.run
        assert pool.selector is not None  # the caller has the turn
        self.selector = pool.selector
        count = min(pool.num_workers, len(plan))
        with collector_paused():
            self.links = Links(plan, pool, self.selector, observer, count + 1)
            kinds = self.links.catalog.kinds
            reads, readers = plan.reads(), plan.dependents()
            self.state = State(reads, readers, kinds, plan.outputs, count, chunksize)
        self.values: dict[int, Payload] = {}
        self.failure: BaseException | None = None
        self.done = False
        self.out: list[Effect] = []
        self.oom_kills = oom_kills()
        self.handlers: dict[str, Callable[[int, Any], None]] = {
            "done": self._on_done,
            "failed": self._on_failed,
            "exported": self._on_exported,
            "export_failed": self._on_export_failed,
            "returned": self._on_returned,
            "unprepared": self._on_unprepared,
        }

    def execute(self) -> list[Any]:
        """Run to the end and return the values of the outputs."""
        try:
            for number, member in enumerate(self.pool.ensure(self.state.num_workers)):
                self.links.greet(number, member)
            with collector_paused():
                core.start(self.state, time.monotonic(), self.out)
            self._carry_out()
            while not self.done and self.failure is None:
                self._wait()
            if self.failure is None:
                return [self._output(task) for task in self.plan.outputs]
            self._quieten()
        except BaseException:
            # Interrupted, or something here is broken: no task of this run may go on.
            self.pool.kill()
            raise
        finally:
            self._clear()
        raise self.failure

    # -- what happened ----------------------------------------------------------------------------

    def _wait(self) -> None:
        timeout = TICK if self.state.wants_tick else None
        if any(member and not member.process.ready for member in self.links.members):
            timeout = min(1.0, timeout or 1.0)
            self._check_start()
        dead: list[int] = []
        for key, mask in self.selector.select(timeout):
            number, what = key.data
            member = self.links.members[number]
            if member is None or not member.owns(key.fileobj):
                continue  # replaced while this list of what is ready was gone through
            if what == "end":
                dead.append(number)
                continue
            if mask & selectors.EVENT_WRITE:
                member.process.channel.flush()
                self.links.watch(number, member)
            if mask & selectors.EVENT_READ:
                self._receive(number, member)
        for number in dead:
            self._on_death(number)
        if self.state.wants_tick:
            self._tell(Ticked(time.monotonic()))

    def _receive(self, number: int, member: Member) -> None:
        for message in member.process.channel.receive():
            kind, run = message[0], message[1]
            if kind == "ready":
                member.process.ready = True
            elif run == self.number and not self.done and self.failure is None:
                self.handlers[kind](number, message)
        if member.process.channel.closed and member is self.links.members[number]:
            # Its end follows at once; until then there is nothing to read.
            self.selector.unregister(member.process.channel.sock)

    def _on_done(self, number: int, message: Any) -> None:
        _, _, seconds, tiny, sizes, held, failures, spans, spent = message
        batch = self.links.sent[number].pop(0)
        tasks = batch.tasks[: len(seconds)]
        now = time.monotonic()
        for task, value in tiny.items():
            self.values[task] = Plain(value)
        for task, payload in held:
            self.values[task] = payload
        if self.observer is not None:
            self._observe(number, tasks, spans)
            if held:
                nbytes = sum([nbytes_of(payload) for _, payload in held])
                self.observer.on_cost("pickle", spent, nbytes)
        for task in tasks if self.links.catalog.users else ():
            for constant in self.links.catalog.used(task):
                self.links.forget(constant)
        for task, error in failures:
            self._tell(ExportFailed(number, task, error, now))
        arrived = [*tiny, *[task for task, _ in held]]
        self._tell(BatchFinished(number, len(seconds), seconds, arrived, sizes, now))

    def _observe(self, number: int, tasks: list[int], spans: list[float]) -> None:
        assert self.observer is not None
        for place, task in enumerate(tasks):
            start, before, end, after = spans[4 * place : 4 * place + 4]
            record = TaskRecord(task, number, start, end, after - before)
            self.observer.on_task_finished(record, None)

    def _on_failed(self, number: int, message: Any) -> None:
        self._tell(TaskFailed(number, message[2], message[3]))

    def _on_exported(self, number: int, message: Any) -> None:
        _, _, found, spent = message
        for task, payload in found:
            self.values[task] = payload
        if self.observer is not None:
            nbytes = sum([nbytes_of(payload) for _, payload in found])
            self.observer.on_cost("move", spent, nbytes)
        self._tell(Exported(number, [task for task, _ in found], time.monotonic()))

    def _on_export_failed(self, number: int, message: Any) -> None:
        self._tell(ExportFailed(number, message[2], message[3], time.monotonic()))

    def _on_returned(self, number: int, message: Any) -> None:
        self._tell(Returned(number, message[2], time.monotonic()))

    def _on_unprepared(self, number: int, message: Any) -> None:
        self.failure = unpack_exception(message[2])
        self.failure.add_note("raised by the initializer of a worker process")
        member = self.links.members[number]
        assert member is not None
        member.process.kill()  # no other run may find it half prepared

    def _on_death(self, number: int) -> None:
        member = self.links.members[number]
        assert member is not None
        # What it said before it died counts.
        if not member.process.channel.closed:
            self._receive(number, member)
        if self.links.members[number] is not member:
            return  # the isolation worker, told to stop by what it said last
        running = member.process.running(self.number)
        process = member.process
        code = self.pool.discard(member)
        self.links.members[number] = None
        self.links.sent[number] = []
        if self.done or self.failure is not None:
            return
        kills = oom_kills() - self.oom_kills
        death = classify(code, process.pid, member.stderr.tail(), process.peak_rss, kills)
        if not process.ready and death.cause == "exit":
            self.failure = error_of(death)  # it cannot start, nor could another one
            return
        self._tell(WorkerDied(number, running, death.certain, death, time.monotonic()))

    def _check_start(self) -> None:
        for member in self.links.members:
            if member and not member.process.ready:
                late = time.monotonic() - member.process.started - START
                if late > 0:
                    self.failure = SchedulerError(
                        f"worker process {member.process.pid} did not start within {START:.0f} s. "
                        f"Its stderr says: {member.stderr.tail() or 'nothing'}"
                    )
                    member.process.kill()

    def _tell(self, event: Event) -> None:
        with collector_paused():
            core.on_event(self.state, event, self.out)
        self._carry_out()

    # -- what is to be done -----------------------------------------------------------------------

    def _carry_out(self) -> None:
        out, self.out = self.out, []
        for effect in out:
            match effect:
                case SendBatch():
                    try:
                        self.links.send_batch(effect, self.values)
                    except TreadleError as error:  # a function or argument that cannot travel
                        self.failure = error
                        return
                case Export():
                    self.links.send(effect.worker, ("export", self.number, effect.tasks))
                case Drop():
                    self.links.send(effect.worker, ("drop", effect.tasks))
                case Recall():
                    self.links.send(effect.worker, ("recall", self.number))
                case Release():
                    self._release(effect.task)
                case StartWorker():
                    self._start_worker(effect.worker)
                case StopWorker():
                    member = self.links.members[effect.worker]
                    assert member is not None
                    self.pool.discard(member)
                    self.links.members[effect.worker] = None
                case Done():
                    self.done = True
                case Fail():
                    self._fail(effect)

    def _start_worker(self, number: int) -> None:
        if number == self.state.isolation:
            self.links.greet(number, self.pool.start(None))
            return
        self.links.greet(number, self.pool.start(number))

    def _release(self, task: int) -> None:
        payload = self.values.pop(task)
        if isinstance(payload, Segment):
            self.pool.segments.delete(payload)

    def _fail(self, effect: Fail) -> None:
        if effect.kind in ("task", "export"):
            self.failure = unpack_exception(effect.error)
            if isinstance(self.failure, SerializationError) and effect.task >= 0:
                # The worker knows numbers only.
                name, key = f"result of task {effect.task}", self.plan.key(effect.task)
                text = str(self.failure).replace(name, f"result of {key}")
                self.failure.args = (text,)
        elif effect.kind == "death":
            key = self.plan.key(effect.task) if effect.task >= 0 else None
            alone = effect.task in self.state.suspects
            self.failure = error_of(effect.error, key, alone)
        else:
            left = [task for task, phase in enumerate(self.state.phase) if phase < 3][:5]
            keys = ", ".join([repr(self.plan.key(task)) for task in left])
            self.failure = SchedulerError(
                f"no worker has anything to do, but {self.state.left} tasks have not run, among "
                f"them {keys}: please report this as a bug of treadle"
            )

    # -- the end ----------------------------------------------------------------------------------

    def _output(self, task: int) -> Any:
        key = self.plan.key(task)
        return unpack(self.values[task], self.pool.segments, f"result of {key}")

    def _quieten(self) -> None:
        """Let tasks that still run end, for a moment, and end the processes of the others."""
        busy = {}
        for number, member in enumerate(self.links.members):
            if member is not None:
                self.links.send(number, ("end", self.number))
                busy[number] = member
        deadline = time.monotonic() + GRACE
        while busy and (left := deadline - time.monotonic()) > 0:
            for key, mask in self.selector.select(left):
                number, what = key.data
                member = busy.get(number)
                if member is None:
                    continue
                if mask & selectors.EVENT_WRITE:
                    member.process.channel.flush()
                    self.links.watch(number, member)
                answers = member.process.channel.receive() if what == "message" else ()
                if what == "end" or any(m[:2] == ("idle", self.number) for m in answers):
                    del busy[number]
        for member in busy.values():
            self.pool.discard(member)

    def _clear(self) -> None:
        """Leave the pool as the next run wants it."""
        if not self.pool.started:
            return
        isolation = self.links.members[self.state.isolation]
        if isolation is not None:
            self.pool.discard(isolation)
        if self.failure is None:
            for number, member in enumerate(self.links.members):
                if member is not None:
                    self.links.send(number, ("end", self.number))
        for payload in self.values.values():
            if isinstance(payload, Segment):
                self.pool.segments.delete(payload)
        self.links.catalog.close()
        self.pool.remove_files()
        self.pool.output.drain()
