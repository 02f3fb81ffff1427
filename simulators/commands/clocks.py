"""The commands that show, put and move the clock of a world."""

from datetime import datetime

import rich_click as click

from simulators.commands.asking import Control, asks
from simulators.commands.options import Moment, example, json_option
from simulators.commands.tables import print_fields

__all__ = ["clock"]


@click.group()
def clock() -> None:
    """The clock of a world: show it, put it, move it."""


@clock.command(epilog=example("simulators clock show"))
@asks
@json_option
def show(control: Control, *, as_json: bool) -> None:
    """Show the simulated time."""
    print_fields(control.get("/clock"), as_json=as_json)


@clock.command("set", epilog=example("simulators clock set 2026-03-16T13:00:00-03:00"))
@click.argument("instant", type=Moment())
@asks
@json_option
def put(control: Control, instant: datetime, *, as_json: bool) -> None:
    """Put the clock at an INSTANT; without an offset it is Brasília's."""
    print_fields(control.ask("PUT", "/clock", body={"now": instant.isoformat()}), as_json=as_json)


@clock.command(epilog=example("simulators clock advance --days 1"))
@click.option("--days", type=float, default=0, help="Days to move it on; below zero back.")
@click.option("--hours", type=float, default=0, help="Hours besides.")
@click.option("--seconds", type=float, default=0, help="Seconds besides.")
@click.option(
    "--over-seconds",
    type=click.FloatRange(0, 3600),
    default=0,
    help="Go there evenly, in so many of the machine's seconds, so that timers come due on the way; 0: at once.",
)
@asks
@json_option
def advance(control: Control, days: float, hours: float, seconds: float, over_seconds: float, *, as_json: bool) -> None:
    """Move the clock."""
    if not (days or hours or seconds):
        raise click.UsageError("say how far: --days, --hours or --seconds")
    step = {"days": days, "seconds": seconds + 3600 * hours, "over_seconds": over_seconds}
    print_fields(control.ask("POST", "/clock/advance", body=step), as_json=as_json)
