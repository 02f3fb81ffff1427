"""The ledger of a simulated account: every movement, in order, with the balance after it.

A ledger begins on the day the account was opened. Its movements come from a source, day by day; what lies after the
clock is not there yet. Sources are functions of a seed, so that any day can be asked for at any time with the same
answer, and a day that nobody reads need not be kept. What is changed by hand lies over the source: whatever is added,
changed or removed, no other movement gets another serial, and a source makes the same movements as before.

A ledger may be read by one thread and changed by another.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import accumulate
from threading import RLock

from msgspec.structs import replace

from simulators.clock import BRASILIA
from simulators.ledgers.books import Books, Change, days_of
from simulators.ledgers.entries import ORDINALS, ZERO, Fixed, LedgerEntry, Party, Publication, Source, serial_of
from simulators.ledgers.rows import LazyRows

__all__ = ["Fixed", "Ledger", "LedgerEntry", "Party", "Publication", "Source"]

DAY = timedelta(days=1)
MOST_LISTED_ROWS = 10_000
"""Longer parts of a ledger are made while they are read."""
LARGE_DAY = 200
"""Movements of a day from which on a ledger is too much work for a thread that has others to serve."""


class Ledger:
    """The movements of an account, made up to the latest day that was asked for.

    Args:
        source: where the movements come from.
        publication: from what is booked by an instant to what the bank's books show at that instant.
        opening: balance before the first day.
    """

    def __init__(
        self,
        source: Source,
        publication: Publication | None = None,
        opening: Decimal = ZERO,
    ) -> None:
        self.source = source
        self.opening = opening
        self._publication = publication
        self._lock = RLock()
        self._days = days_of(source, opening)
        self._books = Books(self._days, Change())
        self._shown: tuple[datetime, Books, list[LedgerEntry]] | None = None
        """The instant, books and rows of the last look: one answer asks for many balances."""

    @property
    def opened_on(self) -> date:
        """The first day that can have movements."""
        return self.source.opened_on

    @property
    def change(self) -> Change:
        """What was changed by hand so far."""
        return self._books.change

    @property
    def large(self) -> bool:
        """Whether reading it is too much work for a thread that has others to serve."""
        return float(getattr(self.source, "rows_per_day", 0)) > LARGE_DAY

    @property
    def kept_rows(self) -> int:
        """How many movements are held at present besides those of the source."""
        return self._books.kept_rows

    def entries(self, first: date, last: date, now: datetime) -> Sequence[LedgerEntry]:
        """The movements from `first` to `last`, both included, that are booked by `now`, oldest first."""
        return self.between(_midnight(first), _midnight(last + DAY), now)

    def between(self, start: datetime, end: datetime, now: datetime) -> Sequence[LedgerEntry]:
        """The movements from `start` on and before `end` that are booked by `now`, oldest first."""
        self._know((now if self._publication is not None else min(end, now)).astimezone(BRASILIA).date())
        with self._lock:
            if self._publication is not None:
                shown = self._published(self._publication, now)
                low, high = (bisect_left(shown, moment, key=_instant) for moment in (start, end))
                return shown[low : max(low, high)]
            return self._part(start, end, now)

    def balance(self, before: date, now: datetime) -> Decimal:
        """The balance at the beginning of a day, as far as it is booked by `now`."""
        return self.balance_before(_midnight(before), now)

    def balance_before(self, instant: datetime, now: datetime) -> Decimal:
        """The balance just before an instant, as far as it is booked by `now`."""
        if self._publication is not None:
            before_it = self.between(_midnight(self.opened_on), instant, now)
            return before_it[-1].balance if before_it else self.opening
        until = min(instant, now).astimezone(BRASILIA).date()
        self._know(until)
        with self._lock:
            index = self._books.index(until)
            if index < 0:
                return self.opening
            rows = self._books.rows(index) if _midnight(until) != instant else []
            position = min(bisect_left(rows, instant, key=_instant), bisect_right(rows, now, key=_instant))
            return rows[position - 1].balance if position else self._books.before(index)

    def balance_at(self, now: datetime) -> Decimal:
        """The balance at an instant."""
        return self.balance(now.astimezone(BRASILIA).date() + DAY, now)

    def post(self, entry: LedgerEntry) -> LedgerEntry:
        """Add a movement by hand, in the order of its booking; later balances follow."""
        return self.edit(added=[entry])[0]

    def day(self, day: date) -> Sequence[LedgerEntry]:
        """The movements of a day in the order of booking, booked yet or not, shown by the bank or not."""
        self._know(day)
        with self._lock:
            index = self._books.index(day)
            return list(self._books.rows(index)) if index >= 0 else []

    def find(self, serial: int) -> LedgerEntry | None:
        """The movement of a serial, booked or not; None where there is none."""
        with self._lock:
            return self._books.find(serial)

    def edit(
        self, added: Iterable[LedgerEntry] = (), changed: Iterable[LedgerEntry] = (), removed: Iterable[int] = ()
    ) -> list[LedgerEntry]:
        """Change movements by hand, at once; later balances follow.

        Args:
            added: new ones, whose serials are given here.
            changed: with the serial of the movement in whose place each stands, which keeps it.
            removed: serials of those that are no more.

        Returns:
            The added ones with their serials.

        Raises:
            ValueError: a movement lies before the first day, or a day has no room for more.
        """
        with self._lock:
            new: list[LedgerEntry] = []
            ordinals: dict[date, int] = {}
            changes = list(changed)
            for entry in added:
                self._check_day(entry)
                day = entry.date
                ordinals[day] = ordinals[day] + 1 if day in ordinals else self._books.next_ordinal(day)
                if ordinals[day] >= ORDINALS:
                    raise ValueError(f"{day} has no room for more entries")
                new.append(replace(entry, serial=serial_of(day, ordinals[day])))
            for entry in changes:
                self._check_day(entry)
            self._books = self._books.then([*changes, *new], removed)
            return new

    def restore(self, put: Sequence[LedgerEntry], removed: Iterable[int]) -> None:
        """Repeat a change that was written down: movements with their serials, and serials that are no more."""
        with self._lock:
            self._books = self._books.then(put, removed)

    def _check_day(self, entry: LedgerEntry) -> None:
        if entry.date < self.opened_on:
            raise ValueError(f"{entry.date} lies before the first day of the ledger, {self.opened_on}")

    def _part(self, start: datetime, end: datetime, now: datetime) -> Sequence[LedgerEntry]:
        """The movements of a time; a list, or where they are many, a sequence that is made while it is read."""
        books = self._books
        first, last = (books.index(moment.astimezone(BRASILIA).date()) for moment in (start, min(end, now)))
        if last < 0:
            return []
        parts: list[tuple[int, int, int]] = []
        for index in range(max(first, 0), last + 1):
            low, high = 0, books.count(index)
            if index in {first, last} and high:
                rows = books.rows(index)
                low = bisect_left(rows, start, key=_instant)
                high = min(bisect_left(rows, end, key=_instant), bisect_right(rows, now, key=_instant))
            if low < high:
                parts.append((index, low, high))
        lazy = LazyRows(books, self._lock, parts)
        return list(lazy) if len(lazy) <= MOST_LISTED_ROWS else lazy

    def _published(self, publication: Publication, now: datetime) -> list[LedgerEntry]:
        """What the bank shows of its movements at an instant."""
        if self._shown is None or self._shown[:2] != (now, self._books):
            booked = self._part(_midnight(self.opened_on), _midnight(now.astimezone(BRASILIA).date() + DAY), now)
            self._shown = now, self._books, _with_balances(publication(list(booked), now), self.opening)
        return self._shown[2]

    def _know(self, day: date) -> None:
        """Take from the source all days up to this one; others may read the ledger meanwhile."""
        self._days.know(self._books.index(day))


def _with_balances(entries: Sequence[LedgerEntry], opening: Decimal) -> list[LedgerEntry]:
    balances = accumulate((entry.amount for entry in entries), initial=opening)
    next(balances)
    return [
        replace(entry, balance=balance) for entry, balance in zip(entries, balances, strict=True) if not entry.hidden
    ]


def _instant(entry: LedgerEntry) -> datetime:
    return entry.booked_at


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), BRASILIA)
