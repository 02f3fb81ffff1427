"""The operator's commands that pause a bank or a connection, resume it, or revive suspended ones."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import rich_click as click

from gateway.terminal import print_rows, with_parts

if TYPE_CHECKING:
    from gateway.app import Parts

__all__ = ["Moment", "pause", "pauses", "resume", "revive"]

# Imports stand inside the functions for the same reason as in `gateway.cli`: `--help` must be instant.


class Moment(click.ParamType[datetime]):
    """An instant as RFC 3339 writes it, with its offset."""

    name = "rfc3339"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The instant.

        Raises:
            BadParameter: it is none.
        """
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail("is not an instant such as 2026-03-16T18:00:00-03:00", param, ctx)
        if moment.tzinfo is None:
            self.fail("lacks its offset, such as -03:00 or Z", param, ctx)
        return moment


@click.command()
@click.argument("bank")
@click.option("--account", help="Only this connection (an account's id).")
@click.option("--new-only", is_flag=True, help="Refuse new enrolments only; enabled connections go on.")
@click.option("--reason", default="", help="The reason that callers see.")
@click.option("--until", type=Moment(), help="When it ends by itself, RFC 3339.")
def pause(bank: str, account: str | None, reason: str, until: datetime | None, *, new_only: bool) -> None:
    """Stop asking a BANK (its slug), or asking it for one account. Replaces an earlier pause."""

    async def run(parts: "Parts") -> None:
        from gateway.accounts.enrolment import contract_of  # noqa: PLC0415
        from gateway.storage.pauses import Mode  # noqa: PLC0415

        contract_of(bank, code="unknown_bank")
        await _check_at(parts, bank, account)
        mode = Mode.NEW_ENROLMENTS_ONLY if new_only else Mode.ALL
        try:
            await parts.operations.pause(bank, account, mode=mode, reason=reason.strip(), until=until)
        except ValueError as error:
            raise click.ClickException(str(error)) from error

    with_parts(run)


@click.command()
@click.argument("bank", required=False)
@click.option("--account", help="The connection (an account's id) to go on with.")
def resume(bank: str | None, account: str | None) -> None:
    """End the pause of a BANK (its slug), or of one account. A bank's pause holds for its accounts until it ends."""
    if (bank is None) == (account is None):
        raise click.UsageError("name a BANK or an --account")

    async def run(parts: "Parts") -> bool:
        return await parts.operations.resume(bank=bank, account_id=account)

    if not with_parts(run):
        raise click.ClickException("nothing is paused there")


@click.command()
@click.option("--bank", help="Only those at this bank (its slug).")
@click.option("--account", help="Only this connection (an account's id).")
def revive(bank: str | None, account: str | None) -> None:
    """Try connections again that are suspended or whose bank has failed for long, with their present credentials."""

    async def run(parts: "Parts") -> int:
        from gateway.accounts.enrolment import contract_of  # noqa: PLC0415

        if bank is not None:
            contract_of(bank, code="unknown_bank")
        await _check_at(parts, bank, account)
        return await parts.operations.revive(bank, account)

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


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def pauses(*, as_json: bool) -> None:
    """List the pauses in force."""

    async def run(parts: "Parts") -> list[tuple[str, ...]]:
        return [
            (
                each.bank,
                each.account_id or "",
                each.mode.value,
                each.since.astimezone(parts.clock.now().tzinfo).isoformat(timespec="seconds"),
                each.until.astimezone(parts.clock.now().tzinfo).isoformat(timespec="seconds") if each.until else "",
                each.reason,
            )
            for each in await parts.operations.pauses()
        ]

    columns = ("bank", "account", "mode", "since", "until", "reason")
    print_rows(columns, with_parts(run), as_json=as_json)
