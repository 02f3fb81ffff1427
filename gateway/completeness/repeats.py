"""Leaving out the rows of weekends and holidays that a bank sends again under the next business day.

Only where a list leads to the next balance without them are they known to have come twice: whether it does is asked by
the caller. What is here says which rows these would be.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date

from msgspec import Struct

from gateway.calendar import is_business_day, next_business_day

__all__ = ["Booked", "without_repeats"]


class Booked(Struct, frozen=True):
    """A row, as far as it is compared with others."""

    day: date
    content: bytes
    """All that the same row has under another day as well."""
    id: str | None
    """The bank's id, which may be another one where the row comes again."""


def without_repeats(rows: Sequence[Booked], following: Sequence[Booked], through: date) -> list[int]:
    """The places of the rows that are left without those that come again; of all, where not all of them do.

    The bank that sends them again sends all of them. A single equal pair may be two payments, and then leaving one out
    could hide a row that was lost. Only rows that have an id can be told from those that a damaged list holds twice.

    Args:
        rows: those in question.
        following: the rows after them.
        through: last day that was asked for; what comes again later cannot be here yet.
    """
    everything = list(range(len(rows)))
    seen = [(row.id, row.day) for row in (*rows, *following)]
    if len(set(seen)) < len(seen) or not all(identity for identity, _ in seen):
        return everything
    booked = Counter((row.day, row.content) for row in (*rows, *following))
    kept: list[int] = []
    for place, row in enumerate(rows):
        again = next_business_day(row.day), row.content
        if is_business_day(row.day) or again[0] > through:
            kept.append(place)
        elif booked[again]:
            booked[again] -= 1
        else:
            return everything
    return kept
