"""What holds in the whole process: the layers of settings below the ``with`` blocks.

From weakest to strongest: schema defaults; `update_defaults`; files, in the order of
`sources.search_paths`; the configuration inherited from the parent process in
``TREADLE_INTERNAL_INHERIT_CONFIG``; environment variables; what `transport.apply` brought from
another process; permanent calls of `access.set`, the latest first.

Laws:

- Files and environment are read on the first use, and not under the lock: reading may import a
  library that registers its keys.
- An error while reading changes nothing; the next use reads again.
- Readers take no lock: `Layers.values` is replaced, never changed.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from treadle.config import schema, sources
from treadle.config.keys import KEYS
from treadle.config.schema import DEFAULT, Key, Setting, Settings, Source

INHERIT = "TREADLE_INTERNAL_INHERIT_CONFIG"

Paths = Iterable[str | os.PathLike[str]]
Environment = Mapping[str, str]


class Unset:
    """The type of `UNSET`: no value, and no default to return instead."""

    def __repr__(self) -> str:
        return "<unset>"


UNSET = Unset()


class Read(NamedTuple):
    """What files and environment say, layer by layer."""

    files: list[Settings]
    inherited: Settings
    environment: Settings


def read(paths: Paths | None = None, env: Environment | None = None) -> Read:
    """Read files and environment; by default those of this process."""
    env = os.environ if env is None else env
    if paths is None:
        sources.check_path_variables(env)
        paths = sources.search_paths(env)
    files = [sources.file_settings(file) for file in sources.yaml_files(paths)]
    inherited: Settings = {}
    if INHERIT in env:
        from treadle.config.transport import deserialize

        source = Source("inherited", f"inherited from the parent process in {INHERIT}")
        data = deserialize(env[INHERIT])
        inherited = {s.key: s for s in schema.flatten(data, lambda _: source)}
    return Read(files, inherited, sources.environment_settings(env))


class Layers:
    """The settings of this process."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        # The effective value of every key, empty until loaded. UNSET: nobody has set the key and
        # its default is None.
        self.values: dict[str, Any] = {}
        self.read = Read([], {}, {})
        self.defaults: Settings = {}
        self.applied: Settings = {}
        self.calls: dict[str, list[tuple[weakref.ref[object], Setting]]] = {}

    def load(self) -> None:
        """Read files and environment if that has not been done."""
        if not self.values:
            fresh = read()
            with self.lock:
                self.read = fresh
                self.values = self.effective(schema.known())

    def publish(self, names: Iterable[str] | None = None) -> None:
        """Make the effective values of some keys, or of all, visible to readers."""
        if self.values:
            self.values = {
                **self.values,
                **self.effective(schema.known() if names is None else names),
            }

    def effective(self, names: Iterable[str]) -> dict[str, Any]:
        """Return the values of some keys as `values` holds them."""
        values = {}
        for name in names:
            setting = next(self.settings(name))
            nothing = setting.value is None and setting.source is DEFAULT
            values[name] = UNSET if nothing else setting.value
        return values

    def settings(self, name: str) -> Iterator[Setting]:
        """Yield every setting of one key, strongest first, its default last."""
        for _, setting in reversed(self.calls.get(name, ())):
            yield setting
        layers = [self.defaults, *self.read.files, *self.read[1:], self.applied]
        for layer in reversed(layers):
            if name in layer:
                yield layer[name]
        yield Setting(name, schema.known()[name].default, DEFAULT)

    def push(self, call: object, settings: Settings) -> None:
        """Put the settings of a call on top."""
        with self.lock:
            for name, setting in settings.items():
                stack = self.calls.setdefault(name, [])
                # A call whose object is gone can no longer become a block: it is settled, and
                # what lies below a settled call is never needed again.
                settled = [n for n, (owner, _) in enumerate(stack) if owner() is None]
                if settled:
                    del stack[: settled[-1]]
                stack.append((weakref.ref(call), setting))
            self.publish(settings)

    def withdraw(self, call: object, settings: Settings) -> None:
        """Take the settings of a call back: it turned out to be a block."""
        with self.lock:
            for name in settings:
                self.calls[name] = [
                    entry for entry in self.calls.get(name, ()) if entry[0]() is not call
                ]
            self.publish(settings)

    def forget(self, name: str) -> Setting:
        """Remove a key from all layers and return the setting that counted."""
        with self.lock:
            setting = next(self.settings(name))
            self.calls.pop(name, None)
            for layer in (self.defaults, *self.read.files, *self.read[1:], self.applied):
                layer.pop(name, None)
            self.publish([name])
            return setting


LAYERS = Layers()
schema.add(KEYS)


def collect(paths: Paths | None = None, env: Environment | None = None) -> dict[str, Any]:
    """Read files and environment and return what they set, nested, without keeping it.

    Parameters
    ----------
    paths
        Files and folders, weakest first; by default `treadle.config.paths`.
    env
        Environment variables; by default ``os.environ``.

    Raises
    ------
    ConfigError
        If a file does not parse, a key is unknown or a value does not fit.
    """
    files, inherited, environment = read(paths, env)
    values: dict[str, Any] = {}
    for layer in (*files, inherited, environment):
        values.update((setting.key, setting.value) for setting in layer.values())
    return schema.nest(values)


def collect_env(env: Environment | None = None) -> dict[str, Any]:
    """Return what the environment sets, inherited configuration included, nested.

    Examples
    --------
    >>> collect_env({"TREADLE_OPTIMIZATION__FUSE__MAX_BYTES": "1 GiB", "TREADLE_NUM_WORKERS": "4"})
    {'num-workers': 4, 'optimization': {'fuse': {'max-bytes': '1 GiB'}}}
    """
    return collect(paths=(), env=env)


def refresh(paths: Paths | None = None, env: Environment | None = None) -> None:
    """Read files and environment again, and forget what permanent calls have set.

    ``with`` blocks and `update_defaults` keep their effect. Parameters as in `collect`.
    """
    fresh = read(paths, env)
    with LAYERS.lock:
        LAYERS.read, LAYERS.calls, LAYERS.applied = fresh, {}, {}
        LAYERS.values = LAYERS.effective(schema.known())


def update_defaults(new: Mapping[str, Any]) -> None:
    """Change defaults: settings that files, environment and calls win over.

    Parameters
    ----------
    new
        Settings by dotted name, or nested.
    """
    source = Source("default", "config.update_defaults")
    with LAYERS.lock:
        LAYERS.defaults.update((s.key, s) for s in schema.flatten(new, lambda _: source))
        LAYERS.publish()


def register(section: str, *keys: Key) -> None:
    """Add the keys of a library as a section of their own.

    Parameters
    ----------
    section
        The first part of all their names, usually the name of the library.
    *keys
        The keys, their names without the section.

    Raises
    ------
    ConfigError
        If a key exists already with another kind or default.

    Examples
    --------
    >>> from treadle import config
    >>> from treadle.config import kinds
    >>> config.register("mylib", config.Key("retries", kinds.whole(0), 3, "Repeated downloads."))
    >>> config.get("mylib.retries")
    3
    """
    with LAYERS.lock:
        schema.add(keys, section)
        LAYERS.publish()
