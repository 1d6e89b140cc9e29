"""The path to what cannot be sent, on real objects of the kinds that people meet."""

from __future__ import annotations

import asyncio
import collections
import concurrent.futures
import contextvars
import csv
import ctypes
import functools
import hashlib
import logging
import mmap
import multiprocessing
import os
import queue
import re
import selectors
import socket
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import threading
import types
import weakref
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle.errors import SerializationError
from treadle.serialize import culprit, dumps, dumps_call, find_culprit
from treadle.serialize.hints import hint_for


@contextmanager
def _coroutine() -> Iterator[Any]:
    async def work() -> None: ...

    coroutine = work()
    yield coroutine
    coroutine.close()


@contextmanager
def _asyncio_future() -> Iterator[Any]:
    with closing(asyncio.new_event_loop()) as loop:
        yield loop.create_future()


@contextmanager
def _asyncio_task() -> Iterator[Any]:
    async def work() -> None: ...

    with closing(asyncio.new_event_loop()) as loop:
        task = loop.create_task(work())
        yield task
        loop.run_until_complete(task)


@contextmanager
def _connection() -> Iterator[Any]:
    one, other = multiprocessing.Pipe()
    with one, other:
        yield one


@contextmanager
def _popen() -> Iterator[Any]:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        yield process


@contextmanager
def _executor_future() -> Iterator[Any]:
    yield concurrent.futures.Future()


@contextmanager
def _cursor() -> Iterator[Any]:
    with closing(sqlite3.connect(":memory:")) as connection:
        yield connection.cursor()


@contextmanager
def _zipfile() -> Iterator[Any]:
    with tempfile.TemporaryFile() as file, zipfile.ZipFile(file, "w") as archive:
        yield archive


@contextmanager
def _dir_entry() -> Iterator[Any]:
    with tempfile.TemporaryDirectory() as folder:
        open(os.path.join(folder, "x"), "w").close()
        with os.scandir(folder) as entries:
            yield next(entries)


@contextmanager
def _handler() -> Iterator[Any]:
    with closing(logging.StreamHandler()) as handler:
        yield handler


@contextmanager
def _traceback() -> Iterator[Any]:
    try:
        raise ValueError
    except ValueError as error:
        yield error.__traceback__


@contextmanager
def _plain(make: Callable[[], Any]) -> Iterator[Any]:
    yield make()


class Node:
    """An ordinary class that other processes can import."""

    def __init__(self, **attributes: Any) -> None:
        vars(self).update(attributes)

    def method(self) -> None: ...


_NODE = Node()
_VARIABLE: contextvars.ContextVar[int] = contextvars.ContextVar("v")

