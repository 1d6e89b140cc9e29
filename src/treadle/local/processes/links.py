"""What a run sends to its workers: the connections, and messages made of decisions.

Law: a worker is sent each function, operation and large argument once per run.
"""

from __future__ import annotations

import os
import selectors
import sys
import time
from typing import TYPE_CHECKING, Any

from treadle import config
from treadle.local.processes.catalog import Catalog, Constant, Mixed
from treadle.local.processes.events import SendBatch
from treadle.local.processes.messages import Batch, Session
from treadle.local.processes.payload import Payload
from treadle.local.processes.pool import Member, WorkerPool

if TYPE_CHECKING:
    from treadle.graph.plan import Plan
    from treadle.local.observe import Observer


class Links:
    """The workers of one run, by their numbers in it.

    Attributes
    ----------
    members
        The worker of each number; None where there is none now.
    sent
        Per number, the batches that were not answered yet.
    """

    def __init__(
        self,
        plan: Plan,
        pool: WorkerPool,
        selector: selectors.BaseSelector,
        observer: Observer | None,
        count: int,
    ) -> None:
        self.pool = pool
        self.run = pool.run
        self.catalog = Catalog(plan, pool.segments)
        self.members: list[Member | None] = [None] * count
        self.sent: list[list[Batch]] = [[] for _ in range(count)]
        self._deps = plan.deps
        self._selector = selector
        self._observer = observer

    def greet(self, number: int, member: Member) -> None:
        """Tell a worker about the run."""
        self.members[number] = member
        self.sent[number] = []
        member.codes.clear()
        member.constants.clear()
        self._selector.register(
            member.process.channel.sock, selectors.EVENT_READ, (number, "message")
        )
        self._selector.register(member.process.sentinel, selectors.EVENT_READ, (number, "end"))
        initializer = None if member.initialized else self.pool.initializer
        member.initialized = True
        session = Session(self.run, list(sys.path), _directory(), config.snapshot(), initializer)
        self.send(number, ("session", session))

    def send(self, number: int, message: Any) -> int:
        """Send a message; return its bytes."""
        member = self.members[number]
        if member is None:
            return 0
        nbytes = member.process.channel.send(message)
        self.watch(number, member)
        return nbytes

    def watch(self, number: int, member: Member) -> None:
        """Wait for room to write only while there is something to write."""
        channel = member.process.channel
        if channel.closed:
            return
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if channel.congested else 0)
        if self._selector.get_key(channel.sock).events != events:
            self._selector.modify(channel.sock, events, (number, "message"))

    def send_batch(self, effect: SendBatch, values: dict[int, Payload]) -> None:
        """Send a batch, with those of ``values`` that it reads.

        Raises
        ------
        SerializationError
            A function or an argument cannot be pickled.
        """
        number, tasks = effect.worker, effect.tasks
        member = self.members[number]
        assert member is not None
        catalog, deps = self.catalog, self._deps
        begin = time.perf_counter()
        codes = [catalog.codes[task] for task in tasks]
        arguments = [catalog.arguments(task) for task in tasks]
        unknown = [code for code in dict.fromkeys(codes) if code not in member.codes]
        definitions = [(code, catalog.definition(code)) for code in unknown]
        member.codes.update(unknown)
        constants: list[tuple[int, Payload]] = []
        if catalog.users:
            for argument in arguments:
                if isinstance(argument, Mixed):
                    for part in (*argument.args, *argument.kwargs.values()):
                        if isinstance(part, Constant) and part.number not in member.constants:
                            member.constants.add(part.number)
                            constants.append((part.number, catalog.payload(part.number)))
        batch = Batch(
            self.run,
            tasks,
            codes,
            [deps[task] for task in tasks],
            arguments,
            effect.drops,
            [(task, values[task]) for task in effect.given],
            effect.watch,
            effect.export,
            definitions,
            constants,
            self._observer is not None,
        )
        self.sent[number].append(batch)
        nbytes = self.send(number, ("batch", batch))
        if self._observer is not None:
            self._observer.on_cost("pickle", time.perf_counter() - begin, nbytes)
            for task in tasks:
                self._observer.on_task_started(task, number)

    def forget(self, constant: int) -> None:
        """Tell workers that a large argument is not needed again."""
        for number, member in enumerate(self.members):
            if member is not None and constant in member.constants:
                member.constants.discard(constant)
                self.send(number, ("forget", [constant]))


def _directory() -> str | None:
    try:
        return os.getcwd()
    except OSError:  # removed meanwhile
        return None
