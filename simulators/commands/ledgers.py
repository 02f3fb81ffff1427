"""The commands about one account: its truth, its scenario, a ledger of one's own; and snapshots of a world."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import rich_click as click

from simulators.commands.asking import Control, asks
from simulators.commands.exit_codes import Refused
from simulators.commands.options import DAY, Named, example, json_option
from simulators.commands.tables import print_fields, print_json, print_rows

__all__ = ["load", "scenario", "truth"]

USUAL_DAYS = 30
FILE = click.Path(path_type=Path, exists=True, dir_okay=False, readable=True)


@click.command(epilog=example("simulators truth inter 12345678 --from 2026-03-01 --to 2026-03-15"))
@click.argument("bank", type=Named("bank"))
@click.argument("number")
@click.option("--from", "first", type=DAY, help="First day; 30 days that end with the last one when it is not given.")
@click.option("--to", "last", type=DAY, help="Last day; the simulated yesterday when it is not given.")
@asks
@json_option
def truth(
    control: Control, bank: str, number: str, first: datetime | None, last: datetime | None, *, as_json: bool
) -> None:
    """Show the ledger of an account: what a statement must be equal to."""
    end = last.date() if last is not None else _yesterday(control)
    begin = first.date() if first is not None else end - timedelta(days=USUAL_DAYS - 1)
    if begin > end:
        raise click.UsageError(f"the period begins on {begin}, after its end on {end}")
    path = f"/truth/{_part(bank)}/{_part(number)}"
    found = control.get(path, {"from": begin.isoformat(), "to": end.isoformat()})
    if as_json:
        print_json(found)
        return
    rows = [{**each, "counterparty": (each.get("counterparty") or {}).get("name")} for each in found["entries"]]
    columns = ("date", "amount", "type", "description", "counterparty", "balance")
    click.echo(f"opening balance {found['opening_balance']} on {begin}", err=True)
    print_rows(columns, rows, as_json=False, wraps=("type", "description", "counterparty"), nothing="no movement")
    click.echo(f"closing balance {found['closing_balance']} on {end}", err=True)


@click.command(epilog=example("simulators scenario itau 123456 password_expired"))
@click.argument("bank", type=Named("bank"))
@click.argument("number")
@click.argument("name", type=Named("scenario"))
@asks
@json_option
def scenario(control: Control, bank: str, number: str, name: str, *, as_json: bool) -> None:
    """Move an account into another scenario; its credentials stay."""
    path = f"/accounts/{_part(bank)}/{_part(number)}/scenario"
    found = control.ask("PUT", path, body={"scenario": name})
    shown = {each: found[each] for each in ("bank", "scenario", "title", "expected")}
    print_fields(found if as_json else shown, as_json=as_json)


@click.command(epilog=example("simulators load ledger.csv --bank inter --number 12345678"))
@click.argument("file", type=FILE)
@click.option("--bank", type=Named("bank"), default="", help="Bank of the account whose ledger the file is.")
@click.option("--number", default="", help="Number of that account; without it a new one is opened.")
@click.option("--all", "everything", is_flag=True, help="Let a snapshot replace the world that all share.")
@asks
@json_option
def load(control: Control, file: Path, bank: str, number: str, *, everything: bool, as_json: bool) -> None:
    """Put a FILE into running simulators: an account's ledger, or a snapshot of a world.

    A ledger is JSON, CSV or OFX, by the suffix of the file; a snapshot is JSON, and goes to no single account.
    """
    if number and not bank:
        raise click.UsageError("--number is of an account of a bank; give --bank too")
    print_fields(_loaded(control, file, bank, number, everything=everything), as_json=as_json)


def _loaded(control: Control, file: Path, bank: str, number: str, *, everything: bool) -> dict[str, Any]:
    """What the simulators say to a file.

    Raises:
        Refused: they refuse it, or the file is of no known kind.
    """
    import httpx  # noqa: PLC0415 - --help is instant

    from simulators.worlds.loading import LoadError, load_file  # noqa: PLC0415

    with httpx.Client(base_url=control.address) as client:
        try:
            return load_file(client, file, bank=bank, number=number, everything=everything)
        except LoadError as error:
            raise Refused(str(error)) from error


def _yesterday(control: Control) -> date:
    now: str = control.get("/clock")["now"]
    return datetime.fromisoformat(now).date() - timedelta(days=1)


def _part(text: str) -> str:
    from urllib.parse import quote  # noqa: PLC0415 - --help is instant

    return quote(text, safe="")
