"""The operator's commands for tenants and their API keys."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import rich_click as click

from gateway.commands.parameters import Moment, Named, example, json_option
from gateway.commands.running import tenant_id_of, with_parts
from gateway.commands.tables import Column, instant, print_json, print_rows
from gateway.limits import KEY_LONGEST_OVERLAP_SECONDS, KEY_OVERLAP_SECONDS

if TYPE_CHECKING:
    from gateway.parts import Parts
    from gateway.storage.management.api_keys import ApiKey

__all__ = ["keys", "tenants"]


@click.group()
def keys() -> None:
    """API keys of tenants: create, list, rotate, revoke."""


@keys.command("create", epilog=example("gateway keys create my-erp --scope read --name nightly"))
@click.argument("tenant", metavar="NAME", type=Named("tenant"))
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(["read", "manage", "operate"]),
    help="What it is for; read and manage, unless given. operate sees states and imports, and no statements.",
)
@click.option("--expires", type=Moment(), help="From when on it is refused, e.g. 2027-01-01T00:00:00-03:00.")
@click.option("--name", default="", help="By which the tenant's keys are told apart.")
@json_option
def create_key(tenant: str, scopes: tuple[str, ...], expires: datetime | None, name: str, *, as_json: bool) -> None:
    """Create a key for the tenant NAME, and the tenant too when it is new.

    The key is printed once and never stored.
    """
    from gateway.accounts.keys.api_keys import checked_names

    try:
        # Before anything is opened, which makes a database and a vault key where there are none.
        checked_names(tenant, name)
    except ValueError as error:
        raise click.ClickException(str(error)) from error

    async def run(parts: "Parts") -> tuple[str, dict[str, Any]]:
        from gateway.storage.management.api_keys import DEFAULT_SCOPES, Scope

        chosen = frozenset(map(Scope, scopes)) or DEFAULT_SCOPES
        try:
            made = await parts.keys.create(tenant, parts.clock.now(), name=name, scopes=chosen, expires_at=expires)
        except ValueError as error:
            raise click.ClickException(str(error)) from error
        return made, await _made(parts, made)

    _print_made(*with_parts(run), as_json=as_json)


async def _made(parts: "Parts", value: str) -> dict[str, Any]:
    """A key that was just made, with the key itself."""
    (key,) = (each for each in await parts.keys.all() if value.startswith(f"ext_{each.prefix}_"))
    return {**_body(key), "key": value}


def _print_made(value: str, body: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(body)
    else:
        click.echo(value)


def _body(key: "ApiKey") -> dict[str, Any]:
    """A key as the HTTP interface shows it, and its tenant."""
    return {
        "prefix": key.prefix,
        "tenant": key.tenant,
        "name": key.name,
        "scopes": sorted(key.scopes),
        "created_at": instant(key.created_at),
        "expires_at": instant(key.expires_at),
        "last_used_at": instant(key.last_used_at),
        "revoked_at": instant(key.revoked_at),
        "replaced_by": key.replaced_by,
    }


@keys.command("list", epilog=example("gateway keys list --json"))
@json_option
def list_keys(*, as_json: bool) -> None:
    """List all keys by prefix, also those that have ended."""
    names = ("prefix", "tenant", "created_at", "revoked_at", "name", "scopes", "expires_at", "last_used_at")
    rows = [_body(key) for key in with_parts(lambda parts: parts.keys.all())]
    print_rows([Column(name) for name in names], rows, as_json=as_json, nothing="there is no key yet")


@keys.command("revoke", epilog=example("gateway keys revoke 0123456789ab"))
@click.argument("prefix", type=Named("key"))
def revoke_key(prefix: str) -> None:
    """Revoke the key with that PREFIX."""
    if not with_parts(lambda parts: parts.keys.revoke(prefix, parts.clock.now())):
        raise click.ClickException("there is no living key of that prefix")


@keys.command("rotate", epilog=example("gateway keys rotate 0123456789ab --overlap 3600"))
@click.argument("prefix", type=Named("key"))
@click.option(
    "--overlap",
    "overlap_seconds",
    type=click.IntRange(0, KEY_LONGEST_OVERLAP_SECONDS),
    default=KEY_OVERLAP_SECONDS,
    show_default=True,
    help="Seconds for which the present key goes on; 0 ends it at once.",
)
@json_option
def rotate_key(prefix: str, overlap_seconds: int, *, as_json: bool) -> None:
    """Replace the key with that PREFIX by one with the same name, scopes and end.

    The new key is printed once. If it was lost, do it again: the new key that nobody has used is revoked.
    """

    async def run(parts: "Parts") -> tuple[str, dict[str, Any]]:
        owner = next((key.tenant_id for key in await parts.keys.all() if key.prefix == prefix.removeprefix("ext_")), "")
        made = await parts.key_management.rotate(owner, None, prefix, timedelta(seconds=overlap_seconds))
        return made.value, await _made(parts, made.value)

    _print_made(*with_parts(run), as_json=as_json)


@click.group()
def tenants() -> None:
    """Tenants: list them, or remove one."""


@tenants.command("list", epilog=example("gateway tenants list --json"))
@json_option
def list_tenants(*, as_json: bool) -> None:
    """List all tenants with the numbers of their accounts and living keys.

    The log names a tenant by its id.
    """
    rows = [
        {
            "name": one.name,
            "created_at": instant(one.created_at),
            "accounts": one.accounts,
            "keys": one.keys,
            "id": one.id,
        }
        for one in with_parts(lambda parts: parts.tenants.all())
    ]
    numbers = (Column("accounts", right=True), Column("keys", right=True))
    columns = (Column("name"), Column("created_at"), *numbers, Column("id"))
    print_rows(columns, rows, as_json=as_json, nothing="there is no tenant yet")


@tenants.command("remove", epilog=example("gateway tenants remove my-erp"))
@click.argument("name", type=Named("tenant"))
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove_tenant(name: str, *, yes: bool) -> None:
    """Remove the tenant NAME with everything of it.

    Its keys end at once; its accounts, credentials, tokens and statements are erased. Only backups still have them.
    """
    if not yes:
        # A mistyped name is said before anybody is asked to confirm it.
        with_parts(lambda parts: tenant_id_of(parts, name))
        click.confirm(f"Erase everything of the tenant {name!r}?", abort=True, err=True)

    if not with_parts(lambda parts: parts.tenants.remove(name)):
        raise click.ClickException("there is no tenant of that name")
