"""Proving a list by the balances that stand among its rows: one before them, one after them, and any in between.

Each must be what the rows before it lead to. What cancels out between two of them cannot be noticed this way.
"""

from collections import defaultdict
from datetime import date
from decimal import Decimal

from gateway.errors import IncoherentPages
from gateway.model import Period

__all__ = ["BalanceRows"]

ZERO = Decimal("0.00")


class BalanceRows:
    """The balance of a list as it goes from row to row.

    Args:
        bank: slug, for the failure.
        days: the days of which the list tells.
    """

    def __init__(self, bank: str, days: Period) -> None:
        self._bank = bank
        self.days = days
        self.opening: Decimal | None = None
        """The balance before the list; None as long as the bank has told none."""
        self.closing: Decimal | None = None
        """The balance to which the rows have led."""
        self._closed = False
        self._moved: defaultdict[date, Decimal] = defaultdict(lambda: ZERO)

    def move(self, day: date, amount: Decimal) -> None:
        """Go on by an entry.

        Raises:
            ValueError: it is of another day.
            IncoherentPages: no balance stands before it.
        """
        if day not in self.days:
            raise ValueError("it lies outside the days that were asked for")
        if self.closing is None:
            raise IncoherentPages(self._bank, "the list does not begin with the balance before it")
        self.closing += amount
        self._moved[day] += amount
        self._closed = False

    def meet(self, balance: Decimal, *, final: bool) -> None:
        """Go on by a balance; `final` marks the one with which a list ends.

        Raises:
            IncoherentPages: the entries before it lead to another one.
        """
        if self.closing is None:
            self.opening = self.closing = balance
        if self.closing != balance:
            detail = f"the entries lead to a balance of {self.closing}, the bank tells {balance}"
            raise IncoherentPages(self._bank, detail)
        self._closed = final

    def end(self) -> None:
        """Close the list.

        Raises:
            IncoherentPages: it has entries and does not end with a final balance.
        """
        if self._moved and not self._closed:
            raise IncoherentPages(self._bank, "the list does not end with the balance after it")

    def during(self, silent: Period) -> Decimal | None:
        """The balance during days of which the bank said before that they have no entries; None when none is told.

        Raises:
            IncoherentPages: here those days have entries.
        """
        if self.opening is None:
            return None
        if any(day in silent for day in self._moved):
            raise IncoherentPages(self._bank, "days that were said to have no entries have some")
        return self.opening + sum((amount for day, amount in self._moved.items() if day < silent.first), ZERO)
