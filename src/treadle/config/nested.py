"""Plain functions over nested dictionaries of settings. They know nothing of the known keys.

In all of them an underscore in a key counts as a hyphen, and the spelling that is there stays.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, Literal

__all__ = ["expand_environment_variables", "merge", "rename", "update"]


def _spelled(name: Any, config: Mapping[Any, Any]) -> Any:
    """Return the spelling under which `config` has this key, or the key itself."""
    if name in config or not isinstance(name, str):
        return name
    for other in (name.replace("_", "-"), name.replace("-", "_")):
        if other in config:
            return other
    return name


def update(
    old: dict[Any, Any],
    new: Mapping[Any, Any],
    priority: Literal["old", "new", "new-defaults"] = "new",
    defaults: Mapping[Any, Any] | None = None,
) -> dict[Any, Any]:
    """Merge nested settings into others, in place.

    Parameters
    ----------
    old
        Settings that change.
    new
        Settings to merge in.
    priority
        Who wins where both have a value. With ``"new-defaults"`` the new one wins only where the
        old one is what `defaults` says, that is, where nobody changed it.
    defaults
        The former defaults, for ``"new-defaults"``.

    Returns
    -------
    dict
        `old`.

    Examples
    --------
    >>> update({"a": 1, "b": {"c": 2}}, {"a": 5, "b": {"d": 3}}, priority="old")
    {'a': 1, 'b': {'c': 2, 'd': 3}}
    """
    defaults = {} if defaults is None else defaults
    for name, value in new.items():
        spelled = _spelled(name, old)
        former = defaults.get(_spelled(name, defaults))
        present = old.get(spelled)
        if isinstance(value, Mapping):
            if not isinstance(present, dict):
                if present is not None and priority != "new":
                    continue
                present = old[spelled] = {}
            update(present, value, priority, former if isinstance(former, Mapping) else None)
        elif (
            priority == "new"
            or spelled not in old
            or (priority == "new-defaults" and defaults and present == former)
        ):
            old[spelled] = value
    return old


def merge(*configs: Mapping[Any, Any]) -> dict[Any, Any]:
    """Return one nested dictionary of several; later ones win.

    Examples
    --------
    >>> merge({"x": 1, "y": {"a": 2}}, {"y": {"b": 3}, "x": 4})
    {'x': 4, 'y': {'a': 2, 'b': 3}}
    """
    result: dict[Any, Any] = {}
    for config in configs:
        update(result, config)
    return result


def rename(names: Mapping[str, str], config: dict[Any, Any]) -> dict[Any, Any]:
    """Move the values of renamed keys to their new names, in place.

    Parameters
    ----------
    names
        New dotted names by old dotted names.
    config
        Nested settings, such as an old configuration file.

    Returns
    -------
    dict
        `config`. A value that the new name already has is kept.

    Examples
    --------
    >>> rename({"workers": "local.num-workers"}, {"workers": 4})
    {'local': {'num-workers': 4}}
    """
    for old, new in names.items():
        *sections, last = old.split(".")
        level: Any = config
        for section in sections:
            level = level.get(_spelled(section, level)) if isinstance(level, dict) else None
        if isinstance(level, dict) and _spelled(last, level) in level:
            value = level.pop(_spelled(last, level))
            for section in reversed(new.split(".")):
                value = {section: value}
            update(config, value, priority="old")
    return config


def expand_environment_variables(config: Any, convert: Callable[[str], Any] = str) -> Any:
    """Replace ``$NAME`` and ``${NAME}`` in every text of nested settings.

    Parameters
    ----------
    config
        Mappings, lists, tuples and texts; anything else is returned as it is.
    convert
        Applied to the texts in which a variable was replaced.

    Returns
    -------
    object
        A copy with the variables replaced. An unknown variable stays as written.

    Examples
    --------
    >>> import os
    >>> os.environ["SCRATCH_DEMO"] = "/scratch"
    >>> expand_environment_variables({"folder": "$SCRATCH_DEMO/tmp", "n": 1})
    {'folder': '/scratch/tmp', 'n': 1}
    """
    if isinstance(config, Mapping):
        return {k: expand_environment_variables(v, convert) for k, v in config.items()}
    if isinstance(config, str):
        expanded = os.path.expandvars(config)
        return config if expanded == config else convert(expanded)
    if isinstance(config, list | tuple):
        return type(config)(expand_environment_variables(v, convert) for v in config)
    return config
