"""The truth about an account: its ledger, as the control API gives it."""

from datetime import date, datetime

import msgspec
from litestar import MediaType, Response

from simulators.clock import EARLIEST, LATEST
from simulators.control.choices import Unfit
from simulators.ledgers.entry_form import shown
from simulators.world import SimulatedAccount

__all__ = ["truth_of"]

MOST_TRUE_ENTRIES = 200_000


def truth_of(account: SimulatedAccount, first: date, last: date, now: datetime) -> Response[bytes]:
    """The ledger of a period, written row by row, since there may be many.

    Raises:
        HTTPException: 422: the period is none, lies outside of the calendar, or has too many.
    """
    if first > last:
        raise Unfit("from, to: the first day lies after the last")
    if not EARLIEST.date() <= first <= last < LATEST.date():
        raise Unfit(f"from, to: must be from {EARLIEST.year} to {LATEST.year - 1}")
    entries = account.ledger.entries(first, last, now)
    if len(entries) > MOST_TRUE_ENTRIES:
        raise Unfit(f"from, to: {len(entries):,} entries; ask for a period of at most {MOST_TRUE_ENTRIES:,}")
    opening = account.ledger.balance(first, now)
    closing = entries[-1].balance if entries else opening
    head = f'{{"opening_balance":"{opening:.2f}","closing_balance":"{closing:.2f}","entries":['.encode()
    rows = b",".join(msgspec.json.encode(shown(entry)) for entry in entries)
    return Response(head + rows + b"]}", media_type=MediaType.JSON)
