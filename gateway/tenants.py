"""The operator's commands for tenants and their API keys."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import rich_click as click

from gateway.limits import KEY_LONGEST_OVERLAP_SECONDS, KEY_OVERLAP_SECONDS
from gateway.pausing import Moment
from gateway.terminal import print_rows, with_parts

if TYPE_CHECKING:
    from gateway.app import Parts
    from gateway.storage.tenants import Tenant

__all__ = ["keys", "tenants"]


@click.group()
def keys() -> None:
    """API keys of tenants."""


@keys.command("create")
@click.argument("tenant", metavar="NAME")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(["read", "manage", "operate"]),
    help="What it is for; read and manage, unless given. operate sees states and imports, and no statements.",
)
@click.option("--expires", type=Moment(), help="From when on it is refused, e.g. 2027-01-01T00:00:00-03:00.")
@click.option("--name", default="", help="By which the tenant's keys are told apart.")
def create_key(tenant: str, scopes: tuple[str, ...], expires: datetime | None, name: str) -> None:
    """Create a key for the tenant NAME, and the tenant too when it is new. The key is printed once and never stored."""

    async def run(parts: "Parts") -> str:
        from gateway.storage.api_keys import DEFAULT_SCOPES, Scope  # noqa: PLC0415

        chosen = frozenset(map(Scope, scopes)) or DEFAULT_SCOPES
        try:
            return await parts.keys.create(tenant, parts.clock.now(), name=name, scopes=chosen, expires_at=expires)
        except ValueError as error:
            raise click.ClickException(str(error)) from error

    click.echo(with_parts(run))


@keys.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def list_keys(*, as_json: bool) -> None:
    """List all keys by prefix."""

    async def run(parts: "Parts") -> list[tuple[str, ...]]:
        return [
            (
                key.prefix,
                key.tenant,
                _shown(key.created_at),
                _shown(key.revoked_at),
                key.name,
                " ".join(sorted(key.scopes)),
                _shown(key.expires_at),
                _shown(key.last_used_at),
            )
            for key in await parts.keys.all()
        ]

    columns = ("prefix", "tenant", "created", "revoked", "name", "scopes", "expires", "last_used")
    print_rows(columns, with_parts(run), as_json=as_json)


def _shown(instant: datetime | None) -> str:
    return instant.isoformat(timespec="seconds") if instant is not None else ""


@keys.command("revoke")
@click.argument("prefix")
def revoke_key(prefix: str) -> None:
    """Revoke the key with that PREFIX."""

    async def run(parts: "Parts") -> bool:
        return await parts.keys.revoke(prefix, parts.clock.now())

    if not with_parts(run):
        raise click.ClickException("there is no living key of that prefix")


@keys.command("rotate")
@click.argument("prefix")
@click.option(
    "--overlap",
    "overlap_seconds",
    type=click.IntRange(0, KEY_LONGEST_OVERLAP_SECONDS),
    default=KEY_OVERLAP_SECONDS,
    show_default=True,
    help="Seconds for which the present key goes on; 0 ends it at once.",
)
def rotate_key(prefix: str, overlap_seconds: int) -> None:
    """Replace the key with that PREFIX by one with the same name, scopes and end. The new key is printed once.

    If it was lost, do it again: the new key that nobody has used is revoked.
    """

    async def run(parts: "Parts") -> str:
        owner = next((key.tenant_id for key in await parts.keys.all() if key.prefix == prefix.removeprefix("ext_")), "")
        made = await parts.key_management.rotate(owner, None, prefix, timedelta(seconds=overlap_seconds))
        return made.value

    click.echo(with_parts(run))


@click.group()
def tenants() -> None:
    """Tenants, and the removal of one."""


@tenants.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def list_tenants(*, as_json: bool) -> None:
    """List all tenants with the numbers of their accounts and living keys."""

    async def run(parts: "Parts") -> "list[Tenant]":
        return await parts.tenants.all()

    rows = [(one.name, _shown(one.created_at), str(one.accounts), str(one.keys)) for one in with_parts(run)]
    print_rows(("name", "created", "accounts", "keys"), rows, as_json=as_json)


@tenants.command("remove")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove_tenant(name: str, *, yes: bool) -> None:
    """Remove the tenant NAME: its keys end at once; its accounts, credentials, tokens and statements are erased."""
    if not yes:
        click.confirm(f"Erase everything of the tenant {name!r}?", abort=True, err=True)

    async def run(parts: "Parts") -> bool:
        return await parts.tenants.remove(name)

    if not with_parts(run):
        raise click.ClickException("there is no tenant of that name")
