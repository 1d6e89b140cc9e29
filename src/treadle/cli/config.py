"""``treadle config``: look at and change the configuration from the shell."""

from __future__ import annotations

import os
from typing import Any

import click

from treadle import config as configuration
from treadle.config.files import one_line, user_file, write_value
from treadle.config.schema import Setting, canonical, known, parse, resolve
from treadle.config.transport import is_plain

__all__ = ["config"]


@click.group()
def config() -> None:
    """Look at and change the configuration."""


@config.command()
@click.argument("key")
def get(key: str) -> None:
    """Print the value of KEY, or all values of a section."""
    click.echo(_yaml(configuration.get(key)))


@config.command("set")
@click.argument("key")
@click.argument("value")
@click.option(
    "--file",
    type=click.Path(dir_okay=False),
    help="YAML file to write to; by default the user's own.",
)
def set_(key: str, value: str, file: str | None) -> None:
    """Write KEY: VALUE into a configuration file, whose comments stay.

    VALUE is a Python literal, true, false or null; anything else is a text.
    """
    path = file or user_file(os.environ)
    found = resolve(key)
    write_value(path, key, parse(found, value))
    click.echo(f"wrote {canonical(key)} to {path}")
    if file is None:
        configuration.refresh()
        winner = configuration.where(key).source
        if winner.name != path:
            click.echo(f"note: {winner} also sets it and wins", err=True)


@config.command("list")
def list_() -> None:
    """Print every key with its value and, as a comment, where it was set."""
    for name in known():
        click.echo(_line(configuration.where(name)))


@config.command()
@click.argument("key")
def where(key: str) -> None:
    """Say which file or variable the value of KEY comes from."""
    click.echo(_line(configuration.where(key)))


@config.command()
@click.argument("key")
def find(key: str) -> None:
    """Show every place that sets KEY, the one that wins first."""
    for setting in configuration.find(key):
        click.echo(_line(setting))


def _line(setting: Setting) -> str:
    value = one_line(setting.value) if is_plain(setting.value) else repr(setting.value)
    return f"{setting.key}: {value}  # {setting.source}"


def _yaml(value: Any) -> str:
    import yaml

    if not is_plain(value):  # set by a call in this process
        return repr(value)
    text: str = yaml.safe_dump(value, width=float("inf"), sort_keys=False)
    return text.removesuffix("\n").removesuffix("\n...")
