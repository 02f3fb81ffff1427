"""Proving a list by the balances that stand among its rows: one before them, one after them, and any in between.

Each must be what the rows before it lead to, whichever end the list begins with. A list may lack either balance, or
both: then it is not proved, and nothing is held against it. What cancels out between two balances cannot be noticed
this way.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from msgspec import Struct

from gateway.completeness.signs import entries_among
from gateway.errors import IncoherentPages
from gateway.model import ZERO, Period

__all__ = ["BalanceRows"]


class Step(Struct, frozen=True):
    """One row of the list: an entry, or a balance."""

    amount: Decimal
    is_balance: bool = False
    final: bool = False
    kind: str | None = None
    """Of a row of which only the balances tell whether it is an entry."""


class Walk(Struct, frozen=True):
    """What a list tells when it is read in one direction."""

    opening: Decimal | None
    closing: Decimal | None


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
        """The balance before the list, known when it has ended; None where the bank has told none."""
        self.closing: Decimal | None = None
        """The balance after the list, likewise."""
        self._steps: list[Step] = []
        self._moved: defaultdict[date, Decimal] = defaultdict(lambda: ZERO)
        self._doubts: list[tuple[date, Decimal, str]] = []

    @property
    def is_empty(self) -> bool:
        """Whether the list has neither entries nor balances."""
        return not self._steps

    def move(self, day: date, amount: Decimal) -> None:
        """Go on by an entry.

        Raises:
            ValueError: it is of another day.
        """
        if day not in self.days:
            raise ValueError("it lies outside the days that were asked for")
        self._moved[day] += amount
        self._steps.append(Step(amount))

    def doubt(self, day: date, amount: Decimal, kind: str) -> None:
        """Go on by a row of a kind of which only the balances tell whether its rows are entries."""
        self._doubts.append((day, amount, kind))
        self._steps.append(Step(amount, kind=kind))

    def meet(self, balance: Decimal, *, final: bool) -> None:
        """Go on by a balance; `final` marks the one with which a list ends."""
        self._steps.append(Step(balance, is_balance=True, final=final))

    def end(self) -> frozenset[str] | None:
        """Close the list.

        Returns:
            The doubtful kinds whose rows are entries; None where the balances do not tell.

        Raises:
            IncoherentPages: its entries do not lead from balance to balance, in neither direction.
        """
        ended = any(step.final for step in self._steps)

        def proved(kinds: frozenset[str]) -> bool:
            found = self._with(kinds)
            return ended and isinstance(found, Walk) and None not in {found.opening, found.closing}

        kinds = {kind for _, _, kind in self._doubts}
        taken = entries_among(kinds, proved) if kinds else frozenset()
        if taken is None:
            return None
        found = self._with(taken)
        if isinstance(found, str):
            raise IncoherentPages(self._bank, found)
        self.opening, self.closing = found.opening, found.closing
        for day, amount, kind in self._doubts:
            self._moved[day] += amount if kind in taken else ZERO
        return taken

    def during(self, silent: Period) -> Decimal | None:
        """The balance during days of which the bank said before that they have no entries; None when none is told.

        Raises:
            IncoherentPages: here those days have entries.
        """
        if any(day in silent for day in self._moved):
            raise IncoherentPages(self._bank, "days that were said to have no entries have some")
        if self.opening is None:
            return None
        return self.opening + sum((amount for day, amount in self._moved.items() if day < silent.first), ZERO)

    def _with(self, kinds: frozenset[str]) -> Walk | str:
        """What the list tells when the rows of these doubtful kinds are entries, and those of the others are not."""
        return self._read([step for step in self._steps if step.kind is None or step.kind in kinds])

    def _read(self, steps: list[Step]) -> Walk | str:
        """What the list tells in the first order in which it fits, or what does not fit in the order it came in."""
        final = [step for step in steps if step.final]
        other = [step for step in steps if step.is_balance and not step.final]
        # Should both balances stand at the same end, the one goes in front and the other behind.
        outside = [*other[:1], *(step for step in steps if not step.is_balance), *other[1:], *final]
        found = [self._walk(order) for order in (steps, steps[::-1], outside)]
        return next((walk for walk in found if isinstance(walk, Walk)), found[0])

    @staticmethod
    def _walk(steps: Iterable[Step]) -> Walk | str:
        """Both balances of the list, read in this order, or what does not fit in it."""
        opening = balance = None
        moved, closed, ended, pending = False, False, False, ZERO
        for step in steps:
            if not step.is_balance:
                moved, closed, pending = True, False, pending + step.amount
                continue
            if balance is None and not moved and not step.final:
                opening = step.amount
            if balance is not None and balance + pending != step.amount:
                return f"the entries lead to a balance of {balance + pending}, the bank tells {step.amount}"
            balance, closed, pending = step.amount, step.final, ZERO
            ended |= step.final
        if moved and ended and not closed:
            return "rows come after the balance with which the list ends"
        return Walk(opening if moved else balance, balance if closed or not moved else None)
