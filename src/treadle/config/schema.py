"""The known keys, and how nested settings are checked against them.

Laws:

- A key has one name: words joined by hyphens, levels by dots. An underscore counts as a hyphen.
- Nothing enters the configuration unless its key is known and its value fits. The error says where
  the setting came from.
- The treadle keys are in `treadle.config.keys`. Libraries add a section of their own with
  `treadle.config.register`, on import or when a setting of theirs is first met: an entry point of
  the group ``treadle.config``, named like the section, names the module that registers it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from treadle.config.kinds import Kind
from treadle.errors import ConfigError

ENTRY_POINTS = "treadle.config"


class UnknownKeyError(ConfigError, KeyError):
    """A configuration key that nobody has registered."""

    def __str__(self) -> str:
        # KeyError would show the repr of the message.
        return str(self.args[0])


class Key(NamedTuple):
    """One configuration key: its name, what it holds, its default and one line about it.

    Examples
    --------
    >>> from treadle.config import Key, kinds
    >>> Key("retries", kinds.whole(0), 3, "How often a failed download is repeated.").default
    3
    """

    name: str
    kind: Kind
    default: Any
    doc: str
    formerly: tuple[str, ...] = ()


class Source(NamedTuple):
    """Where a setting came from; `kind`: default, file, variable, inherited, call or argument."""

    kind: str
    name: str
    line: int | None = None

    def __str__(self) -> str:
        line = f", line {self.line}" if self.line else ""
        return f"{self.name}{line}"


DEFAULT = Source("default", "default")


class Setting(NamedTuple):
    """A key, its value and where the value was set."""

    key: str
    value: Any
    source: Source

    def __str__(self) -> str:
        return f"{self.key} = {self.value!r} ({self.source})"


Settings = dict[str, Setting]
Locate = Callable[[str], Source]

_keys: dict[str, Key] = {}
_sections: dict[str, None] = {}
_renamed: dict[str, str] = {}


def canonical(name: str) -> str:
    """Return the one spelling of a key.

    Examples
    --------
    >>> canonical("num_workers")
    'num-workers'
    """
    return name.replace("_", "-")


def known() -> Mapping[str, Key]:
    """Return all registered keys by name."""
    return _keys


def add(keys: tuple[Key, ...], section: str = "") -> None:
    """Register keys, their names relative to `section`."""
    global _keys, _sections, _renamed
    prefix = canonical(section) + "." if section else ""
    new = {prefix + canonical(key.name): key for key in keys}
    for name, key in new.items():
        old = _keys.get(name)
        if old is not None and (old.kind.expects, old.default) != (key.kind.expects, key.default):
            raise ConfigError(
                f"configuration key {name!r} is already registered with default {old.default!r}; "
                f"register yours in a section of its own"
            )
        if name in _sections or any(parent in _keys for parent in _parents(name)):
            raise ConfigError(f"configuration key {name!r} cannot be both a value and a section")
        try:
            key.kind.accept(key.default)
        except (TypeError, ValueError) as error:
            raise ConfigError(
                f"the default {key.default!r} of configuration key {name!r} does not fit; "
                f"it must be {key.kind.expects}"
            ) from error
    # Replaced, not changed: other threads may be walking over them.
    _keys = {**_keys, **{name: key._replace(name=name) for name, key in new.items()}}
    _sections = {**_sections, **{parent: None for name in new for parent in _parents(name)}}
    formerly = {prefix + canonical(old): name for name in new for old in new[name].formerly}
    _renamed = {**_renamed, **formerly}


def _parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:n]) for n in range(1, len(parts))]


def resolve(name: str, source: Source | None = None) -> Key | str:
    """Return the key that a name stands for, or the full name of the section.

    Raises
    ------
    UnknownKeyError
        If it is neither; names the nearest keys and where the name was met.
    """
    name = check_deprecations(name, source)
    if name not in _keys and name not in _sections:
        _discover(name.partition(".")[0])
        name = check_deprecations(name, source)
    if name in _sections:
        return name
    try:
        return _keys[name]
    except KeyError:
        raise UnknownKeyError(_unknown(name, source)) from None


def check_deprecations(name: str, source: Source | None = None) -> str:
    """Return the present name of a key, with a ``FutureWarning`` if it was renamed.

    Parameters
    ----------
    name
        A key, old or new, in any spelling.
    source
        Where the name was met, for the warning.

    Examples
    --------
    >>> check_deprecations("num_workers")
    'num-workers'
    """
    name = canonical(name)
    new = _renamed.get(name)
    if new is None:
        return name
    where = f" ({source})" if source else ""
    warnings.warn(
        f"configuration key {name!r}{where} is now called {new!r}; use the new name",
        FutureWarning,
        stacklevel=2,
    )
    return new


def _discover(section: str) -> None:
    # Reading the metadata of installed packages is slow: only for a section nobody registered.
    if section in _sections:
        return
    from importlib.metadata import entry_points

    for entry_point in entry_points(group=ENTRY_POINTS, name=section):
        entry_point.load()


def _unknown(name: str, source: Source | None) -> str:
    import difflib

    where = f" ({source})" if source else ""
    names = [*_keys, *_sections]
    near = [other for other in _keys if other.endswith("." + name)]
    near += [n for n in difflib.get_close_matches(name, names, cutoff=0.7) if n not in near]
    advice = (
        f"did you mean {' or '.join(map(repr, near))}?"
        if near
        else "'treadle config list' shows all keys; a library's keys exist once it is imported"
    )
    return f"unknown configuration key {name!r}{where}; {advice}"


def check(key: Key, value: Any, source: Source) -> Setting:
    """Return the setting of one key, its value in the form that is stored."""
    try:
        return Setting(key.name, key.kind.accept(value), source)
    except (TypeError, ValueError):
        raise ConfigError(
            f"configuration key {key.name!r} is {value!r} ({source}); it must be {key.kind.expects}"
        ) from None


def flatten(data: Mapping[Any, Any], locate: Locate, section: str = "") -> Iterator[Setting]:
    """Check nested or dotted settings and yield them one by one.

    Parameters
    ----------
    data
        Settings; a key may be dotted, a value may be a mapping with the keys of a section.
    locate
        Tells, for a full key, where the setting was made.
    section
        The section that `data` belongs to.
    """
    for part, value in data.items():
        name = canonical(f"{section}.{part}" if section else str(part))
        source = locate(name)
        found = resolve(name, source)
        if isinstance(found, Key):
            yield check(found, value, source)
        elif isinstance(value, Mapping):
            yield from flatten(value, locate, name)
        elif value is not None:  # an empty section in a file is None
            raise ConfigError(
                f"configuration key {name!r} is {value!r} ({source}); it is a section and must "
                f"be a mapping, with keys such as {_example(name)!r}"
            )


def _example(section: str) -> str:
    return next(name for name in _keys if name.startswith(section + "."))


def nest(values: Mapping[str, Any]) -> dict[str, Any]:
    """Turn dotted keys into nested dictionaries.

    Examples
    --------
    >>> nest({"a.b": 1, "a.c.d": 2})
    {'a': {'b': 1, 'c': {'d': 2}}}
    """
    result: dict[str, Any] = {}
    for name, value in values.items():
        *sections, last = name.split(".")
        level = result
        for section in sections:
            level = level.setdefault(section, {})
        level[last] = value
    return result


def parse(key: Key | str, written: str) -> Any:
    """Read a value from a text: a Python literal, or true, false, null, or the text itself.

    What does not fit the key as a literal but does as a text stays a text.
    """
    value = _literal(written)
    if isinstance(key, Key) and not isinstance(value, str):
        try:
            key.kind.accept(value)
        except (TypeError, ValueError):
            try:
                key.kind.accept(written)
            except (TypeError, ValueError):
                return value
            return written
    return value


_WORDS = {"true": True, "false": False, "none": None, "null": None}


def _literal(written: str) -> Any:
    import ast

    word = written.strip().lower()
    if word in _WORDS:
        return _WORDS[word]
    try:
        return ast.literal_eval(written.strip())
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return written
