"""Checks that the vault keys are those of the database, by a known value that is stored encrypted beside the secrets.

At the start, keys that do not decrypt it are refused while the database holds secrets: new secrets would have another
key than the stored ones. A database without secrets accepts any keys.
"""

import hashlib
from contextlib import suppress

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gateway.limits import VAULT_CHECK_BYTES, VAULT_VALUES_TRIED
from gateway.storage.accounts.tables import IntegrationRow
from gateway.storage.encryption.vault import Vault, VaultError
from gateway.storage.engine.database import Database
from gateway.storage.engine.tables import GatewayStateRow
from gateway.storage.shared.tables import TokenRow

__all__ = ["VaultKeyError", "key_opens", "probe", "reencrypt_check", "verify_key"]

NAME = "vault_key"
OWNER = "gateway"
PURPOSE = "vault_key"
KNOWN = hashlib.sha256(b"extrato vault key").hexdigest()
PROBE = "probe"
SEALED = (IntegrationRow.sealed, IntegrationRow.authorization_sealed, TokenRow.sealed)


class VaultKeyError(Exception):
    """None of the vault keys decrypts the secrets in the database."""

    def __init__(self) -> None:
        super().__init__(
            "the vault keys are wrong: the database holds secrets sealed with another key; "
            "give that key in GATEWAY_SECRET_KEYS (the newest first), or put its key file back"
        )


async def verify_key(database: Database, vault: Vault) -> None:
    """Check the keys against the database, and store the check value when it has none.

    Raises:
        VaultKeyError: the keys decrypt none of its secrets.
        SQLAlchemyError: the database cannot be used.
    """

    def verifying(session: Session) -> None:
        check = _check(session)
        if check is not None and _opens(vault, check):
            return
        if check is not None and _anything_encrypted(session):
            raise VaultKeyError
        if check is None and not _opens_what_is_there(session, vault):
            raise VaultKeyError
        reencrypt_check(session, vault)

    try:
        await database.transact(verifying)
    except IntegrityError:
        # Another process has just stored its own check value; our keys have to decrypt that.
        if not await key_opens(database, vault):
            raise VaultKeyError from None


async def key_opens(database: Database, vault: Vault) -> bool:
    """Whether the keys decrypt the check value that is now stored."""
    check = await database.transact(_check, only_reads=True)
    return check is not None and _opens(vault, check)


async def probe(database: Database) -> None:
    """Write to the database and leave nothing behind but one small row.

    Raises:
        SQLAlchemyError: the database cannot be written: it is locked, read-only, full or gone.
    """
    # Undone: a stored value of this size would leave the next probe room to reuse in a full database.
    with suppress(_Undone):
        await database.transact(_write_much)
    await database.transact(lambda session: _write_probe(session, "written"))


class _Undone(Exception):
    """Undoes a transaction."""


def _write_much(session: Session) -> None:
    _write_probe(session, "x" * VAULT_CHECK_BYTES)
    raise _Undone


def _write_probe(session: Session, value: str) -> None:
    session.execute(delete(GatewayStateRow).where(GatewayStateRow.name == PROBE))
    session.execute(insert(GatewayStateRow).values(name=PROBE, value=value))


def reencrypt_check(session: Session, vault: Vault) -> None:
    """Within a transaction: store the check value, encrypted with the newest key."""
    session.execute(delete(GatewayStateRow).where(GatewayStateRow.name == NAME))
    sealed = vault.encrypt(OWNER, PURPOSE, KNOWN)
    session.execute(insert(GatewayStateRow).values(name=NAME, value=sealed))


def _check(session: Session) -> str | None:
    return session.scalar(select(GatewayStateRow.value).where(GatewayStateRow.name == NAME))


def _opens(vault: Vault, check: str) -> bool:
    try:
        return bool(vault.decrypt(OWNER, PURPOSE, check) == KNOWN)
    except VaultError:
        return False


def _anything_encrypted(session: Session) -> bool:
    return any(session.scalar(select(column).where(column.is_not(None)).limit(1)) is not None for column in SEALED)


def _opens_what_is_there(session: Session, vault: Vault) -> bool:
    """Whether the keys decrypt at least one stored secret, or there is none; single ones may be damaged."""
    anything = False
    for column in SEALED:
        for sealed in session.scalars(select(column).where(column.is_not(None)).limit(VAULT_VALUES_TRIED)):
            anything = True
            try:
                vault.rotate(sealed or "")
            except VaultError:
                continue
            return True
    return not anything
