"""Setting and looking up: `set`, `get`, and who has set what.

The law of `set`:

- The call itself is permanent: it takes effect at once, in all threads.
- ``with config.set(...)`` makes the same settings hold for the block only, and only for the thread
  or asyncio task that runs it (a context variable): two threads with such blocks do not disturb
  each other. On entering, the permanent effect of the call is taken back, so another thread can
  see it only in the moment between the call and the entering.
- Blocks win over everything else, the innermost first. A permanent call inside a block of the same
  thread wins over the block at once, and stays when the block ends.
- A thread started inside a block does not see the block unless it runs in a copy of the context
  (``contextvars.copy_context().run``).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, NamedTuple

from treadle.config import schema
from treadle.config.layers import LAYERS, UNSET
from treadle.config.schema import DEFAULT, Key, Setting, Source
from treadle.errors import ConfigError


class set:
    """Change settings, permanently or for a ``with`` block.

    Parameters
    ----------
    arg
        Settings by dotted name, or nested.
    **kwargs
        More settings; two underscores stand for a dot, one for a hyphen.

    Raises
    ------
    ConfigError
        If a key is unknown or a value does not fit it. Nothing is changed then.

    Examples
    --------
    >>> from treadle import config
    >>> with config.set({"optimization.fuse.active": False}, num_workers=2):
    ...     config.get("num-workers"), config.get("optimization.fuse.active")
    (2, False)
    >>> with config.set(optimization__fuse__active=False):
    ...     config.get("optimization.fuse.active")
    False
    """

    __slots__ = ("__weakref__", "settings")

    def __init__(self, arg: Mapping[str, Any] | None = None, /, **kwargs: Any) -> None:
        caller = sys._getframe(1)
        source = Source("call", f"config.set in {caller.f_code.co_filename}", caller.f_lineno)
        data = dict(arg or {})
        data.update((name.replace("__", "."), value) for name, value in kwargs.items())
        self.settings = {s.key: s for s in schema.flatten(data, lambda _: source)}
        LAYERS.push(self, self.settings)
        context = _context.get()
        if context is not None:
            _show((*context.frames, (self, False)))

    def __enter__(self) -> set:
        LAYERS.withdraw(self, self.settings)
        context = _context.get()
        frames = context.frames if context is not None else ()
        _show((*(frame for frame in frames if frame != (self, False)), (self, True)))
        return self

    def __exit__(self, *exc_info: object) -> None:
        context = _context.get()
        frames = list(context.frames) if context is not None else []
        for position in reversed(range(len(frames))):
            if frames[position] == (self, True):
                del frames[position]
                break
        # Permanent calls are kept here only to win over a block below them.
        while frames and not frames[0][1]:
            del frames[0]
        _show(tuple(frames))


class _Context(NamedTuple):
    """The settings of the ``with`` blocks that are open here; `frames` is outermost first.

    A frame that is not a block is a permanent call made inside one, which it must win over.
    """

    frames: tuple[tuple[set, bool], ...]
    values: dict[str, Any]


_context: ContextVar[_Context | None] = ContextVar("treadle_config", default=None)


def _show(frames: tuple[tuple[set, bool], ...]) -> None:
    values = {name: s.value for call, _ in frames for name, s in call.settings.items()}
    _context.set(_Context(frames, values) if frames else None)


def get(key: str, default: Any = UNSET, override_with: Any = None) -> Any:
    """Return the value of a key, or the nested values of a section.

    Parameters
    ----------
    key
        Dotted name; an underscore counts as a hyphen.
    default
        Returned where nobody has set the key and its own default is None.
    override_with
        Returned instead of anything else unless it is None: for an argument that goes before
        the configuration.

    Raises
    ------
    UnknownKeyError
        If the key does not exist; a ``ConfigError`` and a ``KeyError``.
    ConfigError
        If a file or variable, read on first use, cannot be used.

    Examples
    --------
    >>> from treadle import config
    >>> with config.set(num_workers=4):
    ...     config.get("num-workers"), config.get("num_workers", override_with=2)
    (4, 2)
    """
    if override_with is not None:
        return override_with
    context = _context.get()
    if context is not None and key in context.values:
        return context.values[key]
    values = LAYERS.values
    if key in values:
        value = values[key]
        if value is not UNSET:
            return value
        return None if default is UNSET else default
    if not values:
        LAYERS.load()
        return get(key, default)
    if "_" in key:
        return get(schema.canonical(key), default)
    found = schema.resolve(key)
    if not isinstance(found, Key):
        prefix = found + "."
        below = {k: v for k, v in effective().items() if k.startswith(prefix)}
        return schema.nest({k.removeprefix(prefix): v for k, v in below.items()})
    # A key that was renamed, or that another thread is registering.
    setting = where(found.name)
    if setting.value is None and setting.source is DEFAULT and default is not UNSET:
        return default
    return setting.value


def effective() -> dict[str, Any]:
    """Return the effective value of every key, as seen here, by dotted name."""
    return {setting.key: setting.value for setting in map(where, schema.known())}


def find(key: str) -> list[Setting]:
    """Return every setting of a key, the one that counts first, the schema's default last.

    Examples
    --------
    >>> from treadle import config
    >>> with config.set(num_workers=2), config.set(num_workers=3):
    ...     [setting.value for setting in config.find("num-workers")][:2]
    [3, 2]
    """
    LAYERS.load()
    found = schema.resolve(key)
    if not isinstance(found, Key):
        names = [name for name in schema.known() if name.startswith(found + ".")]
        raise ConfigError(
            f"configuration key {found!r} is a section; ask for one of {', '.join(names)}"
        )
    context = _context.get()
    frames = context.frames if context is not None else ()
    blocks = [
        call.settings[found.name] for call, _ in reversed(frames) if found.name in call.settings
    ]
    with LAYERS.lock:
        permanent = list(LAYERS.settings(found.name))
    # A permanent call inside a block is in both.
    return blocks + [s for s in permanent if not any(s is block for block in blocks)]


def where(key: str) -> Setting:
    """Return the setting of a key that counts: its value and the file, variable or call it is from.

    Examples
    --------
    >>> from treadle import config
    >>> config.where("multiprocessing.context").source.kind
    'default'
    """
    return find(key)[0]


def pop(key: str, default: Any = UNSET) -> Any:
    """Forget a key wherever it was set, until `refresh`, and return the value it had.

    ``with`` blocks are left alone.

    Parameters
    ----------
    key
        Dotted name.
    default
        Returned if nobody has set the key.

    Raises
    ------
    UnknownKeyError
        If the key is not set and there is no `default`.
    """
    LAYERS.load()
    name = find(key)[0].key
    setting = LAYERS.forget(name)
    if setting.source is not DEFAULT:
        return setting.value
    if default is not UNSET:
        return default
    raise schema.UnknownKeyError(
        f"configuration key {name!r} is not set, so it cannot be popped; "
        f"give a default to return instead"
    )
