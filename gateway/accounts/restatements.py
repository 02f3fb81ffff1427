"""Detects that a bank has changed days that it had given as final.

The gateway stores no movements. Of each final day it stores a digest of the ids and amounts of its entries, from which
they cannot be read (`gateway.storage.day_digests`). Where a later statement gives a day another digest, the bank has
restated the day: rows were corrected, taken back, or booked late.
"""

import hashlib
from collections.abc import Iterable
from datetime import date

from gateway.limits import DAYS_REMEMBERED, RESTATED_DAYS_NAMED
from gateway.model import Entry, Stability, Statement, StatementWarning, Verdict
from gateway.statement_warnings import warning
from gateway.storage.day_digests import DayDigest

__all__ = ["digests_of", "restated"]


def digests_of(statement: Statement) -> dict[date, DayDigest]:
    """The digests of the days that are wholly final, days without entries included.

    They depend on the day's entries alone: not on the period, nor on the order in which the bank gave them. Entries
    that only block money are left out: they never were final.
    """
    if statement.proof.verdict is Verdict.DISPROVED:
        return {}
    oldest = statement.fetched_at.date() - DAYS_REMEMBERED
    by_day: dict[date, list[Entry]] = {
        day: [] for day in statement.period.days if oldest <= day <= statement.complete_through
    }
    for entry in statement.entries:
        if entry.date in by_day and not entry.blocked:
            by_day[entry.date].append(entry)
    return {
        day: _digest(entries)
        for day, entries in by_day.items()
        if all(entry.stability is Stability.FINAL for entry in entries)
    }


def _digest(entries: Iterable[Entry]) -> DayDigest:
    lines = sorted(f"{entry.id}\x1f{entry.amount.normalize():f}" for entry in entries)
    return DayDigest(hashlib.sha256("\x1e".join(lines).encode()).hexdigest(), len(lines))


def restated(days: list[date]) -> StatementWarning:
    """The warning that names restated days, oldest first."""
    named = ", ".join(day.isoformat() for day in days[:RESTATED_DAYS_NAMED])
    more = f" and {len(days) - RESTATED_DAYS_NAMED} more" if len(days) > RESTATED_DAYS_NAMED else ""
    return warning("statement_restated", f"the bank has changed days that it had given as final: {named}{more}", days)
