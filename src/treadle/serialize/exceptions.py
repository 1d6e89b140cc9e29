"""Exceptions that travel: type, message, notes, frames, causes and groups.

Laws:

1. `pack_exception` never fails. Whatever an exception's own code does while it is packed, a
   description in words still arrives.
2. An exception travels as itself only if a rebuilt one was made and compared while packing;
   otherwise, and where the receiving process cannot rebuild it after all, a stand-in arrives.
3. Exceptions linked as cause, context or members of a group are packed once each, so links that
   meet, or run in a circle, do so afterwards too. A chain is cut after MAX_LINKED exceptions.
4. Tracebacks start at the user's first frame.
"""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Callable
from typing import Any, NamedTuple

from treadle.serialize.frames import (
    FrameRecord,
    count_own,
    rebuild_frames,
    record_frames,
    strip_frames,
)
from treadle.serialize.pickling import PROTOCOL, dump_inline
from treadle.serialize.standin import make_stand_in

MAX_LINKED = 100


class _Packed(NamedTuple):
    """One exception as plain data; links are positions in the list of all of them."""

    module: str
    qualname: str
    builtin: str
    message: str
    pickled: bytes | None
    bare: bool
    reason: str
    notes: list[str]
    frames: list[FrameRecord]
    text: str
    cause: int | None
    context: int | None
    suppress_context: bool
    members: list[int] | None


def pack_exception(exc: BaseException) -> bytes:
    """Describe an exception so that another process can raise it.

    Parameters
    ----------
    exc
        Any exception, raised or not.

    Returns
    -------
    bytes
        For unpack_exception.

    Examples
    --------
    >>> try:
    ...     int("x")
    ... except ValueError as error:
    ...     data = pack_exception(error)
    >>> unpack_exception(data)
    ValueError("invalid literal for int() with base 10: 'x'")
    """
    linked = _linked(exc)
    at = {id(one): n for n, one in enumerate(linked)}
    packed = []
    for one in linked:
        try:
            packed.append(_pack_one(one, at, whole=one is exc))
        except Exception as error:
            packed.append(_describe(one, error))
    return pickle.dumps([tuple(one) for one in packed], PROTOCOL)


def unpack_exception(data: bytes) -> BaseException:
    """Rebuild an exception from its description.

    Parameters
    ----------
    data
        What pack_exception returned.

    Returns
    -------
    BaseException
        The exception with its own type, traceback, notes, cause, context and group members. One
        that cannot be rebuilt arrives as a `StandIn`, a `treadle.errors.RemoteError` whose class
        has the same name, with the original's traceback as text in ``remote_traceback``.
    """
    packed = [_Packed(*fields) for fields in pickle.loads(data)]
    rebuilt: dict[int, BaseException] = {}

    def rebuild(at: int) -> BaseException:
        if at not in rebuilt:
            members = packed[at].members
            rebuilt[at] = (
                _unpack_one(packed[at])
                if members is None
                else _unpack_group(packed[at], [rebuild(n) for n in members])
            )
        return rebuilt[at]

    for at, one in enumerate(packed):
        exc = rebuild(at)
        exc.__traceback__ = rebuild_frames(one.frames)
        if one.notes:
            exc.__notes__ = list(one.notes)
    for at, one in enumerate(packed):
        exc = rebuilt[at]
        exc.__cause__ = None if one.cause is None else rebuilt[one.cause]
        exc.__context__ = None if one.context is None else rebuilt[one.context]
        exc.__suppress_context__ = one.suppress_context
    return rebuilt[0]


def _own(exc: BaseException, name: str) -> Any:
    """Read what every exception has, past any code of its class."""
    return BaseException.__getattribute__(exc, name)


def _members(exc: BaseException) -> tuple[BaseException, ...] | None:
    # Not isinstance(), which asks the object itself for its class.
    return _own(exc, "exceptions") if issubclass(type(exc), BaseExceptionGroup) else None


def _linked(exc: BaseException) -> list[BaseException]:
    """List the exception and all that are linked to it, nearest first."""
    found = [exc]
    seen = {id(exc)}
    for one in found:
        links = [e for e in (_own(one, "__cause__"), _own(one, "__context__")) if e is not None]
        # The members of a group are part of its value, so the limit does not apply to them.
        for link in [*(_members(one) or ()), *links[: max(0, MAX_LINKED - len(found))]]:
            if id(link) not in seen:
                seen.add(id(link))
                found.append(link)
    return found


def _pack_one(exc: BaseException, at: dict[int, int], whole: bool) -> _Packed:
    cls = type(exc)
    members = _members(exc)
    if members is None:
        message = _message(exc)
        pickled, bare, reason = _pickle_exception(exc)
    else:
        message, bare = str(_own(exc, "message")), True
        pickled, reason = _pickle_checked((cls, vars(exc)), lambda loaded: True)
    return _Packed(
        cls.__module__,
        cls.__qualname__,
        _builtin_base(cls),
        message,
        pickled,
        bare,
        reason,
        [str(note) for note in getattr(exc, "__notes__", ())],
        record_frames(strip_frames(exc.__traceback__)),
        _text(exc, message, whole),
        # A link beyond the limit is not in the list.
        at.get(id(exc.__cause__)),
        at.get(id(exc.__context__)),
        exc.__suppress_context__,
        None if members is None else [at[id(member)] for member in members],
    )


