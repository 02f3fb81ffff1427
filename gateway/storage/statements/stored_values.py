"""Values that go into the tables of stored statements and come from them.

The tables are those of `gateway.storage.statements.stored`.
"""

import zlib
from base64 import b64decode
from collections.abc import Sequence
from datetime import date, datetime
from hashlib import sha256
from typing import Any

import msgspec
from msgspec import Struct

from gateway.limits import SHORT_TEXT_BYTES, SHORT_TEXT_ZLIB
from gateway.model import Entry, Period
from gateway.storage.statements.given_before import GivenBefore

__all__ = ["FoundStatement", "StoredDay", "StoredStatement", "compressed", "day_of_entries", "unpacked"]


class StoredDay(Struct, frozen=True):
    """The entries of a day."""

    day: date
    digest: str
    """Equal for equal entries; empty where there are none."""
    content: bytes | None
    """The entries as JSON, in the order in which they are given again. They are compressed when they are stored, which
    most days are not, because they have not changed."""


class StoredStatement(Struct, frozen=True, kw_only=True):
    """What is to be stored of a statement."""

    period: Period
    enabled_at: datetime
    """When the integration was enabled that it was read with."""
    fetched_at: datetime
    imported: bool
    """Whether the daily import has read it."""
    divisible: bool
    """Whether a part of its days may be answered from it."""
    content: Any
    """All but the entries, as JSON has it."""
    days: Sequence[StoredDay]
    """Each day of the period."""


class FoundStatement(Struct, frozen=True, kw_only=True):
    """A stored statement that contains the days that are asked for."""

    content: Any
    entries: list[Entry]
    """The entries of the days that are asked for."""
    given: GivenBefore
    """What the ERP was given of these days."""


def day_of_entries(day: date, entries: Sequence[Entry]) -> StoredDay:
    """What is stored of a day: its entries in JSON with their digest, or neither where there are none."""
    if not entries:
        return StoredDay(day, "", None)
    content = msgspec.json.encode(entries)
    return StoredDay(day, sha256(content).hexdigest(), content)


def unpacked(decrypted: str) -> bytes:
    """The JSON of a compressed value that the vault has decrypted; the vault gives bytes as base64.

    Raises:
        ValueError: it is no such value.
    """
    try:
        return zlib.decompress(b64decode(decrypted, validate=True))
    except zlib.error as error:
        raise ValueError("not compressed") from error


def compressed(content: bytes) -> bytes:
    """A text as `unpacked` reads it, once it was encrypted and decrypted."""
    # To prepare the window and memory of long texts takes zlib ten times as long as to compress a short one.
    window, memory = (zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL) if len(content) > SHORT_TEXT_BYTES else SHORT_TEXT_ZLIB
    compressing = zlib.compressobj(wbits=window, memLevel=memory)
    return compressing.compress(content) + compressing.flush()
