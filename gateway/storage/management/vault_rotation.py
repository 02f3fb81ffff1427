"""Encrypts everything in the database anew, when a new vault key has come. The operator's.

What banks have told goes first, in parts, because there may be millions of rows: nobody waits for more than one part,
and little memory is used. The secrets and the value by which keys are checked (`encryption.key_check`) come last, all
together. So a process that has only the new key does not start before everything was encrypted with it.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Column, Connection, Row

from gateway.actions import Action
from gateway.storage.accounts.names import fill_names
from gateway.storage.connect.tables import CONNECT_SESSIONS
from gateway.storage.encryption.key_check import reencrypt_check
from gateway.storage.encryption.rotation import reencrypt, reencrypt_part
from gateway.storage.encryption.secret_columns import SECRET_COLUMNS
from gateway.storage.encryption.vault import Vault
from gateway.storage.engine.database import Database
from gateway.storage.engine.transactions import hold_writers
from gateway.storage.management.audit import note_action
from gateway.storage.statements.day_balances import erase_damaged_balance
from gateway.storage.statements.kept_entries import erase_damaged_kept
from gateway.storage.statements.stored import erase_damaged_stored
from gateway.storage.statements.tables import DAY_BALANCES, KEPT_ENTRIES, STATEMENTS, STORED_DAYS

__all__ = ["rotate_vault"]

TOLD_BY_BANKS: dict[Column[Any], Callable[[Connection, Row[Any]], None]] = {
    DAY_BALANCES.c.sealed: erase_damaged_balance,
    KEPT_ENTRIES.c.sealed: erase_damaged_kept,
    STORED_DAYS.c.sealed: erase_damaged_stored,
    STATEMENTS.c.sealed: erase_damaged_stored,
}
"""The columns of what can be read again, and what is done with a row that no key decrypts."""


async def rotate_vault(database: Database, vault: Vault) -> tuple[int, list[str]]:
    """Encrypt everything anew with the newest key; give the number of secrets, and words for those no key decrypts.

    Damaged secrets stay as they are. It may be broken off and run again at any time. All other processes have the
    newest key by now, so that what they add meanwhile is encrypted with it.
    """
    for column in TOLD_BY_BANKS:
        after: Sequence[Any] | None = ()
        while after is not None:
            after = await database.transact(partial(_reencrypt_part, vault=vault, column=column, after=after))
    return await database.transact(partial(_reencrypt_secrets, vault=vault))


def _reencrypt_part(
    connection: Connection, *, vault: Vault, column: Column[Any], after: Sequence[Any]
) -> Sequence[Any] | None:
    """Encrypt some rows anew; give the key of the last one, None where none was left."""
    hold_writers(connection)
    part = reencrypt_part(connection, vault, column, after)
    for row in part.damaged:
        TOLD_BY_BANKS[column](connection, row)
    return part.last or None


def _reencrypt_secrets(connection: Connection, *, vault: Vault) -> tuple[int, list[str]]:
    hold_writers(connection)
    count, damaged = 0, list[str]()
    for column, what in SECRET_COLUMNS.items():
        secrets = reencrypt(connection, vault, column)
        count += secrets.count
        damaged += [f"{what} {row[0]}" for row in secrets.damaged]
    # What was typed at a connect page can be typed again, so that it does not count.
    typed = CONNECT_SESSIONS.c.sealed
    sessions = reencrypt(connection, vault, typed, typed != "")
    damaged += [f"connect session {row.id}" for row in sessions.damaged]
    fill_names(connection, vault, anew=True)
    reencrypt_check(connection, vault)
    note_action(connection, None, Action.VAULT_ROTATED, "")
    return count, damaged
