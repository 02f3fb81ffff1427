"""Errors of commands: what is wrong, who has to act, what to do, and where to read more.

All of it goes to standard error. With `--json` it is one line of JSON there, with the fields of the HTTP interface's
problems and the exit status.
"""

import json
from typing import TYPE_CHECKING, Any

import rich_click as click

from gateway.commands.exit_codes import ExitCode, status_of
from gateway.texts.controls import cleaned

if TYPE_CHECKING:
    from gateway.errors import GatewayError

__all__ = ["Failed", "Hindered", "complain", "said", "written"]

ACTORS = {
    "user": "the account's holder, or a person of the company with access to the bank",
    "bank": "the bank",
    "operator": "who runs this gateway",
    "caller": "who wrote this command",
    "gateway": "who maintains this gateway",
    "nobody": "nobody",
}
"""Who has to act, in words."""

OWN_ADDRESS = "http://127.0.0.1:8000"
"""Where `gateway serve` listens unless it is told otherwise."""


class Hindered(click.ClickException):
    """The gateway cannot work here: a setting, the database, the key or the address."""

    exit_code = ExitCode.CANNOT_WORK


class Failed(click.ClickException):
    """A failure of the catalogue.

    Args:
        error: the failure to show.
        public_url: the address at which browsers reach this gateway; empty where it is not known.
    """

    def __init__(self, error: "GatewayError", public_url: str = "") -> None:
        super().__init__(f"{error.code}: {error.entry.title} ({error.detail})")
        self.error = error
        self.public_url = public_url or OWN_ADDRESS
        self.status = status_of(error)


def complain(text: str, status: int) -> int:
    """Print an error in one line on standard error; give the exit status."""
    click.echo(f"gateway: {' '.join(cleaned(text).split())}", err=True)
    return status


def written(error: click.ClickException, *, as_json: bool) -> int:
    """Print an error on standard error; give the exit status."""
    status = int(error.status if isinstance(error, Failed) else error.exit_code)
    if as_json:
        click.echo(json.dumps(_problem(error, status)), err=True)
        return status
    message = " ".join(error.format_message().split())
    if isinstance(error, click.UsageError) and error.ctx is not None:
        message = f"{message.rstrip('.')}; see `{error.ctx.command_path} --help`"
    complain(message, status)
    if isinstance(error, Failed):
        for line in said(error):
            click.echo(line, err=True)
    return status


def said(failed: Failed) -> list[str]:
    """The lines below an error: each wrong field, who has to act, what to do, whether to try again, where to read."""
    error = failed.error
    again = "not before that is done"
    if error.retryable:
        again = f"after {error.retry_after} seconds" if error.retry_after else "later"
    lines = [f"{each.field}: {each.detail}" for each in error.errors]
    lines += [
        f"who acts:   {ACTORS[error.entry.actor]}",
        f"what to do: {error.entry.remedy}",
        f"try again:  {again}",
        f"help:       {failed.public_url}/help/{error.code} (or `gateway explain {error.code}`)",
    ]
    return [f"  {line}" for line in lines]


def _problem(error: click.ClickException, status: int) -> dict[str, Any]:
    if not isinstance(error, Failed):
        return {"type": "about:blank", "title": error.format_message(), "exit_status": status}
    import msgspec

    from gateway.api.problems import problem_of

    fields: dict[str, Any] = msgspec.to_builtins(problem_of(error.error, "", "", public_url=error.public_url))
    return {**fields, "exit_status": status}
