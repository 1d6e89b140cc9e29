"""Writing configuration files: a commented copy of a library's defaults, or one changed key.

Laws: a file is replaced in one step, never half written; what was in it, comments included, stays.
"""

from __future__ import annotations

import os
from typing import Any

from treadle.config.schema import Key, Source, canonical, check, nest, resolve
from treadle.config.sources import read_yaml, user_folder
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
        with open(source, encoding="utf-8") as file:
            lines = file.read().splitlines()
        if comment:
            lines = [f"# {x}" if x.strip() and not x.lstrip().startswith("#") else x for x in lines]
        _replace(target, "\n".join(lines) + "\n")
    return target


def user_file(env: os._Environ[str] | dict[str, str]) -> str:
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
    value = check(key, value, Source("argument", "argument VALUE")).value
    content = ""
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            content = file.read()
    read_yaml(path, content)  # refuses a broken file before it is edited
    edited = _edit(content, key.name, value)
    if _flat(read_yaml(path, edited).data) != {
        **_flat(read_yaml(path, content).data),
        key.name: value,
    }:
        raise ConfigError(
            f"configuration file {path} is laid out in a way that cannot be edited safely; "
            f"set {key.name!r} in it by hand"
        )
    _replace(path, edited)


def _flat(data: Any, name: str = "") -> dict[str, Any]:
    """Return nested settings by full name, sections without any settings left out."""
    if not isinstance(data, dict) or (name and isinstance(resolve(name), Key)):
        return {} if data is None and not isinstance(resolve(name), Key) else {name: data}
    return {
        k: v
        for part, below in data.items()
        for k, v in _flat(below, canonical(f"{name}.{part}" if name else str(part))).items()
    }


def _edit(content: str, name: str, value: Any) -> str:
    import yaml

    node: Any = yaml.SafeLoader(content).get_single_node()
    rest = name
    while node is not None and node.id == "mapping" and node.value:
        for key, below in node.value:
            part = canonical(str(key.value))
            if rest == part or rest.startswith(part + "."):
                rest, node = rest[len(part) + 1 :], below
                break
        else:
            # The section is there but not the key: one more line above its first.
            first = node.value[0][0].start_mark
            if node.flow_style:
                line = _flow(nest({rest: value}))[1:-1] + ", "
            else:
                line = f"{rest}: {_flow(value)}\n" + " " * first.column
            return content[: first.index] + line + content[first.index :]
        if not rest:
            break
    if node is None:
        newline = "" if content.endswith("\n") or not content else "\n"
        return f"{content}{newline}{rest}: {_flow(value)}\n"
    written = _flow(nest({rest: value}) if rest else value)
    start, end = node.start_mark.index, node.end_mark.index
    # An empty value begins right after the colon.
    space = " " if content[start - 1 : start] == ":" else ""
    return content[:start] + space + written + content[end:]


def _flow(value: Any) -> str:
    """Write a value on one line."""
    import yaml

    text: str = yaml.safe_dump(value, default_flow_style=True, width=float("inf"))
    return text.removesuffix("\n").removesuffix("\n...")


def _replace(path: str, content: str) -> None:
    import shutil
    import tempfile

    # A symbolic link keeps pointing to the file that is replaced.
    path = os.path.realpath(path)
    folder = os.path.dirname(path)
    os.makedirs(folder, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=".treadle-")
    try:
        with open(handle, "w", encoding="utf-8") as file:
            file.write(content)
        if os.path.exists(path):
            shutil.copymode(path, temporary)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
