"""The functions that the operations of lazy expressions call when they run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def one_of(results: Any, position: int, length: int) -> Any:
    """Return one of the results of a call that was said to return ``length`` of them."""
    if not hasattr(results, "__getitem__"):
        results = tuple(results) if hasattr(results, "__iter__") else results
    try:
        count = len(results)
    except TypeError:
        raise TypeError(
            f"a call wrapped with nout={length} returned one {type(results).__name__}, which "
            f"cannot be unpacked: return a tuple of {length}, or leave nout out"
        ) from None
    if count != length:
        raise ValueError(
            f"a call wrapped with nout={length} returned {count} results: make the two agree"
        )
    return results[position]


def call_value(func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return func(*args, **kwargs)


class MethodCall:
    """Calls a method by name: ``MethodCall('upper')('a')`` is ``'A'``."""

    __slots__ = ("method",)

    def __init__(self, method: str) -> None:
        self.method = method

    def __call__(self, obj: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(obj, self.method)(*args, **kwargs)

    @property
    def __name__(self) -> str:
        return self.method

    def __reduce__(self) -> tuple[Any, ...]:
        return MethodCall, (self.method,)

    def __treadle_tokenize__(self) -> Any:
        return ("MethodCall", self.method)
