"""The id of an entry, by which an ERP recognises a movement for ever.

Rules (`ID_VERSION` 2).
1. An id is a digest of the account and of what the bank sent: the bank's id where the bank keeps one, else the fields
   of the row that the connector names, and the ordinal among rows of the same day that are equal in these fields.
2. Nothing that this software concludes from a row is part of it: no type, no counterparty, no composed description.
   Reading a row better therefore never changes its id.
3. Fields are digested as sent, except for differences that mean the same: blanks at both ends, Unicode composition, a
   number as text or as number, trailing zeros of an amount, and an absent, null or empty field.
4. The account is part of the digest, so that ids of two accounts differ. All ids have the same length.

A change of a rule, or of the fields that a connector names, changes ids that ERPs have stored. It needs a new
`ID_VERSION`.
"""

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Raw, Struct

from gateway.model import Account, IdBasis

__all__ = ["ID_VERSION", "content_of", "entry_id"]

ID_VERSION = 2
ID_DIGITS = 32
SEPARATOR = "\x1f"


def content_of(row: object, names: Sequence[str], *more: Any) -> bytes:
    """A digest of the named fields of a row, and of further values of the same answer.

    Args:
        row: a wire struct or a mapping.
        names: names of fields, `outer.inner` for a field inside another; an absent field counts as empty.
        more: further values, such as the day of the group in which the row stands, or an amount read exactly.

    Returns:
        32 bytes (SHA-256).
    """
    values = [_field(row, name) for name in names]
    text = SEPARATOR.join(map(_canonical, (*values, *more)))
    return hashlib.sha256(text.encode()).digest()


def entry_id(account: Account, basis: IdBasis, content: str, ordinal: int = 0) -> str:
    """The id of an entry: 32 hexadecimal digits.

    Args:
        account: the account of the entry.
        basis: whether `content` is the bank's id or derived from a row.
        content: the bank's id, or the digest of the row as hexadecimal digits.
        ordinal: how many equal entries precede it on the same day; 0 for an id of the bank.
    """
    parts = (str(ID_VERSION), account.bank, account.branch, account.number, basis.value, content, str(ordinal))
    return hashlib.sha256(SEPARATOR.join(parts).encode()).hexdigest()[:ID_DIGITS]


def _field(row: object, name: str) -> Any:
    value: Any = row
    for part in name.split("."):
        if isinstance(value, Struct):
            value = getattr(value, part)
        else:
            value = value.get(part) if isinstance(value, Mapping) else None
        if isinstance(value, Raw):
            value = msgspec.json.decode(value) if bytes(value) else None
    return value


def _canonical(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value).strip()
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value.is_finite() else str(value)
    if isinstance(value, bool | int | float):
        return str(value)
    return msgspec.json.encode(value, order="sorted").decode()
