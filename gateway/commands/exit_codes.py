"""The exit statuses of all commands, in one table."""

from enum import IntEnum
from typing import TYPE_CHECKING

import rich_click as click

from gateway.commands.parameters import example, json_option

if TYPE_CHECKING:
    from gateway.errors import GatewayError

__all__ = ["MEANINGS", "ExitCode", "exit_codes", "status_of"]


class ExitCode(IntEnum):
    """How a command ended. The numbers stay the same for ever."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    TRY_AGAIN = 3
    BANK_FAILED = 4
    NEEDS_ACTION = 5
    CANNOT_WORK = 6
    STOPPED = 130
    READER_GONE = 141


MEANINGS = {
    ExitCode.DONE: "Done.",
    ExitCode.REFUSED: "Refused by the gateway, or done in part: something named does not exist or is not allowed, an "
    "import failed, or the gateway has a defect.",
    ExitCode.USAGE: "The command was written wrongly. Nothing was done.",
    ExitCode.TRY_AGAIN: "The bank gave no answer that can be used, or is paused. The same command may succeed later.",
    ExitCode.BANK_FAILED: "The bank failed in a way that the same command meets again.",
    ExitCode.NEEDS_ACTION: "Somebody has to act first: credentials, certificate, consent, or the rights of a user at "
    "the bank.",
    ExitCode.CANNOT_WORK: "The gateway cannot work here: a setting, the database, the vault key, or the address to "
    "listen on.",
    ExitCode.STOPPED: "Stopped by Ctrl+C, or a question was answered with no.",
    ExitCode.READER_GONE: "Who was reading the output went away, as `head` does.",
}
"""What each of them means, in a sentence."""

OWN_TROUBLE = frozenset({"storage_unavailable", "credentials_unreadable", "not_ready"})
"""Codes of the catalogue that tell of the gateway's own database and vault."""


def status_of(error: "GatewayError") -> ExitCode:
    """The exit status of a failure of the catalogue."""
    from gateway.errors import BankFailure, CallerError

    if error.code in OWN_TROUBLE:
        return ExitCode.CANNOT_WORK
    if isinstance(error, CallerError):
        return ExitCode.REFUSED
    if error.retryable:
        return ExitCode.TRY_AGAIN
    if error.entry.actor == "user":
        return ExitCode.NEEDS_ACTION
    return ExitCode.BANK_FAILED if isinstance(error, BankFailure) else ExitCode.REFUSED


@click.command("exit-codes", epilog=example("gateway exit-codes --json"))
@json_option
def exit_codes(*, as_json: bool) -> None:
    """List the exit statuses of all commands."""
    from gateway.commands.tables import Column, print_rows

    rows = [{"status": code.value, "name": code.name.lower(), "meaning": meaning} for code, meaning in MEANINGS.items()]
    columns = (Column("status", right=True), Column("name"), Column("meaning", wraps=True))
    print_rows(columns, rows, as_json=as_json)
