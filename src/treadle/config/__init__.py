"""Configuration: YAML files, ``TREADLE_*`` environment variables and calls of `set`.

>>> from treadle import config
>>> with config.set(scheduler="sync", num_workers=2):
...     config.get("scheduler")
'sync'

The order in which they win is in `treadle.config.layers`, the law of `set` in
`treadle.config.access`, the table of keys in `treadle.config.keys`. `config.config` is the
effective configuration, nested, as a copy; `config.paths` the places searched for files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from treadle.config import kinds
from treadle.config.access import effective, find, get, pop, set, where
from treadle.config.files import ensure_file
from treadle.config.layers import collect, collect_env, refresh, register, update_defaults
from treadle.config.nested import expand_environment_variables, merge, rename, update
from treadle.config.schema import Key, Setting, Source, UnknownKeyError, check_deprecations
from treadle.config.sources import collect_yaml
from treadle.config.transport import apply, deserialize, serialize, snapshot

__all__ = [
    "Key",
    "Setting",
    "Source",
    "UnknownKeyError",
    "apply",
    "check_deprecations",
    "collect",
    "collect_env",
    "collect_yaml",
    "config",
    "deserialize",
    "effective",
    "ensure_file",
    "expand_environment_variables",
    "find",
    "get",
    "kinds",
    "merge",
    "paths",
    "pop",
    "refresh",
    "register",
    "rename",
    "serialize",
    "set",
    "snapshot",
    "update",
    "update_defaults",
    "where",
]

config: dict[str, Any]
paths: list[str]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        # Worked out on each access, so that they are never stale.
        if name == "config":
            from treadle.config.schema import nest

            return nest(effective())
        if name == "paths":
            from treadle.config.sources import search_paths

            return search_paths()
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