# kind of object -> (how to make a real one, how the path names it)
CLASSICAL: dict[str, tuple[Callable[[], Any], str]] = {
    "lock": (lambda: _plain(threading.Lock), "_thread.lock"),
    "rlock": (lambda: _plain(threading.RLock), "_thread.RLock"),
    "condition": (lambda: _plain(threading.Condition), "threading.Condition"),
    "event": (lambda: _plain(threading.Event), "threading.Event"),
    "semaphore": (lambda: _plain(threading.Semaphore), "threading.Semaphore"),
    "barrier": (lambda: _plain(lambda: threading.Barrier(2)), "threading.Barrier"),
    "thread": (lambda: _plain(threading.Thread), "threading.Thread"),
    "thread local": (lambda: _plain(threading.local), "_thread._local"),
    "queue": (lambda: _plain(queue.Queue), "queue.Queue"),
    "simple queue": (lambda: _plain(queue.SimpleQueue), "_queue.SimpleQueue"),
    "executor": (
        lambda: concurrent.futures.ThreadPoolExecutor(1),
        "concurrent.futures.thread.ThreadPoolExecutor",
    ),
    "executor future": (_executor_future, "concurrent.futures._base.Future"),
    "process lock": (lambda: _plain(multiprocessing.Lock), "multiprocessing.synchronize.Lock"),
    "generator": (lambda: _plain(lambda: (i for i in range(3))), "generator"),
    "coroutine": (_coroutine, "coroutine"),
    "event loop": (
        lambda: closing(asyncio.SelectorEventLoop()),
        f"{asyncio.SelectorEventLoop.__module__}.{asyncio.SelectorEventLoop.__qualname__}",
    ),
    "asyncio future": (_asyncio_future, "_asyncio.Future"),
    "asyncio task": (_asyncio_task, "_asyncio.Task"),
    "socket": (socket.socket, "socket.socket"),
    "ssl context": (lambda: _plain(ssl.create_default_context), "ssl.SSLContext"),
    "text file for reading": (functools.partial(open, __file__), "_io.TextIOWrapper"),
    "text file for writing": (functools.partial(open, os.devnull, "w"), "_io.TextIOWrapper"),
    "binary file": (functools.partial(open, __file__, "rb"), "_io.BufferedReader"),
    "binary file for writing": (functools.partial(open, os.devnull, "wb"), "_io.BufferedWriter"),
    "raw file": (functools.partial(open, __file__, "rb", buffering=0), "_io.FileIO"),
    "named temporary file": (tempfile.NamedTemporaryFile, "tempfile._TemporaryFileWrapper"),
    "zip archive": (_zipfile, "zipfile.ZipFile"),
    "csv reader": (lambda: _plain(lambda: csv.reader(["a,b"])), "_csv.reader"),
    "sqlite connection": (lambda: closing(sqlite3.connect(":memory:")), "sqlite3.Connection"),
    "sqlite cursor": (_cursor, "sqlite3.Cursor"),
    "log handler": (_handler, "logging.StreamHandler"),
    "frame": (lambda: _plain(sys._getframe), "frame"),
    "traceback": (_traceback, "traceback"),
    "weak reference": (lambda: _plain(lambda: weakref.ref(_NODE)), "weakref.ReferenceType"),
    "context variable": (
        lambda: _plain(lambda: _VARIABLE),
        "_contextvars.ContextVar",
    ),
    "context token": (
        lambda: _plain(lambda: _VARIABLE.set(1)),
        "_contextvars.Token",
    ),
    "context": (lambda: _plain(contextvars.copy_context), "_contextvars.Context"),
    "memory map": (lambda: mmap.mmap(-1, 4096), "mmap.mmap"),
    "pointer": (
        lambda: _plain(lambda: ctypes.pointer(ctypes.c_int(3))),
        f"{__name__}.LP_c_int",  # ctypes makes the class where it is first asked for
    ),
    "c library": (lambda: _plain(lambda: ctypes.CDLL(None)), "ctypes.CDLL"),
    "child process": (_popen, "subprocess.Popen"),
    "selector": (
        selectors.DefaultSelector,
        f"selectors.{selectors.DefaultSelector.__name__}",
    ),
    "directory entry": (_dir_entry, f"{os.DirEntry.__module__}.DirEntry"),
    "hash": (lambda: _plain(hashlib.sha256), "_hashlib.HASH"),
    "compressor": (lambda: _plain(zlib.compressobj), "zlib.Compress"),
    "match": (lambda: _plain(lambda: re.match("a", "a")), "re.Match"),
    "pipe connection": (_connection, "multiprocessing.connection.Connection"),
}


@pytest.fixture(params=CLASSICAL)
def classical(request: pytest.FixtureRequest) -> Iterator[tuple[Any, str]]:
    make, name = CLASSICAL[request.param]
    with ExitStack() as stack:
        yield stack.enter_context(make()), name


def test_classical_objects_are_named_with_advice(classical: tuple[Any, str]) -> None:
    obj, name = classical
    with pytest.raises(SerializationError) as caught:
        dumps({"rows": [0, Node(part=obj)]}, what="argument 'model' of fit()")
    text = str(caught.value)
    hint = hint_for(obj)
    assert hint is not None
    assert text == (
        "cannot send argument 'model' of fit() to another process: argument 'model' of fit() -> "
        f"['rows'] -> [1] -> .part -> {name}. {hint}"
    )


LOCK = threading.Lock()
Pair = collections.namedtuple("Pair", ["left", "right"])


@dataclass
class Field:
    value: Any


class Slots:
    __slots__ = ("filled", "never_filled")

    def __init__(self, filled: Any) -> None:
        self.filled = filled


class OwnState:
    def __getstate__(self) -> Any:
        return {"made": [LOCK]}


class OwnReduce:
    def __reduce__(self) -> Any:
        return OwnReduce, (LOCK,)


class OwnItems(list[Any]):
    """A list that pickles its items itself, as subclasses do."""


class Failing:
    def __reduce__(self) -> Any:
        raise ValueError("no such thing")


class Key:
    def __init__(self, part: Any, name: str = "") -> None:
        self.part = part
        self.name = name

    def __repr__(self) -> str:
        if not self.name:
            raise RuntimeError("not even a name")
        return self.name


