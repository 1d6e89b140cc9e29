"""``tokenize`` as people use it: the configuration says what to do with the unhashable."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from treadle import config
from treadle.graph.tokens import token_of


def tokenize(*args: Any, ensure_deterministic: bool | None = None, **kwargs: Any) -> str:
    """Return a hash of the content of the arguments, the same in every process and on every run.

    Parameters
    ----------
    *args, **kwargs
        What to hash: numbers, strings, containers, dataclasses, functions and closures, NumPy and
        pandas objects, paths, dates, and anything with a method ``__treadle_tokenize__``.
    ensure_deterministic
        Whether to refuse a value without a content hash. Otherwise the result is unique. The
        option ``tokenize.ensure-deterministic`` when None.

    Returns
    -------
    str
        32 hexadecimal digits.

    Raises
    ------
    TokenizationError
        A value has no content hash; the text gives the path to it.

    Examples
    --------
    >>> tokenize([1, 2]) == tokenize([1, 2]) != tokenize((1, 2))
    True
    """
    if ensure_deterministic is None:
        ensure_deterministic = bool(config.get("tokenize.ensure-deterministic"))
    return token_of(args, kwargs, fresh=None if ensure_deterministic else _fresh)


def _fresh() -> str:
    return uuid4().hex
