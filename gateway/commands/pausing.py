"""The operator's commands that pause a bank or a connection, resume it, or revive suspended ones."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import rich_click as click

from gateway.commands.parameters import Moment, Named, example, json_option
from gateway.commands.running import with_parts
from gateway.commands.tables import Column, instant, print_rows

if TYPE_CHECKING:
    from gateway.parts import Parts

__all__ = ["pause", "pauses", "resume", "revive"]


@click.command(epilog=example('gateway pause itau --reason "manutenção até as 14h" --until 2026-12-01T14:00:00-03:00'))
@click.argument("bank", type=Named("bank"))
@click.option("--account", type=Named("account"), help="Only this connection (an account's id).")
@click.option("--new-only", is_flag=True, help="Refuse new enrolments only; enabled connections go on.")
@click.option("--reason", default="", help="The reason that callers see.")
@click.option("--until", type=Moment(), help="When it ends by itself, RFC 3339.")
def pause(bank: str, account: str | None, reason: str, until: datetime | None, *, new_only: bool) -> None:
    """Stop asking a BANK (its slug), or asking it for one account.

    Callers get `integration_paused` meanwhile. It replaces an earlier pause.
    """

    async def run(parts: "Parts") -> None:
        from gateway.accounts.banks import contract_of
        from gateway.storage.accounts.pauses import Mode

        contract_of(bank, code="unknown_bank")
        await _check_at(parts, bank, account)
        mode = Mode.NEW_ENROLMENTS_ONLY if new_only else Mode.ALL
        try:
            await parts.operations.pause(bank, account, mode=mode, reason=reason.strip(), until=until)
        except ValueError as error:
            raise click.ClickException(str(error)) from error

    with_parts(run)


@click.command(epilog=example("gateway resume itau"))
@click.argument("bank", type=Named("bank"), required=False)
@click.option("--account", type=Named("account"), help="The connection (an account's id) to go on with.")
def resume(bank: str | None, account: str | None) -> None:
    """End the pause of a BANK (its slug), or of one account.

    A bank's pause holds for its accounts until it ends. The BANK may be named beside --account, as in `pause`.
    """
    if bank is None and account is None:
        raise click.UsageError("name a BANK or an --account")

    async def run(parts: "Parts") -> bool:
        if account is None:
            return await parts.operations.resume(bank=bank)
        if bank is not None:
            await _check_at(parts, bank, account)
        return await parts.operations.resume(account_id=account)

    if not with_parts(run):
        raise click.ClickException("nothing is paused there")


@click.command(epilog=example("gateway revive --bank itau"))
@click.option("--bank", type=Named("bank"), help="Only those at this bank (its slug).")
@click.option("--account", type=Named("account"), help="Only this connection (an account's id).")
def revive(bank: str | None, account: str | None) -> None:
    """Try stopped connections again, with their present credentials.

    Those that are suspended, and those whose bank has failed for long. Prints their number.
    """

    async def run(parts: "Parts") -> int:
        from gateway.accounts.banks import contract_of

        if bank is not None:
            contract_of(bank, code="unknown_bank")
        await _check_at(parts, bank, account)
        return await parts.all_tenants.revive(bank, account)

    click.echo(f"{with_parts(run)} revived")


async def _check_at(parts: "Parts", bank: str | None, account: str | None) -> None:
    """Check that the account is at the bank, where both are named.

    Raises:
        ClickException: it is at another one.
        CallerError: `unknown_account`.
    """
    if account is None:
        return
    record = await parts.operations.account(account)
    if bank is not None and record.bank != bank:
        raise click.ClickException(f"that account is at {record.bank}")


@click.command(epilog=example("gateway pauses --json"))
@json_option
def pauses(*, as_json: bool) -> None:
    """List the pauses in force."""

    async def run(parts: "Parts") -> list[dict[str, Any]]:
        return [
            {
                "bank": each.bank,
                "account_id": each.account_id,
                "mode": each.mode.value,
                "since": instant(each.since),
                "until": instant(each.until),
                "reason": each.reason or None,
            }
            for each in await parts.operations.pauses()
        ]

    names = ("bank", "account_id", "mode", "since", "until")
    columns = (*map(Column, names), Column("reason", wraps=True))
    print_rows(columns, with_parts(run), as_json=as_json, nothing="nothing is paused")
