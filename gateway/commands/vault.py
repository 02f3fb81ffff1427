"""The command that encrypts everything anew."""

from typing import TYPE_CHECKING

import rich_click as click

from gateway.commands.parameters import example
from gateway.commands.running import progress, with_parts

if TYPE_CHECKING:
    from gateway.parts import Parts

__all__ = ["vault"]


@click.group()
def vault() -> None:
    """The credential vault: encrypt it with a new key."""


@vault.command("rotate", epilog=example("GATEWAY_SECRET_KEYS=new,old gateway vault rotate"))
def rotate() -> None:
    """Encrypt everything anew with the newest of GATEWAY_SECRET_KEYS; afterwards the older keys can be dropped."""
    # Only here: other commands do not need the tables.
    from gateway.storage.management.vault_rotation import rotate_vault

    async def run(parts: "Parts") -> tuple[int, list[str]]:
        with progress("Encrypting everything anew"):
            return await rotate_vault(parts.database, parts.vault)

    count, damaged = with_parts(run)
    click.echo(f"{count} sealed anew")
    if damaged:
        # They stay as they are: another key may open them, and new credentials take their place.
        raise click.ClickException(f"{len(damaged)} do not open with any key: {'; '.join(damaged)}")
