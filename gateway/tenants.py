"""The operator's commands for tenants and their API keys."""

from typing import TYPE_CHECKING

import rich_click as click

from gateway.terminal import print_rows, with_parts

if TYPE_CHECKING:
    from gateway.app import Parts
    from gateway.storage.tenants import Tenant

__all__ = ["keys", "tenants"]


@click.group()
def keys() -> None:
    """API keys of tenants."""


@keys.command("create")
@click.argument("name")
def create_key(name: str) -> None:
    """Create a key for the tenant NAME, and the tenant too when it is new. The key is printed once and never stored."""

    async def run(parts: "Parts") -> str:
        try:
            return await parts.keys.create(name, parts.clock.now())
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
                key.created_at.isoformat(timespec="seconds"),
                key.revoked_at.isoformat(timespec="seconds") if key.revoked_at else "",
            )
            for key in await parts.keys.all()
        ]

    print_rows(("prefix", "tenant", "created", "revoked"), with_parts(run), as_json=as_json)


@keys.command("revoke")
@click.argument("prefix")
def revoke_key(prefix: str) -> None:
    """Revoke the key with that PREFIX."""

    async def run(parts: "Parts") -> bool:
        return await parts.keys.revoke(prefix, parts.clock.now())

    if not with_parts(run):
        raise click.ClickException("there is no living key of that prefix")


@click.group()
def tenants() -> None:
    """Tenants, and the removal of one."""


@tenants.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def list_tenants(*, as_json: bool) -> None:
    """List all tenants with the numbers of their accounts and living keys."""

    async def run(parts: "Parts") -> "list[Tenant]":
        return await parts.tenants.all()

    rows = [
        (one.name, one.created_at.isoformat(timespec="seconds"), str(one.accounts), str(one.keys))
        for one in with_parts(run)
    ]
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
