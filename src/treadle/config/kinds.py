"""What a configuration value may be: checks that also say, in words, what they expect.

A `Kind` accepts a value, possibly in a plainer form (a ``Path`` becomes text, a NumPy integer an
``int``), or raises ``ValueError`` or ``TypeError``. Texts with a unit stay as they were written:
``get`` gives back what was set, and whoever uses a size calls `treadle.units.parse_bytes`.
"""

from __future__ import annotations

import operator
import os
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from treadle.units import parse_bytes, parse_timedelta

__all__ = [
    "Kind",
    "boolean",
    "choice",
    "duration",
    "executor",
    "function",
    "list_of",
    "mapping",
    "nbytes",
    "none",
    "one_of",
    "optional",
    "path",
    "regex",
    "text",
    "whole",
]


class Kind(NamedTuple):
    """One kind of value.

    Parameters
    ----------
    expects
        Ends the sentence "it must be ...".
    accept
        Returns the value to store, or raises ``ValueError`` or ``TypeError``.
    """

    expects: str
    accept: Callable[[Any], Any]


def _instance(expects: str, *types: type) -> Kind:
    def accept(value: Any) -> Any:
        if not isinstance(value, types):
            raise TypeError
        return value

    return Kind(expects, accept)


boolean = _instance("true or false", bool)
none = _instance("None", type(None))
text = _instance("a text", str)
mapping = _instance("a mapping", Mapping)


def _path(value: Any) -> str:
    name = os.fspath(value)
    if not isinstance(name, str) or not name:
        raise ValueError
    return os.path.expanduser(name)


def _nbytes(value: Any) -> Any:
    parse_bytes(value)
    return value


def _duration(value: Any) -> Any:
    if value is None or parse_timedelta(value) < 0:
        raise ValueError
    return value


def _function(value: Any) -> Any:
    if not callable(value):
        raise TypeError
    return value


def _executor(value: Any) -> Any:
    # A concurrent.futures executor has submit, a multiprocessing pool apply_async.
    if not (hasattr(value, "submit") or hasattr(value, "apply_async")):
        raise TypeError
    return value


def _regex(value: Any) -> str:
    import re

    try:
        re.compile(value)
    except re.error as error:
        raise ValueError from error
    return str(value)


path = Kind("the path of a folder or file", _path)
nbytes = Kind("a size such as '100 MiB' or a number of bytes", _nbytes)
duration = Kind("a duration such as '30 s' or a number of seconds", _duration)
function = Kind("a callable, which can only be set from Python", _function)
executor = Kind("an executor or a pool, which can only be set from Python", _executor)
regex = Kind("a regular expression", _regex)


def whole(minimum: int) -> Kind:
    """Return the kind of whole numbers from `minimum` on.

    Examples
    --------
    >>> whole(1).expects
    'a whole number, 1 or more'
    """

    def accept(value: Any) -> int:
        number = operator.index(value)
        if isinstance(value, bool) or number < minimum:
            raise ValueError
        return number

    return Kind(f"a whole number, {minimum} or more", accept)


def choice(*values: str) -> Kind:
    """Return the kind of a text that is one of `values`.

    Examples
    --------
    >>> choice("left", "right").expects
    "'left' or 'right'"
    """

    def accept(value: Any) -> Any:
        if value not in values:
            raise ValueError
        return value

    return Kind(" or ".join(map(repr, values)), accept)


def list_of(kind: Kind) -> Kind:
    """Return the kind of lists and tuples whose items are of `kind`, stored as lists.

    Examples
    --------
    >>> list_of(whole(0)).accept((1, 2))
    [1, 2]
    """

    def accept(value: Any) -> list[Any]:
        if not isinstance(value, list | tuple):
            raise TypeError
        return [kind.accept(item) for item in value]

    return Kind(f"a list, each item {kind.expects}", accept)


def one_of(*kinds: Kind) -> Kind:
    """Return the kind of values that fit any of `kinds`; the first that fits decides.

    Examples
    --------
    >>> one_of(choice("auto"), whole(1)).expects
    "'auto' or a whole number, 1 or more"
    """

    def accept(value: Any) -> Any:
        for kind in kinds:
            try:
                return kind.accept(value)
            except (TypeError, ValueError):
                continue
        raise ValueError

    return Kind(" or ".join(kind.expects for kind in kinds), accept)


def optional(kind: Kind) -> Kind:
    """Return the kind of values that are None or of `kind`.

    Examples
    --------
    >>> optional(whole(1)).accept(None)
    """
    return one_of(none, kind)