def _in_main(source: str, **names: Any) -> Any:
    """Define `f` in a namespace that other processes cannot import, like a script's."""
    namespace: dict[str, Any] = {"__name__": "__main__", **names}
    exec(source, namespace)
    return namespace["f"]


def _closure(cfg: Any) -> Any:
    return lambda x: (cfg, x)


def _closure_that_names_itself() -> Any:
    lock = LOCK

    def f() -> Any:
        return f, lock

    return f


def _cyclic() -> Any:
    first, second = Node(), Node()
    vars(first)["other"], vars(second)["other"] = second, first
    return first


POSITIONS: dict[str, tuple[Callable[[], Any], str]] = {
    "dict value": (lambda: {"m": LOCK}, "['m']"),
    "dict key": (lambda: {("a", Key(LOCK, "K")): 1}, "key ('a', K) -> [1] -> .part"),
    "long key": (lambda: {Key(LOCK, "K" * 50): 1}, f"key {'K' * 37}... -> .part"),
    "nameless key": (lambda: {Key(LOCK): 1}, f"key {__name__}.Key -> .part"),
    "list": (lambda: [1, [2, LOCK]], "[1] -> [1]"),
    "tuple": (lambda: (1, (2, LOCK)), "[1] -> [1]"),
    "set": (lambda: {LOCK}, "element"),
    "attribute": (lambda: Node(a=1, b=LOCK), ".b"),
    "slot": (lambda: Slots(LOCK), ".filled"),
    "dataclass field": (lambda: Field(Field(LOCK)), ".value -> .value"),
    "named tuple": (lambda: Pair(1, LOCK), ".right"),
    "defaultdict": (lambda: collections.defaultdict(list, {3: [LOCK]}), "[3] -> [0]"),
    "ordered dict": (lambda: collections.OrderedDict(a=LOCK), "['a']"),
    "deque": (lambda: collections.deque([1, LOCK]), "[1]"),
    "list subclass": (lambda: OwnItems([1, LOCK]), "[1]"),
    "simple namespace": (lambda: types.SimpleNamespace(a=LOCK), ".a"),
    "mapping proxy": (lambda: types.MappingProxyType({"a": LOCK}), "['a']"),
    "exception": (lambda: ValueError("x", LOCK), ".args -> [1]"),
    "bound method": (lambda: Node(b=LOCK).method, "__self__ -> .b"),
    "built-in method": (lambda: [LOCK].append, "__self__ -> [0]"),
    "partial": (lambda: functools.partial(print, 1, LOCK), "partial argument 1"),
    "partial keyword": (lambda: functools.partial(print, end=LOCK), "partial argument 'end'"),
    "partial function": (
        lambda: functools.partial(_closure(LOCK)),
        "function of partial -> closure variable 'cfg'",
    ),
    "closure": (lambda: _closure({"m": LOCK}), "closure variable 'cfg' -> ['m']"),
    "recursive closure": (_closure_that_names_itself, "closure variable 'lock'"),
    "lambda with self": (
        lambda: Node(call=_closure(Node(a=LOCK))),
        ".call -> closure variable 'cfg' -> .a",
    ),
    "lambda in a list": (lambda: [_closure(LOCK)], "[0] -> closure variable 'cfg'"),
    "default": (lambda: _in_main("def f(x, y=lock): ...", lock=LOCK), "default of argument 'y'"),
    "keyword default": (
        lambda: _in_main("def f(*, y=lock): ...", lock=LOCK),
        "default of argument 'y'",
    ),
    "global": (lambda: _in_main("def f(): return lock", lock=LOCK), "global 'lock'"),
    "global of an inner function": (
        lambda: _in_main("def f():\n def g(): return lock\n return g", lock=LOCK),
        "global 'lock'",
    ),
    "global through a function": (
        lambda: _in_main("def g(): return lock\ndef f(): return g()", lock=LOCK),
        "global 'g' -> global 'lock'",
    ),
    "function attribute": (
        lambda: _in_main("def f(): ...\nf.lock = lock", lock=LOCK),
        "attribute 'lock'",
    ),
    "class attribute": (lambda: _in_main("class f: lock = lock", lock=LOCK), ".lock"),
    "method": (
        lambda: _in_main("class f:\n def g(self): return lock", lock=LOCK),
        ".g -> global 'lock'",
    ),
    "static method": (
        lambda: _in_main("class f:\n @staticmethod\n def g(): return lock", lock=LOCK),
        ".g -> global 'lock'",
    ),
    "property": (
        lambda: _in_main("class f:\n @property\n def g(self): return lock", lock=LOCK),
        ".g -> global 'lock'",
    ),
    "base class": (
        lambda: _in_main("class g: lock = lock\nclass f(g): ...", lock=LOCK),
        "base class g -> .lock",
    ),
    "cycle": (lambda: [_cyclic(), LOCK], "[1]"),
    "getstate": (OwnState, "__getstate__() -> ['made'] -> [0]"),
    "reduce": (OwnReduce, "__reduce__() -> [0]"),
    "object array": (lambda: np.array([1, LOCK], dtype=object), "[1]"),
    "array in a dict": (lambda: {"a": np.array([LOCK])}, "['a'] -> [0]"),
}


