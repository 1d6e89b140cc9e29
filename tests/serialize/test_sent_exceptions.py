"""Exceptions between processes: what they are, what they say, and where they were raised."""

from __future__ import annotations

import pickle
import sys
import threading
import traceback
import types
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle import errors
from treadle.errors import MissingKeyError, RemoteError, WorkerDied
from treadle.serialize import StandIn, pack_exception, unpack_exception
from treadle.serialize.exceptions import MAX_LINKED

Elsewhere = Callable[..., bytes]
E = TypeVar("E", bound=BaseException)


class Coded(Exception):
    """Made of other arguments than BaseException is told of, as is common."""

    def __init__(self, code: int, place: str) -> None:
        super().__init__(f"code {code} at {place}")
        self.code = code
        self.place = place


class Prefixing(ValueError):
    """Can be called with its own message, and would then be another one."""

    def __init__(self, what: str) -> None:
        super().__init__(f"bad {what}")


class OwnReduce(Exception):
    def __init__(self, *, field: int) -> None:
        super().__init__()
        self.field = field

    def __reduce__(self) -> Any:
        return _own_reduce, (self.field,)


def _own_reduce(field: int) -> OwnReduce:
    return OwnReduce(field=field)


class Slotted(KeyError):
    """Loses what it holds in its slot when it is pickled; and its message is made of that."""

    __slots__ = ("held",)

    def __init__(self, held: str = "") -> None:
        super().__init__()
        self.held = held

    def __str__(self) -> str:
        return f"holding {self.held}"


