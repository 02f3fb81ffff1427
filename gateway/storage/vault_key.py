"""Whether the vault keys are those of the database: a known value, sealed, lies beside the secrets.

At the start, keys that do not open it are refused while there is anything sealed: what they would seal could not be
read together with what is there. Where nothing is sealed any keys will do.
"""

import hashlib

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.limits import VAULT_CHECK_BYTES, VAULT_VALUES_TRIED
from gateway.storage.database import Database
from gateway.storage.tables import GatewayStateRow, IntegrationRow, TokenRow
from gateway.storage.vault import Vault, VaultError

__all__ = ["VaultKeyError", "key_opens", "probe", "reseal_check", "verify_key"]

NAME = "vault_key"
OWNER = "gateway"
PURPOSE = "vault_key"
KNOWN = hashlib.sha256(b"extrato vault key").hexdigest()
PROBE = "probe"
SEALED = (IntegrationRow.sealed, IntegrationRow.authorization_sealed, TokenRow.sealed)


class VaultKeyError(Exception):
    """None of the vault keys is the one with which the secrets in the database were sealed."""

    def __init__(self) -> None:
        super().__init__(
            "the vault keys are wrong: the database holds secrets sealed with another key; "
            "give that key in GATEWAY_SECRET_KEYS (the newest first), or put its key file back"
        )


async def verify_key(database: Database, vault: Vault) -> None:
    """Check the keys against the database, and leave the check there when it has none.

    Raises:
        VaultKeyError: the keys open nothing of what is sealed in it.
        SQLAlchemyError: the database cannot be used.
    """
    async with database.sessions() as session:
        check = await _check(session)
        if check is not None and _opens(vault, check):
            return
        if check is not None and await _anything_sealed(session):
            raise VaultKeyError
        if check is None and not await _opens_what_is_there(session, vault):
            raise VaultKeyError
    try:
        async with database.sessions.begin() as session:
            await reseal_check(session, vault)
    except IntegrityError:
        # Another process has just left its own; it has to fit ours too.
        if not await key_opens(database, vault):
            raise VaultKeyError from None


async def key_opens(database: Database, vault: Vault) -> bool:
    """Whether the keys open the check that now lies in the database."""
    async with database.sessions() as session:
        check = await _check(session)
    return check is not None and _opens(vault, check)


async def probe(database: Database) -> None:
    """Write to the database and leave nothing behind but one small row.

    Raises:
        SQLAlchemyError: it does not take what is written: locked, read-only, full, gone.
    """
    async with database.sessions() as session:
        await session.execute(delete(GatewayStateRow).where(GatewayStateRow.name == PROBE))
        await session.execute(insert(GatewayStateRow).values(name=PROBE, value="x" * VAULT_CHECK_BYTES))
        # Taken back, so that the room it needed is not kept and found free by the next probe.
        await session.rollback()
        await session.execute(delete(GatewayStateRow).where(GatewayStateRow.name == PROBE))
        await session.execute(insert(GatewayStateRow).values(name=PROBE, value="written"))
        await session.commit()


async def reseal_check(session: AsyncSession, vault: Vault) -> None:
    """Within a transaction: the check is sealed with the newest key."""
    await session.execute(delete(GatewayStateRow).where(GatewayStateRow.name == NAME))
    sealed = vault.seal(OWNER, PURPOSE, KNOWN)
    await session.execute(insert(GatewayStateRow).values(name=NAME, value=sealed))


async def _check(session: AsyncSession) -> str | None:
    return await session.scalar(select(GatewayStateRow.value).where(GatewayStateRow.name == NAME))


def _opens(vault: Vault, check: str) -> bool:
    try:
        return bool(vault.open(OWNER, PURPOSE, check) == KNOWN)
    except VaultError:
        return False


async def _anything_sealed(session: AsyncSession) -> bool:
    for column in SEALED:
        if await session.scalar(select(column).where(column.is_not(None)).limit(1)) is not None:
            return True
    return False


async def _opens_what_is_there(session: AsyncSession, vault: Vault) -> bool:
    """Whether the keys open any sealed value, or there is none; single ones may be damaged."""
    anything = False
    for column in SEALED:
        for sealed in await session.scalars(select(column).where(column.is_not(None)).limit(VAULT_VALUES_TRIED)):
            anything = True
            try:
                vault.rotate(sealed or "")
            except VaultError:
                continue
            return True
    return not anything
