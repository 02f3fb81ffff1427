"""What a bank shows of its books, and when: late, regrouped, under another date, or wrong at first.

A publication is a function from the movements booked so far, and the present, to the movements that are shown. What is
shown is the truth of that instant: balances follow it. Nothing is remembered, so the clock may be moved either way.

Sources of what is played: help centre of the model integration (yesterday's entries, two days at some banks; weekend
and holiday entries sent again on the next business day) and press on statements restated the same week.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import groupby

from msgspec.structs import replace

from simulators.calendar import is_business_day, next_business_day
from simulators.clock import BRASILIA
from simulators.ledger import LedgerEntry, Publication

__all__ = ["PUBLICATIONS"]

SHOWN_AT = time(6)
"""Hour in Brasília at which a bank shows what it consolidated overnight."""
DAY = timedelta(days=1)
UNSEEN = Decimal("0.37")
"""Reais a day that no entry shows."""


def after_one_day(entries: Sequence[LedgerEntry], now: datetime) -> Sequence[LedgerEntry]:
    """A day's movements are shown from the next morning on, none of the present day."""
    return [entry for entry in entries if now >= _morning(entry.date + DAY)]


def after_two_days(entries: Sequence[LedgerEntry], now: datetime) -> Sequence[LedgerEntry]:
    """A day's movements are shown from the second morning after it on."""
    return [entry for entry in entries if now >= _morning(entry.date + 2 * DAY)]


def after_the_weekend(entries: Sequence[LedgerEntry], now: datetime) -> Sequence[LedgerEntry]:
    """Movements of days without banking are shown from the next business day on, under their own day."""
    return [entry for entry in entries if is_business_day(entry.date) or now >= _morning(next_business_day(entry.date))]


def weekend_dated_anew(entries: Sequence[LedgerEntry], now: datetime) -> Sequence[LedgerEntry]:
    """Movements of days without banking are shown on their own day, and later under the next business day."""
    return sorted((_dated_anew(entry, now) for entry in entries), key=lambda entry: entry.booked_at)


def restated(entries: Sequence[LedgerEntry], now: datetime) -> Sequence[LedgerEntry]:
    """Every third day is wrong until the second morning after it: its first movement is missing."""
    shown: list[LedgerEntry] = []
    for day, each in groupby(entries, key=lambda entry: entry.date):
        movements = list(each)
        wrong = day.toordinal() % 3 == 0 and now < _morning(day + 2 * DAY)
        shown.extend(movements[1:] if wrong else movements)
    return shown


def grouped_on_its_day(entries: Sequence[LedgerEntry], now: datetime) -> Sequence[LedgerEntry]:
    """On their own day, movements of one type and direction are one sum; overnight they become single."""
    today = now.astimezone(BRASILIA).date()
    closed = [entry for entry in entries if entry.date < today]
    sums: dict[tuple[str, bool], LedgerEntry] = {}
    for entry in entries[len(closed) :]:
        kind = entry.type, entry.amount > 0
        known = sums.get(kind)
        amount = entry.amount + (known.amount if known else Decimal(0))
        sums[kind] = replace(
            known or entry, amount=amount, description=f"TOTAL {entry.type}", document="", counterparty=None
        )
    return closed + sorted(sums.values(), key=lambda entry: entry.booked_at)


def unseen_movements(entries: Sequence[LedgerEntry], now: datetime) -> Sequence[LedgerEntry]:
    """Every day at noon the balance moves without an entry, like the yield of a fund beside the account."""
    if not entries:
        return entries
    first, today = entries[0], now.astimezone(BRASILIA).date()
    noons = (datetime.combine(first.date + (n + 1) * DAY, time(12), BRASILIA) for n in range((today - first.date).days))
    unseen = [replace(first, booked_at=noon, amount=UNSEEN, hidden=True) for noon in noons if noon <= now]
    return sorted([*entries, *unseen], key=lambda entry: entry.booked_at)


PUBLICATIONS: Mapping[str, Publication] = {
    each.__name__: each
    for each in (
        after_one_day,
        after_two_days,
        after_the_weekend,
        weekend_dated_anew,
        restated,
        grouped_on_its_day,
        unseen_movements,
    )
}
"""By the name under which an account's parameters choose one."""


def _dated_anew(entry: LedgerEntry, now: datetime) -> LedgerEntry:
    if is_business_day(entry.date) or now < _morning(moved := next_business_day(entry.date)):
        return entry
    return replace(entry, booked_at=datetime.combine(moved, time(), BRASILIA), first_booked_at=entry.booked_at)


def _morning(day: date) -> datetime:
    return datetime.combine(day, SHOWN_AT, BRASILIA)
