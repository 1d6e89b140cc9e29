"""Writing configuration files: a commented copy of a library's defaults, or one changed key.

Laws: a file is replaced in one step, never half written; what was in it, comments included, stays.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from treadle.config.schema import Key, Source, canonical, check, nest, resolve
from treadle.config.sources import read_text, read_yaml, user_folder
from treadle.errors import ConfigError


def ensure_file(
    source: str | os.PathLike[str],
    destination: str | os.PathLike[str] | None = None,
    comment: bool = True,
) -> str:
    """Copy a configuration file to where the user can edit it, unless one is there.

    Parameters
    ----------
    source
        File to copy.
    destination
        Folder to copy to, made if needed; by default ``~/.config/treadle``.
    comment
        Whether to comment out every setting, so that the copy changes nothing until edited.

    Returns
    -------
    str
        The path of the user's file.
    """
    folder = user_folder() if destination is None else os.fspath(destination)
    target = os.path.join(folder, os.path.basename(os.fspath(source)))
    if not os.path.exists(target):
        lines = read_text(os.fspath(source)).splitlines()
        if comment:
            lines = [f"# {x}" if x.strip() and not x.lstrip().startswith("#") else x for x in lines]
        _replace(target, "\n".join(lines) + "\n")
    return target


def user_file(env: Mapping[str, str]) -> str:
    """Return the file that ``treadle config set`` writes to."""
    path = os.path.expanduser(env.get("TREADLE_CONFIG") or user_folder())
    if path.endswith((".yaml", ".yml", ".json")) and not os.path.isdir(path):
        return path
    return os.path.join(path, "treadle.yaml")


def write_value(path: str, name: str, value: Any) -> None:
    """Set one key in a YAML file and leave the rest as it is, comments included.

    Parameters
    ----------
    path
        The file; made if needed.
    name
        The key.
    value
        Its new value, plain data.

    Raises
    ------
    ConfigError
        If the key or value does not fit, or the file does not parse or is laid out so that it
        cannot be edited safely; the file is unchanged then.
    """
    key = resolve(name, Source("file", path))
    if not isinstance(key, Key):
        raise ConfigError(f"configuration key {key!r} is a section; set one of its keys")
    checked = check(key, value, Source("argument", "argument VALUE")).value
    if not isinstance(value, str):  # a text is written as it was given: ~/tmp, 1 GiB
        value = checked
    content = read_text(path) if os.path.exists(path) else ""
    wanted = {**_flat(read_yaml(path, content).data, path), key.name: value}
    edited = _edit(content, key.name, value)
    try:
        kept = _flat(read_yaml(path, edited).data, path) == wanted
    except ConfigError:
        kept = False
    if not kept:
        raise ConfigError(
            f"configuration file {path} is laid out in a way that cannot be edited safely; "
            f"set {key.name!r} in it by hand"
        )
    _replace(path, edited)


def _flat(data: Any, path: str, name: str = "") -> dict[str, Any]:
    """Return the settings of a file by full name, unchecked; an empty section has none."""
    if name and isinstance(resolve(name, Source("file", path)), Key):
        return {name: data}
    if not isinstance(data, dict):
        return {}
    result: dict[str, Any] = {}
    for part, below in data.items():
        result |= _flat(below, path, canonical(f"{name}.{part}" if name else str(part)))
    return result


def _edit(content: str, name: str, value: Any) -> str:
    import yaml

    root: Any = yaml.SafeLoader(content).get_single_node()
    node, rest = root, name
    while rest and node is not None and node.id == "mapping" and node.value:
        for key, below in node.value:
            part = canonical(str(key.value))
            if rest == part or rest.startswith(part + "."):
                rest, node = rest[len(part) + 1 :], below
                break
        else:
            break
    if node is None or (node is root and node.id == "mapping" and not node.flow_style):
        newline = "" if content.endswith("\n") or not content else "\n"
        return f"{content}{newline}{rest}: {one_line(value)}\n"
    if rest and node.id == "mapping" and node.value:
        # The section is there but not the key: it goes before the first one.
        first = node.value[0][0].start_mark
        if node.flow_style:
            line = one_line(nest({rest: value}))[1:-1] + ", "
        else:
            line = f"{rest}: {one_line(value)}\n" + " " * first.column
        return content[: first.index] + line + content[first.index :]
    written = one_line(nest({rest: value}) if rest else value)
    start, end = node.start_mark.index, node.end_mark.index
    # An empty value begins right after the colon.
    space = " " if content[start - 1 : start] == ":" else ""
    return content[:start] + space + written + content[end:]


def one_line(value: Any) -> str:
    """Write a value on one line."""
    import yaml

    # As an item of a list it is quoted so that it also fits inside { }.
    text: str = yaml.safe_dump([value], default_flow_style=True, width=float("inf"))
    return text.strip()[1:-1]


def _replace(path: str, content: str) -> None:
    import shutil

    # A symbolic link keeps pointing to the file that is replaced.
    target = os.path.realpath(path)
    temporary = f"{target}.{os.getpid()}.new"
    try:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(temporary, "w", encoding="utf-8", newline="") as file:
            file.write(content)
        if os.path.exists(target):
            shutil.copymode(target, temporary)
        os.replace(temporary, target)
    except OSError as error:
        with suppress(OSError):
            os.unlink(temporary)
        raise ConfigError(
            f"configuration file {path} cannot be written: {error}; "
            f"choose another place or make it writable"
        ) from error
