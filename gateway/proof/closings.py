"""Proving a list of entries by the closing balances of some of its days.

A bank that gives no running balance may give the balance at the end of each business day. Two such closings must then
differ by exactly the entries between them, those of days without a closing included. What cancels out between two
closings cannot be noticed this way.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import pairwise

from gateway.errors import IncoherentPages
from gateway.model import BalanceAt

__all__ = ["Closings"]

ZERO = Decimal("0.00")


class Closings:
    """What adjoining parts of a list told: what moved each day, and the closings.

    Args:
        bank: slug, for the failure.
    """

    def __init__(self, bank: str) -> None:
        self._bank = bank
        self._moved: defaultdict[date, Decimal] = defaultdict(lambda: ZERO)
        self._closings: dict[date, Decimal] = {}
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

    def before(self, day: date) -> BalanceAt | None:
        """The last closing before a day."""
        return max((each for each in self._all() if each.day < day), key=_day, default=None)

    def from_day(self, day: date) -> BalanceAt | None:
        """The closing of a day, or the first one after it."""
        return min((each for each in self._all() if each.day >= day), key=_day, default=None)

    def check(self) -> None:
        """Each closing must be the one before it plus the entries between them.

        Raises:
            IncoherentPages: it is not.
        """
        for one, other in pairwise(sorted(self._all(), key=_day)):
            moved = sum((amount for day, amount in self._moved.items() if one.day < day <= other.day), ZERO)
            if one.amount + moved != other.amount:
                detail = f"the entries do not lead from the closing of {one.day} to that of {other.day}"
                raise IncoherentPages(self._bank, detail)

    def _all(self) -> Iterator[BalanceAt]:
        return (BalanceAt(day, amount) for day, amount in self._closings.items())


def _day(balance: BalanceAt) -> date:
    return balance.day
