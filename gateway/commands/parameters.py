"""Kinds of arguments and options, with what completion offers for them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import rich_click as click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

__all__ = ["DAY", "Moment", "Named", "example", "is_text", "json_option"]

F = TypeVar("F", bound=Callable[..., Any])

DAY = click.DateTime(formats=["%Y-%m-%d"])
"""A day, as 2026-10-31."""


def example(command: str) -> str:
    """The last lines of a command's help: how it is written."""
    return f"Example:\n\n    {command}"


def is_text(argument: str) -> bool:
    """Whether an argument is text; bytes that are none come as halves of letters."""
    return argument.isascii() or not any("\ud800" <= character <= "\udfff" for character in argument)


def json_option(command: F) -> F:
    """The option by which a command prints JSON."""
    shown = "Print JSON for programs: names and values as in the HTTP interface. Errors are JSON too."
    return click.option("--json", "as_json", is_flag=True, help=shown)(command)


class Moment(click.ParamType[datetime]):
    """An instant as RFC 3339 writes it, with its offset."""

    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The instant.

        Raises:
            BadParameter: it is none.
        """
        from gateway.model import BRASILIA

        try:
            moment = datetime.fromisoformat(str(value))
            if moment.tzinfo is not None:
                # Near the ends of the calendar it is no instant elsewhere: it is stored in one zone, shown in another.
                _ = moment.astimezone(UTC).astimezone(BRASILIA)
        except (OverflowError, ValueError):
            self.fail("is not an instant such as 2026-03-16T18:00:00-03:00", param, ctx)
        if moment.tzinfo is None:
            self.fail("lacks its offset, such as -03:00 or Z", param, ctx)
        return moment


class Named(click.ParamType[str]):
    """A name that a shell can complete: of a bank, an account, a tenant, a key, a format or a code.

    Whether there is something of that name is found out when the command runs; any text is taken here.

    Args:
        kind: of what.
    """

    def __init__(self, kind: str) -> None:
        self.name = kind

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text as it is.

        Raises:
            BadParameter: it has bytes that are no text.
        """
        if not is_text(str(value)):
            self.fail("is not text in UTF-8", param, ctx)
        return str(value)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
        """The names that begin so."""
        from click.shell_completion import CompletionItem

        from gateway.commands.names import names_of

        known = names_of(self.name, incomplete)
        return [CompletionItem(name, help=what) for name, what in known if name.startswith(incomplete)]
