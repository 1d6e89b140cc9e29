"""`tokenize` and `token_of`: from values to a token.

Law: nothing here is random. A token for something without content has to be unique, and the only
source of such tokens is the one that a caller passes to `token_of`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from hashlib import blake2b
from typing import Any

from treadle.errors import TokenizationError
from treadle.graph.tokens import builtin_types, callables, classes
from treadle.graph.tokens.encode import Culprit, Encoder
from treadle.graph.tokens.objects import encode_object, normalize_token

_ATOMS = builtin_types.ATOMS
_BODIES = {**builtin_types.BODIES, **callables.BODIES, **classes.BODIES}

normalize_token.close(frozenset({*_ATOMS, *_BODIES}))

# Part of every token. Change it when the encoding of anything changes, so that tokens that were
# stored do not match by accident.
_FORMAT = b"treadle-1"


def tokenize(*args: Any, ensure_deterministic: bool | None = None, **kwargs: Any) -> str:
    """Hash values by their type and content.

    Equal content gives the same token in every process and on every run, and other content another
    token. See ``docs/tokens.md`` for what counts as content.

    Parameters
    ----------
    *args, **kwargs
        The values. Keyword arguments count with their names, whatever their order.
    ensure_deterministic
        What to do about a value without content, such as a lock or an open file. None and True
        raise. False asks for a token that is unique, for which this function has no source: it
        raises as well and names :func:`token_of`, which takes one.

    Returns
    -------
    str
        32 hexadecimal digits.

    Raises
    ------
    TokenizationError
        When a value has no content that can be hashed. The text gives the path to it.

    Examples
    --------
    >>> tokenize(1, "two", [3.0]) == tokenize(1, "two", [3.0])
    True
    >>> tokenize(1) == tokenize(1.0)
    False
    >>> len(tokenize())
    32
    """
    try:
        return _token(args, kwargs)
    except TokenizationError as error:
        if ensure_deterministic is False:
            error.add_note("a unique token needs a source: call token_of(args, fresh=...)")
        raise


def token_of(
    args: Iterable[Any],
    kwargs: Mapping[str, Any] | None = None,
    *,
    fresh: Callable[[], str] | None = None,
) -> str:
    """Hash values as `tokenize` does, with a way out for values without content.

    Parameters
    ----------
    args, kwargs
        The positional and keyword arguments of `tokenize`.
    fresh
        Called for a token that was never given before, when a value has no content to hash.
        Without it such a value raises.

    Returns
    -------
    str
        The token, or what `fresh` returned.

    Raises
    ------
    TokenizationError
        When a value has no content that can be hashed and there is no `fresh`.

    Examples
    --------
    >>> token_of([1], {"x": 2}) == tokenize(1, x=2)
    True
    >>> token_of([object()], fresh=lambda: "never-seen-before")
    'never-seen-before'
    """
    try:
        return _token(tuple(args), kwargs or {})
    except TokenizationError:
        if fresh is None:
            raise
        return fresh()


def _token(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str:
    encoder = Encoder(_ATOMS, _BODIES, encode_object)
    try:
        parts = encoder.items(args)
        named = encoder.pairs(kwargs.items(), "argument") if kwargs else b"0:"
    except Culprit as culprit:
        raise TokenizationError(_explain(culprit)) from culprit.__cause__
    except RecursionError:
        raise TokenizationError(
            "cannot tokenize values that are nested this deep: the interpreter's recursion limit "
            "was reached; flatten the value, or give its class a method __treadle_tokenize__(self)"
        ) from None
    data = b"%b%x:%b%b" % (_FORMAT, len(parts), b"".join(parts), named)
    return blake2b(data, digest_size=16).hexdigest()


def _explain(culprit: Culprit) -> str:
    steps = culprit.path[::-1]
    if steps[0].startswith("["):  # a position among *args
        steps[0] = f"argument {steps[0][1:-1]}"
    cls = type(culprit.value)
    return (
        f"{' -> '.join(steps)} : {cls.__module__}.{cls.__qualname__} "
        f"has no content that can be hashed ({culprit.reason}).\n"
        f"Leave it out or pass what it is made from, give its class a method "
        f"__treadle_tokenize__(self) that returns its content, or teach its type with "
        f"@normalize_token.register({cls.__name__}). With ensure_deterministic=False the token "
        f"is a new one every time."
    )
