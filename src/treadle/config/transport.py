"""Settings for another process: as one text for its environment, or as objects.

`serialize` carries everything that is set, for a process that reads its own configuration below it
(the text goes into ``TREADLE_INTERNAL_INHERIT_CONFIG``). `snapshot` and `apply` carry what calls
and ``with`` blocks have set, per run, to worker processes that already read the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from treadle.config import schema
from treadle.config.access import where
from treadle.config.layers import LAYERS
from treadle.config.schema import DEFAULT, Settings
from treadle.errors import ConfigError


def is_plain(value: Any) -> bool:
    """Whether a value is data that any process can read: no executor, no function."""
    if isinstance(value, Mapping):
        return all(isinstance(k, str) and is_plain(v) for k, v in value.items())
    if isinstance(value, list | tuple):
        return all(map(is_plain, value))
    return value is None or isinstance(value, bool | int | float | str)


def serialize(data: Mapping[str, Any] | None = None) -> str:
    """Write nested settings as base64 text.

    Parameters
    ----------
    data
        Plain data: mappings, lists, texts, numbers, booleans, None. By default everything that is
        set here, defaults and what is not plain data left out.

    Returns
    -------
    str
        ASCII letters, digits, ``-``, ``_`` and ``=``.

    Raises
    ------
    ConfigError
        If a value is not plain data.

    Examples
    --------
    >>> deserialize(serialize({"num-workers": 4}))
    {'num-workers': 4}
    """
    import base64
    import json

    if data is None:
        chosen = map(where, schema.known())
        data = {s.key: s.value for s in chosen if s.source is not DEFAULT and is_plain(s.value)}
    for name, value in data.items():
        if not is_plain(value):
            raise ConfigError(
                f"configuration key {name!r} is {value!r}, which cannot travel to another process; "
                f"leave it out and set it there"
            )
    return base64.urlsafe_b64encode(json.dumps(data).encode()).decode()


def deserialize(text: str) -> dict[str, Any]:
    """Read what `serialize` wrote.

    Raises
    ------
    ConfigError
        If the text is something else.
    """
    import base64
    import binascii
    import json

    try:
        data = json.loads(base64.b64decode(text, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError) as error:
        raise ConfigError(
            f"{text[:60]!r} is not a serialized configuration ({error}); make one with "
            f"treadle.config.serialize"
        ) from error
    if not isinstance(data, dict):
        raise ConfigError(f"a serialized configuration must hold a mapping, not {data!r}")
    return data


def snapshot() -> Settings:
    """Return what calls and ``with`` blocks have set, to travel to another process.

    Only plain data travels: an executor or a function stays where it is.

    Returns
    -------
    dict
        Settings by key, for `apply`; they can be pickled.
    """
    chosen = map(where, schema.known())
    return {s.key: s for s in chosen if s.source.kind == "call" and is_plain(s.value)}


def apply(settings: Settings) -> None:
    """Let the settings of another process hold in this one, instead of those applied before.

    Parameters
    ----------
    settings
        What `snapshot` returned there.
    """
    with LAYERS.lock:
        LAYERS.applied = dict(settings)
        LAYERS.publish()
