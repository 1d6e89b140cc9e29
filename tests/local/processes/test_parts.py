"""The smaller parts of the process scheduler, one by one."""

from __future__ import annotations

import os
import pickle
import select
import socket
import subprocess
import sys
import threading
from typing import Any

import pytest

from treadle.errors import SchedulerError
from treadle.local.processes import WorkerPool, nested, sources, spawn
from treadle.local.processes.channel import ParentEnd, WorkerEnd
from treadle.local.processes.death import classify, error_of
from treadle.local.processes.output import KEPT, OutputReader
from treadle.local.processes.payload import (
    INLINE,
    Inline,
    Plain,
    estimate,
    is_tiny,
    pack,
    unpack,
)
from treadle.store.segments import Segment, Segments


def test_messages_of_any_size_cross_without_either_end_blocking_the_other() -> None:
    ours, theirs = socket.socketpair()
    parent, worker = ParentEnd(ours), WorkerEnd(theirs)
    messages: list[Any] = [("small", 1), ("large", bytes(5_000_000)), ("last", None)]
    received: list[Any] = []

    def answer() -> None:
        for _ in messages:
            received.append(worker.receive())
            worker.send(received[-1])

    for message in messages:
        parent.send(message)
    assert parent.congested  # nobody reads yet
    thread = threading.Thread(target=answer)
    thread.start()
    echoed: list[Any] = []
    while len(echoed) < len(messages):
        readable, writable, _ = select.select([ours], [ours] if parent.congested else [], [], 20)
        assert readable or writable
        parent.flush()
        echoed += parent.receive()
    thread.join(20)
    assert received == echoed == messages
    parent.close()
    with pytest.raises(EOFError):
        worker.receive()
    theirs.close()


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (1, Plain),
        ("text", Plain),
        (10**30, Inline),
        ([1, 2], Inline),
        ("x" * 1000, Inline),
        (bytes(INLINE + 1), Segment),
    ],
)
def test_payloads(value: Any, kind: type) -> None:
    with Segments() as segments:
        payload = pack(value, segments, "value")
        assert type(payload) is kind
        assert unpack(pickle.loads(pickle.dumps(payload)), segments) == value
    assert is_tiny(value) == (kind is Plain)


def test_estimates_look_into_containers() -> None:
    array = memoryview(bytearray(1_000_000))
    assert estimate(array) == 1_000_000
    assert estimate([array, array]) > 2_000_000
    assert estimate({"a": array}) > 1_000_000


@pytest.mark.parametrize(
    ("exitcode", "kills", "cause", "certain"),
    [
        (-11, 0, "crash", True),
        (-6, 0, "crash", True),
        (3, 0, "exit", True),
        (0, 0, "exit", True),
        (-9, 0, "killed", False),
        (-9, 1, "out of memory", False),
        (-15, 0, "terminated", False),
        (-64, 0, "terminated", False),
    ],
)
def test_causes_of_death(exitcode: int, kills: int, cause: str, certain: bool) -> None:
    death = classify(exitcode, 17, "last words", 5_000_000, kills)
    assert (death.cause, death.certain) == (cause, certain)
    text = str(error_of(death, ("add-1", 0)))
    assert "('add-1', 0)" in text and "last words" in text and "worker process 17" in text


def test_output_is_shown_by_lines_and_its_end_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    reader = OutputReader()
    ends = [os.pipe() for _ in range(2)]
    pipes = [os.fdopen(end[0], "rb") for end in ends]
    streams = [reader.add(pipe, "stderr") for pipe in pipes]
    os.write(ends[0][1], b"one ")
    os.write(ends[1][1], b"two\n")
    os.write(ends[0][1], b"line\n" + b"x" * 2 * KEPT + b"\nno end")
    reader.drain()
    shown = capsys.readouterr().err
    assert "one line\n" in shown and "two\n" in shown and "no end" in shown
    assert len(streams[0].tail()) == KEPT and streams[0].tail().endswith("no end")
    for end in ends:
        os.close(end[1])
    reader.remove(streams)
    reader.close()
    for pipe in pipes:
        pipe.close()


@pytest.mark.processes
def test_end_of_a_process_is_noticed_without_help_of_the_kernel() -> None:
    process = subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"])
    sentinel = spawn.watch(process)
    assert select.select([sentinel], [], [], 30)[0]
    assert process.wait() == 3
    sentinel.close()


def test_blas_threads_are_limited_in_workers_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "5")
    environment = spawn.worker_environment(3)
    assert environment["OMP_NUM_THREADS"] == "3"
    assert environment["OPENBLAS_NUM_THREADS"] == "5"
    assert "OMP_NUM_THREADS" not in os.environ
    assert "OMP_NUM_THREADS" not in spawn.worker_environment(None)


def test_pool_says_what_it_is() -> None:
    pool = WorkerPool(3, blas_threads=2)
    assert "3 workers, 0 running, BLAS threads per worker: 2" in repr(pool)
    pool.close()
    assert "closed" in repr(pool)
    with pytest.raises(SchedulerError, match="blas_threads is 0"):
        WorkerPool(1, blas_threads=0)


def test_starting_work_is_refused_only_while_unpickling() -> None:
    code = compile("nested.refuse_while_importing()", "jobs.py", "exec")
    exec(code, {"nested": nested, "__name__": "jobs"})
    with nested.unpickling(), pytest.raises(nested.UnguardedModuleError, match=r"jobs\.py:1\."):
        exec(code, {"nested": nested, "__name__": "jobs"})


def test_only_changed_files_count_as_changed() -> None:
    before = {"a.py": 1, "b.py": 2}
    assert not sources.changed(before, {"a.py": 1, "b.py": 2, "new.py": 3})
    assert not sources.changed(before, {"a.py": 1})
    assert sources.changed(before, {"a.py": 1, "b.py": 3})
