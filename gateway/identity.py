"""The id of an entry, by which an ERP recognises a movement for ever.

Rules (`ID_VERSION` 2).
1. An id is a digest of the account and of what the bank itself sent: its own id where it keeps one, else the fields
   of the row that the bank's connector names, and the ordinal among rows of the same day that are equal in them.
2. Nothing that this software concludes from a row takes part: no type, no counterparty, no composed description. A
   better reading of a row therefore never changes its id.
3. Fields are digested as sent, except for differences that change no meaning: blanks at both ends, Unicode
   composition, a number as text or as number, trailing zeros of an amount, and an absent, null or empty field.
4. The account takes part, so that no two accounts share an id, and all ids have one length.

Changing a rule, or the fields that a connector names, changes ids that ERPs have stored: it takes a new `ID_VERSION`.
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
    """A digest of the named fields of a row, and of further values from elsewhere in the same answer.

    Args:
        row: a wire struct or a mapping.
        names: fields, `outer.inner` for one inside another.
        more: further values, such as the day under which the row stands, or an amount read exactly.
    """
    values = [_field(row, name) for name in names]
    text = SEPARATOR.join(map(_canonical, (*values, *more)))
    return hashlib.sha256(text.encode()).digest()


def entry_id(account: Account, basis: IdBasis, content: str, ordinal: int = 0) -> str:
    """The id of an entry: 32 hexadecimal digits.

    Args:
        account: whose entry it is.
        basis: whether `content` is the bank's id or the digest of a row, as hexadecimal digits.
        content: the bank's id, or the digest as text.
        ordinal: how many equal entries stand before it on the same day.
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
