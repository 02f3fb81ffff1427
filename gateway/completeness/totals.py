"""Checks a list of entries by sums: the totals of credits and debits that the bank announces, and its balances.

Announced totals of both credits and debits leave no room for a missing entry. Balances at both ends alone do, because
lost entries that cancel each other out do not change them. Where only one total is announced, it must be met, and the
balances must agree as well.

Entries that only block or free money may or may not count in totals and balances. Banks do not document it, so both are
accepted. Entries without sign are counted once the balances have decided their direction.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal

from msgspec import Struct

from gateway.completeness.signs import solve_signs
from gateway.errors import IncoherentPages
from gateway.model import ZERO

__all__ = ["AnnouncedTotals", "Totals"]


class Sums(Struct, frozen=True):
    """The sums of credits and of debits, both without sign."""

    credit: Decimal = ZERO
    debit: Decimal = ZERO

    def plus(self, other: "Sums") -> "Sums":
        """These sums and the others."""
        return Sums(self.credit + other.credit, self.debit + other.debit)


class EitherSums(Struct, frozen=True):
    """The sums of entries without those that only block or free money, and with them."""

    plain: Sums = Sums()
    with_blocks: Sums = Sums()

    @property
    def both(self) -> tuple[Sums, Sums]:
        """The sums under either meaning of blocked money."""
        return self.plain, self.with_blocks

    @classmethod
    def of(cls, amounts: Iterable[tuple[Decimal, bool]]) -> "EitherSums":
        """The sums of amounts, each with whether it only blocks or frees money."""
        sums = {False: [ZERO, ZERO], True: [ZERO, ZERO]}
        for amount, blocked in amounts:
            sums[blocked][amount < 0] += amount
        (credit, debit), (freed, held) = sums[False], sums[True]
        moved = Sums(credit, -debit)
        return cls(moved, moved.plus(Sums(freed, -held)))

    def plus(self, other: "EitherSums") -> "EitherSums":
        """These sums and the others."""
        return EitherSums(self.plain.plus(other.plain), self.with_blocks.plus(other.with_blocks))


class AnnouncedTotals(Struct, frozen=True):
    """The totals that a bank announces, both without sign; None for one that it leaves out."""

    credit: Decimal | None
    debit: Decimal | None

    @property
    def both(self) -> bool:
        """Whether both totals are announced."""
        return self.credit is not None and self.debit is not None

    def met_by(self, sums: Sums) -> bool:
        """Whether these sums are the announced ones, as far as any are announced."""
        return self.credit in {None, sums.credit} and self.debit in {None, sums.debit}


class Totals:
    """The sums of a paged list of entries, compared with the totals and balances that its first page gives.

    Proves that no entry is missing where both totals are announced and met; where only the balances agree, that no
    entries are missing whose sum is not zero.

    Args:
        bank: slug, for the failure.
        opening: balance before the list.
        closing: balance after the list.
        announced: the announced totals; None where the bank announces none.
    """

    def __init__(self, bank: str, opening: Decimal, closing: Decimal, announced: AnnouncedTotals | None) -> None:
        self._bank = bank
        self.opening, self.closing, self._announced = opening, closing, announced
        self._first, self._all = EitherSums(), EitherSums()
        self._unsigned: list[tuple[bool, str, Decimal]] = []
        """Entries without sign: whether they stand on the first page, their kind, their size."""
        self._pages = 0

    def add(self, amounts: Iterable[tuple[Decimal, bool]], unsigned: Iterable[tuple[str, Decimal]] = ()) -> None:
        """Add the entries of one page.

        Args:
            amounts: the amount of each entry, and whether it only blocks or frees money.
            unsigned: kind and size of each entry whose kind does not say in which direction money moved.
        """
        moved = EitherSums.of(amounts)
        without_sign = [(kind, size) for kind, size in unsigned if size]
        if moved == EitherSums() and not without_sign:
            return
        self._pages += 1
        self._unsigned += [(self._pages == 1, kind, size) for kind, size in without_sign]
        self._book(moved, first=self._pages == 1)

    def apply_signs(self, signs: Mapping[str, int]) -> None:
        """Count the entries without sign by the signs of their kinds: 1, -1, or 0 for a kind that moved nothing."""
        for first, kind, size in self._unsigned:
            self._book(EitherSums.of([(signs[kind] * size, False)]), first=first)
        self._unsigned.clear()

    @property
    def unsigned(self) -> dict[str, Decimal]:
        """By kind, the sum of the sizes of the entries that still have no sign."""
        found: defaultdict[str, Decimal] = defaultdict(lambda: ZERO)
        for _, kind, size in self._unsigned:
            found[kind] += size
        return dict(found)

    @property
    def agrees(self) -> bool:
        """Whether all entries have a sign and neither balances nor totals show that any is missing."""
        return self._meets_balances and self._meets_totals and not self._unsigned

    @property
    def totals_are_met(self) -> bool:
        """Whether both totals are announced and met, which even lost entries that cancel out would prevent."""
        return self._list_totals is not None and self._list_totals.both and self._meets_totals and not self._unsigned

    @property
    def blocks_move(self) -> bool:
        """Whether blocked money counts in the balances; it does unless they agree only without it."""
        return not self._meets_balances or self._leads_to_closing(self._all.with_blocks)

    def unexplained(self) -> set[Decimal]:
        """The part of the balances' difference that no entry explains, under either meaning of blocked money."""
        moved = self.closing - self.opening
        return {moved - sums.credit + sums.debit for sums in self._all.both}

    def solved_signs(self) -> dict[str, int] | None:
        """By kind, the signs that lead to the closing balance; None unless exactly one choice does."""
        if not self.unsigned:
            return {}
        choices = [signs for left in self.unexplained() if (signs := solve_signs(left, self.unsigned))]
        return choices[0] if choices and all(signs == choices[0] for signs in choices) else None

    def finish(self) -> str | None:
        """Check the sums at the end of the list.

        Where a list of several pages meets both totals, it is complete, and balances that disagree are left to the
        proof of the statement. Totals that a single page meets prove less: they may be those of that page alone.

        Returns:
            What contradicts a list with which the balances agree: announced totals that it does not meet.

        Raises:
            IncoherentPages: the list is not proved complete.
        """
        if self._meets_balances:
            return None if self._meets_totals else "the entries do not add up to the announced totals"
        if not self._meets_totals:
            raise IncoherentPages(self._bank, "the entries add up to neither the announced totals nor the balances")
        if not self.totals_are_met or self._pages < 2:
            raise IncoherentPages(self._bank, "the entries do not lead from the opening to the closing balance")
        return None

    def _book(self, moved: EitherSums, *, first: bool) -> None:
        self._all = self._all.plus(moved)
        if first:
            self._first = self._first.plus(moved)

    @property
    def _list_totals(self) -> AnnouncedTotals | None:
        """The announced totals, unless the first page of several meets them, which makes them that page's own."""
        if self._announced is None or (self._pages > 1 and any(map(self._announced.met_by, self._first.both))):
            return None
        return self._announced

    @property
    def _meets_totals(self) -> bool:
        """Whether the entries meet the announced totals, as far as any are announced."""
        return self._list_totals is None or any(map(self._list_totals.met_by, self._all.both))

    @property
    def _meets_balances(self) -> bool:
        return any(map(self._leads_to_closing, self._all.both))

    def _leads_to_closing(self, sums: Sums) -> bool:
        return self.opening + sums.credit - sums.debit == self.closing
