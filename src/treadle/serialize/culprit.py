"""Finds what in a value cannot be sent, and the path to it.

Laws:

1. The search is pickling itself: the standard library's Python pickler, given the rules of the
   thorough pickler, with its bytes thrown away. So it takes the turns that the real one takes,
   visits every object once, and follows cycles no more than pickle does. When it fails, the objects
   being saved at that moment are the path.
2. The path ends at the outermost object that is known never to travel (a ``threading.Event``, not
   the lock deep inside it).
3. The search is bounded: after MAX_OBJECTS it gives up and the error names no path.
"""

from __future__ import annotations

import pickle
import types
from typing import Any

from treadle.errors import SerializationError
from treadle.serialize.frames import strip_frames
from treadle.serialize.hints import hint_for
from treadle.serialize.labels import Saved, describe, labels_between
from treadle.serialize.pickling import PROTOCOL, thorough_pickler

MAX_OBJECTS = 1_000_000
MAX_LABELS = 24  # a longer path shows its two ends
ATOMS = frozenset({type(None), bool, int, float, complex, str, bytes, bytearray})

OTHERWISE = (
    "Make it inside the task, leave it out, or give its class a __reduce__ or __getstate__ that "
    "leaves out what cannot travel."
)
TOO_DEEP = (
    "It is nested too deeply for pickle. Send it in a flatter form, such as a list of its parts "
    "with integers for the links between them."
)


class _GaveUp(Exception):
    """The search has seen MAX_OBJECTS."""


class _NullFile:
    def write(self, data: object) -> int:
        return 0


def find_culprit(obj: Any, what: str) -> str | None:
    """Name the path from a value to the object in it that cannot be sent to another process.

    Parameters
    ----------
    obj
        The value.
    what
        How the path names the value, such as ``"argument 'model' of fit()"``.

    Returns
    -------
    str or None
        The path; None where everything can be sent or the value is too large to search.

    Examples
    --------
    >>> find_culprit({"rows": [1, (i for i in "ab")]}, "value")
    "value -> ['rows'] -> [1] -> generator"
    >>> find_culprit({"rows": [1, 2]}, "value") is None
    True
    """
    stack, _ = _search(obj)
    return _path(stack, what) if stack else None


def cannot_send(obj: Any, what: str, error: Exception) -> SerializationError:
    """Make the error for a value whose pickling failed with `error`."""
    error.__traceback__ = strip_frames(error.__traceback__)
    stack, found = _search(obj)
    if isinstance(error, RecursionError) or isinstance(error.__cause__, RecursionError):
        return SerializationError(f"cannot send {what} to another process. {TOO_DEEP} ({error})")
    if not stack:
        reason = f"{type(error).__name__}: {error}"
        return SerializationError(f"cannot send {what} to another process: {reason}. {OTHERWISE}")
    text = f"cannot send {what} to another process: {_path(stack, what)}"
    function = next((s.obj for s in reversed(stack) if isinstance(s.obj, types.FunctionType)), None)
    if function is not None:
        code = function.__code__
        text += f" (in {code.co_name}, {code.co_filename}:{code.co_firstlineno})"
    hint = hint_for(stack[-1].obj)
    if hint is not None:
        return SerializationError(f"{text}. {hint}")
    return SerializationError(f"{text} ({type(found).__name__}: {found}). {OTHERWISE}")


def cannot_rebuild(what: str, error: Exception) -> SerializationError:
    """Make the error for a pickle that this process cannot turn back into a value."""
    error.__traceback__ = strip_frames(error.__traceback__)
    text = f"cannot rebuild {what} in this process: {type(error).__name__}: {error}"
    if isinstance(error, ImportError | AttributeError):
        return SerializationError(
            f"{text}. The module must be importable here too, in the same version: install it, or "
            "put its folder on PYTHONPATH."
        )
    return SerializationError(f"{text}. Check that its class can be unpickled: copy.copy(value).")


def _path(stack: list[Saved], what: str) -> str:
    labels = labels_between(stack)
    if len(labels) > MAX_LABELS:
        labels = [*labels[: MAX_LABELS // 2], "...", *labels[-MAX_LABELS // 2 :]]
    return " -> ".join([what, *labels, describe(stack[-1].obj)])


def _search(obj: Any) -> tuple[list[Saved], Exception | None]:
    """Pickle `obj` for the sake of failing: the objects on the way to the failure, and the failure.

    The list is empty where nothing failed, or where what failed is not one object's fault.
    """
    stack: list[Saved] = []
    seen = 0
    # `Any`, since the methods replaced here are the pickler's own and not in its type.
    pickler: Any = pickle._Pickler(_NullFile(), PROTOCOL, buffer_callback=lambda buffer: False)
    rules = thorough_pickler(_NullFile())
    pickler.reducer_override = rules.reducer_override
    pickler.dispatch_table = rules.dispatch_table
    save, save_reduce = pickler.save, pickler.save_reduce

    def traced_save(item: Any, save_persistent_id: bool = True) -> None:
        nonlocal seen
        if type(item) in ATOMS:
            return
        seen += 1
        if seen > MAX_OBJECTS:
            raise _GaveUp
        stack.append(Saved(item))
        save(item, save_persistent_id)
        stack.pop()  # not in a finally: after a failure the stack is the answer

    def traced_save_reduce(
        func: Any, args: Any, state: Any = None, *rest: Any, **named: Any
    ) -> None:
        stack[-1].args, stack[-1].state = args, state
        save_reduce(func, args, state, *rest, **named)

    pickler.save, pickler.save_reduce = traced_save, traced_save_reduce
    try:
        pickler.dump(obj)
    except (_GaveUp, RecursionError):
        # The search needs more calls for each level than the pickler it imitates.
        return [], None
    except Exception as error:
        known = (n for n, saved in enumerate(stack, 1) if hint_for(saved.obj) is not None)
        return stack[: next(known, len(stack))], error
    finally:
        del pickler.save, pickler.save_reduce  # or the pickler and the hooks keep each other
    return [], None
