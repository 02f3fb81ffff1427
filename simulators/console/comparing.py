"""The true movements of an account beside what the bank shows of them now."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from simulators.calendar import days_from
from simulators.ledger import Ledger, LedgerEntry

__all__ = ["MOST_DAYS", "MOST_ROWS", "Comparison", "Mark", "Row", "compared"]

MOST_DAYS = 92
MOST_ROWS = 1_000
DAY = timedelta(days=1)
LATEST_SHOWING = 5 * DAY
"""Days after which every publication shows all that it will ever show."""


class Mark(StrEnum):
    """How a true movement and what is shown of it differ."""

    SAME = "same"
    LATE = "late"
    """Not shown yet."""
    HIDDEN = "hidden"
    """Not shown, and never will be."""
    REGROUPED = "regrouped"
    """Part of a sum that is shown in its place."""
    SUM = "sum"
    """Shown, as the sum of several."""
    DATED_ANEW = "dated_anew"
    """Shown under another date."""
    ONLY_SHOWN = "only_shown"
    """Shown in this period; true of another one, or of none."""


class Row(Struct, frozen=True):
    """One movement: as it is, and as it is shown; either may be missing."""

    truth: LedgerEntry | None
    shown: LedgerEntry | None
    mark: Mark


class Comparison(Struct, frozen=True):
    """A period of an account, both ways."""

    rows: tuple[Row, ...]
    cut: bool
    """Whether there are more rows than these."""
    true_count: int
    shown_count: int
    true_sum: Decimal
    shown_sum: Decimal
    true_closing: Decimal | None
    """The balance after the last true movement; None where there is none."""
    opening_balance: Decimal
    """Of what is shown, as the closing balance."""
    closing_balance: Decimal

    @property
    def differing(self) -> int:
        """How many of the rows differ."""
        return sum(row.mark is not Mark.SAME for row in self.rows)


def compared(ledger: Ledger, first: date, last: date, now: datetime) -> Comparison:
    """The movements of a period that are booked by now, beside what the bank shows of the period now.

    Raises:
        ValueError: the period is too long, or ends before it begins.
    """
    if not 0 <= (last - first).days < MOST_DAYS:
        raise ValueError(f"o período vai de um dia a {MOST_DAYS} dias")
    first = max(first, ledger.opened_on)
    last = min(last, now.date())
    truth = [each for day in days_from(first, last) for each in ledger.day(day) if each.booked_at <= now]
    shown = list(ledger.entries(first, last, now)) if first <= last else []
    rows = _rows(ledger, truth, shown, now)
    opening = ledger.balance(first, now)
    return Comparison(
        rows=tuple(rows[:MOST_ROWS]),
        cut=len(rows) > MOST_ROWS,
        true_count=len(truth),
        shown_count=len(shown),
        true_sum=sum((each.amount for each in truth), Decimal("0.00")),
        shown_sum=sum((each.amount for each in shown), Decimal("0.00")),
        true_closing=truth[-1].balance if truth else None,
        opening_balance=opening,
        closing_balance=shown[-1].balance if shown else opening,
    )


def _rows(ledger: Ledger, truth: Sequence[LedgerEntry], shown: Sequence[LedgerEntry], now: datetime) -> list[Row]:
    by_serial = {each.serial: each for each in shown}
    known = {each.serial for each in truth}
    sums = {_group(each) for each in truth if each.serial in by_serial and by_serial[each.serial].amount != each.amount}
    missing = [each for each in truth if each.serial not in by_serial and _group(each) not in sums]
    later = _shown_later(ledger, missing, now)
    rows = [
        Row(each, by_serial.get(each.serial), _mark(each, by_serial.get(each.serial), sums, later)) for each in truth
    ]
    rows += [Row(None, each, Mark.ONLY_SHOWN) for each in shown if each.serial not in known]
    return sorted(rows, key=lambda row: (row.truth or row.shown).booked_at)  # type: ignore[union-attr]


def _mark(truth: LedgerEntry, shown: LedgerEntry | None, sums: set[tuple[date, str, bool]], later: set[int]) -> Mark:
    if shown is None:
        if _group(truth) in sums:
            return Mark.REGROUPED
        return Mark.LATE if truth.serial in later else Mark.HIDDEN
    if shown.amount != truth.amount:
        return Mark.SUM
    return Mark.SAME if shown.booked_at == truth.booked_at else Mark.DATED_ANEW


def _shown_later(ledger: Ledger, missing: Sequence[LedgerEntry], now: datetime) -> set[int]:
    """The serials of those that will be shown, under whatever date."""
    if not missing:
        return set()
    moment = now + LATEST_SHOWING
    shown = ledger.entries(missing[0].date, moment.date(), moment)
    return {each.serial for each in shown} & {each.serial for each in missing}


def _group(entry: LedgerEntry) -> tuple[date, str, bool]:
    """What movements have in common that a bank adds up."""
    return entry.date, entry.type, entry.amount > 0
