"""The page of all commands, made of the commands themselves: `make commands` writes `docs/commands.md`."""

import inspect
import sys
from collections.abc import Iterator

import rich_click as click

from gateway.cli import COMMANDS, cli
from gateway.commands.exit_codes import MEANINGS
from gateway.commands.lazy import LazyGroup

__all__ = ["commands_of", "page"]

BEGINNING = """\
# Commands

This page is made of the commands themselves (`make commands`); `gateway COMMAND --help` says the same.

**Output.** On a terminal lists are tables that fit it: wide columns are wrapped, and where that is not enough each
row is written as lines of names and values; nothing is cut. In a pipe or a file a row is a line with tabs between its
values. `--json` prints the names and values of the HTTP interface: a list is an array of what its lists hold, and
what belongs to a tenant has `tenant` besides. `NO_COLOR` and `TERM=dumb` turn styles off. Progress is shown on
standard error, and only when that is a terminal.

**Errors** are on standard error: one line with the code, the title and what happened; below it each wrong field, who
acts, what to do, when to try again, and the address of the help page. With `--json` they are one line of JSON, a
problem as the HTTP interface gives it, with `exit_status`.

**Completion.** `gateway completion bash`, `zsh` or `fish` prints a script. It completes commands, options, banks,
formats, codes and actions, and accounts, tenants and keys of an embedded database; a PostgreSQL is not asked.

## Exit statuses

| status | meaning |
|---|---|
"""


def commands_of(group: click.Group = cli, before: str = "gateway") -> Iterator[tuple[str, click.Command]]:
    """Every command with all words of its name, a group before its commands."""
    for name in group.list_commands(click.Context(group)):
        command = group.loaded(name) if isinstance(group, LazyGroup) else group.commands[name]
        yield f"{before} {name}", command
        if isinstance(command, click.Group):
            yield from commands_of(command, f"{before} {name}")


def page() -> str:
    """The page, in Markdown."""
    rows = "".join(f"| {code.value} | {meaning} |\n" for code, meaning in MEANINGS.items())
    parts = [BEGINNING + rows]
    titles = {f"gateway {next(iter(part))}": title for title, part in COMMANDS.items()}
    for name, command in commands_of():
        if name in titles:
            parts.append(f"## {titles[name]}\n")
        parts.append(_section(name, command))
    return "\n".join(parts)


def _section(name: str, command: click.Command) -> str:
    with click.Context(command, info_name=name) as context:
        usage = " ".join(command.collect_usage_pieces(context))
        lines = [f"### `{name}`\n", f"    {name} {usage}\n", f"{inspect.cleandoc(command.help or '')}\n"]
        options = [record for each in command.get_params(context) if (record := each.get_help_record(context))]
    rows = [f"| `{_cell(names)}` | {_cell(text)} |" for names, text in options if text and "--help" not in names]
    if rows:
        lines.append("\n".join(("| option | meaning |", "|---|---|", *rows)) + "\n")
    if command.epilog:
        lines.append(f"{command.epilog}\n")
    return "\n".join(lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(page())
