"""The ledger of a simulated account: every movement, in order, with the balance after it.

A ledger begins at zero on the day the account was opened. Its movements come from a source, day by day, and are kept;
what lies after the clock is not there yet. Sources are functions of a seed, so that any day can be asked for at any
time with the same answer.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import accumulate
from typing import Any, Protocol

from msgspec import Struct, field
from msgspec.structs import replace

from simulators.clock import BRASILIA

__all__ = ["Fixed", "Ledger", "LedgerEntry", "Party", "Publication", "Source"]

ZERO = Decimal("0.00")


class Party(Struct, frozen=True, gc=False):
    """The other party of a movement, invented, with valid check digits."""

    name: str
    tax_id: str
    compe: str = ""
    ispb: str = ""
    bank_name: str = ""
    branch: str = ""
    account: str = ""


class LedgerEntry(Struct, frozen=True, kw_only=True, gc=False):
    """One movement of a ledger."""

    booked_at: datetime
    amount: Decimal
    """Reais, negative for a debit."""
    type: str
    """A transaction type of Open Finance Brasil."""
    description: str = ""
    document: str = ""
    counterparty: Party | None = None
    bank_id: str = ""
    """Set by hand in an exchange; else the simulated bank makes one from `serial`."""
    detail: dict[str, Any] = field(default_factory=dict)
    serial: int = 0
    """Unique in the account's life: the day, then the ordinal of its posting, as YYYYMMDDnnnnn."""
    balance: Decimal = ZERO
    """Balance after this movement."""
    first_booked_at: datetime | None = None
    """When it was booked at first, where the bank has given it another date since."""
    hidden: bool = False
    """Whether it moves the balance and is in no answer."""

    @property
    def date(self) -> date:
        """The accounting day in Brasília."""
        return self.booked_at.astimezone(BRASILIA).date()


class Source(Protocol):
    """Where a ledger's movements come from."""

    @property
    def opened_on(self) -> date:
        """The first day that can have movements."""
        ...

    def day(self, day: date, balance: Decimal) -> Sequence[LedgerEntry]:
        """The movements of one day in the order of booking, given the balance before them."""
        ...


Publication = Callable[[Sequence[LedgerEntry], datetime], Sequence[LedgerEntry]]
"""From the movements booked by an instant, oldest first, to those the bank shows then, in that order too."""


class Fixed:
    """A source that is a list, for tests and exchanges.

    Args:
        entries: movements in the order of booking.
    """

    def __init__(self, entries: Sequence[LedgerEntry]) -> None:
        self.entries = sorted(entries, key=lambda entry: entry.booked_at)
        self._by_day: dict[date, list[LedgerEntry]] = {}
        for entry in self.entries:
            self._by_day.setdefault(entry.date, []).append(entry)
        self.opened_on = min(self._by_day, default=date(2020, 1, 1))

    def day(self, day: date, balance: Decimal) -> Sequence[LedgerEntry]:
        """The movements listed for that day."""
        return self._by_day.get(day, [])


class Ledger:
    """The movements of an account, made up to the latest day that was asked for.

    Args:
        source: where the movements come from.
        publication: from what is booked by an instant to what the bank's books show at that instant.
    """

    def __init__(self, source: Source, publication: Publication | None = None) -> None:
        self._source = source
        self._publication = publication
        self._entries: list[LedgerEntry] = []
        self._known_before = source.opened_on
        self._ordinals: Counter[date] = Counter()
        self._shown: tuple[datetime, int, list[LedgerEntry]] | None = None
        """The instant, the number of movements and the rows of the last look: one answer asks for many balances."""

    @property
    def opened_on(self) -> date:
        """The first day that can have movements."""
        return self._source.opened_on

    def entries(self, first: date, last: date, now: datetime) -> list[LedgerEntry]:
        """The movements from `first` to `last`, both included, that are booked by `now`, oldest first."""
        return self.between(_midnight(first), _midnight(last + timedelta(days=1)), now)

    def between(self, start: datetime, end: datetime, now: datetime) -> list[LedgerEntry]:
        """The movements from `start` on and before `end` that are booked by `now`, oldest first."""
        self._know(min(end, now).astimezone(BRASILIA).date())
        booked = bisect_right(self._entries, now, key=_instant)
        if self._publication is None:
            shown, count = self._entries, booked
        else:
            shown = self._published(self._publication, booked, now)
            count = len(shown)
        low, high = (bisect_left(shown, moment, hi=count, key=_instant) for moment in (start, end))
        return shown[low : max(low, high)]

    def balance(self, before: date, now: datetime) -> Decimal:
        """The balance at the beginning of a day, as far as it is booked by `now`."""
        return self.balance_before(_midnight(before), now)

    def balance_before(self, instant: datetime, now: datetime) -> Decimal:
        """The balance just before an instant, as far as it is booked by `now`."""
        before_it = self.between(_midnight(self.opened_on), instant, now)
        return before_it[-1].balance if before_it else ZERO

    def balance_at(self, now: datetime) -> Decimal:
        """The balance at an instant."""
        return self.balance(now.astimezone(BRASILIA).date() + timedelta(days=1), now)

    def post(self, entry: LedgerEntry) -> None:
        """Add a movement by hand, in the order of its booking; later balances follow."""
        self._know(entry.date)
        position = bisect_right(self._entries, entry.booked_at, key=_instant)
        self._entries.insert(position, entry)
        self._renumber(position)

    def day(self, day: date) -> Sequence[LedgerEntry]:
        """The movements of a day in the order of booking, booked yet or not, shown by the bank or not."""
        self._know(day)
        low, high = (
            bisect_left(self._entries, _midnight(each), key=_instant) for each in (day, day + timedelta(days=1))
        )
        return self._entries[low:high]

    def _published(self, publication: Publication, booked: int, now: datetime) -> list[LedgerEntry]:
        """What the bank shows of its first movements at an instant."""
        if self._shown is None or self._shown[:2] != (now, booked):
            self._shown = now, booked, _with_balances(publication(self._entries[:booked], now))
        return self._shown[2]

    def _know(self, day: date) -> None:
        """Take from the source all days up to `day`."""
        while self._known_before <= day:
            position = len(self._entries)
            balance = self._entries[-1].balance if self._entries else ZERO
            self._entries.extend(self._source.day(self._known_before, balance))
            self._renumber(position)
            self._known_before += timedelta(days=1)

    def _renumber(self, position: int) -> None:
        """Give serials where there are none and balances from a position on."""
        self._shown = None
        balance = self._entries[position - 1].balance if position else ZERO
        for index in range(position, len(self._entries)):
            entry = self._entries[index]
            balance += entry.amount
            self._entries[index] = replace(entry, serial=entry.serial or self._serial(entry.date), balance=balance)

    def _serial(self, day: date) -> int:
        self._ordinals[day] += 1
        return (day.year * 10_000 + day.month * 100 + day.day) * 100_000 + self._ordinals[day]


def _with_balances(entries: Sequence[LedgerEntry]) -> list[LedgerEntry]:
    balances = accumulate(entry.amount for entry in entries)
    return [
        replace(entry, balance=balance) for entry, balance in zip(entries, balances, strict=True) if not entry.hidden
    ]


def _instant(entry: LedgerEntry) -> datetime:
    return entry.booked_at


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), BRASILIA)
