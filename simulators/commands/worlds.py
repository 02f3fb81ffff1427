"""The commands that make, list and end worlds, and reset one."""

import rich_click as click

from simulators.commands.asking import Control, asks
from simulators.commands.options import example, json_option
from simulators.commands.tables import print_fields, print_rows

__all__ = ["reset", "world"]

COLUMNS = ("name", "now", "accounts", "faults", "ready_accounts", "quotas", "control")


@click.group()
def world() -> None:
    """Isolated worlds, each with a clock, accounts, faults and a journal of its own: list, make, end."""


@world.command("list", epilog=example("simulators world list"))
@asks
@json_option
def list_(control: Control, *, as_json: bool) -> None:
    """List the isolated worlds."""
    rows = control._replace(world="").get("/worlds")
    print_rows(COLUMNS, rows, as_json=as_json, nothing="no world but the one that all share")


@world.command(epilog=example("simulators world make nightly --no-ready-accounts"))
@click.argument("name")
@click.option(
    "--ready-accounts/--no-ready-accounts",
    default=True,
    show_default=True,
    help="Open the ready account of each scenario, which takes seconds.",
)
@click.option("--quotas/--no-quotas", default=False, show_default=True, help="Refuse calls beyond documented limits.")
@asks
@json_option
def make(control: Control, name: str, *, ready_accounts: bool, quotas: bool, as_json: bool) -> None:
    """Make an isolated world of this NAME, from which all in it follows."""
    body = {"name": name, "ready_accounts": ready_accounts, "quotas": quotas}
    print_fields(control._replace(world="").ask("POST", "/worlds", body=body), as_json=as_json)


@world.command(epilog=example("simulators world end nightly"))
@click.argument("name")
@asks
def end(control: Control, name: str) -> None:
    """End the world of this NAME: its accounts are known to no bank any more."""
    from urllib.parse import quote  # noqa: PLC0415 - --help is instant

    control._replace(world="").ask("DELETE", f"/worlds/{quote(name, safe='')}")


@click.command(epilog=example("simulators reset --world nightly"))
@click.option("--all", "everything", is_flag=True, help="Also the world that all share, for everybody in it.")
@asks
def reset(control: Control, *, everything: bool) -> None:
    """Begin a world anew: the ready accounts as they were, no other, no fault and no request."""
    control.ask("POST", "/reset", {"all": "true" if everything else None})
