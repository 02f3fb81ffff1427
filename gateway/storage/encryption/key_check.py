"""Checks that the vault keys are those of the database, by a known value that is stored encrypted beside the secrets.

At the start, keys that do not decrypt it are refused while the database holds secrets: new secrets would have another
key than the stored ones. A database without secrets accepts any keys.
"""

import hashlib
from contextlib import suppress

from sqlalchemy import Connection, delete, insert, select

from gateway.limits import VAULT_CHECK_BYTES, VAULT_VALUES_TRIED
from gateway.storage.encryption.secret_columns import SECRET_COLUMNS
from gateway.storage.encryption.vault import Vault, VaultError
from gateway.storage.engine.database import Database
from gateway.storage.engine.tables import GATEWAY_STATE

__all__ = ["VaultKeyError", "key_opens", "probe", "reencrypt_check", "verify_key"]

NAME = "vault_key"
OWNER = "gateway"
PURPOSE = "vault_key"
KNOWN = hashlib.sha256(b"extrato vault key").hexdigest()
PROBE = "probe"


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

    def verifying(connection: Connection) -> None:
        check = _check(connection)
        if check is not None and _opens(vault, check):
            return
        if check is not None and _anything_encrypted(connection):
            raise VaultKeyError
        if check is None and not _opens_what_is_there(connection, vault):
            raise VaultKeyError
        reencrypt_check(connection, vault)

    await database.transact(verifying)


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
    await database.transact(lambda connection: _write_probe(connection, "written"))


class _Undone(Exception):
    """Undoes a transaction."""


def _write_much(connection: Connection) -> None:
    _write_probe(connection, "x" * VAULT_CHECK_BYTES)
    raise _Undone


def _write_probe(connection: Connection, value: str) -> None:
    connection.execute(delete(GATEWAY_STATE).where(GATEWAY_STATE.c.name == PROBE))
    connection.execute(insert(GATEWAY_STATE).values(name=PROBE, value=value))


def reencrypt_check(connection: Connection, vault: Vault) -> None:
    """Within a transaction: store the check value, encrypted with the newest key."""
    connection.execute(delete(GATEWAY_STATE).where(GATEWAY_STATE.c.name == NAME))
    sealed = vault.encrypt(OWNER, PURPOSE, KNOWN)
    connection.execute(insert(GATEWAY_STATE).values(name=NAME, value=sealed))


def _check(connection: Connection) -> str | None:
    return connection.scalar(select(GATEWAY_STATE.c.value).where(GATEWAY_STATE.c.name == NAME))


def _opens(vault: Vault, check: str) -> bool:
    try:
        return bool(vault.decrypt(OWNER, PURPOSE, check) == KNOWN)
    except VaultError:
        return False


def _anything_encrypted(connection: Connection) -> bool:
    return any(
        connection.scalar(select(column).where(column.is_not(None)).limit(1)) is not None for column in SECRET_COLUMNS
    )


def _opens_what_is_there(connection: Connection, vault: Vault) -> bool:
    """Whether the keys decrypt at least one stored secret, or there is none; single ones may be damaged."""
    anything = False
    for column in SECRET_COLUMNS:
        for sealed in connection.scalars(select(column).where(column.is_not(None)).limit(VAULT_VALUES_TRIED)):
            anything = True
            try:
                vault.rotate(sealed or "")
            except VaultError:
                continue
            return True
    return not anything
