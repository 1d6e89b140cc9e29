"""Reading settings from YAML files and from environment variables.

Laws:

- Later beats earlier: ``/etc/treadle`` (or ``TREADLE_ROOT_CONFIG``), ``etc/treadle`` under
  ``sys.prefix`` and under the other site prefixes, ``~/.config/treadle``, ``TREADLE_CONFIG``. In a
  folder, the ``.yaml``, ``.yml`` and ``.json`` files are read in the order of their names.
- A path that a variable names must exist; the others need not.
- ``TREADLE_A__B_C`` sets ``a.b-c``. ``TREADLE_CONFIG``, ``TREADLE_ROOT_CONFIG`` and everything that
  begins with ``TREADLE_INTERNAL_`` are not settings.
- A file is read to the end or not at all; every setting keeps its line.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from treadle.config.nested import expand_environment_variables
from treadle.config.schema import Settings, Source, canonical, flatten, known, parse, resolve
from treadle.errors import ConfigError

PREFIX = "TREADLE_"
INTERNAL = "TREADLE_INTERNAL_"
PATH_VARIABLES = ("TREADLE_ROOT_CONFIG", "TREADLE_CONFIG")

# Kubernetes describes a service named "treadle-scheduler" to every pod of its namespace in
# variables TREADLE_SCHEDULER_SERVICE_HOST, TREADLE_SCHEDULER_PORT_8786_TCP_ADDR and the like.
_SERVICE = re.compile(r".*_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_\w+)?)?)")


def search_paths(env: Mapping[str, str] | None = None) -> list[str]:
    """Return the folders and files to read settings from, weakest first."""
    import site

    env = os.environ if env is None else env
    paths = [
        env.get("TREADLE_ROOT_CONFIG") or "/etc/treadle",
        *(os.path.join(prefix, "etc", "treadle") for prefix in [sys.prefix, *site.PREFIXES]),
        user_folder(),
    ]
    if env.get("TREADLE_CONFIG"):
        paths.append(env["TREADLE_CONFIG"])
    return list(dict.fromkeys(os.path.expanduser(path) for path in paths))


def user_folder() -> str:
    """Return the folder of the user's own configuration files."""
    return os.path.join(os.path.expanduser("~"), ".config", "treadle")


def check_path_variables(env: Mapping[str, str]) -> None:
    """Refuse a variable that names a configuration path that is not there."""
    for name in PATH_VARIABLES:
        path = env.get(name)
        if path and not os.path.exists(os.path.expanduser(path)):
            raise ConfigError(
                f"environment variable {name} names {path!r}, which does not exist; "
                f"create it or unset the variable"
            )


def yaml_files(paths: Iterable[str | os.PathLike[str]]) -> list[str]:
    """Return the configuration files at some paths, weakest first."""
    files: list[str] = []
    for given in paths:
        path = os.fspath(given)
        if os.path.isdir(path):
            try:
                names = sorted(os.listdir(path))
            except PermissionError:
                continue  # another user's folder holds nothing for this one
            files += [
                os.path.join(path, name)
                for name in names
                if name.endswith((".yaml", ".yml", ".json"))
            ]
        elif os.path.exists(path):
            files.append(path)
    return files


class Document(NamedTuple):
    """What a YAML file says: its data, and the line of each key by full name."""

    data: dict[Any, Any]
    lines: dict[str, int]


def read_text(path: str) -> str:
    """Return what a configuration file holds, line ends as they are."""
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"configuration file {path} cannot be read: {error}; make it readable UTF-8 text "
            f"or move it away"
        ) from error


def read_yaml(path: str, content: str | None = None) -> Document:
    """Parse one YAML file.

    Parameters
    ----------
    path
        The file, also for the error.
    content
        Its text, where it was already read.

    Raises
    ------
    ConfigError
        If it cannot be read or parsed, or gives a key twice; names file and line.
    """
    import yaml

    content = read_text(path) if content is None else content
    try:
        loader = yaml.SafeLoader(content)
        node = loader.get_single_node()
        if node is None or node.tag == "tag:yaml.org,2002:null":
            return Document({}, {})
        if not isinstance(node, yaml.MappingNode):
            raise ConfigError(
                f"configuration file {path}, line {node.start_mark.line + 1} does not begin with "
                f"'key: value'; write settings as 'num-workers: 4'"
            )
        lines: dict[str, int] = {}
        _record_lines(node, "", lines, path)
        return Document(loader.construct_document(node), lines)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise ConfigError(
            f"configuration file {path}{line} is not valid YAML: {error.problem}; correct that line"
        ) from error
    except yaml.reader.ReaderError as error:
        line_number = content.count("\n", 0, error.position) + 1
        raise ConfigError(
            f"configuration file {path}, line {line_number} holds the character "
            f"{error.character!r}, which YAML does not allow; remove it"
        ) from error
    except RecursionError as error:
        raise ConfigError(
            f"configuration file {path} holds an alias of itself; write the value out"
        ) from error


def _record_lines(node: Any, section: str, lines: dict[str, int], path: str) -> None:
    for key, value in node.value:
        if key.tag == "tag:yaml.org,2002:merge":
            continue
        name = canonical(f"{section}.{key.value}" if section else str(key.value))
        line = key.start_mark.line + 1
        if name in lines:
            raise ConfigError(
                f"configuration file {path} sets {name!r} in line {lines[name]} and again in "
                f"line {line}; keep one"
            )
        lines[name] = line
        if value.id == "mapping" and name not in known():
            _record_lines(value, name, lines, path)


def file_settings(path: str) -> Settings:
    """Return the checked settings of one YAML file, variables in the values expanded."""
    document = read_yaml(path)

    def locate(name: str) -> Source:
        return Source("file", path, document.lines.get(name))

    data = expand_environment_variables(document.data, parse_expanded)
    return {setting.key: setting for setting in flatten(data, locate)}


def parse_expanded(written: str) -> Any:
    """Read what a variable expanded to: ``$CPUS`` may stand for a number."""
    return parse("", written)


def environment_settings(env: Mapping[str, str]) -> Settings:
    """Return the checked settings of the ``TREADLE_*`` environment variables."""
    settings: Settings = {}
    for variable in sorted(env):
        if (
            not variable.startswith(PREFIX)
            or variable.startswith(INTERNAL)
            or variable in PATH_VARIABLES
        ):
            continue
        name = canonical(variable.removeprefix(PREFIX).lower().replace("__", "."))
        if (
            "KUBERNETES_SERVICE_HOST" in env
            and name not in known()
            and _SERVICE.fullmatch(variable)
        ):
            continue
        settings.update(_variable_settings(name, variable, env[variable]))
    return settings


def _variable_settings(name: str, variable: str, written: str) -> Settings:
    source = Source("variable", f"environment variable {variable}")
    value = parse(resolve(name, source), written)
    return {setting.key: setting for setting in flatten({name: value}, lambda _: source)}


def collect_yaml(paths: Iterable[str | os.PathLike[str]] | None = None) -> list[dict[Any, Any]]:
    """Parse all configuration files and return what they say, weakest first, unchecked.

    Parameters
    ----------
    paths
        Files and folders; by default `treadle.config.paths`.
    """
    return [read_yaml(file).data for file in yaml_files(search_paths() if paths is None else paths)]
