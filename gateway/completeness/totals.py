"""Proving a list of entries by sums: the totals that the bank announces, and its balances at both ends.

Sums of what came in and of what went out, told apart, leave no room for a missing entry. Balances alone do: entries
that cancel each other out are not missed. One total without the other still has to be met, and the balances besides.
Entries that only block money, or free it, may or may not count in either; nobody says, so that both are accepted.
Entries without sign are held back until the balances have told their direction; the totals wait for them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal

from msgspec import Struct

from gateway.completeness.signs import solved
from gateway.errors import IncoherentPages
from gateway.model import ZERO

__all__ = ["AnnouncedTotals", "Totals"]


class Sums(Struct, frozen=True):
    """What came in and what went out, neither with a sign."""

    credit: Decimal = ZERO
    debit: Decimal = ZERO

    def with_moved(self, amount: Decimal) -> "Sums":
        """The same after one more movement."""
        return Sums(self.credit + max(amount, ZERO), self.debit + max(-amount, ZERO))

    def plus(self, other: "Sums") -> "Sums":
        """The same after all that another holds."""
        return Sums(self.credit + other.credit, self.debit + other.debit)


class EitherSums(Struct, frozen=True):
    """What entries add up to, without what is only blocked or freed and with it."""

    plain: Sums = Sums()
    with_blocks: Sums = Sums()

    @property
    def both(self) -> tuple[Sums, Sums]:
        """Either reading."""
        return self.plain, self.with_blocks

    def with_moved(self, amounts: Iterable[tuple[Decimal, bool]]) -> "EitherSums":
        """The same after more movements, each with whether it is only blocked or freed."""
        plain, with_blocks = self.both
        for amount, blocked in amounts:
            with_blocks = with_blocks.with_moved(amount)
            plain = plain if blocked else plain.with_moved(amount)
        return EitherSums(plain, with_blocks)

    def plus(self, other: "EitherSums") -> "EitherSums":
        """The same after all that another holds."""
        return EitherSums(self.plain.plus(other.plain), self.with_blocks.plus(other.with_blocks))


class AnnouncedTotals(Struct, frozen=True):
    """The totals that a bank tells, neither with a sign; None where it leaves one out."""

    credit: Decimal | None
    debit: Decimal | None

    @property
    def both(self) -> bool:
        """Whether both are told."""
        return self.credit is not None and self.debit is not None

    def met_by(self, sums: Sums) -> bool:
        """Whether entries with these sums are what was announced."""
        return self.credit in {None, sums.credit} and self.debit in {None, sums.debit}


class Totals:
    """What the entries add up to, against what the first page tells of all of them.

    Args:
        bank: slug, for the failure.
        opening: balance before the list.
        closing: balance after it.
        announced: the totals, where the bank tells them.
    """

    def __init__(self, bank: str, opening: Decimal, closing: Decimal, announced: AnnouncedTotals | None) -> None:
        self._bank = bank
        self.opening, self.closing, self._announced = opening, closing, announced
        self._first, self._all = EitherSums(), EitherSums()
        self._unsigned: list[tuple[bool, str, Decimal]] = []
        """Entries without sign: whether they stand on the first page, their kind, their size."""
        self._pages = 0

    def add(self, amounts: Iterable[tuple[Decimal, bool]], unsigned: Iterable[tuple[str, Decimal]] = ()) -> None:
        """Account for one page.

        Args:
            amounts: each amount, and whether it is only blocked or freed.
            unsigned: kind and size of each entry of which the kind does not tell whether money came or went.
        """
        moved = EitherSums().with_moved(amounts)
        doubtful = [(kind, size) for kind, size in unsigned if size]
        if moved == EitherSums() and not doubtful:
            return
        self._pages += 1
        self._unsigned += [(self._pages == 1, kind, size) for kind, size in doubtful]
        self._book(moved, first=self._pages == 1)

    def sign(self, signs: Mapping[str, int]) -> None:
        """Count the entries without sign by the signs of their kinds; 0 stands for a kind that moved nothing."""
        for first, kind, size in self._unsigned:
            self._book(EitherSums().with_moved([(signs[kind] * size, False)]), first=first)
        self._unsigned.clear()

    @property
    def unsigned(self) -> dict[str, Decimal]:
        """What the entries without sign come to, by kind."""
        found: defaultdict[str, Decimal] = defaultdict(lambda: ZERO)
        for _, kind, size in self._unsigned:
            found[kind] += size
        return dict(found)

    @property
    def settled(self) -> bool:
        """Whether nothing tells that entries are missing."""
        return self._balanced and self._reached and not self._unsigned

    @property
    def counted(self) -> bool:
        """Whether totals of both directions are met, which leaves no room for entries that cancel each other out."""
        return self._binding is not None and self._binding.both and self._reached and not self._unsigned

    @property
    def blocks_move(self) -> bool:
        """Whether the balances follow blocked money; they do unless they agree only without it."""
        return not self._balanced or self._leads_to_closing(self._all.with_blocks)

    def left(self) -> set[Decimal]:
        """What the balances leave for entries that were not accounted for, for either meaning of blocked money."""
        moved = self.closing - self.opening
        return {moved - sums.credit + sums.debit for sums in self._all.both}

    def solved(self) -> dict[str, int] | None:
        """The signs of the entries without sign that lead to the closing balance; None where several choices do."""
        if not self.unsigned:
            return {}
        choices = [signs for left in self.left() if (signs := solved(left, self.unsigned))]
        return choices[0] if choices and all(signs == choices[0] for signs in choices) else None

    def conclude(self) -> str | None:
        """Close the account when the list is at its end.

        Both totals of more than one page prove that the list is complete; balances that disagree are then left to the
        proof. Sums that fit a single page may be that page's own.

        Returns:
            what speaks against a list to which the balances agree: totals that it does not come to.

        Raises:
            IncoherentPages: the list is not proved complete.
        """
        if self._balanced:
            return None if self._reached else "the entries do not add up to the announced totals"
        if not self._reached:
            raise IncoherentPages(self._bank, "the entries add up to neither the announced totals nor the balances")
        if not self.counted or self._pages < 2:
            raise IncoherentPages(self._bank, "the entries do not lead from the opening to the closing balance")
        return None

    def _book(self, moved: EitherSums, *, first: bool) -> None:
        self._all = self._all.plus(moved)
        if first:
            self._first = self._first.plus(moved)

    @property
    def _binding(self) -> AnnouncedTotals | None:
        """The totals, unless they are those of the first page alone: what it held already, though more followed."""
        if self._announced is None or (self._pages > 1 and any(map(self._announced.met_by, self._first.both))):
            return None
        return self._announced

    @property
    def _reached(self) -> bool:
        """Whether the entries are what was announced, as far as anything was."""
        return self._binding is None or any(map(self._binding.met_by, self._all.both))

    @property
    def _balanced(self) -> bool:
        return any(map(self._leads_to_closing, self._all.both))

    def _leads_to_closing(self, sums: Sums) -> bool:
        return self.opening + sums.credit - sums.debit == self.closing
