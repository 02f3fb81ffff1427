"""Proving a list that is read day by day, by the balances at both ends of its days, which cost a request each.

The balances before the first day and after the last one prove what lies between. Those of other days are asked for only
where something is left open: which way the rows of an unknown kind moved the balance, and where entries are missing.
What cancels out between two balances cannot be noticed this way.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Generic, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from gateway.completeness.signs import solved
from gateway.flow import Flow
from gateway.model import DAY, ZERO

__all__ = ["BalancesByDay", "Day", "DayBalances", "complete_through", "declared"]

LONGEST_SILENCE_DAYS = 6
"""Days in a row without a balance after which the bank is taken to tell none."""

P = TypeVar("P")


class Day(Struct, Generic[P], frozen=True):
    """What the entries of one day came to."""

    day: date
    entries: int = 0
    moved: Decimal = ZERO
    """By rows of which the direction is known."""
    unknown: Mapping[str, Decimal] = {}
    """What the rows of other kinds came to, without sign, by kind."""
    pages: tuple[P, ...] = ()
    """Pages that wait for the signs of such kinds."""
    declared: bool | None = None
    """Whether the bank declares the day complete; None where it said nothing of the day at all."""

    def decided(self, signs: Mapping[str, int]) -> "Day[P]":
        """The same day once the signs of its unknown kinds are known."""
        moved = sum((signs[kind] * size for kind, size in self.unknown.items()), self.moved)
        return replace(self, pages=(), moved=moved, unknown={})


class DayBalances(Struct, frozen=True):
    """The balances of one day, as far as the bank tells them."""

    opening: Decimal | None = None
    closing: Decimal | None = None
    declared: bool | None = None
    """As in `Day`."""

    @property
    def silent(self) -> bool:
        """Whether the bank told neither."""
        return self.opening is None and self.closing is None


class BalancesByDay:
    """The balances of days, none of which is asked for twice.

    Args:
        ask: asks the bank for those of one day.
    """

    def __init__(self, ask: Callable[[date], Flow[DayBalances]]) -> None:
        self._ask = ask
        self._known: dict[date, DayBalances] = {}

    def of(self, day: date) -> Flow[DayBalances]:
        """The balances of a day."""
        if day not in self._known:
            self._known[day] = yield from self._ask(day)
        return self._known[day]

    def before(self, day: date) -> Flow[Decimal | None]:
        """The balance before a day: as the bank tells it for the day, else what the days before closed with."""
        balances = yield from self.of(day)
        if balances.silent:
            return (yield from self.after(day - DAY))
        return balances.opening

    def after(self, day: date) -> Flow[Decimal | None]:
        """The balance at the end of a day, which is that of an earlier one where the bank was silent since."""
        for back in range(LONGEST_SILENCE_DAYS):
            balances = yield from self.of(day - back * DAY)
            if not balances.silent:
                return balances.closing
        return None

    def signs(self, days: Sequence[Day[P]]) -> Flow[dict[str, int]]:
        """The signs of unknown kinds, as far as the balances of their days decide them; 0 for what moved nothing."""
        signs: dict[str, int] = {}
        # What one day does not decide may be decided by what another one tells of some of its kinds.
        for day in [*days, *days]:
            if not day.unknown.keys() <= signs.keys():
                balances = yield from self.of(day.day)
                closing = balances.closing
                if closing is None and day.day != days[-1].day:
                    closing = (yield from self.of(day.day + DAY)).opening
                if balances.opening is not None and closing is not None:
                    signs |= solved(closing - balances.opening - day.moved, day.unknown, signs)
        return signs

    def changed_without_entries(self, days: Iterable[Day[P]]) -> Flow[list[date]]:
        """The days without entries of which the balance changed all the same."""
        found = []
        for day in days:
            if not day.entries:
                balances = yield from self.of(day.day)
                if balances.opening is not None and balances.closing not in {None, balances.opening}:
                    found.append(day.day)
        return found


def complete_through(days: Sequence[Day[P]], last: DayBalances) -> date:
    """The last day that the bank declares complete; a day of which it says nothing is when something after it is.

    Args:
        days: all of them, in order.
        last: the balances of the last day, which may declare it complete where it has no entries.
    """
    complete = days[0].day - DAY
    for day in days:
        if day.declared is False:
            return complete
        if day.declared:
            complete = day.day
    return days[-1].day if days[-1].declared is None and last.declared else complete


def declared(marks: Iterable[bool | None]) -> bool | None:
    """Whether all answers that say so declare a day complete; None where none says anything."""
    said = [mark for mark in marks if mark is not None]
    return all(said) if said else None
