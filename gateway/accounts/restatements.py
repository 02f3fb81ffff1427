"""Notices that a bank has changed days that it had given as final.

The gateway keeps no movements. Of each final day it keeps a seal: a digest of the ids and amounts of its entries,
from which nothing of them can be read. A later statement whose day has another seal was restated by the bank: rows
corrected, taken back, or booked late.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import TypeAlias

import structlog
from msgspec import Struct
from sqlalchemy import delete, insert, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.check import warning
from gateway.limits import DAYS_REMEMBERED, RESTATED_DAYS_NAMED, RESTATEMENT_SHOWN_FOR
from gateway.model import Entry, Stability, Statement, StatementWarning, Verdict
from gateway.storage.database import Database
from gateway.storage.tables import DaySealRow

__all__ = ["DaySeal", "DaySeals", "restated", "seals_of"]


log = structlog.get_logger("gateway.accounts")


class DaySeal(Struct, frozen=True):
    """What is kept of a final day."""

    seal: str
    """64 hexadecimal digits."""
    count: int
    """Entries of the day."""


def seals_of(statement: Statement) -> dict[date, DaySeal]:
    """The seals of the days that are wholly final, days without entries included.

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
        day: _seal(entries)
        for day, entries in by_day.items()
        if all(entry.stability is Stability.FINAL for entry in entries)
    }


def _seal(entries: Iterable[Entry]) -> DaySeal:
    lines = sorted(f"{entry.id}\x1f{entry.amount.normalize():f}" for entry in entries)
    return DaySeal(hashlib.sha256("\x1e".join(lines).encode()).hexdigest(), len(lines))


def restated(days: list[date]) -> StatementWarning:
    """The warning that names restated days, oldest first."""
    named = ", ".join(day.isoformat() for day in days[:RESTATED_DAYS_NAMED])
    more = f" and {len(days) - RESTATED_DAYS_NAMED} more" if len(days) > RESTATED_DAYS_NAMED else ""
    return warning("statement_restated", f"the bank has changed days that it had given as final: {named}{more}", days)


class DaySeals:
    """The table of seals.

    Args:
        database: where it is.
    """

    def __init__(self, database: Database) -> None:
        self._sessions = database.sessions

    async def renew(self, account_id: str, seals: Mapping[date, DaySeal], now: datetime) -> list[date]:
        """Put these seals in the place of those before; give the days whose seal was another one, oldest first.

        They are given again for some days, because an answer may be lost on its way. A database that fails costs a line
        in the log and never the statement; what is found but not kept is found again with the next statement.
        """
        told: list[date] = []
        if not seals:
            return told
        try:
            async with self._sessions.begin() as session:
                known = await _known(session, account_id, min(seals), max(seals))
                news = {day: seal for day, seal in seals.items() if day not in known or known[day][0] != seal.seal}
                changed = sorted(news.keys() & known.keys())
                told = sorted({*changed, *(day for day in seals if _is_told_again(known.get(day), now))})
                # Most statements bring nothing new; they write nothing.
                if news:
                    outdated = DaySealRow.day.in_(changed) | (DaySealRow.day < now.date() - DAYS_REMEMBERED)
                    await session.execute(delete(DaySealRow).where(DaySealRow.account_id == account_id, outdated))
                    await session.execute(
                        insert(DaySealRow), [_row(account_id, day, news[day], now, day in known) for day in news]
                    )
        except (SQLAlchemyError, OSError) as error:
            log.warning("day_seals_not_kept", account=account_id, kind=type(error).__name__)
        return told


Known: TypeAlias = tuple[str, datetime | None]
"""A day's seal, and when it took the place of another one."""


async def _known(session: AsyncSession, account_id: str, first: date, last: date) -> dict[date, Known]:
    mine = DaySealRow.account_id == account_id
    rows = await session.execute(
        select(DaySealRow.day, DaySealRow.seal, DaySealRow.restated_at).where(mine, DaySealRow.day.between(first, last))
    )
    return {row.day: (row.seal, row.restated_at) for row in rows}


def _is_told_again(known: Known | None, now: datetime) -> bool:
    return known is not None and known[1] is not None and now - known[1] < RESTATEMENT_SHOWN_FOR


def _row(account_id: str, day: date, seal: DaySeal, now: datetime, changed: bool) -> dict[str, object]:  # noqa: FBT001
    return {
        "account_id": account_id,
        "day": day,
        "seal": seal.seal,
        "count": seal.count,
        "noted_at": now,
        "restated_at": now if changed else None,
    }
