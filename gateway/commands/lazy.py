"""A group of commands that loads the module of a command only when that command runs.

The program's help and its completion need names and one sentence for each command. So these stand in a table, which a
test compares with the commands themselves.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple

import rich_click as click

__all__ = ["LazyGroup", "Listed"]


class Listed(NamedTuple):
    """One command, before it is loaded."""

    module: str
    """Without `gateway.commands.`."""
    name: str
    """The name of the command in its module."""
    help: str
    """The first paragraph of its help."""


class LazyGroup(click.RichGroup):
    """A group whose commands are loaded one by one. `commands` has a name and a sentence of each, and nothing else.

    Args:
        listed: the commands, by the title of their part of the help and by name.
    """

    def __init__(self, *args: Any, listed: Mapping[str, Mapping[str, Listed]], **options: Any) -> None:
        self.listed = {name: each for part in listed.values() for name, each in part.items()}
        super().__init__(*args, **options)
        self.commands = {name: click.RichCommand(name=name, help=each.help) for name, each in self.listed.items()}
        for title, part in listed.items():
            self.add_panel(click.RichCommandPanel(title, commands=list(part)))

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands, in the order of the table."""
        return list(self.listed)

    def loaded(self, name: str) -> click.Command:
        """The command itself.

        Raises:
            KeyError: there is none of that name.
        """
        found = self.listed[name]
        command: click.Command = getattr(import_module(f"gateway.commands.{found.module}"), found.name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the arguments begin with, loaded, and the other arguments."""
        if args and args[0] in self.listed:
            return args[0], self.loaded(args[0]), args[1:]
        return super().resolve_command(ctx, args)
