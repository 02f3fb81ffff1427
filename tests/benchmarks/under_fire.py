"""The effect of hostile tenants on an honest one: `python -m tests.benchmarks.under_fire [--rounds N] [--seconds N]`.

Simulators, gateway and attackers run as real processes. An honest tenant reads short statements of eight banks, five a
second, and somebody asks for `/health/live` twenty times a second. That is noted alone, and then while all of this goes
on at once: a hostile tenant with stalled accounts, abandoned requests, hostile keys and long addresses; banks that
answer it with thirty megabytes, with garbage or without an end; and three hundred clients that never end a request.
Quiet and burning phases take turns, because a machine is not the same from one minute to the next. The hostile tenant's
banks are a process of their own: what a bank takes longer because it is busy with another tenant is not the gateway's.
They and the attackers run at the lowest priority, since they stand for other machines.
"""

import argparse
import asyncio
import contextlib
import tempfile
from collections import defaultdict
from pathlib import Path

import rich_click as click

from tests.benchmarks.numbers import Distribution, row, table
from tests.served import processes
from tests.served.answers import Tally
from tests.served.conftest import weekday_afternoon
from tests.served.scene import FULL, Measured, Scene, burning, scene

WARM_UP_SECONDS = 4.0


async def measure(found: Scene, rounds: int, seconds: float) -> None:
    """Run all phases in turns; print the tables of their results."""
    quiet, fire = Measured(), Measured()
    hostile: defaultdict[str, Tally] = defaultdict(Tally.empty)
    await found.during(WARM_UP_SECONDS)  # connections, tokens, caches
    for _ in range(rounds):
        _add(quiet, await found.during(seconds))
        async with burning(found.plan) as tallies:
            _add(fire, await found.during(seconds))
        for name, tally in tallies.items():
            hostile[name].add(tally)
    click.echo(table())
    for name in ("honest", "health"):
        alone = Distribution.of(getattr(quiet, f"{name}_seconds"))
        click.echo(row(f"{name}, alone", alone))
        click.echo(row(f"{name}, under fire", Distribution.of(getattr(fire, f"{name}_seconds")), alone))
    click.echo(f"\n{'count':24}{'wrong':>10}{'unnamed':>10}{'unshaped':>10}{'unanswered':>12}  answered")
    for name, tally in {
        "honest, alone": quiet.honest,
        "honest, under fire": fire.honest,
        "health, alone": quiet.health,
        "health, under fire": fire.health,
        **hostile,
    }.items():
        answered = ", ".join(f"{count} x {what}" for what, count in sorted(tally.answered.items()))
        counts = f"{tally.wrong:>10}{tally.unnamed:>10}{tally.unshaped:>10}{tally.unanswered:>12}"
        click.echo(f"{name:24}{counts}  {answered}")


def _add(whole: Measured, part: Measured) -> None:
    whole.honest.add(part.honest)
    whole.health.add(part.health)
    whole.honest_seconds.extend(part.honest_seconds)
    whole.health_seconds.extend(part.health_seconds)


def main() -> None:
    """Set up, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=30.0)
    given = parser.parse_args()
    with contextlib.ExitStack() as stack:
        state = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        # Of one seed, so that the gateway trusts the authority of both.
        own = processes.simulators(state / "banks"), processes.simulators(state / "hostile")
        banks, hostile = (stack.enter_context(each) for each in own)
        for each in (banks, hostile):
            each.ask("PUT", "/clock", json={"now": weekday_afternoon(banks).isoformat()}).raise_for_status()
        # With a clock that it has to ask for the time, each request would wait for the simulators first.
        found = stack.enter_context(scene(state, banks, FULL, hostile, asks_for_time=False))
        asyncio.run(measure(found, given.rounds, given.seconds))


if __name__ == "__main__":
    main()
