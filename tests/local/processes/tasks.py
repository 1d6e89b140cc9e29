"""Functions that the tests run in worker processes; importing this must be quick."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any


def same(value: Any) -> Any:
    return value


def add(a: Any, b: Any) -> Any:
    return a + b


def total(values: list[Any]) -> Any:
    return sum(values)


def pid() -> int:
    return os.getpid()


def pid_and(*_values: Any) -> int:
    return os.getpid()


def environment(name: str) -> str | None:
    return os.environ.get(name)


def divide(a: int, b: int) -> float:
    return a / b


def exit_now(code: int) -> None:
    print("about to go", file=sys.stderr, flush=True)
    os._exit(code)


def leave(code: int) -> None:
    sys.exit(code)


def crash() -> None:
    ctypes.string_at(0)


def kill_self() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def kill_once(marker: str) -> str:
    """Die the first time, as if an innocent process had been chosen by the kernel."""
    try:
        os.close(os.open(marker, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return "survived"
    kill_self()
    return "unreachable"


def lock() -> Any:
    return threading.Lock()


def is_lock(value: Any) -> bool:
    return hasattr(value, "acquire")


def speak(text: str) -> str:
    print(text)
    print(text, file=sys.stderr)
    return text


def ones(count: int) -> Any:
    import numpy

    return numpy.ones(count)


def plus_one(array: Any) -> Any:
    return array + 1


def size_of(*arrays: Any) -> int:
    return sum([array.size for array in arrays])


def pool_in_task(values: list[int]) -> list[int]:
    import multiprocessing

    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.map(abs, values)


def nested(num_workers: int | None) -> tuple[int, list[int]]:
    from treadle.graph.operation import Call
    from treadle.graph.plan import expand
    from treadle.local.processes import run

    plan = expand([Call(pid), Call(pid)])
    return os.getpid(), run(plan, num_workers=num_workers)


def config_value(name: str) -> Any:
    from treadle import config

    return config.get(name, None)


def meet(directory: str, count: int) -> int:
    """Return when ``count`` tasks have come here: they all run at the same time."""
    import time

    os.close(os.open(os.path.join(directory, str(os.getpid())), os.O_CREAT))
    deadline = time.monotonic() + 20
    while len(os.listdir(directory)) < count:
        if time.monotonic() > deadline:
            raise TimeoutError("the others did not come")
        time.sleep(0.005)
    return os.getpid()


def apply(func: Callable[..., Any], *args: Any) -> Any:
    return func(*args)


def wait_for(path: str) -> str:
    import time

    deadline = time.monotonic() + 20
    while not os.path.exists(path):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{path} was not made")
        time.sleep(0.005)
    return "waited"


def make_file(path: str) -> str:
    os.close(os.open(path, os.O_CREAT))
    return "made"
