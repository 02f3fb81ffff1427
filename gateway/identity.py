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
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from operator import attrgetter
from typing import Any

import msgspec
from msgspec import Raw, Struct

from gateway.model import Account, IdBasis

__all__ = ["ID_VERSION", "ContentDigest", "EntryIds"]

ID_VERSION = 2
ID_DIGITS = 32
SEPARATOR = "\x1f"


class ContentDigest:
    """What the rows of one bank are known by: a digest of named fields, and of further values of the same answer.

    Args:
        names: names of fields of a wire struct, `outer.inner` for a field inside another; an absent field counts as
            empty.
    """

    def __init__(self, names: Sequence[str]) -> None:
        paths = [name.split(".") for name in names]
        self._values_of = _getter([outer for outer, *_ in paths])
        self._within = [(place, inner) for place, (_, *inner) in enumerate(paths) if inner]

    def __call__(self, row: Struct, *more: Any) -> bytes:
        """The digest of a row: 32 bytes (SHA-256).

        Args:
            row: a wire struct.
            more: further values, such as the day of the group in which the row stands, or an amount read exactly.
        """
        values = [*self._values_of(row), *more]
        for place, path in self._within:
            values[place] = _inside(values[place], path)
        text = SEPARATOR.join([value.strip() if type(value) is str else _canonical(value) for value in values])
        if not (text.isascii() or unicodedata.is_normalized("NFC", text)):
            text = SEPARATOR.join(map(_canonical, values))
        return hashlib.sha256(text.encode()).digest()


class EntryIds:
    """The ids of the entries of one account: 32 hexadecimal digits each.

    Args:
        account: the account of the entries.
    """

    def __init__(self, account: Account) -> None:
        # What all ids of the account begin with is digested once.
        self._begun = {
            basis: hashlib.sha256(
                SEPARATOR.join(
                    (str(ID_VERSION), account.bank, account.branch, account.number, basis.value, "")
                ).encode()
            )
            for basis in IdBasis
        }

    def of_bank_id(self, bank_id: str) -> str:
        """The id of an entry to which the bank gives an id."""
        return self._ended(IdBasis.BANK, bank_id, 0)

    def of_content(self, content: bytes, ordinal: int) -> str:
        """The id of an entry that is known by its content.

        Args:
            content: the digest of its row (`ContentDigest`).
            ordinal: how many equal entries precede it on the same day.
        """
        return self._ended(IdBasis.DERIVED, content.hex(), ordinal)

    def _ended(self, basis: IdBasis, known_by: str, ordinal: int) -> str:
        digest = self._begun[basis].copy()
        digest.update(f"{known_by}{SEPARATOR}{ordinal}".encode())
        return digest.hexdigest()[:ID_DIGITS]


def _getter(names: Sequence[str]) -> Callable[[Struct], Sequence[Any]]:
    """A function that gives these attributes of a struct, in this order."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda row: [getattr(row, name) for name in names]


def _inside(value: Any, path: Sequence[str]) -> Any:
    """What stands inside a value, at the end of a path of names; None where a part of it is absent."""
    for name in path:
        if isinstance(value, Raw):
            value = _decoded(value)
        if isinstance(value, Mapping):
            value = value.get(name)
        else:
            value = getattr(value, name) if isinstance(value, Struct) else None
    return value


def _decoded(value: Raw) -> Any:
    return msgspec.json.decode(value) if bytes(value) else None


def _canonical(value: Any) -> str:
    """A value as text, the same for all forms that mean the same."""
    if value is None:
        return ""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value).strip()
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value.is_finite() else str(value)
    if isinstance(value, bool | int | float):
        return str(value)
    if isinstance(value, Raw):
        return _canonical(_decoded(value))
    return msgspec.json.encode(value, order="sorted").decode()
