"""The command line: ``treadle COMMAND``.

Each command or group of commands is one module here and one line in `COMMANDS`; a module is
imported when its command is used. An error of treadle ends a command with one line and exit code 2.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from treadle import __version__
from treadle.errors import TreadleError

__all__ = ["COMMANDS", "main"]

# Command -> (module with a click command of that name, what it does).
COMMANDS: dict[str, tuple[str, str]] = {
    "config": ("treadle.cli.config", "Look at and change the configuration."),
}


class CommandError(click.ClickException):
    """Ends a command with a line on stderr and exit code 2, as click's usage errors do."""

    exit_code = 2


class Commands(click.Group):
    """The top-level group: imports a command's module when the command is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(COMMANDS[cmd_name][0]), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        # Help needs no imports.
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(ctx)])

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except TreadleError as error:
            raise CommandError(str(error)) from error


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="treadle")
def main() -> None:
    """Run Python work graphs in parallel and within memory."""
