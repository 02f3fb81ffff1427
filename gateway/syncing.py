"""The operator's commands about the daily import: run it now, show how it stands, or run a worker."""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import rich_click as click

from gateway.pausing import Moment
from gateway.terminal import bar, guarded, logs, print_rows, settings, with_parts

if TYPE_CHECKING:
    from gateway.app import Parts

__all__ = ["sync", "worker"]

# Imports stand inside the functions for the same reason as in `gateway.cli`: `--help` must be instant.


@click.group(invoke_without_command=True)
@click.option("--bank", help="Only accounts at this bank (its slug).")
@click.option("--tenant", help="Only accounts of the tenant with this name.")
@click.option("--account", help="Only this account (its id).")
@click.option("--until", type=Moment(), help="Begin no import after this instant, RFC 3339.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
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
    """Import now what is due today: accounts that were not imported yet, also those that have failed.

    An account is due on business days after its bank's hour. Exit status 0 when all were imported, 1 when some failed.
    """
    if context.invoked_subcommand is not None:
        return

    async def run(parts: "Parts") -> Counter[tuple[str, str]]:
        from gateway.accounts.enrolment import contract_of  # noqa: PLC0415
        from gateway.actions import Action, about  # noqa: PLC0415
        from gateway.importing.now import import_all  # noqa: PLC0415

        tenant_id, what = None, ""
        if tenant is not None:
            tenant_id = {key.tenant: key.tenant_id for key in await parts.keys.all()}.get(tenant)
            if tenant_id is None:
                raise click.ClickException("there is no tenant of that name")
            what = about("tenant", tenant_id)
        if bank is not None:
            contract_of(bank, code="unknown_bank")
            what = about("bank", bank)
        if account is not None:
            tenant_id = (await parts.operations.account(account)).tenant_id
            what = about("account", account)
        await parts.audit.note(tenant_id, Action.IMPORT_REQUESTED, what)
        with bar("Importing") as advance:
            return await import_all(
                parts.imports, parts.clock, bank=bank, tenant=tenant, account_id=account, until=until, advance=advance
            )

    outcomes = with_parts(run)
    rows = [(*what, count) for what, count in sorted(outcomes.items())]
    _print(("bank", "outcome", "accounts"), rows, as_json=as_json)
    if any(outcome != "done" for _, outcome in outcomes):
        raise SystemExit(1)


@sync.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def status(*, as_json: bool) -> None:
    """Show today's import by bank: accounts enabled, done, running, due, failed, and late.

    Late are accounts that were not imported two hours after their bank's hour.
    """

    async def run(parts: "Parts") -> list[tuple[str | int, ...]]:
        return [
            (each.bank, each.enabled, each.done, each.running, each.due, each.failed, parts.imports.late(each))
            for each in await parts.imports.status()
        ]

    columns = ("bank", "enabled", "done", "running", "due", "failed", "late")
    _print(columns, with_parts(run), as_json=as_json)


@click.command()
@click.option("--metrics-port", type=click.IntRange(0, 65535), help="Give the metrics here; 0 picks a free port.")
@click.option("--metrics-host", default="127.0.0.1", show_default=True, help="Address of that port.")
def worker(metrics_port: int | None, metrics_host: str) -> None:
    """Run the daily import without HTTP, until it is stopped. Any number of workers share one PostgreSQL.

    With SQLite `gateway serve` imports by itself, and there is no worker.
    """
    found = settings()
    if found.database_url.startswith("sqlite"):
        raise click.ClickException(
            "with SQLite `gateway serve` does the daily import itself; workers need PostgreSQL (GATEWAY_DATABASE_URL)"
        )
    logs(found.log_level)
    metrics_at = (metrics_host, metrics_port) if metrics_port is not None else None
    guarded(lambda: _work(found, metrics_at))


def _print(columns: tuple[str, ...], rows: Sequence[tuple[str | int, ...]], *, as_json: bool) -> None:
    """Print rows; in JSON their numbers are numbers."""
    if as_json:
        click.echo(json.dumps([dict(zip(columns, row, strict=True)) for row in rows], indent=2))
    else:
        print_rows(columns, [tuple(map(str, row)) for row in rows], as_json=False)


def _work(found: Any, metrics_at: tuple[str, int] | None) -> None:
    import asyncio  # noqa: PLC0415

    from gateway.importing.working import work  # noqa: PLC0415

    asyncio.run(work(found, metrics_at))
