"""What is kept of the final days of a statement, by which later statements are compared with it.

Of each day that is wholly final that is a digest of the ids and amounts of its entries, from which they cannot be read;
of each that is also proved, its closing balance.
"""

import hashlib
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from itertools import groupby
from operator import attrgetter

from msgspec import Struct

from gateway.limits import DAYS_REMEMBERED, ENTRIES_AT_ONCE
from gateway.model import Entry, Stability, Statement, Verdict

__all__ = ["FinalDays", "final_days"]

NOTHING = Decimal(0)


class FinalDays(Struct, frozen=True):
    """What is kept of the final days of a statement."""

    digests: dict[date, str]
    """Of the days that are wholly final, days without entries included: 64 hexadecimal digits each.

    They depend on the day's entries alone: not on the period, nor on the order in which the bank gave them. Entries
    that only block money are left out: they never were final."""
    closings: dict[date, Decimal]
    """The closing balances of the days that are proved and wholly final; none of a later day."""


class Day(Struct, frozen=True):
    """The entries of one day."""

    moved: Decimal
    """The sum of those that count in the balance."""
    is_final: bool
    """Whether all of them are final, not counting those that only block or free money."""
    digest: str


def final_days(statement: Statement) -> FinalDays:
    """What is kept of the final days of a statement.

    Raises:
        GatewayError: entries that are spooled cannot be read.
    """
    days = {day: _day(entries, statement) for day, entries in groupby(statement.entries, key=attrgetter("date"))}
    return FinalDays(_digests(statement, days), _closings(statement, days))


def _day(entries: Iterable[Entry], statement: Statement) -> Day:
    moved, is_final, lines = NOTHING, True, []
    for entry in entries:
        if entry.blocked:
            # Such an entry is never final, but its effect on the balance is known.
            moved += entry.amount if statement.blocks_move else NOTHING
            continue
        moved += entry.amount
        is_final &= entry.stability is Stability.FINAL
        lines.append(f"{entry.id}\x1f{entry.amount.normalize():f}")
    lines.sort()
    return Day(moved, is_final, _digest(lines))


def _digest(lines: list[str]) -> str:
    """The digest of lines with a separator between them; the lines of a large day are joined a few at a time."""
    digest = hashlib.sha256()
    for begin in range(0, len(lines), ENTRIES_AT_ONCE):
        separator = "\x1e" if begin else ""
        digest.update((separator + "\x1e".join(lines[begin : begin + ENTRIES_AT_ONCE])).encode())
    return digest.hexdigest()


WITHOUT_ENTRIES = Day(NOTHING, is_final=True, digest=hashlib.sha256().hexdigest())
"""A day without entries."""


def _digests(statement: Statement, days: dict[date, Day]) -> dict[date, str]:
    oldest = statement.fetched_at.date() - DAYS_REMEMBERED
    settled = (day for day in statement.period.days if oldest <= day <= statement.complete_through)
    return {day: found.digest for day in settled if (found := days.get(day, WITHOUT_ENTRIES)).is_final}


def _closings(statement: Statement, days: dict[date, Day]) -> dict[date, Decimal]:
    if statement.proof.verdict is not Verdict.PROVED or statement.opening_balance is None:
        return {}
    closing, found = statement.opening_balance, {}
    oldest = statement.fetched_at.date() - DAYS_REMEMBERED
    for day in statement.period.days:
        here = days.get(day, WITHOUT_ENTRIES)
        if day > statement.complete_through or not here.is_final:
            break
        closing += here.moved
        if day >= oldest:
            found[day] = closing
    return found
