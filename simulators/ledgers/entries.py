"""A movement of a ledger, its serial, and where movements come from."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

from msgspec import Struct, field

from simulators.clock import BRASILIA

__all__ = ["ORDINALS", "ZERO", "Fixed", "LedgerEntry", "Party", "Publication", "Source", "serial_day", "serial_of"]

ZERO = Decimal("0.00")
ORDINALS = 100_000
"""More than the movements of one day."""


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
    """Where a ledger's movements come from.

    One that has many a day says so by `rows_per_day`, about how many an ordinary day has. One that is a value,
    equal to others that make the same movements, says so by `is_value`: ledgers of equal ones share what is known of
    its days.
    """

    @property
    def opened_on(self) -> date:
        """The first day that can have movements."""
        ...

    def day(self, day: date, balance: Decimal) -> Sequence[LedgerEntry]:
        """The movements of one day in the order of booking, given the balance before them: always the same ones."""
        ...


Publication = Callable[[Sequence[LedgerEntry], datetime], Sequence[LedgerEntry]]
"""From the movements booked by an instant, oldest first, to those the bank shows then, in that order too."""


class Fixed:
    """A source that is a list, for own ledgers, tests and exchanges.

    Args:
        entries: movements; those of one instant in the order of booking.
        opened_on: the first day; that of the first movement when None.
    """

    def __init__(self, entries: Sequence[LedgerEntry], opened_on: date | None = None) -> None:
        self.entries = sorted(entries, key=lambda entry: entry.booked_at)
        self._by_day: dict[date, list[LedgerEntry]] = {}
        for entry in self.entries:
            self._by_day.setdefault(entry.date, []).append(entry)
        first = min(self._by_day, default=opened_on or date(2020, 1, 1))
        self.opened_on = min(first, opened_on or first)

    @property
    def rows_per_day(self) -> float:
        """The mean of the days that have any."""
        return len(self.entries) / max(len(self._by_day), 1)

    def day(self, day: date, balance: Decimal) -> Sequence[LedgerEntry]:
        """The movements listed for that day."""
        return self._by_day.get(day, [])


def serial_of(day: date, ordinal: int) -> int:
    """The serial of a movement that was posted to a day."""
    return (day.year * 10_000 + day.month * 100 + day.day) * ORDINALS + ordinal


def serial_day(serial: int) -> date:
    """The day a movement of this serial was posted to.

    Raises:
        ValueError: it is no serial.
    """
    digits = serial // ORDINALS
    return date(digits // 10_000, digits // 100 % 100, digits % 100)
