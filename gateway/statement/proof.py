"""Proves a statement by arithmetic on what the bank sent (rules 4, 6 and 8 of `gateway.statement.assemble`)."""

from collections.abc import Collection, Iterable
from datetime import date
from decimal import Decimal

from msgspec import Struct

from gateway.amounts import trimmed
from gateway.limits import KIND_CHARACTERS, KINDS_NAMED
from gateway.model import ZERO, Balances, Period, Proof, Undecided, Verdict
from gateway.statement.movements import Moved

__all__ = ["Figures", "doubt_about", "proof_of"]


class Figures(Struct, frozen=True):
    """The figures of the proof."""

    opening: Decimal | None
    """The balance before the period; None where the bank gives none."""
    closing: Decimal | None
    """The balance at the end of the period; None where the bank gives none."""
    counted: Decimal
    """The sum of the movements that count."""
    total: Decimal
    """The sum of all movements."""
    uncounted: int
    """How many movements do not count."""

    @classmethod
    def of(cls, sums: Iterable[Moved], ended: date, period: Period, balances: Balances) -> "Figures":
        """The figures of a period, its balances carried to its ends from the days for which the bank gave them.

        Args:
            sums: what the movements come to.
            ended: the last day that is over; later ones do not count.
            balances: what the bank gave besides the movements.
        """
        opening, closing = balances.opening, balances.closing
        before = after = counted = total = ZERO
        uncounted = 0
        for moved in sums:
            if moved.day < period.first:
                before += moved.amount if opening is not None and moved.day > opening.day else ZERO
            elif moved.day > period.last:
                after += moved.amount if closing is not None and moved.day <= closing.day else ZERO
            else:
                total += moved.amount
                if moved.provisional or moved.day > ended:
                    uncounted += moved.count
                else:
                    counted += moved.amount
        return cls(
            opening=None if opening is None else trimmed(opening.amount + before),
            closing=None if closing is None else trimmed(closing.amount - after),
            counted=counted,
            total=total,
            uncounted=uncounted,
        )


def proof_of(sums: Collection[Moved], ended: date, period: Period, balances: Balances) -> tuple[Figures, Proof, bool]:
    """The proof with its figures, and whether blocked money counts in it: with it, else without it (rule 8).

    Args:
        sums: what the movements come to.
        ended: the last day that is over.
        balances: what the bank gave besides the movements.
    """
    figures = Figures.of(sums, ended, period, balances)
    proof = _prove(figures, balances)
    if proof.verdict is not Verdict.PROVED and any(moved.blocked for moved in sums):
        unblocked = Figures.of((moved for moved in sums if not moved.blocked), ended, period, balances)
        if (other := _prove(unblocked, balances)).verdict is Verdict.PROVED:
            return unblocked, other, False
    return figures, proof, True


def doubt_about(undecided: Iterable[Undecided]) -> str:
    """What is not known of these rows."""
    kinds = sorted({repr(each.kind[:KIND_CHARACTERS]) for each in undecided})[:KINDS_NAMED]
    return f"nothing tells whether rows of the kind {', '.join(kinds)} are entries"


def _prove(figures: Figures, balances: Balances) -> Proof:
    """The proof of a period; something that contradicts the entries never leaves them proved (rule 6)."""
    contradiction = "; ".join(each.detail for each in balances.contradictions) or None
    if figures.opening is None or figures.closing is None:
        reason = contradiction or balances.reason or "the bank gives no balances for this period"
        doubt = f"; {doubt_about(balances.undecided)}" if balances.undecided else ""
        return Proof(Verdict.NOT_PROVABLE, None, f"{reason}{doubt}")
    moved = figures.closing - figures.opening
    difference, agrees_with_all = trimmed(moved - figures.counted), moved == figures.total
    if contradiction and (difference == 0 or agrees_with_all):
        return Proof(Verdict.NOT_PROVABLE, ZERO, contradiction)
    if difference == 0:
        return Proof(Verdict.PROVED, ZERO, None)
    if figures.uncounted and agrees_with_all:
        reason = f"the balances agree only with {figures.uncounted} provisional entries, which may still change"
        return Proof(Verdict.NOT_PROVABLE, ZERO, reason)
    reason = contradiction or "opening balance and entries do not add up to the closing balance"
    return Proof(Verdict.DISPROVED, difference, reason)