class Silent(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


class Group(ExceptionGroup[Exception]):
    """A group with its own class and attributes."""


def _raised(exc: E) -> E:
    try:
        raise exc
    except BaseException as error:
        assert error is exc
    return exc


def _sent(exc: BaseException) -> BaseException:
    return unpack_exception(pack_exception(exc))


def _shown(exc: BaseException) -> str:
    return "".join(traceback.format_exception(exc))


ORDINARY = {
    "plain": ValueError("x", 3),
    "empty": RuntimeError(),
    "key": KeyError("missing"),
    "file": FileNotFoundError(2, "No such file", "/nowhere"),
    "unicode": UnicodeDecodeError("utf8", b"\xff", 0, 1, "invalid start byte"),
    "syntax": SyntaxError("invalid syntax", ("file.py", 1, 2, "x x")),
    "import": ImportError("no module", name="there"),
    "exit": SystemExit(3),
    "interrupt": KeyboardInterrupt(),
    "stop": StopIteration(7),
    "treadle": MissingKeyError("no key 'x'"),
    "worker": WorkerDied("signal 9"),
    "other arguments": Coded(5, "home"),
    "prefix": Prefixing("thing"),
    "own reduce": OwnReduce(field=3),
}


@pytest.mark.parametrize("kind", ORDINARY)
def test_exceptions_arrive_as_themselves(kind: str) -> None:
    original = _raised(ORDINARY[kind])
    original.add_note("while weaving")
    arrived = _sent(original)
    assert arrived is not original
    assert type(arrived) is type(original)
    assert (str(arrived), arrived.args) == (str(original), original.args)
    assert vars(arrived) == vars(original)
    assert arrived.__notes__ == ["while weaving"]
    assert _shown(arrived) == _shown(original)
    for name in ("errno", "filename", "start", "lineno", "name", "code", "value"):
        assert getattr(arrived, name, None) == getattr(original, name, None)


@given(st.lists(st.text() | st.integers() | st.none()), st.lists(st.text()))
def test_arguments_and_notes_arrive(args: list[Any], notes: list[str]) -> None:
    original = LookupError(*args)
    for note in notes:
        original.add_note(note)
    arrived = _sent(original)
    assert arrived.args == original.args
    assert getattr(arrived, "__notes__", []) == notes
    assert arrived.__traceback__ is None


def _chained() -> BaseException:
    try:
        try:
            _lookup()
        except KeyError as error:
            raise Coded(1, "middle") from error
    except Coded as error:
        try:
            raise ValueError("outer")
        except ValueError as outer:
            outer.__context__ = error
            return outer
    raise AssertionError


def _lookup() -> Any:
    empty: dict[str, int] = {}
    return empty["a"]


def test_causes_and_contexts_arrive_with_their_frames() -> None:
    original = _chained()
    arrived = _sent(original)
    assert isinstance(arrived.__context__, Coded) and not arrived.__suppress_context__
    assert isinstance(arrived.__context__.__cause__, KeyError)
    assert arrived.__context__.__cause__ is arrived.__context__.__context__
    assert arrived.__context__.__suppress_context__
    assert _shown(arrived) == _shown(original)
    assert "in _lookup" in _shown(arrived)


def test_a_suppressed_context_stays_suppressed() -> None:
    try:
        try:
            _lookup()
        except KeyError:
            raise ValueError("outer") from None
    except ValueError as error:
        arrived = _sent(error)
        assert _shown(arrived) == _shown(error)
    assert isinstance(arrived.__context__, KeyError) and arrived.__suppress_context__


def test_links_that_run_in_a_circle() -> None:
    first, second = ValueError("first"), KeyError("second")
    first.__context__, second.__context__ = second, first
    arrived = _sent(first)
    assert isinstance(arrived.__context__, KeyError)
    assert arrived.__context__.__context__ is arrived


def test_endless_chains_are_cut() -> None:
    last: BaseException = ValueError("0")
    for n in range(1, 5 * MAX_LINKED):
        last, last.__cause__ = ValueError(str(n)), last
    arrived = _sent(last)
    length = 0
    link: BaseException | None = arrived
    while link is not None:
        length, link = length + 1, link.__cause__
    assert length == MAX_LINKED


def test_groups_arrive_whole() -> None:
    inner = ExceptionGroup("inner", [_raised(Coded(1, "here")), _raised(KeyError("k"))])
    inner.add_note("noted")
    member = _raised(TypeError("t"))
    member.__cause__ = _raised(OSError(5, "disk"))
    original = _raised(ExceptionGroup("outer", [inner, member]))
    arrived = _sent(original)
    assert type(arrived) is ExceptionGroup and arrived.message == "outer"
    assert _shown(arrived) == _shown(original)
    matched, rest = arrived.split(Coded)
    assert matched is not None and rest is not None
    interrupted = _sent(BaseExceptionGroup("stop", [KeyboardInterrupt()]))
    assert type(interrupted) is BaseExceptionGroup


def test_groups_of_their_own_class() -> None:
    original = Group("mine", [ValueError("v")])
    vars(original)["extra"] = [1]
    arrived = _sent(original)
    assert type(arrived) is Group and vars(arrived) == {"extra": [1]}
    assert [str(e) for e in arrived.exceptions] == ["v"]
    vars(original)["extra"] = threading.Lock()
    arrived = _sent(_raised(original))
    assert isinstance(arrived, ExceptionGroup) and type(arrived) is not Group
    assert (type(arrived).__name__, arrived.message) == ("Group", "mine")
    assert _shown(arrived) == _shown(original)


def _with_lock() -> BaseException:
    error = Coded(3, "there")
    vars(error)["lock"] = threading.Lock()
    return error


STAND_INS = {
    "unpicklable attribute": (_with_lock(), Exception, "cannot pickle '_thread.lock' object"),
    "unpicklable argument": (OSError("x", threading.Lock()), OSError, "cannot pickle"),
    "slots": (Slotted("much"), KeyError, "a different exception"),
    "no message": (Silent(), Exception, "RuntimeError"),
}


@pytest.mark.parametrize("kind", STAND_INS)
def test_what_cannot_be_rebuilt_gets_a_stand_in(kind: str) -> None:
    original, base, reason = STAND_INS[kind]
    _raised(original).add_note("noted")
    arrived = _sent(original)
    assert isinstance(arrived, StandIn) and isinstance(arrived, RemoteError)
    assert isinstance(arrived, base)
    cls = type(original)
    assert (type(arrived).__name__, type(arrived).__qualname__) == (cls.__name__, cls.__qualname__)
    assert type(arrived).__module__ == cls.__module__
    assert reason in arrived.reason
    if kind != "no message":
        assert str(arrived) == str(original)
        assert _shown(arrived) == _shown(original) == arrived.remote_traceback
    assert arrived.__notes__ == ["noted"]
    assert "in _raised" in arrived.remote_traceback


def test_a_stand_in_travels_again() -> None:
    once = _sent(_raised(_with_lock()))
    assert isinstance(once, StandIn)
    twice, copied = _sent(once), pickle.loads(pickle.dumps(once))
    for again in (twice, copied):
        assert type(again) is type(once)
        assert isinstance(again, StandIn)
        assert (str(again), again.remote_traceback) == (str(once), once.remote_traceback)
    assert _shown(twice) == _shown(once)


def test_a_linked_exception_can_be_a_stand_in() -> None:
    original = _raised(ValueError("outer"))
    original.__cause__ = _raised(_with_lock())
    arrived = _sent(original)
    assert type(arrived) is ValueError
    assert isinstance(arrived.__cause__, StandIn)
    assert arrived.__cause__.remote_traceback.endswith("Coded: code 3 at there\n")
    assert _shown(arrived) == _shown(original)


def test_a_class_that_only_the_sender_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("only_here")
    exec("class Broken(ValueError): ...", vars(module))
    monkeypatch.setitem(sys.modules, "only_here", module)
    data = pack_exception(_raised(vars(module)["Broken"]("thread torn")))
    monkeypatch.delitem(sys.modules, "only_here")
    arrived = unpack_exception(data)
    assert isinstance(arrived, StandIn) and isinstance(arrived, ValueError)
    assert _shown(arrived).endswith("only_here.Broken: thread torn\n")
    assert "ModuleNotFoundError" in arrived.reason


class Hostile(Exception):
    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(f"no {name}")

    def __str__(self) -> str:
        raise RuntimeError("no words")

    def __reduce__(self) -> Any:
        raise RuntimeError("no pickle")


def test_packing_never_fails() -> None:
    arrived = _sent(_raised(Hostile("x")))
    assert type(arrived).__name__ == "Hostile"
    assert traceback.extract_tb(arrived.__traceback__)[-1].name == "_raised"
    group = _raised(ExceptionGroup("g", [Hostile("x"), ValueError("v")]))
    group.__cause__ = Hostile("y")
    arrived = _sent(group)
    assert isinstance(arrived, ExceptionGroup) and arrived.message == "g"
    assert [type(e).__name__ for e in arrived.exceptions] == ["Hostile", "ValueError"]
    assert type(arrived.__cause__).__name__ == "Hostile"


def test_runaway_recursion_arrives() -> None:
    def recurse() -> None:
        recurse()

    with pytest.raises(RecursionError) as caught:
        recurse()
    arrived = _sent(caught.value)
    assert type(arrived) is RecursionError
    assert len(traceback.extract_tb(arrived.__traceback__)) > 500


def test_frames_of_treadle_are_left_out() -> None:
    def task() -> None:
        raise ValueError("mine")

    # A function whose file lies in the package, as that of a scheduler which calls the task.
    namespace: dict[str, Any] = {"task": task}
    own = errors.__file__.replace("errors", "local/sync")
    exec(compile("def run(): task()", own, "exec"), namespace)
    with pytest.raises(ValueError) as caught:
        namespace["run"]()
    tb = caught.value.__traceback__
    assert tb is not None
    arrived = _sent(caught.value.with_traceback(tb.tb_next))
    assert [f.name for f in traceback.extract_tb(arrived.__traceback__)] == ["task"]
    vars(caught.value)["lock"] = threading.Lock()
    stand_in = _sent(caught.value)
    assert isinstance(stand_in, StandIn) and own not in stand_in.remote_traceback


def test_classes_of_main_come_back_as_themselves(elsewhere: Elsewhere) -> None:
    script = """
import subprocess
from treadle.serialize import dumps_function, unpack_exception

class Torn(Exception):
    def __init__(self, a, b):
        super().__init__(f"{a} and {b}")

def task():
    raise Torn(1, 2) from KeyError("k")

there = '''
import sys
from treadle.serialize import loads_function, pack_exception
try:
    loads_function(sys.stdin.buffer.read())()
except Exception as error:
    sys.stdout.buffer.write(pack_exception(error))
'''
done = subprocess.run(
    [sys.executable, "-c", there], input=dumps_function(task), capture_output=True, check=True
)
error = unpack_exception(done.stdout)
assert type(error) is Torn, type(error).__mro__
assert type(error.__cause__) is KeyError
print(error)
"""
    assert elsewhere(script).strip() == b"1 and 2"
