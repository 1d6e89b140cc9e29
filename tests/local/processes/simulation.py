"""A simulation of worker processes in front of the real core, driven by one seeded generator.

Tasks are real: task ``t`` sums its inputs and its own number, so that a value lost, dropped too
early or sent to the wrong place changes an output or raises ``KeyError``.
"""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass, field

from treadle.local.processes import core
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
    Ticked,
    WorkerDied,
)
from treadle.local.processes.state import State, check


@dataclass
class Process:
    """One simulated worker: values, batches, and messages on their way to the parent."""

    alive: bool = True
    values: dict[int, int] = field(default_factory=dict)
    inbox: deque[tuple[Effect, dict[int, int]]] = field(default_factory=deque)
    outbox: deque[tuple[Event, dict[int, int]]] = field(default_factory=deque)
    batches: deque[SendBatch] = field(default_factory=deque)
    given: deque[dict[int, int]] = field(default_factory=deque)  # per batch
    position: int = 0  # in the oldest batch
    seconds: list[float] = field(default_factory=list)


class Simulation:
    """Runs a graph to its end, with deaths, recalls and odd timings."""

    def __init__(
        self,
        deps: list[tuple[int, ...]],
        outputs: list[int],
        workers: int,
        seed: int,
        *,
        chunksize: int | None = None,
        kinds: int = 2,
        deaths: int = 0,
        killer: int = -1,
        stuck: frozenset[int] = frozenset(),
    ) -> None:
        readers: list[list[int]] = [[] for _ in deps]
        for task, inputs in enumerate(deps):
            for dep in inputs:
                readers[dep].append(task)
        self.random = random.Random(seed)
        kind = [self.random.randrange(kinds) for _ in deps]
        # One kind is slow now and then, so that batches get stuck and are taken back.
        self.duration = [self.random.choice([1e-6, 1e-4, 1.0 if k == 0 else 1e-5]) for k in kind]
        self.state = State(
            deps, [tuple(r) for r in readers], kind, outputs, workers, chunksize=chunksize
        )
        self.processes = [Process(alive=n < workers) for n in range(workers + 1)]
        self.held: dict[int, int] = {}
        self.deaths = deaths
        self.killer = killer
        self.stuck = stuck
        self.now = 0.0
        self.runs = [0] * len(deps)
        self.failure: Fail | None = None
        self.done = False
        self.trace: list[str] = []

    def run(self, steps: int = 200_000) -> None:
        """Run until the core says Done or Fail."""
        out: list[Effect] = []
        core.start(self.state, self.now, out)
        self.carry_out(out)
        for _ in range(steps):
            if self.done or self.failure is not None:
                return
            self.step()
        raise AssertionError("the run does not end")

    def step(self) -> None:
        """Let one randomly chosen thing happen."""
        choices = [
            n
            for n, p in enumerate(self.processes)
            if p.alive and (p.inbox or p.outbox or p.batches)
        ]
        if self.state.wants_tick and (not choices or self.random.random() < 0.05):
            self.now += 0.05
            self.tell(Ticked(self.now))
            return
        assert choices, "nothing is going on, and the run is not over"
        number = self.random.choice(choices)
        process = self.processes[number]
        if self.deaths and self.random.random() < 0.03:
            self.deaths -= 1
            self.kill(number)
            return
        actions = []
        if process.inbox:
            actions.append(self.receive)
        if process.outbox:
            actions.append(self.report)
        if process.batches:
            actions.append(self.compute)
        self.random.choice(actions)(number)

    def kill(self, number: int) -> None:
        process = self.processes[number]
        running = -1
        if process.batches and process.position < len(process.batches[0].tasks):
            running = process.batches[0].tasks[process.position]
        # What it said before it died may or may not have arrived.
        while process.outbox and self.random.random() < 0.5:
            self.report(number)
            if self.done or self.failure:
                return
        self.processes[number] = Process(alive=False)
        self.tell(WorkerDied(number, running, False, f"killed in {running}", self.now))

    def receive(self, number: int) -> None:
        process = self.processes[number]
        effect, values = process.inbox.popleft()
        match effect:
            case SendBatch():
                process.batches.append(effect)
                process.given.append(values)
                if len(process.batches) == 1:
                    self.begin(process)
            case Drop():
                for value in effect.tasks:
                    process.values.pop(value, None)
            case Export():
                for value in effect.tasks:
                    if value in self.stuck:
                        process.outbox.append(
                            (ExportFailed(number, value, "cannot be pickled", self.now), {})
                        )
                    else:
                        event = Exported(number, [value], self.now)
                        process.outbox.append((event, {value: process.values[value]}))
            case Recall():
                back: list[int] = []
                for place, batch in enumerate(process.batches):
                    first = process.position + 1 if place == 0 else 0
                    back += batch.tasks[first:]
                    del batch.tasks[first:]
                process.outbox.append((Returned(number, back, self.now), {}))
            case _:
                raise AssertionError(effect)

    def begin(self, process: Process) -> None:
        process.position = 0
        process.seconds = []
        if process.batches:
            process.values.update(process.given.popleft())

    def compute(self, number: int) -> None:
        """Run one task of the oldest batch, or end the batch."""
        process = self.processes[number]
        batch = process.batches[0]
        if process.position < len(batch.tasks):
            task = batch.tasks[process.position]
            if task == self.killer:
                self.kill(number)
                return
            self.runs[task] += 1
            process.values[task] = task + sum(process.values[d] for d in self.state.deps[task])
            if task in batch.export:
                # Kept for the report even where it is dropped at once.
                process.values[-1 - task] = process.values[task]
            for value in batch.drops[process.position]:
                process.values.pop(value, None)
            self.now += self.duration[task]
            process.seconds.append(self.duration[task])
            process.position += 1
            if process.position < len(batch.tasks):
                return
        process.batches.popleft()
        done = len(batch.tasks)
        ran = set(batch.tasks)
        held: dict[int, int] = {}
        failed = []
        for task in batch.export:
            if task in ran:
                value = process.values.pop(-1 - task)
                if task in self.stuck:
                    failed.append(task)
                else:
                    held[task] = value
        sizes = []
        for task in batch.watch:
            if task in ran and task in process.values:
                if task not in self.stuck and task % 3 == 0:  # tiny
                    held[task] = process.values[task]
                sizes.append((task, 10 ** (task % 9)))
        event = BatchFinished(number, done, process.seconds, list(held), sizes, self.now)
        for task in failed:
            process.outbox.append((ExportFailed(number, task, "cannot be pickled", self.now), {}))
        process.outbox.append((event, held))
        self.begin(process)

    def report(self, number: int) -> None:
        event, values = self.processes[number].outbox.popleft()
        self.held.update(values)
        self.tell(event)

    def tell(self, event: Event) -> None:
        out: list[Effect] = []
        self.trace.append(repr(event))
        core.on_event(self.state, event, out)
        self.trace += ["    " + repr(effect) for effect in out]
        self.carry_out(out)
        if not self.state.recovering and not self.state.over:
            check(self.state)

    def carry_out(self, out: list[Effect]) -> None:
        for effect in out:
            match effect:
                case Done():
                    self.done = True
                case Fail():
                    self.failure = effect
                case Release():
                    del self.held[effect.task]
                case StartWorker():
                    assert not self.processes[effect.worker].alive
                    self.processes[effect.worker] = Process()
                case StopWorker():
                    self.processes[effect.worker].alive = False
                case SendBatch():
                    given = {value: self.held[value] for value in effect.given}
                    self.processes[effect.worker].inbox.append((self.copy(effect), given))
                case _:
                    self.processes[effect.worker].inbox.append((effect, {}))

    @staticmethod
    def copy(batch: SendBatch) -> SendBatch:
        return batch._replace(tasks=list(batch.tasks), drops=list(batch.drops))


def evaluate(deps: list[tuple[int, ...]]) -> list[int]:
    """Return the value of every task: the naive evaluator."""
    values: list[int] = []
    for task, inputs in enumerate(deps):
        values.append(task + sum([values[dep] for dep in inputs]))
    return values


def random_graph(generator: random.Random, size: int) -> list[tuple[int, ...]]:
    """Return a random graph, of one of several shapes."""
    shape = generator.choice(["near", "far", "tree", "chain", "layers"])
    deps: list[tuple[int, ...]] = []
    for task in range(size):
        if shape == "tree":
            pool = range(max(0, task - 4), task)
        elif shape == "chain":
            pool = range(max(0, task - 1), task)
        elif shape == "layers":
            first = (task // 7 - 1) * 7
            pool = range(max(0, first), max(0, first + 7))
        elif shape == "near":
            pool = range(max(0, task - 12), task)
        else:
            pool = range(task)
        wanted = generator.choice([0, 1, 1, 2, 2, 3, len(pool)])
        deps.append(tuple(sorted(generator.sample(pool, min(wanted, len(pool))))))
    return deps
