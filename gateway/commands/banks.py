"""The command that lists the banks, or shows one."""

from typing import TYPE_CHECKING, Any

import rich_click as click

from gateway.commands.parameters import Named, example, json_option
from gateway.commands.tables import Column, bold, print_json, print_rows

if TYPE_CHECKING:
    from contracts.schema import Contract

__all__ = ["banks"]

OF_A_PROCESS = ("health", "pause", "redirect_uri")
"""What the HTTP interface adds of the process that answers; this command asks none."""


@click.command(epilog=example("gateway banks itau"))
@click.argument("slug", type=Named("bank"), required=False)
@json_option
def banks(slug: str | None, *, as_json: bool) -> None:
    """List the banks, or show what one of them needs.

    With a SLUG: its credential form, its set-up steps and its limits, as a person at the account needs them.
    """
    import contracts
    from gateway import connectors

    if slug is None:
        rows = [_body(contracts.load(each), whole=as_json) for each in connectors.banks()]
        columns = (*map(Column, ("slug", "name", "compe", "kinds")), Column("product", wraps=True))
        print_rows(columns, rows, as_json=as_json)
        return
    if slug not in connectors.banks():
        raise click.ClickException("there is no such bank; `gateway banks` lists all")
    if as_json:
        print_json(_body(contracts.load(slug), whole=True))
    else:
        _show(contracts.load(slug))


def _body(contract: "Contract", *, whole: bool) -> dict[str, Any]:
    """A bank in the shape of the HTTP interface, or what the table shows of it."""
    if not whole:
        kinds = list(contract.enrolment.kinds)
        return {name: getattr(contract, name) for name in ("slug", "name", "compe", "product")} | {"kinds": kinds}
    import msgspec

    from gateway.accounts.states.bank_health import BankHealth
    from gateway.api.banks import bank_body

    body: dict[str, Any] = msgspec.to_builtins(bank_body(contract, BankHealth(), ""))
    return {name: value for name, value in body.items() if name not in OF_A_PROCESS}


def _show(contract: "Contract") -> None:
    enrolment, period = contract.enrolment, contract.period
    kinds = " and ".join(enrolment.kinds)
    click.echo(f"{bold(contract.name)} ({contract.slug}, COMPE {contract.compe}, {kinds})")
    days = [f"first import {period.first_import_days} days", f"yesterday is complete by {period.available_by}"]
    if period.history_days:
        days.insert(0, f"{period.history_days} days back")
    click.echo(f"{contract.product}; {', '.join(days)}")
    title = bold("Credentials")
    click.echo(f"\n{title} (a JSON object with these names, for `gateway accounts add --credentials`)")
    longest = max((len(field.name) for field in enrolment.fields), default=0)
    for field in enrolment.fields:
        needed = "" if field.required else " (optional)"
        click.echo(f"  {field.name.ljust(longest)}  {field.label}{needed}")
    click.echo(f"\n{bold('Set-up')}")
    for number, step in enumerate(enrolment.steps, start=1):
        click.echo(f"  {number}. {step}")
    for notice in enrolment.notices:
        click.echo(f"\n  {notice}")
