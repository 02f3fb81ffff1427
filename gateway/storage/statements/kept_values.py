"""Values that go into the tables of kept entries and come from them (see `gateway.storage.statements.kept_entries`)."""

from collections.abc import Sequence
from datetime import date, datetime

from msgspec import Struct
from msgspec.structs import replace

from gateway.model import DAY, Entry, Period

__all__ = ["IdRange", "KeptAccount", "KeptState", "Page", "Place", "PlaceUnknown", "Settled"]


class PlaceUnknown(Exception):
    """What was forgotten, or erased, lies after that place."""


class Place(Struct, frozen=True):
    """A place in the changes of an account: after this entry of the change of this number."""

    generation: str
    number: int
    entry_id: str


class IdRange(Struct, frozen=True):
    """Ids of entries, from one on and before another."""

    first: str
    before: str


class Settled(Struct, frozen=True):
    """The final entries of settled days, as a statement gives them; a part of them where there are too many."""

    days: Period
    entries: Sequence[Entry]
    fetched_at: datetime
    ids: IdRange | None = None
    """Which of the days' entries these are; None for all of them."""
    count: int = 0
    """Of a part of the entries: how many all parts of these days have."""
    ends_days: bool = True
    """Whether no other entries of these days are to come."""
    ends_statement: bool = True
    """Whether no other days of the statement are to come."""


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
    """What the row of an account says."""

    number: int
    announced: int
    forgotten: int
    first: date
    last: date
    fetched_at: datetime

    @property
    def begins(self) -> bool:
        """Whether no day is kept yet, because the first days are still being stored."""
        return self.last < self.first

    @classmethod
    def beginning(cls, days: Period, fetched_at: datetime) -> "KeptState":
        """The state of an account that begins with these days."""
        return cls(0, 0, 0, days.first, days.first - DAY, fetched_at)

    def days_to_keep(self, days: Period, fetched_at: datetime) -> Period | None:
        """The days of a statement that are to be kept; None where there are none."""
        if days.first > self.last + DAY or days.last < self.first - DAY:
            return None
        if fetched_at >= self.fetched_at:
            return days
        # Only of the days that are not kept yet it may bring something that is not out of date.
        if days.first < self.first:
            return Period(days.first, self.first - DAY)
        return Period(self.last + DAY, days.last) if days.last > self.last else None

    def with_days(self, days: Period, fetched_at: datetime) -> "KeptState":
        """The state with these days, all entries of which are stored."""
        first, last = min(self.first, days.first), max(self.last, days.last)
        return replace(self, first=first, last=last, fetched_at=max(self.fetched_at, fetched_at))
