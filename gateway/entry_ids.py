"""Ids of entries. An ERP recognises a movement by its id for ever.

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
from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import Any

import msgspec
from msgspec import Raw, Struct

from gateway.model import Account, IdBasis
from gateway.texts.normal_forms import normalised

__all__ = ["ID_VERSION", "ContentDigest", "EntryIds", "row_id"]

ID_VERSION = 2
ID_DIGITS = 32
SEPARATOR = "\x1f"
CENT = Decimal("0.01")
NUMBERS = (bool, int, float)
NO_IDENTITY = frozenset({"null", "none", "nil", "undefined", "n/a"})
MOST_DIGITS = 28
"""Longer numbers are rounded to so many digits, as they have always been."""


def row_id(sent: str | int | None) -> str | None:
    """The id of a row as the bank wrote it; None for one that many rows may share.

    Those are a blank, zeros and dashes alone (as in the nil UUID of RFC 9562), and a word for nothing.
    """
    written = "" if sent is None else str(sent)
    bare = written.strip()
    return written if bare.strip("0-{}") and bare.lower() not in NO_IDENTITY else None


class ContentDigest:
    """What the rows of one bank are known by: a digest of named fields, and of further values of the same answer.

    Args:
        names: names of fields of a wire struct, `outer.inner` for a field inside another; an absent field counts as
            empty.
    """

    def __init__(self, names: Sequence[str]) -> None:
        # Fields are fetched many at a time: neighbours in the row itself, and neighbours inside the same object.
        self._plan: list[tuple[Callable[[Struct], Any], list[str]]] = []
        paths = [name.partition(".") for name in names]
        self._deep = any("." in inner for _, _, inner in paths)
        for within, group in groupby(paths, key=lambda path: path[0] if path[2] else None):
            if within is None:
                self._plan.append((_getter([name for name, _, _ in group]), []))
            else:
                self._plan.append((attrgetter(within), [inner for _, _, inner in group]))

    def __call__(self, row: Struct, *more: Any) -> bytes:
        """The digest of a row: 32 bytes (SHA-256).

        Args:
            row: a wire struct.
            more: further values, such as the day of the group in which the row stands, or an amount read exactly.
        """
        values: list[Any] = []
        for fetch, inner in self._plan:
            found = fetch(row)
            if not inner:
                values += found
            elif type(found) is dict and not self._deep:
                values += map(found.get, inner)
            elif isinstance(found, Struct) and not self._deep:
                values += [getattr(found, name) for name in inner]
            else:
                values += [_inside(found, name) for name in inner]
        values += more
        text = SEPARATOR.join(
            [value.strip() if type(value) is str else "" if value is None else _canonical(value) for value in values]
        )
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
        self._bank, self._derived = (
            hashlib.sha256(
                SEPARATOR.join((str(ID_VERSION), account.bank, account.branch, account.number, basis, "")).encode()
            )
            for basis in (IdBasis.BANK.value, IdBasis.DERIVED.value)
        )

    def of_bank_id(self, bank_id: str) -> str:
        """The id of an entry to which the bank gives an id."""
        digest = self._bank.copy()
        digest.update(f"{bank_id}{SEPARATOR}0".encode())
        return digest.hexdigest()[:ID_DIGITS]

    def of_content(self, content: bytes, ordinal: int) -> str:
        """The id of an entry that is known by its content.

        Args:
            content: the digest of its row (`ContentDigest`).
            ordinal: how many equal entries precede it on the same day.
        """
        digest = self._derived.copy()
        digest.update(f"{content.hex()}{SEPARATOR}{ordinal}".encode())
        return digest.hexdigest()[:ID_DIGITS]


def _getter(names: Sequence[str]) -> Callable[[Struct], Sequence[Any]]:
    """A function that gives these attributes of a struct, in this order."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda row: [getattr(row, name) for name in names]


def _inside(value: Any, path: str) -> Any:
    """What stands inside a value under a name, or under names with dots between; None where it is absent."""
    if isinstance(value, Raw):
        value = _decoded(value)
    name, dot, inner = path.partition(".")
    found = None
    if isinstance(value, dict):
        found = value.get(name)
    elif isinstance(value, Struct):
        found = getattr(value, name)
    return _inside(found, inner) if dot else found


def _decoded(value: Raw) -> Any:
    return msgspec.json.decode(value) if bytes(value) else None


def _canonical(value: Any) -> str:
    """A value as text, the same for all forms that mean the same."""
    if value is None:
        return ""
    if isinstance(value, str):
        return normalised("NFC", value).strip()
    if isinstance(value, Decimal):
        return _digits(value)
    if isinstance(value, NUMBERS):
        return str(value)
    if isinstance(value, Raw):
        return _canonical(_decoded(value))
    return msgspec.json.encode(value, order="sorted").decode()


def _digits(value: Decimal) -> str:
    """A number without trailing zeros and without exponent."""
    if value.same_quantum(CENT):
        written = str(value)
        if len(written) < MOST_DIGITS:
            return written.rstrip("0").rstrip(".")
    return format(value.normalize(), "f") if value.is_finite() else str(value)
