"""What is put into the tables of kept entries, and what is answered from them (see `gateway.storage.kept_entries`)."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from msgspec import Struct

from gateway.model import Entry, Period

__all__ = ["NOTHING_KEPT", "KeptAccount", "KeptState", "Page", "Place", "PlaceUnknown", "Settled"]


class PlaceUnknown(Exception):
    """What was forgotten, or erased, lies after that place."""


class Place(Struct, frozen=True):
    """A place in the changes of an account: after this entry of the change of this number."""

    generation: str
    number: int
    entry_id: str


class Settled(Struct, frozen=True):
    """The final entries of settled days, as a statement gives them."""

    days: Period
    entries: Sequence[Entry]
    fetched_at: datetime


class KeptAccount(Struct, frozen=True):
    """Which days of an account are kept, and when the last of them was fetched."""

    days: Period
    fetched_at: datetime


class Page(Struct, frozen=True):
    """Some changes of an account, in order."""

    kept: KeptAccount | None
    """None where nothing is kept."""
    added: list[Entry]
    changed: list[Entry]
    removed: list[str]
    """Ids."""
    after: Place | None
    """Where the next page begins; None where nothing has ever been kept."""
    more: bool
    """Whether there are more changes now."""


class KeptState(Struct, frozen=True):
    """The row of an account."""

    number: int
    forgotten: int
    first: date
    last: date
    fetched_at: datetime


NOTHING_KEPT = KeptState(0, 0, date.max, date.min, datetime.min.replace(tzinfo=UTC))
