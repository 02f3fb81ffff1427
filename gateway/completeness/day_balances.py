"""The opening and closing balances of days, for a list that is read day by day; they cost one request a day.

The balances before the first day and after the last one prove the entries between them. Those of other days are asked
for only where something is open: the direction of rows of an unknown kind, or the day on which entries are missing.
Lost entries that cancel each other out between two balances are not noticed.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Generic, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from gateway.completeness.signs import solve_signs
from gateway.flow import Flow
from gateway.model import DAY, ZERO

__all__ = ["BalancesByDay", "Day", "DayBalances", "all_declared_complete", "complete_through"]

LONGEST_SILENCE_DAYS = 6
"""Days in a row without a balance after which the bank is taken to give none."""

P = TypeVar("P")


class Day(Struct, Generic[P], frozen=True):
    """The sums of the entries of one day, and the pages that cannot be handed over yet."""

    day: date
    entries: int = 0
    moved: Decimal = ZERO
    """Sum of the rows whose direction is known, credits positive."""
    unknown: Mapping[str, Decimal] = {}
    """By kind, the sum without sign of the rows whose direction is unknown."""
    pages: tuple[P, ...] = ()
    """The pages of the day, kept until the signs of its unknown kinds are known."""
    declared_complete: bool | None = None
    """Whether the bank declares the day complete; None where it gave no answer about the day."""

    def with_signs(self, signs: Mapping[str, int]) -> "Day[P]":
        """The day with its unknown kinds counted by these signs: 1, -1, or 0 for a kind that moved nothing."""
        moved = sum((signs[kind] * size for kind, size in self.unknown.items()), self.moved)
        return replace(self, pages=(), moved=moved, unknown={})


class DayBalances(Struct, frozen=True):
    """The balances before and after one day; None where the bank gives none."""

    opening: Decimal | None = None
    closing: Decimal | None = None
    declared_complete: bool | None = None
    """As in `Day`."""

    @property
    def is_empty(self) -> bool:
        """Whether the bank gave neither balance."""
        return self.opening is None and self.closing is None


class BalancesByDay:
    """The balances of days, each asked for at most once.

    Args:
        ask: the conversation that asks the bank for the balances of one day.
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
        """The balance before a day: the opening that the bank gives for it, else the closing of an earlier day."""
        balances = yield from self.of(day)
        if balances.is_empty:
            return (yield from self.after(day - DAY))
        return balances.opening

    def after(self, day: date) -> Flow[Decimal | None]:
        """The balance at the end of a day, or of the last day before it for which the bank gives any balance.

        None where it gives none for `LONGEST_SILENCE_DAYS` days.
        """
        for back in range(LONGEST_SILENCE_DAYS):
            balances = yield from self.of(day - back * DAY)
            if not balances.is_empty:
                return balances.closing
        return None

    def signs(self, days: Sequence[Day[P]], moved: Decimal | None) -> Flow[dict[date, dict[str, int]]]:
        """By day, the signs of its unknown kinds that balances decide; 0 for a kind that moved nothing.

        A kind has the sign that the first day tells of it, as long as this explains what moved on all days together.
        Otherwise every day with unknown kinds is asked: a kind may bring money on one day and take it on another.

        Args:
            days: all days of the list, in order.
            moved: what moved on all of them; None where no balances tell.
        """
        signs: dict[str, int] = {}
        last = days[-1].day
        # Twice, because what one day leaves open may be decided once a later day has decided some of its kinds.
        for day in [*days, *days]:
            if not _moving(day) <= signs.keys():
                signs |= _told(day, (yield from self._solved(day, signs, last)))
        alike = {day.day: _known(day, signs) for day in days}
        if _explain(days, alike, moved):
            return alike
        apart: dict[date, dict[str, int]] = {}
        for day in days:
            apart[day.day] = yield from self._solved(day, {}, last)
        agreed = _agreed(_told(day, apart[day.day]) for day in days)
        for day in days:
            apart[day.day] = apart[day.day] or (yield from self._solved(day, agreed, last)) or _known(day, agreed)
        return apart

    def _solved(self, day: Day[P], signs: Mapping[str, int], last: date) -> Flow[dict[str, int]]:
        """The signs of the unknown kinds of a day that its balances decide, given some; none where they do not.

        The opening balance of the next day stands for a closing one that is missing, but not after the `last` day.
        """
        if not day.unknown:
            return {}
        balances = yield from self.of(day.day)
        closing = balances.closing
        if closing is None and day.day != last:
            closing = (yield from self.of(day.day + DAY)).opening
        if balances.opening is None or closing is None:
            return {}
        return solve_signs(closing - balances.opening - day.moved, day.unknown, signs)

    def changed_without_entries(self, days: Iterable[Day[P]]) -> Flow[list[date]]:
        """The days without entries whose opening and closing balance differ: their entries are missing."""
        found = []
        for day in days:
            if not day.entries:
                balances = yield from self.of(day.day)
                if balances.opening is not None and balances.closing not in {None, balances.opening}:
                    found.append(day.day)
        return found


def _moving(day: Day[P]) -> set[str]:
    """The unknown kinds of a day with rows that are not all zero."""
    return {kind for kind, size in day.unknown.items() if size}


def _told(day: Day[P], signs: Mapping[str, int]) -> dict[str, int]:
    """The signs of those; of a kind whose rows are all zero a day tells nothing."""
    return {kind: sign for kind, sign in signs.items() if day.unknown[kind]}


def _known(day: Day[P], signs: Mapping[str, int]) -> dict[str, int]:
    """The signs of the unknown kinds of a day, of those that are known; 1 where all rows are zero."""
    return {kind: signs.get(kind, 1) for kind, size in day.unknown.items() if kind in signs or not size}


def _explain(days: Sequence[Day[P]], signs: Mapping[date, Mapping[str, int]], moved: Decimal | None) -> bool:
    """Whether the signs of all unknown kinds are there and explain what moved."""
    if any(day.unknown.keys() != signs[day.day].keys() for day in days):
        return False
    return sum(day.with_signs(signs[day.day]).moved for day in days) == moved


def _agreed(told: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """The signs of the kinds of which all that is told is the same."""
    found: defaultdict[str, set[int]] = defaultdict(set)
    for signs in told:
        for kind, sign in signs.items():
            found[kind].add(sign)
    return {kind: min(signs) for kind, signs in found.items() if len(signs) == 1}


def complete_through(days: Sequence[Day[P]], last: DayBalances) -> date:
    """The last day through which the bank declares the list complete; the day before the first where there is none.

    A day without a declaration counts as complete when a later one is declared so.

    Args:
        days: all days of the list, in order.
        last: the balances of the last day; their declaration counts where the list has none for it.
    """
    complete = days[0].day - DAY
    for day in days:
        if day.declared_complete is False:
            return complete
        if day.declared_complete:
            complete = day.day
    return days[-1].day if days[-1].declared_complete is None and last.declared_complete else complete


def all_declared_complete(marks: Iterable[bool | None]) -> bool | None:
    """Whether all answers about a day that declare anything declare it complete; None where none declares anything."""
    declarations = [mark for mark in marks if mark is not None]
    return all(declarations) if declarations else None
