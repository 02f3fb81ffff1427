"""The command `simulators`.

`--help` must be instant, so nothing heavy is imported before a command runs: the commands are listed here by name and
first sentence, and each is loaded when it runs (`simulators.commands`).
"""

from typing import Any

import rich_click as click

from simulators.commands.lazy import LazyGroup, Listed

__all__ = ["COMMANDS", "main"]

_HERE = "simulators.commands"
COMMANDS = {
    "Begin": {
        "serve": Listed(f"{_HERE}.serving", "serve", "Play all banks in one process until stopped."),
        "accounts": Listed(f"{_HERE}.listing", "accounts", "List the ready accounts with their credentials, as JSON."),
        "scenarios": Listed(f"{_HERE}.listing", "scenarios", "List the scenarios and the banks they can happen at."),
    },
    "Running simulators": {
        "clock": Listed(f"{_HERE}.clocks", "clock", "The clock of a world: show it, put it, move it."),
        "faults": Listed(
            f"{_HERE}.faults",
            "faults",
            "Faults, things that go wrong on purpose: list, add, stop, and what there is of them.",
        ),
        "requests": Listed(f"{_HERE}.journal", "requests", "Show the requests that the banks saw, the newest last."),
        "verify": Listed(
            f"{_HERE}.verifying",
            "verify",
            "Check that the banks saw the calls of a FILE (- for standard input); exit status 1 when they did not.",
        ),
        "truth": Listed(
            f"{_HERE}.ledgers", "truth", "Show the ledger of an account: what a statement must be equal to."
        ),
        "scenario": Listed(
            f"{_HERE}.ledgers", "scenario", "Move an account into another scenario; its credentials stay."
        ),
        "load": Listed(
            f"{_HERE}.ledgers",
            "load",
            "Put a FILE into running simulators: an account's ledger, or a snapshot of a world.",
        ),
        "world": Listed(
            f"{_HERE}.worlds",
            "world",
            "Isolated worlds, each with a clock, accounts, faults and a journal of its own: list, make, end.",
        ),
        "reset": Listed(
            f"{_HERE}.worlds",
            "reset",
            "Begin a world anew: the ready accounts as they were, no other, no fault and no request.",
        ),
    },
    "Adapters": {
        "certify": Listed(
            "simulators.certify.commands",
            "certify",
            "Try an adapter against its simulated bank, offline; exit status 1 when it falls short.",
        ),
        "grid": Listed(
            "simulators.certify.commands",
            "grid",
            "Try every fault at every step with every bank, offline; exit status 1 when a cell is wrong or was not "
            "tried.",
        ),
        "new": Listed(
            "simulators.authoring.commands",
            "new",
            "Write the first files of a bank; they run at once, and the places to fill in are listed.",
        ),
        "record": Listed(
            "simulators.authoring.commands",
            "record",
            "Make exchanges of recorded traffic, with all replaced that is not declared harmless.",
        ),
    },
    "Reference": {
        "exit-codes": Listed(f"{_HERE}.exit_codes", "exit_codes", "List the exit statuses of all commands."),
        "completion": Listed(
            f"{_HERE}.completion", "completion", "Print the script with which a SHELL completes `simulators`."
        ),
    },
}
"""All commands, by part of the help and name."""

STATUSES = (
    "Exit status: 0 done, 1 refused or not as wanted, 2 written wrongly, 3 no simulators answer, 6 they cannot be "
    "served here, 130 stopped by Ctrl+C; `simulators exit-codes` says more."
)


def _version(ctx: click.Context, _: click.Parameter, value: Any) -> None:
    if value and not ctx.resilient_parsing:
        from simulators.version import version  # noqa: PLC0415 - only what is run is loaded

        click.echo(f"simulators, version {version()}")
        ctx.exit()


@click.group(
    cls=LazyGroup,
    listed=COMMANDS,
    epilog=STATUSES,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version and exit."
)
def main() -> None:
    """Simulated Brazilian banks, documented failures included.

    `simulators serve` plays them; most other commands are about those that it plays. `simulators COMMAND --help` tells
    of one command, with an example.
    """
