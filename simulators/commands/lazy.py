"""A group of commands that loads a command only when it runs, and ends with a documented status.

The program's help and its completion need a name and one sentence for each command, so these stand in a table, which a
test compares with the commands themselves.
"""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, NamedTuple

import rich_click as click
from click.exceptions import Abort

from simulators.commands.exit_codes import ExitCode
from simulators.commands.tables import shown

__all__ = ["LazyGroup", "Listed", "commands_of"]

EXTRA = frozenset({"holidays", "hypothesis"})
"""What only the simulators need: the extra `simulators` of the distribution."""


class Listed(NamedTuple):
    """One command, before it is loaded."""

    module: str
    name: str
    """The name of the command in its module."""
    help: str
    """The first paragraph of its help."""


class _Loading(dict[str, click.Command]):
    """Commands by name, each loaded when it is looked up.

    Args:
        listed: where they are.
    """

    def __init__(self, listed: Mapping[str, Listed]) -> None:
        super().__init__({name: click.RichCommand(name=name, help=each.help) for name, each in listed.items()})
        self._listed = listed

    def __getitem__(self, name: str) -> click.Command:
        found = self._listed[name]
        command: click.Command = getattr(import_module(found.module), found.name)
        return command


class LazyGroup(click.RichGroup):
    """A group whose commands are loaded one by one.

    Args:
        listed: the commands, by the title of their part of the help and by name.
    """

    def __init__(self, *args: Any, listed: Mapping[str, Mapping[str, Listed]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.listed = {name: each for part in listed.values() for name, each in part.items()}
        self.commands = _Loading(self.listed)
        for title, part in listed.items():
            self.add_panel(click.RichCommandPanel(title, commands=list(part)))

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands, in the order of the table."""
        return list(self.listed)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A command with only its name and its sentence, for help and completion."""
        return self.commands.get(cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the arguments begin with, loaded, and the other arguments."""
        if args and args[0] in self.listed:
            return args[0], self.commands[args[0]], args[1:]
        return super().resolve_command(ctx, args)

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run the command of the arguments, and exit with its status."""
        run: Any = super().main
        if not extra.pop("standalone_mode", True):
            return run(*args, standalone_mode=False, **extra)
        extra.setdefault("prog_name", "simulators")
        given = args[0] if args else extra.get("args")
        as_json = "--json" in (sys.argv[1:] if given is None else given)
        with _ended(as_json=as_json):
            status = run(*args, standalone_mode=False, **extra)
            sys.stdout.flush()
        sys.exit(status if isinstance(status, int) else 0)


class _ended:  # noqa: N801 - used as a function
    """Turns the errors of commands into one line on standard error and a status.

    Args:
        as_json: whether that line is JSON.
    """

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        match error:
            case BrokenPipeError() | SystemExit(__context__=BrokenPipeError()):
                # In the second case click has ended it. What the interpreter flushes at its end goes nowhere; 1 is
                # standard output.
                os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
                sys.exit(ExitCode.READER_GONE)
            case Abort() | KeyboardInterrupt():
                click.echo("simulators: stopped", err=True)
                sys.exit(ExitCode.STOPPED)
            case ModuleNotFoundError() if error.name in EXTRA:
                needed = click.ClickException(f"{error.name} is not installed; install extrato[simulators]")
                sys.exit(self._written(needed))
            case click.ClickException():
                sys.exit(self._written(error))

    def _written(self, error: click.ClickException) -> int:
        message = " ".join(shown(error.format_message()).split())
        if self._as_json:
            click.echo(json.dumps({"title": message, "exit_status": int(error.exit_code)}), err=True)
            return error.exit_code
        if isinstance(error, click.UsageError) and error.ctx is not None:
            message = f"{message.rstrip('.')}; see `{error.ctx.command_path} --help`"
        click.echo(f"simulators: {message}", err=True)
        return error.exit_code


def commands_of(group: click.Group, before: str) -> Iterator[tuple[str, click.Command]]:
    """Every command with all words of its name, a group before its commands."""
    for name in group.list_commands(click.Context(group)):
        command = group.commands[name]
        yield f"{before} {name}", command
        if isinstance(command, click.Group):
            yield from commands_of(command, f"{before} {name}")
