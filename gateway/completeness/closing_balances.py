"""Proving a list of entries by the closing balances of some of its days.

A bank that gives no running balance may give the balance at the end of each business day. Two such closings must then
differ by exactly the entries between them, those of days without a closing included. What cancels out between two
closings cannot be noticed this way.
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
    """What adjoining parts of a list told: what moved each day, and the closings.

    Args:
        bank: slug, for the failure.
    """

    def __init__(self, bank: str) -> None:
        self._bank = bank
        self._moved: defaultdict[date, Decimal] = defaultdict(lambda: ZERO)
        self._closings: dict[date, Decimal] = {}
        self._supposed: defaultdict[date, set[Decimal]] = defaultdict(set)
        self.position: Decimal | None = None
        """The balance at the time of asking, where the bank told it."""

    def move(self, day: date, amount: Decimal) -> None:
        """Note an entry."""
        self._moved[day] += amount

    def close(self, day: date, amount: Decimal) -> None:
        """Note the balance at the end of a day.

        Raises:
            IncoherentPages: the bank gave another one before.
        """
        if self._closings.setdefault(day, amount) != amount:
            raise IncoherentPages(self._bank, f"two closing balances were given for {day}")

    def suppose(self, day: date, amount: Decimal) -> None:
        """Note a balance of a day of which it is only supposed that it is the one at its end.

        It counts where the day has no other one, and until the entries contradict it.
        """
        self._supposed[day].add(amount)

    def before(self, day: date) -> BalanceAt | None:
        """The last closing before a day."""
        return max((each for each in self._all() if each.day < day), key=_day, default=None)

    def from_day(self, day: date) -> BalanceAt | None:
        """The closing of a day, or the first one after it."""
        return min((each for each in self._all() if each.day >= day), key=_day, default=None)

    def check(self) -> str | None:
        """Each closing must be the one before it plus the entries between them.

        Returns:
            what speaks against the supposed ones, which count no longer then.

        Raises:
            IncoherentPages: it is not so for the others alone.
        """
        against = self._against()
        if against is not None and self._supposed:
            self._supposed.clear()
            if self._against() is None:
                return against
        if against is not None:
            raise IncoherentPages(self._bank, self._against() or against)
        return None

    def _against(self) -> str | None:
        gap = self._gap(self._moved)
        if gap is None:
            return None
        return f"the entries do not lead from the closing of {gap[0].day} to that of {gap[1].day}"

    def fit(self, more: Iterable[tuple[date, Decimal]] = ()) -> bool:
        """Whether the closings fit the entries, with some more of them."""
        moved = self._moved.copy()
        for day, amount in more:
            moved[day] += amount
        return self._gap(moved) is None

    def _gap(self, moved: Mapping[date, Decimal]) -> tuple[BalanceAt, BalanceAt] | None:
        """The first two closings that differ by something else than what moved between them."""
        for one, other in pairwise(sorted(self._all(), key=_day)):
            between = sum((amount for day, amount in moved.items() if one.day < day <= other.day), ZERO)
            if one.amount + between != other.amount:
                return one, other
        return None

    def _all(self) -> Iterator[BalanceAt]:
        supposed = {day: next(iter(told)) for day, told in self._supposed.items() if len(told) == 1}
        return (BalanceAt(day, amount) for day, amount in (supposed | self._closings).items())


def _day(balance: BalanceAt) -> date:
    return balance.day
