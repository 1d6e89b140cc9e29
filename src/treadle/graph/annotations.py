"""Annotations: what the user asked of the tasks created inside a ``with annotate(...)`` block.

An operation keeps the mapping that was in force when it was made. Passes compare these mappings
and never join operations whose annotations differ, so nothing the user asked for gets lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any

_current: ContextVar[Mapping[str, Any] | None] = ContextVar("treadle_annotations", default=None)

#: The mapping in force, or None: the form in which operations store it.
current = _current.get


def get_annotations() -> dict[str, Any]:
    """Return the annotations in force here.

    Examples
    --------
    >>> with annotate(priority=10):
    ...     get_annotations()
    {'priority': 10}
    """
    return dict(_current.get() or {})


@contextmanager
def annotate(**annotations: Any) -> Iterator[None]:
    """Attach annotations to every task created inside the block; inner blocks add and override.

    Parameters
    ----------
    **annotations
        ``priority``, ``retries``, ``resources``, ``workers``, ``allow_other_workers`` and any
        name of your own. Schedulers act on the ones they know.

    Examples
    --------
    >>> with annotate(priority=1, note="outer"):
    ...     with annotate(priority=2):
    ...         sorted(get_annotations().items())
    [('note', 'outer'), ('priority', 2)]
    """
    _check(annotations)
    merged = MappingProxyType({**(_current.get() or {}), **annotations})
    token = _current.set(merged)
    try:
        yield
    finally:
        _current.reset(token)


def _check(annotations: Mapping[str, Any]) -> None:
    retries = annotations.get("retries")
    if retries is not None and (isinstance(retries, bool) or not isinstance(retries, int)):
        raise TypeError(f"annotate(retries={retries!r}): give a whole number, for example 3")
    if retries is not None and retries < 0:
        raise ValueError(f"annotate(retries={retries}): give zero or more")
    priority = annotations.get("priority")
    if priority is not None and not isinstance(priority, int | float):
        raise TypeError(f"annotate(priority={priority!r}): give a number; higher runs first")
    resources = annotations.get("resources")
    if resources is not None and not isinstance(resources, Mapping):
        raise TypeError(
            f"annotate(resources={resources!r}): give a mapping of names to amounts, "
            "for example resources={'GPU': 1}"
        )
