"""Encrypts the stored values of a column anew, when a new key has come."""

from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Row, Select, bindparam, select, update

from gateway.limits import IDS_AT_ONCE
from gateway.storage.encryption.vault import Vault, VaultError

__all__ = ["reencrypt"]


def reencrypt(
    connection: Connection, vault: Vault, column: Column[Any], *where: ColumnElement[bool]
) -> tuple[int, list[Row[Any]]]:
    """Within a transaction: encrypt every value of a column anew with the newest key.

    Args:
        column: of encrypted values.
        where: conditions of the rows; all rows with a value without one.

    Returns:
        The number of values that were encrypted anew, and the keys of the rows whose value no key decrypts. These stay
        as they are.
    """
    keys = list(column.table.primary_key)
    # PostgreSQL locks each row before it is read: what others write meanwhile is not replaced with what was there.
    stored: Select[Any] = select(*keys, column.label("stored")).where(column.is_not(None), *where)
    changes, damaged = [], []
    stored = stored.with_for_update(key_share=True)
    for row in connection.execute(stored, execution_options={"yield_per": IDS_AT_ONCE}):
        try:
            anew = vault.rotate(row.stored)
        except VaultError:
            damaged.append(row)
        else:
            changes.append({**{f"of_{key.name}": getattr(row, key.name) for key in keys}, "anew": anew})
    if changes:
        mine = (key == bindparam(f"of_{key.name}") for key in keys)
        connection.execute(update(column.table).where(*mine).values({column: bindparam("anew")}), changes)
    return len(changes), damaged
