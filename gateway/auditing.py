"""The operator's command that lists who managed what."""

from datetime import datetime
from typing import TYPE_CHECKING

import rich_click as click

from gateway.pausing import Moment
from gateway.terminal import print_rows, with_parts

if TYPE_CHECKING:
    from gateway.actions import RecordedAction
    from gateway.app import Parts

__all__ = ["audit"]

# Imports stand inside the functions for the same reason as in `gateway.cli`: `--help` must be instant.


@click.command()
@click.option("--tenant", help="Only actions of the tenant with this name.")
@click.option("--account", help="Only actions about this account (its id), which may be gone.")
@click.option("--action", help="Only these actions, e.g. account.removed.")
@click.option("--from", "first", type=Moment(), help="Only at this instant or later, RFC 3339.")
@click.option("--to", "end", type=Moment(), help="Only before this instant, RFC 3339.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 10_000), help="Most actions to print.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
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
    """List management actions of all tenants and of the operator, newest first: when, who, what, about what."""
    from gateway.actions import Action  # noqa: PLC0415

    if action is not None and action not in set(Action):
        raise click.BadParameter(f"is none of {', '.join(Action)}", param_hint="--action")

    async def run(parts: "Parts") -> "list[tuple[str, RecordedAction]]":
        from gateway.storage.audit import ActionFilter  # noqa: PLC0415

        if tenant is not None and tenant not in {each.name for each in await parts.tenants.all()}:
            raise click.ClickException("there is no tenant of that name")
        chosen = Action(action) if action is not None else None
        wanted = ActionFilter(account_id=account, action=chosen, first=first, end=end)
        return await parts.all_actions.newest(limit, tenant, wanted)

    columns = ("at", "tenant", "actor", "action", "about", "outcome", "request_id", "id")
    rows = [
        (
            each.at.isoformat(timespec="seconds"),
            name,
            each.actor,
            each.action,
            each.about,
            each.outcome,
            each.request_id or "",
            each.id,
        )
        for name, each in with_parts(run)
    ]
    print_rows(columns, rows, as_json=as_json)
