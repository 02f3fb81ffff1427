"""The days of a ledger: which movements each has, and the balance at its beginning.

Of a day that is known, three values stay: the balance before it, the number of its movements and how many of them its
source made. The movements themselves stay only of the days that were read last; those of another day are taken from the
source again, which makes the same ones. A ledger of a million movements takes no more memory than one of a
hundred thousand.
"""

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import accumulate
from threading import Lock

from msgspec import Struct
from msgspec.structs import replace

from simulators.ledgers.entries import ORDINALS, ZERO, LedgerEntry, Source, serial_day, serial_of

__all__ = ["MOST_KEPT_ROWS", "Books", "Change", "SourceDays", "days_of"]

MOST_KEPT_ROWS = 100_000
"""Movements that stay of the days that were read last; the newest of those days stays whole, however large."""
SHARED_SOURCES = 64
"""Sources whose days stay when their last ledger is gone; a year of one takes some fifty kilobytes."""
DAY = timedelta(days=1)


class Change(Struct, frozen=True, kw_only=True):
    """What was changed by hand in the movements that a source makes."""

    put: Mapping[int, LedgerEntry] = {}
    """By serial: movements that were added, or stand in the place of another of that serial."""
    removed: frozenset[int] = frozenset()
    """Serials of movements that are there no more, whether the source made them or they were added."""

    def then(self, put: Iterable[LedgerEntry], removed: Iterable[int]) -> "Change":
        """This change and a further one after it."""
        gone = frozenset(removed)
        fresh = {entry.serial: entry for entry in put}
        kept = {serial: entry for serial, entry in self.put.items() if serial not in gone}
        return Change(put={**kept, **fresh}, removed=(self.removed | gone) - fresh.keys())


class SourceDays:
    """The days of a source as far as they were made, without their movements. Several ledgers may share them.

    Args:
        source: makes movements.
        opening: balance before its first day.
    """

    def __init__(self, source: Source, opening: Decimal) -> None:
        self.source = source
        self.first = source.opened_on
        self._before = [opening]
        """Balance before each day that was made, and after the last of them."""
        self._counts: list[int] = []
        self._making = Lock()

    @property
    def known(self) -> int:
        """How many days from the first on were made."""
        return len(self._counts)

    def know(self, index: int) -> None:
        """Make the days up to this one."""
        while self.known <= index:
            with self._making:
                if self.known <= index:
                    self._make_next()

    def before(self, index: int) -> Decimal:
        """The balance before a day that was made, or after the last one."""
        return self._before[index]

    def count(self, index: int) -> int:
        """How many movements a day has."""
        return self._counts[index]

    def rows(self, index: int) -> list[LedgerEntry]:
        """The movements of a day that was made, with their serials."""
        day = self.first + index * DAY
        rows, ordinal = [], 0
        for row in self.source.day(day, self._before[index]):
            ordinal += not row.serial
            rows.append(row if row.serial else replace(row, serial=serial_of(day, ordinal)))
        return rows

    def _make_next(self) -> None:
        rows = self.source.day(self.first + self.known * DAY, self._before[-1])
        self._before.append(sum((row.amount for row in rows), self._before[-1]))
        self._counts.append(len(rows))


def days_of(source: Source, opening: Decimal) -> SourceDays:
    """The days of a source, the same for equal ones that are values: many worlds have the same accounts."""
    is_value = getattr(source, "is_value", False)
    return _shared_days(source, opening) if is_value else SourceDays(source, opening)  # type: ignore[arg-type]


_shared_days = lru_cache(SHARED_SOURCES)(SourceDays)


