"""Proving a list of entries by sums: the totals that the bank announces, and its balances at both ends.

Totals of what came in and of what went out, told apart, leave no room for a missing entry. Balances alone do: entries
that cancel each other out are not missed. One total without the other still has to be met, and the balances besides.
Entries that only block money, or free it, may or may not count in either; nobody says, so that both are accepted.
"""

from collections.abc import Iterable
from decimal import Decimal

from msgspec import Struct

from gateway.errors import IncoherentPages

__all__ = ["Announced", "Reckoning"]

ZERO = Decimal("0.00")


class Totals(Struct, frozen=True):
    """What came in and what went out, neither with a sign."""

    credit: Decimal = ZERO
    debit: Decimal = ZERO

    def with_moved(self, amount: Decimal) -> "Totals":
        """The same after one more movement."""
        return Totals(self.credit + max(amount, ZERO), self.debit + max(-amount, ZERO))


class Announced(Struct, frozen=True):
    """The totals that a bank tells, neither with a sign; None where it leaves one out."""

    credit: Decimal | None
    debit: Decimal | None

    @property
    def both(self) -> bool:
        """Whether both are told."""
        return self.credit is not None and self.debit is not None

    def met_by(self, sums: Totals) -> bool:
        """Whether entries with these sums are what was announced."""
        return self.credit in {None, sums.credit} and self.debit in {None, sums.debit}


class Reckoning:
    """What the entries add up to, against what the first page tells of all of them.

    Args:
        bank: slug, for the failure.
        opening: balance before the list.
        closing: balance after it.
        announced: the totals, where the bank tells them.
    """

    def __init__(self, bank: str, opening: Decimal, closing: Decimal, announced: Announced | None) -> None:
        self._bank = bank
        self.opening, self.closing, self._announced = opening, closing, announced
        self._plain, self._with_blocks = Totals(), Totals()
        self._pages = 0

    def add(self, amounts: Iterable[tuple[Decimal, bool]]) -> None:
        """Account for one page: each amount, and whether it is only blocked or freed."""
        before = self._plain, self._with_blocks
        for amount, blocked in amounts:
            self._with_blocks = self._with_blocks.with_moved(amount)
            if not blocked:
                self._plain = self._plain.with_moved(amount)
        if (self._plain, self._with_blocks) == before:
            return
        if self._pages == 1 and self._announced is not None and any(map(self._announced.met_by, before)):
            # The first page already held all it announced, and yet more follows: its totals are its own.
            self._announced = None
        self._pages += 1

    @property
    def settled(self) -> bool:
        """Whether nothing tells that entries are missing."""
        return self._balanced and self._reached

    @property
    def blocks_move(self) -> bool:
        """Whether the balances follow blocked money; they do unless they agree only without it."""
        return not self._balanced or self._leads_to_closing(self._with_blocks)

    def left(self) -> set[Decimal]:
        """What the balances leave for entries that were not accounted for, for either meaning of blocked money."""
        moved = self.closing - self.opening
        return {moved - sums.credit + sums.debit for sums in (self._plain, self._with_blocks)}

    def conclude(self) -> str | None:
        """Close the account when the list is at its end.

        Both totals of more than one page prove that the list is complete; balances that disagree are then left to the
        proof. Totals that fit a single page may be that page's own.

        Returns:
            what speaks against a list to which the balances agree: totals that it does not come to.

        Raises:
            IncoherentPages: the list is not proved complete.
        """
        if self._balanced:
            return None if self._reached else "the entries do not add up to the announced totals"
        if not self._reached:
            raise IncoherentPages(self._bank, "the entries add up to neither the announced totals nor the balances")
        if self._announced is None or not self._announced.both or self._pages < 2:
            raise IncoherentPages(self._bank, "the entries do not lead from the opening to the closing balance")
        return None

    @property
    def _reached(self) -> bool:
        """Whether the entries are what was announced, as far as anything was."""
        return self._announced is None or any(map(self._announced.met_by, (self._plain, self._with_blocks)))

    @property
    def _balanced(self) -> bool:
        return self._leads_to_closing(self._plain) or self._leads_to_closing(self._with_blocks)

    def _leads_to_closing(self, sums: Totals) -> bool:
        return self.opening + sums.credit - sums.debit == self.closing
