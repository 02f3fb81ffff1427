"""Checks a list of entries by the closing balances of some of its days.

A bank that gives no running balance may give the balance at the end of each business day. Two closings must differ by
exactly the entries between them, those of days without a closing included. Lost entries that cancel each other out
between two closings are not noticed.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from itertools import pairwise

from gateway.errors import IncoherentPages
from gateway.model import ZERO, BalanceAt

__all__ = ["ClosingBalances"]


class ClosingBalances:
    """The closing balances of a list and the sum of its entries by day, collected from adjoining parts of it.

    Proves that no entries are missing between the first and the last closing. The evidence is of two kinds: closings
    that the bank names as such, and balances that are only presumed to be closings.

    Args:
        bank: slug, for the failure.
    """

    def __init__(self, bank: str) -> None:
        self._bank = bank
        self._moved: defaultdict[date, Decimal] = defaultdict(lambda: ZERO)
        self._closings: dict[date, Decimal] = {}
        self._presumed: defaultdict[date, set[Decimal]] = defaultdict(set)
        self.position: Decimal | None = None
        """The balance at the time of the request; None where the bank does not give it."""

    def add_entry(self, day: date, amount: Decimal) -> None:
        """Count what an entry moves on its day: closings of other days follow from it."""
        self._moved[day] += amount

    def add_closing(self, day: date, amount: Decimal) -> None:
        """Add the balance at the end of a day.

        Raises:
            IncoherentPages: the bank has given another one for that day.
        """
        if self._closings.setdefault(day, amount) != amount:
            raise IncoherentPages(self._bank, f"two closing balances were given for {day}")

    def add_presumed_closing(self, day: date, amount: Decimal) -> None:
        """Add a balance of a day that is presumed to be the one at its end.

        It counts only where the day has no other balance, and until the entries contradict it.
        """
        self._presumed[day].add(amount)

    def last_before(self, day: date) -> BalanceAt | None:
        """The last closing before a day."""
        return max((each for each in self._all() if each.day < day), key=_day, default=None)

    def first_from(self, day: date) -> BalanceAt | None:
        """The closing of a day, or the first one after it."""
        return min((each for each in self._all() if each.day >= day), key=_day, default=None)

    def leads_to(self) -> Decimal | None:
        """The latest closing with the entries after it; None where there is no closing."""
        latest = max(self._all(), key=_day, default=None)
        if latest is None:
            return None
        return latest.amount + sum((amount for day, amount in self._moved.items() if day > latest.day), ZERO)

    def check(self) -> str | None:
        """Check that each closing is the one before it plus the entries between the two.

        Returns:
            What contradicts the presumed closings, which are dropped then; None where everything agrees.

        Raises:
            IncoherentPages: the entries contradict the closings that the bank names as such.
        """
        contradiction = self._contradiction(self._moved)
        if contradiction is None:
            return None
        self._presumed.clear()
        if (still := self._contradiction(self._moved)) is not None:
            raise IncoherentPages(self._bank, still)
        return contradiction

    def fits(self, more: Iterable[tuple[date, Decimal]]) -> bool:
        """Whether the closings agree with the entries and these further ones, given as day and amount."""
        moved = self._moved.copy()
        for day, amount in more:
            moved[day] += amount
        return self._contradiction(moved) is None

    def _contradiction(self, moved: Mapping[date, Decimal]) -> str | None:
        """The first two neighbouring closings that do not differ by the entries between them, in words."""
        for one, other in pairwise(sorted(self._all(), key=_day)):
            between = sum((amount for day, amount in moved.items() if one.day < day <= other.day), ZERO)
            if one.amount + between != other.amount:
                return f"the entries do not lead from the closing of {one.day} to that of {other.day}"
        return None

    def _all(self) -> Iterator[BalanceAt]:
        supposed = {day: next(iter(amounts)) for day, amounts in self._presumed.items() if len(amounts) == 1}
        return (BalanceAt(day, amount) for day, amount in (supposed | self._closings).items())


def _day(balance: BalanceAt) -> date:
    return balance.day
