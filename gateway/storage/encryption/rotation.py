"""Encrypts the stored values of a column anew, when a new key has come."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import Column, ColumnElement, Connection, Row, Select, bindparam, literal, select, tuple_, update

from gateway.limits import REENCRYPTED_AT_ONCE
from gateway.storage.encryption.vault import Vault, VaultError

__all__ = ["Reencrypted", "reencrypt", "reencrypt_part"]


class Reencrypted(Struct, frozen=True):
    """What was encrypted anew."""

    count: int
    """How many values."""
    damaged: list[Row[Any]]
    """The keys of the rows whose value no key decrypts. These stay as they are."""
    last: Sequence[Any]
    """The key of the last row; empty where there was none."""


def reencrypt(connection: Connection, vault: Vault, column: Column[Any], *where: ColumnElement[bool]) -> Reencrypted:
    """Within a transaction: encrypt every value of a column anew with the newest key.

    Args:
        column: of encrypted values, in a table of which all rows fit into memory.
        where: conditions of the rows; all rows with a value without one.
    """
    return _reencrypt(connection, vault, column, _stored(column).where(*where))


def reencrypt_part(connection: Connection, vault: Vault, column: Column[Any], after: Sequence[Any]) -> Reencrypted:
    """The same for `REENCRYPTED_AT_ONCE` values, in the order of their keys.

    Args:
        after: the key of the row before them; empty for the first ones.
    """
    keys = list(column.table.primary_key)
    part = _stored(column).order_by(*keys).limit(REENCRYPTED_AT_ONCE)
    if after:
        last = (literal(value, key.type) for key, value in zip(keys, after, strict=True))
        part = part.where(tuple_(*keys) > tuple_(*last))
    return _reencrypt(connection, vault, column, part)


def _stored(column: Column[Any]) -> Select[Any]:
    # PostgreSQL locks each row before it is read: what others write meanwhile is not replaced with what was there.
    stored = select(*column.table.primary_key, column.label("stored")).where(column.is_not(None))
    return stored.with_for_update(key_share=True)


def _reencrypt(connection: Connection, vault: Vault, column: Column[Any], stored: Select[Any]) -> Reencrypted:
    keys = list(column.table.primary_key)
    changes: list[dict[str, Any]] = []
    damaged: list[Row[Any]] = []
    last: Sequence[Any] = ()
    for row in connection.execute(stored).all():
        last = row[: len(keys)]
        try:
            anew = vault.rotate(row.stored)
        except VaultError:
            damaged.append(row)
        else:
            changes.append({**{f"of_{key.name}": value for key, value in zip(keys, last, strict=True)}, "anew": anew})
    if changes:
        mine = (key == bindparam(f"of_{key.name}") for key in keys)
        connection.execute(update(column.table).where(*mine).values({column: bindparam("anew")}), changes)
    return Reencrypted(len(changes), damaged, last)
