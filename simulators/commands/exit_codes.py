"""The exit statuses of all commands, in one table, and the errors that end with them."""

from enum import IntEnum

import rich_click as click

from simulators.commands.options import example, json_option

__all__ = ["MEANINGS", "ExitCode", "Hindered", "Refused", "Unreachable", "exit_codes"]


class ExitCode(IntEnum):
    """How a command ended. The numbers stay the same for ever; those that `gateway` has too mean the same there."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    UNREACHABLE = 3
    CANNOT_WORK = 6
    STOPPED = 130
    READER_GONE = 141


MEANINGS = {
    ExitCode.DONE: "Done. `serve`: stopped by SIGTERM.",
    ExitCode.REFUSED: "Refused by the simulators, or not as wanted: `verify` has found something else, an adapter "
    "falls short, a cell of the grid is wrong.",
    ExitCode.USAGE: "The command was written wrongly. Nothing was done.",
    ExitCode.UNREACHABLE: "No simulators answer at the address, or none is known. The same command may succeed later.",
    ExitCode.CANNOT_WORK: "The simulators cannot be served here: a port is taken, an address is not this machine's, or "
    "the state folder cannot be written or belongs to another process.",
    ExitCode.STOPPED: "Stopped by Ctrl+C (SIGINT), or a question was answered with no.",
    ExitCode.READER_GONE: "Who was reading the output went away, as `head` does.",
}
"""What each of them means."""


class Refused(click.ClickException):
    """The simulators refuse the request, or it did not find what was wanted."""

    exit_code = ExitCode.REFUSED


class Unreachable(click.ClickException):
    """No simulators answer."""

    exit_code = ExitCode.UNREACHABLE


class Hindered(click.ClickException):
    """The simulators cannot be served here."""

    exit_code = ExitCode.CANNOT_WORK


@click.command("exit-codes", epilog=example("simulators exit-codes --json"))
@json_option
def exit_codes(*, as_json: bool) -> None:
    """List the exit statuses of all commands."""
    from simulators.commands.tables import print_rows  # noqa: PLC0415 - --help is instant

    rows = [{"status": code.value, "name": code.name.lower(), "meaning": meaning} for code, meaning in MEANINGS.items()]
    print_rows(("status", "name", "meaning"), rows, as_json=as_json, wraps=("meaning",))
