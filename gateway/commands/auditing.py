"""The operator's command that lists who managed what."""

from datetime import datetime
from typing import TYPE_CHECKING

import rich_click as click

from gateway.commands.parameters import Moment, Named, example, json_option
from gateway.commands.running import tenant_id_of, with_parts
from gateway.commands.tables import Column, instant, print_rows

if TYPE_CHECKING:
    from gateway.actions import RecordedAction
    from gateway.parts import Parts

__all__ = ["audit"]


@click.command(epilog=example("gateway audit --tenant my-erp --from 2026-12-01T00:00:00-03:00"))
@click.option("--tenant", type=Named("tenant"), help="Only actions of the tenant with this name.")
@click.option("--account", type=Named("account"), help="Only actions about this account (its id), which may be gone.")
@click.option("--action", type=Named("action"), help="Only these actions, e.g. account.removed.")
@click.option("--from", "first", type=Moment(), help="Only at this instant or later, RFC 3339.")
@click.option("--to", "end", type=Moment(), help="Only before this instant, RFC 3339.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 10_000), help="Most actions to print.")
@json_option
def audit(
    tenant: str | None,
    account: str | None,
    action: str | None,
    first: datetime | None,
    end: datetime | None,
    limit: int,
    *,
    as_json: bool,
) -> None:
    """List management actions, newest first: when, who, what, about what.

    Those of all tenants and of the operator.
    """
    from gateway.actions import Action

    if action is not None and action not in set(Action):
        raise click.BadParameter(f"is none of {', '.join(Action)}", param_hint="--action")

    async def run(parts: "Parts") -> "list[tuple[str, RecordedAction]]":
        from gateway.storage.management.audit import ActionFilter

        if tenant is not None:
            await tenant_id_of(parts, tenant)
        chosen = Action(action) if action is not None else None
        wanted = ActionFilter(account_id=account, action=chosen, first=first, end=end)
        return await parts.all_actions.newest(limit, tenant, wanted)

    columns = [Column(name) for name in ("at", "tenant", "actor", "action", "about", "outcome", "request_id", "id")]
    rows = [
        {
            "id": each.id,
            "tenant": name or None,
            "at": instant(each.at),
            "actor": each.actor,
            "action": each.action,
            "about": each.about,
            "outcome": each.outcome,
            "request_id": each.request_id,
        }
        for name, each in with_parts(run)
    ]
    print_rows(columns, rows, as_json=as_json, nothing="no action is recorded")
