"""Checks a list by the balance rows among its entries: one before them, one after them, and any in between.

Each balance must be the one before it plus the entries between the two, whichever end the list begins with. A list may
lack the balance at either end or at both: then it is not proved, and not refused either. Lost entries that cancel each
other out between two balances are not noticed.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from msgspec import Struct

from gateway.completeness.signs import DecidedKinds, decide_kinds
from gateway.errors import IncoherentPages
from gateway.model import ZERO, Period

__all__ = ["BalanceRows"]

OUTSIDE = "it lies outside the days that were asked for"


class Step(Struct, frozen=True):
    """One row of the list: an entry, or a balance."""

    amount: Decimal
    is_balance: bool = False
    final: bool = False
    kind: str | None = None
    """Set where only the balances can tell whether rows of this kind are entries."""


class Walk(Struct, frozen=True):
    """The balances before and after a list, read in one direction; None where it states none."""

    opening: Decimal | None
    closing: Decimal | None


class BalanceRows:
    """One list of entries and balance rows, added in the order in which they came.

    Proves that no entries are missing between two balances whose sum is not zero. `finish` checks it; `opening` and
    `closing` are known from then on.

    Args:
        bank: slug, for the failure.
        days: the days that were asked for.
    """

    def __init__(self, bank: str, days: Period) -> None:
        self._bank = bank
        self.days = days
        self.opening: Decimal | None = None
        """The balance before the first entry; None until `finish`, and where the list has none."""
        self.closing: Decimal | None = None
        """The balance after the last entry, likewise."""
        self._steps: list[Step] = []
        self._moved: defaultdict[date, Decimal] = defaultdict(lambda: ZERO)
        self._doubts: list[tuple[date, Decimal, str]] = []

    @property
    def is_empty(self) -> bool:
        """Whether the list has neither entries nor balances."""
        return not self._steps

    def add_entry(self, day: date, amount: Decimal) -> None:
        """Add an entry.

        Raises:
            ValueError: its day was not asked for.
        """
        if day not in self.days:
            raise ValueError(OUTSIDE)
        self._moved[day] += amount
        self._steps.append(Step(amount))

    def add_doubtful_row(self, day: date, amount: Decimal, kind: str) -> None:
        """Add a row of a kind that only the balances can show to be an entry or none."""
        self._doubts.append((day, amount, kind))
        self._steps.append(Step(amount, kind=kind))

    def add_balance(self, balance: Decimal, *, final: bool) -> None:
        """Add a balance row; `final` marks the one with which the bank ends a list."""
        self._steps.append(Step(balance, is_balance=True, final=final))

    def finish(self) -> DecidedKinds:
        """Check the list at its end.

        Returns:
            What the balances tell of the doubtful kinds; all of them are undecided where there are no balances.

        Raises:
            IncoherentPages: the entries lead from balance to balance in neither direction, whatever the doubtful rows
                are.
        """
        decided = decide_kinds({kind for _, _, kind in self._doubts}, lambda kinds: isinstance(self._with(kinds), Walk))
        found = self._with(frozenset() if decided is None else decided.fitting)
        if decided is None or isinstance(found, str):
            raise IncoherentPages(self._bank, str(found))
        self.opening, self.closing = found.opening, found.closing
        for day, amount, kind in self._doubts:
            if kind in decided.entries and day not in self.days:
                raise ValueError(OUTSIDE)
            self._moved[day] += amount if kind in decided.entries else ZERO
        return decided

    def balance_during(self, quiet: Period) -> Decimal | None:
        """The balance of days for which the bank has answered that they have no entries; None where the list has none.

        Raises:
            IncoherentPages: this list has entries on those days.
        """
        if any(day in quiet for day in self._moved):
            raise IncoherentPages(self._bank, "days that were said to have no entries have some")
        if self.opening is None:
            return None
        return self.opening + sum((amount for day, amount in self._moved.items() if day < quiet.first), ZERO)

    def _with(self, kinds: frozenset[str]) -> Walk | str:
        """The walk over the list in which, of the doubtful kinds, only these are entries; or what does not fit."""
        return self._read([step for step in self._steps if step.kind is None or step.kind in kinds])

    def _read(self, steps: list[Step]) -> Walk | str:
        """The walk in the first order in which everything fits, or what does not fit in the order of arrival."""
        final = [step for step in steps if step.final]
        other = [step for step in steps if step.is_balance and not step.final]
        # Where both balances stand at the same end, one of them is moved to the front and the other to the end.
        outside = [*other[:1], *(step for step in steps if not step.is_balance), *other[1:], *final]
        found = [self._walk(order) for order in (steps, steps[::-1], outside)]
        return next((walk for walk in found if isinstance(walk, Walk)), found[0])

    @staticmethod
    def _walk(steps: Iterable[Step]) -> Walk | str:
        """The balances at both ends of the list in this order, or what does not fit in it."""
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
