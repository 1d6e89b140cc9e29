"""Functions between processes: by name or by value, remembered, rebuilt once."""

from __future__ import annotations

import functools
import gc
import importlib
import pickle
import sys
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from treadle.errors import SerializationError
from treadle.serialize import dumps_function, loads_function

Elsewhere = Callable[..., bytes]


def module_level(x: int) -> int:
    return x + 1


def _in_main(source: str, **names: Any) -> Any:
    namespace: dict[str, Any] = {"__name__": "__main__", **names}
    exec(source, namespace)
    return namespace["f"]


def test_importable_functions_travel_as_names() -> None:
    for func in (module_level, len, np.add, str.upper, Path.exists, dict):
        data = dumps_function(func)
        assert len(data) < 100
        assert loads_function(data) is func


def test_other_functions_travel_by_value(elsewhere: Elsewhere) -> None:
    power = 3
    functions = [
        lambda x: x**power,
        functools.partial(lambda a, b: a * b, 5),
        _in_main("def g(x): return x + 1\ndef f(x): return g(x) * 10"),
        _in_main("class f:\n def __new__(cls, x): return [x]"),
    ]
    script = """
import pickle
from treadle.serialize import loads_function
print([loads_function(data)(2) for data in pickle.load(sys.stdin.buffer)])
"""
    pickled = [dumps_function(func) for func in functions]
    assert elsewhere(script, pickle.dumps(pickled)).strip() == b"[8, 10, 30, [2]]"


def test_the_same_bytes_give_the_same_function() -> None:
    data = dumps_function(lambda x: x)
    assert loads_function(data) is loads_function(bytes(bytearray(data)))


def test_large_functions_are_shared_while_used_and_then_forgotten() -> None:
    table = np.zeros(100_000)
    data = dumps_function(lambda: table)
    func = loads_function(data)
    assert loads_function(data) is func
    gone = weakref.ref(func)
    del func
    gc.collect()
    assert gone() is None


def test_threads_get_the_same_function() -> None:
    data = dumps_function(lambda: "threads")
    barrier = threading.Barrier(8)
    found: list[Any] = []

    def load() -> None:
        barrier.wait()
        found.append(loads_function(data))

    threads = [threading.Thread(target=load) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8 and len(set(map(id, found))) == 1


def test_functions_without_state_are_pickled_once() -> None:
    func = _in_main("def f(x): return abs(x) + 1")
    assert dumps_function(func) is dumps_function(func)


def test_a_function_is_sent_as_it_is_now() -> None:
    count = 1

    def closure() -> int:
        return count

    by_default = _in_main("def f(x=1): return x")
    by_global = _in_main("def f(): return n", n=1)
    late_global = _in_main("def f():\n try: return late\n except NameError: return 1")
    by_attribute = _in_main("def f(): return 1")
    functions = [closure, by_default, by_global, late_global, by_attribute]
    assert [loads_function(dumps_function(f))() for f in functions] == [1] * 5
    count = 2
    by_default.__defaults__ = (2,)
    by_global.__globals__["n"] = 2
    late_global.__globals__["late"] = 2
    by_attribute.__code__ = (lambda: 2).__code__
    assert [loads_function(dumps_function(f))() for f in functions] == [2] * 5
    by_attribute.note = "new"
    assert vars(loads_function(dumps_function(by_attribute))) == {"note": "new"}


DECORATED = """
import threading

LOCK = threading.Lock()  # would not survive travelling by value

class Lazy:
    def __init__(self, func):
        self.__wrapped__ = func

def delayed(func):
    return Lazy(func)

@delayed
@delayed
def work(x):
    with LOCK:
        return x + 1

class Model:
    @staticmethod
    @delayed
    def fit(x):
        with LOCK:
            return x + 2

def inner():
    def work(x):
        return x + 3
    return work

@delayed
def replaced(x):
    return x + 4

kept, replaced = replaced.__wrapped__, Lazy(None)
"""


def test_decorated_functions_travel_as_names(
    tmp_path: Path, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "decorated_module.py").write_text(DECORATED)
    monkeypatch.syspath_prepend(tmp_path)
    module: Any = importlib.import_module("decorated_module")
    functions = [
        module.work.__wrapped__.__wrapped__,
        module.Model.fit.__wrapped__,
        module.inner(),
        module.kept,
    ]
    script = """
import pickle
from treadle.serialize import loads_function
print([loads_function(data)(2) for data in pickle.load(sys.stdin.buffer)])
"""
    pickled = pickle.dumps([dumps_function(func) for func in functions])
    assert elsewhere(script, pickled, tmp_path).strip() == b"[3, 4, 5, 6]"
    assert loads_function(dumps_function(functions[0])) is functions[0]
    monkeypatch.delitem(sys.modules, "decorated_module")


def test_what_a_function_cannot_take_along() -> None:
    cfg = {"m": threading.Lock()}

    def fit() -> Any:
        return cfg

    with pytest.raises(SerializationError) as caught:
        dumps_function(fit)
    assert str(caught.value).startswith(
        "cannot send function fit() to another process: function fit() -> "
        "closure variable 'cfg' -> ['m'] -> _thread.lock (in fit, "
    )


def test_functions_that_cannot_be_rebuilt() -> None:
    data = dumps_function(module_level).replace(b"module_level", b"module_devel")
    with pytest.raises(SerializationError, match=r"cannot rebuild function.*'module_devel'"):
        loads_function(data)
    with pytest.raises(SerializationError, match="expected a pickled function, got a list"):
        loads_function(b"].")