@pytest.mark.parametrize("position", POSITIONS)
def test_every_position_has_a_name(position: str) -> None:
    make, path = POSITIONS[position]
    assert find_culprit(make(), "value") == f"value -> {path} -> _thread.lock"


def test_the_error_says_where_the_function_is() -> None:
    with pytest.raises(SerializationError) as caught:
        dumps(_closure(LOCK))
    line = _closure.__code__.co_firstlineno + 1
    assert f"-> _thread.lock (in <lambda>, {__file__}:{line}). Locks live" in str(caught.value)


def test_calls_name_the_argument() -> None:
    def fit(model: Any, *rest: Any, scale: Any = None) -> None: ...

    for args, kwargs, name in [
        ((LOCK,), {}, "model"),
        ((1, 2, LOCK), {}, "rest[1]"),
        ((1,), {"scale": LOCK}, "scale"),
    ]:
        with pytest.raises(SerializationError, match=r"^cannot send argument") as caught:
            dumps_call(fit, args, kwargs)
        assert f": argument '{name}' of fit() -> _thread.lock. " in str(caught.value)


def test_an_error_of_the_object_itself_is_shown() -> None:
    with pytest.raises(SerializationError) as caught:
        dumps([Failing()], what="result of fit()")
    assert str(caught.value).startswith(
        "cannot send result of fit() to another process: result of fit() -> [0] -> "
        f"{__name__}.Failing (ValueError: no such thing). Make it inside the task"
    )
    assert isinstance(caught.value.__cause__, ValueError)


def test_what_can_be_sent_has_no_culprit() -> None:
    shared = [1]
    for value in [1, "x", [shared, shared], _cyclic(), _closure(3), np.zeros(3), sys, Node.method]:
        assert find_culprit(value, "value") is None
        dumps(value)


def test_nesting_too_deep_for_pickle_is_said() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(SerializationError, match="nested too deeply"):
        dumps(deep)
    while deep:  # one level at a time, or freeing it is as deep
        deep = deep[0]


def test_nesting_too_deep_for_the_search_is_no_other_error() -> None:
    value: Any = LOCK
    for _ in range(400):
        value = [value]
    with pytest.raises(
        SerializationError, match=r"value to another process: TypeError: cannot pickle"
    ):
        dumps(value)


def test_the_search_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(culprit, "MAX_OBJECTS", 100)
    value = [*([] for _ in range(100)), LOCK]
    assert find_culprit(value, "value") is None
    with pytest.raises(SerializationError, match=r"cannot pickle '_thread.lock' object"):
        dumps(value)


def test_a_long_path_shows_its_ends() -> None:
    value: Any = LOCK
    for _ in range(100):
        value = [value]
    path = find_culprit(value, "value")
    assert path is not None
    assert path == " -> ".join(["value", *["[0]"] * 12, "...", *["[0]"] * 12, "_thread.lock"])


@given(
    st.recursive(
        st.sampled_from([0, "lock"]),
        lambda inner: (
            st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=2), inner, max_size=4)
        ),
        max_leaves=20,
    )
)
def test_a_path_through_containers_leads_to_the_culprit(shape: Any) -> None:
    def fill(part: Any) -> Any:
        if isinstance(part, list):
            return [fill(p) for p in part]
        if isinstance(part, dict):
            return {k: fill(v) for k, v in part.items()}
        return LOCK if part == "lock" else part

    value = fill(shape)
    path = find_culprit(value, "value")
    if path is None:
        assert "lock" not in repr(shape)
        dumps(value)
        return
    first, *labels, last = path.split(" -> ")
    assert (first, last) == ("value", "_thread.lock")
    for label in labels:
        value = eval(f"value{label}", {"value": value})
    assert value is LOCK