def _describe(exc: BaseException, error: Exception) -> _Packed:
    """Describe an exception whose own code gets in the way, without calling any of it."""
    cls = type(exc)
    reason = f"describing it raised {type(error).__name__}"
    frames = record_frames(strip_frames(_own(exc, "__traceback__")))
    return _Packed(
        str(cls.__module__),
        cls.__qualname__,
        _builtin_base(cls),
        message=f"<no message: {reason}>",
        pickled=None,
        bare=False,
        reason=reason,
        notes=[],
        frames=frames,
        text="",
        cause=None,
        context=None,
        suppress_context=True,
        members=None,
    )


def _pickle_exception(exc: BaseException) -> tuple[bytes | None, bool, str]:
    """Pickle an exception and make sure that it comes back the same."""

    def alike(rebuilt: Any) -> bool:
        return (
            type(rebuilt) is type(exc)
            and str(rebuilt) == str(exc)
            and len(rebuilt.args) == len(exc.args)
        )

    pickled, reason = _pickle_checked(exc, alike)
    if pickled is None and type(exc).__reduce__ is BaseException.__reduce__:
        # Python rebuilds an exception by calling its class with `args`, which are those of
        # BaseException and rarely those of an __init__ that takes other ones. Its parts are enough.
        parts = (type(exc), exc.args, vars(exc))
        pickled, _ = _pickle_checked(parts, lambda loaded: alike(_from_parts(*loaded)))
        return pickled, True, reason
    return pickled, False, reason


def _pickle_checked(obj: Any, check: Callable[[Any], bool]) -> tuple[bytes | None, str]:
    """Pickle, rebuild and check; without a pickle, the reason is given in words."""
    try:
        pickled = dump_inline(obj)
        if check(pickle.loads(pickled)):
            return pickled, ""
    except Exception as error:
        return None, f"{type(error).__name__}: {_message(error)}"
    return None, "its class makes a different exception of the same arguments"


def _from_parts(cls: Any, args: Any, state: Any) -> BaseException:
    exc: BaseException = cls.__new__(cls, *args)
    vars(exc).update(state)
    return exc


def _unpack_one(packed: _Packed) -> BaseException:
    reason = packed.reason
    if packed.pickled is not None:
        try:
            loaded = pickle.loads(packed.pickled)
            exc = _from_parts(*loaded) if packed.bare else loaded
            if isinstance(exc, BaseException):
                return exc
            reason = f"it came back as a {type(exc).__qualname__}"
        except Exception as error:
            reason = f"{type(error).__name__}: {_message(error)}"
    return make_stand_in(
        packed.module, packed.qualname, packed.builtin, packed.message, packed.text, reason
    )


def _unpack_group(packed: _Packed, members: list[BaseException]) -> BaseException:
    try:
        cls, state = pickle.loads(packed.pickled or b"")
    except Exception:
        # The members matter to `except*`; so the stand-in for a group is a group of that name.
        plain = all(isinstance(member, Exception) for member in members)
        base = ExceptionGroup if plain else BaseExceptionGroup
        names = {"__module__": packed.module, "__qualname__": packed.qualname}
        cls, state = type(packed.qualname.rpartition(".")[2], (base,), names), {}
    exc: BaseException = BaseExceptionGroup.__new__(cls, packed.message, members)
    vars(exc).update(state)
    return exc


def _builtin_base(cls: type) -> str:
    return next(base.__name__ for base in cls.__mro__ if base.__module__ == "builtins")


def _message(exc: BaseException) -> str:
    try:
        return str(exc)
    except Exception as error:
        return f"<no message: its __str__ raised {type(error).__name__}>"


def _text(exc: BaseException, message: str, whole: bool) -> str:
    """Format the traceback as text; with all linked exceptions where `whole`."""
    if whole:
        try:
            return _whole_text(exc)
        except Exception:
            pass  # the code of a linked exception got in the way
    stack = traceback.extract_tb(strip_frames(exc.__traceback__))
    name = f"{type(exc).__module__}.{type(exc).__qualname__}"
    lines = ["Traceback (most recent call last):\n", *stack.format(), f"{name}: {message}\n"]
    return "".join(lines)


def _whole_text(exc: BaseException) -> str:
    formatted = traceback.TracebackException.from_exception(exc)
    pending = [formatted]
    for one in pending:
        del one.stack[: count_own(frame.filename for frame in one.stack)]
        links = (*(one.exceptions or ()), one.__cause__, one.__context__)
        pending += [link for link in links if link is not None]
    return "".join(formatted.format())
