"""Finds the rows of weekends and holidays that a bank sends again under the next business day.

That these rows came twice is proved only by a balance that the list reaches without them. The caller checks that; this
module gives the rows that would be left.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date

from msgspec import Struct

from gateway.calendar import is_business_day, next_business_day

__all__ = ["BookedRow", "without_repeats"]


class BookedRow(Struct, frozen=True):
    """What is compared of a row."""

    day: date
    content: bytes
    """Those fields of the row that stay the same when it is sent again under another day."""
    id: str | None
    """The bank's id; it may differ when the row is sent again."""


def without_repeats(rows: Sequence[BookedRow], following: Sequence[BookedRow], through: date) -> list[int]:
    """The indexes of the rows that stay when those that are sent again are left out.

    A bank that sends weekend rows again sends all of them. Therefore all indexes are given where one of these rows is
    not sent again: a single equal pair may be two payments, and leaving one out could hide a lost row. All are given
    too where a row has no id or an id stands twice on a day, because the list may then be damaged.

    Args:
        rows: the rows that may be sent again.
        following: the rows after them.
        through: the last day that was asked for; rows that are sent again after it are not expected.
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
