"""The operator's commands about the daily import: run it now, show how it stands, or run a worker."""

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any

import rich_click as click

from gateway.commands.complaints import Hindered
from gateway.commands.parameters import Moment, Named, example, json_option
from gateway.commands.running import bar, check_temporary_files, guarded, settings, tenant_id_of, with_parts
from gateway.commands.tables import Column, print_rows

if TYPE_CHECKING:
    from gateway.parts import Parts

__all__ = ["sync", "worker"]


@click.group(invoke_without_command=True, epilog=example("gateway sync --bank itau"))
@click.option("--bank", type=Named("bank"), help="Only accounts at this bank (its slug).")
@click.option("--tenant", type=Named("tenant"), help="Only accounts of the tenant with this name.")
@click.option("--account", type=Named("account"), help="Only this account (its id).")
@click.option("--until", type=Moment(), help="Begin no import after this instant, RFC 3339.")
@json_option
@click.pass_context
def sync(
    context: click.Context,
    bank: str | None,
    tenant: str | None,
    account: str | None,
    until: datetime | None,
    *,
    as_json: bool,
) -> None:
    """Import now what is due today, also what has failed.

    An account is due on business days after its bank's hour. Exit status 0 when all were imported, 1 when some failed.
    """
    if context.invoked_subcommand is not None:
        return

    async def run(parts: "Parts") -> Counter[tuple[str, str]]:
        from gateway.accounts.banks import contract_of
        from gateway.actions import Action, about
        from gateway.importing.now import import_all
        from gateway.storage.imports.due import Selection

        tenant_id, what = None, ""
        if tenant is not None:
            tenant_id = await tenant_id_of(parts, tenant)
            what = about("tenant", tenant_id)
        if bank is not None:
            contract_of(bank, code="unknown_bank")
            what = about("bank", bank)
        if account is not None:
            tenant_id = (await parts.operations.account(account)).tenant_id
            what = about("account", account)
        await parts.audit.note(tenant_id, Action.IMPORT_REQUESTED, what)
        with bar("Importing") as advance:
            selection = Selection(bank=bank, tenant=tenant, account_id=account)
            return await import_all(parts.imports, selection, until=until, advance=advance)

    outcomes = with_parts(run)
    rows = [{"bank": at, "outcome": outcome, "accounts": count} for (at, outcome), count in sorted(outcomes.items())]
    columns = (Column("bank"), Column("outcome"), Column("accounts", right=True))
    print_rows(columns, rows, as_json=as_json, nothing="nothing is due now")
    if any(outcome != "done" for _, outcome in outcomes):
        raise SystemExit(1)


@sync.command("status", epilog=example("gateway sync status --json"))
@json_option
def status(*, as_json: bool) -> None:
    """Show today's import by bank.

    Numbers of accounts that are enabled, done, running, due, failed, and late.

    Late are accounts that were not imported two hours after their bank's hour.
    """
    numbers = ("enabled", "done", "running", "due", "failed")

    async def run(parts: "Parts") -> list[dict[str, Any]]:
        return [
            {"bank": each.bank, **{name: getattr(each, name) for name in numbers}, "late": parts.imports.late(each)}
            for each in await parts.imports.status()
        ]

    columns = (Column("bank"), *(Column(name, right=True) for name in (*numbers, "late")))
    print_rows(columns, with_parts(run), as_json=as_json, nothing="no account is enabled")


@click.command(epilog=example("gateway worker --metrics-port 9100"))
@click.option("--metrics-port", type=click.IntRange(0, 65535), help="Give the metrics here; 0 picks a free port.")
@click.option("--metrics-host", default="127.0.0.1", show_default=True, help="Address of that port.")
def worker(metrics_port: int | None, metrics_host: str) -> None:
    """Run the daily import without HTTP, over PostgreSQL.

    It runs until it is stopped. Any number of workers share one database.

    With SQLite `gateway serve` imports by itself, and there is no worker.
    """
    found = settings()
    if found.database_url.startswith("sqlite"):
        raise Hindered(
            "with SQLite `gateway serve` does the daily import itself; workers need PostgreSQL (GATEWAY_DATABASE_URL)"
        )
    check_temporary_files()
    import asyncio

    from gateway.serving.unwanted import UNWANTED, hidden

    with hidden(*UNWANTED):
        from gateway.importing.working import work
        from gateway.logs import configure

    configure(found.log_level)
    metrics_at = (metrics_host, metrics_port) if metrics_port is not None else None
    guarded(lambda: asyncio.run(work(found, metrics_at)))
