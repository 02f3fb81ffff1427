"""An account's life before the movements that an exchange gives."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import cycle, islice

from contracts.exchange import Earlier, Exchange
from simulators.clock import BRASILIA
from simulators.ledger import LedgerEntry

__all__ = ["Kinds", "earlier_lives"]

Kinds = frozenset[tuple[str, bool]]
"""Types of movement, each with whether it is a credit."""

DAYS_BEFORE = 20
"""From the last movement of an earlier life to the first day that the exchange is about."""
MOVEMENTS = 90
"""Of an account that has been in use."""
BALANCES = (Decimal("0.00"), Decimal("8413.27"))
"""Tried where the opening balance is not known."""


def earlier_lives(exchange: Exchange, kinds: Kinds) -> Iterator[list[LedgerEntry]]:
    """The lives that the account of an exchange may have had: one, or several where nothing is known of it.

    Of an unknown life, an account that has just been opened and one that has been in use for months are the extremes.
    """
    given = exchange.given
    known = Decimal(given.opening_balance) if given.opening_balance is not None else None
    if given.earlier is Earlier.NONE:
        yield _life(known or Decimal(0), kinds, date.fromisoformat(given.period[0]), 0)
        return
    for balance in BALANCES if known is None else (known,):
        for movements in (0, MOVEMENTS):
            yield _life(balance, kinds, _first_day(exchange), movements)


def _life(balance: Decimal, kinds: Kinds, first: date, movements: int) -> list[LedgerEntry]:
    """So many movements and one that leaves the balance."""
    last = datetime(first.year, first.month, first.day, 9, tzinfo=BRASILIA) - timedelta(days=DAYS_BEFORE)
    rows = [
        _movement(last - timedelta(days=1 + number // 2), kind, Decimal(100 + number) / 4 * (1 if credit else -1))
        for number, (kind, credit) in enumerate(islice(cycle(sorted(kinds)), movements))
    ]
    if rest := balance - sum(row.amount for row in rows):
        rows.append(_movement(last, min(kind for kind, credit in kinds if credit is (rest > 0)), rest))
    return sorted(rows, key=lambda row: row.booked_at)


def _movement(at: datetime, kind: str, amount: Decimal) -> LedgerEntry:
    return LedgerEntry(booked_at=at, amount=round(amount, 2), type=kind, description="abertura")


def _first_day(exchange: Exchange) -> date:
    """The first day of the earliest month that is asked for or given: some banks answer by the month."""
    texts = [exchange.given.period[0], *(entry.booked_at for entry in exchange.given.ledger)]
    texts += [value for step in exchange.steps for value in step.request.query.values()]
    return min(day for text in texts if (day := _day(text)) is not None).replace(day=1)


def _day(text: str) -> date | None:
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        return None