class Books:
    """The days of a source with a change in them. A further change makes other books; these stay as they are.

    Args:
        days: of the source; they may become more.
        change: made by hand.
    """

    def __init__(self, days: SourceDays, change: Change) -> None:
        self.days = days
        self.change = change
        self._kept: OrderedDict[int, list[LedgerEntry]] = OrderedDict()
        self._kept_rows = 0
        self._put: dict[int, list[LedgerEntry]] = {}
        for entry in change.put.values():
            self._put.setdefault(self.index(entry.date), []).append(entry)
        self._taken: dict[int, set[int]] = {}
        for serial in (*change.put, *change.removed):
            self._taken.setdefault(self.index(serial_day(serial)), set()).add(serial)
        self._changed = sorted({*self._put, *self._taken})
        self._sums: list[Decimal] = []
        """For each changed day so far, by how much the balance after it differs from the source's."""
        self._differences: dict[int, tuple[int, Decimal]] = {}

    @property
    def kept_rows(self) -> int:
        """How many movements are held at present."""
        return self._kept_rows

    def index(self, day: date) -> int:
        """The number of a day, the first one being 0."""
        return (day - self.days.first).days

    def before(self, index: int) -> Decimal:
        """The balance before a day; all days before it are known."""
        position = bisect_left(self._changed, index)
        while len(self._sums) < position:
            day = self._changed[len(self._sums)]
            self._sums.append((self._sums[-1] if self._sums else ZERO) + self._difference(day)[1])
        return self.days.before(max(index, 0)) + (self._sums[position - 1] if position else ZERO)

    def count(self, index: int) -> int:
        """How many movements a known day has."""
        return self.days.count(index) + self._difference(index)[0]

    def rows(self, index: int) -> list[LedgerEntry]:
        """The movements of a known day, in the order of booking, with the balance after each."""
        kept = self._kept.get(index)
        if kept is not None:
            self._kept.move_to_end(index)
            return kept
        rows = self._changed_rows(index)
        balances = accumulate((row.amount for row in rows), initial=self.before(index))
        next(balances)
        made = [replace(row, balance=balance) for row, balance in zip(rows, balances, strict=True)]
        self._kept[index] = made
        self._kept_rows += len(made)
        while self._kept_rows > MOST_KEPT_ROWS and len(self._kept) > 1:
            self._kept_rows -= len(self._kept.popitem(last=False)[1])
        return made

    def find(self, serial: int) -> LedgerEntry | None:
        """The movement of a serial; None where there is none, or it was removed."""
        put = self.change.put.get(serial)
        if put is None and serial in self.change.removed:
            return None
        index = self.index(put.date if put is not None else serial_day(serial))
        if index < 0:
            return None
        self.days.know(index)
        return next((row for row in self.rows(index) if row.serial == serial), None)

    def next_ordinal(self, day: date) -> int:
        """The ordinal that no movement of a day has or had."""
        index = self.index(day)
        self.days.know(index)
        taken = self._taken.get(index, set())
        return max([self.days.count(index), *(serial % ORDINALS for serial in taken)]) + 1

    def then(self, put: Sequence[LedgerEntry], removed: Iterable[int]) -> "Books":
        """The books after a further change."""
        gone = list(removed)
        after = Books(self.days, self.change.then(put, gone))
        # Days before the first that differs are the same in both.
        serials = [*gone, *(entry.serial for entry in put)]
        before = [self.change.put[serial].date for serial in serials if serial in self.change.put]
        days = [*before, *map(serial_day, serials), *(entry.date for entry in put)]
        first = self.index(min(days)) if days else 0
        after._kept = OrderedDict((index, rows) for index, rows in self._kept.items() if index < first)
        after._kept_rows = sum(map(len, after._kept.values()))
        touched = set(map(self.index, days))
        after._differences = {index: found for index, found in self._differences.items() if index not in touched}
        return after

    def _changed_rows(self, index: int) -> list[LedgerEntry]:
        rows = self.days.rows(index)
        if index in self._put or index in self._taken:
            taken = self._taken.get(index, set())
            rows = [row for row in rows if row.serial not in taken] + self._put.get(index, [])
            rows.sort(key=lambda row: row.booked_at)
        return rows

    def _difference(self, index: int) -> tuple[int, Decimal]:
        """By how much number and sum of a day's movements differ from those of the source."""
        if index not in self._put and index not in self._taken:
            return 0, ZERO
        found = self._differences.get(index)
        if found is None:
            rows = self._changed_rows(index)
            moved = self.days.before(index + 1) - self.days.before(index)
            found = len(rows) - self.days.count(index), sum((row.amount for row in rows), ZERO) - moved
            self._differences[index] = found
        return found
