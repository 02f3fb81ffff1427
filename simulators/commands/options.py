"""Kinds of arguments and options that commands share, with what completion offers for them."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

import rich_click as click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

__all__ = ["DAY", "Moment", "Named", "example", "json_option"]

F = TypeVar("F", bound=Callable[..., Any])

DAY = click.DateTime(formats=["%Y-%m-%d"])
"""A day, as 2026-10-31."""


def example(command: str) -> str:
    """The last lines of a command's help: how it is written."""
    return f"Example:\n\n    {command}"


def json_option(command: F) -> F:
    """The option by which a command prints JSON."""
    shown = "Print JSON for programs, as the control API gives it. Errors are JSON too."
    return click.option("--json", "as_json", is_flag=True, help=shown)(command)


class Moment(click.ParamType[datetime]):
    """An instant as RFC 3339 writes it; without its offset it is Brasília's."""

    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The instant, with its offset.

        Raises:
            BadParameter: it is none, or too far away for a clock of the simulators.
        """
        from simulators.clock import BRASILIA  # noqa: PLC0415 - --help is instant

        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail("is not an instant such as 2026-03-16T18:00:00-03:00", param, ctx)
        if not 2000 <= moment.year < 2100:
            self.fail("is not from 2000 to 2099", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=BRASILIA)


class Named(click.ParamType[str]):
    """A name that a shell can complete: of a bank, a scenario or a fault.

    Whether there is something of that name is found out when the command runs; any text is taken here.

    Args:
        kind: of what.
    """

    def __init__(self, kind: str) -> None:
        self.name = kind

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text as it is."""
        return str(value)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
        """The names that begin so."""
        from click.shell_completion import CompletionItem  # noqa: PLC0415 - --help is instant

        return [CompletionItem(name, help=what) for name, what in names_of(self.name) if name.startswith(incomplete)]


def names_of(kind: str) -> list[tuple[str, str]]:
    """All names of a kind, each with a few words about it. No simulators are asked."""
    match kind:
        case "bank":
            import contracts  # noqa: PLC0415 - only what is completed is loaded

            return [(slug, "") for slug in contracts.banks()]
        case "scenario":
            from simulators.scenarios import all_scenarios  # noqa: PLC0415 - likewise

            return [(name, each.title) for name, each in all_scenarios().items()]
        case _:
            from simulators import faults  # noqa: PLC0415 - likewise

            return [(name, faults.fault_class(name).title) for name in faults.names()]
