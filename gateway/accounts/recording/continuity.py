"""Detects that a bank has changed days before a statement: rows added, corrected or taken back after they were read.

Two windows may each be proved and yet a row be lost between them: one that the bank books late on a day of the first
window, after that window was read. Then the second window opens with another balance than the first closed with. So the
closing balance of each proved day that the ERP was given is stored, encrypted. Where a statement opens with another
balance than the day before it closed with, the gateway reads back a bounded number of days, to where the balances
agree, and the statement names the days on which the difference arose. The day of an older difference is found by a
binary search that reads single days. For some days every statement that begins later names the days that were found,
because an answer may be lost on its way; a statement that contains them ends that.

For a statement that is not proved now, the same balances show through which day its period was proved before.

Long because the days that are found and those that are named go by the same stored balances.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import takewhile
from typing import TypeAlias

import structlog
from msgspec import Struct, field
from msgspec.structs import replace

import contracts
from gateway.accounts.recording.final_days import FinalDays, final_days
from gateway.calendar import oldest_day
from gateway.concurrency.workers import LARGE
from gateway.errors import CallerError, GatewayError
from gateway.limits import (
    DAYS_REMEMBERED,
    READ_BACK_DAYS,
    READ_BACK_SECONDS,
    READ_BACK_SINGLE_DAYS,
    RESTATED_DAYS_NAMED,
    RESTATEMENT_SHOWN_FOR,
)
from gateway.model import DAY, Account, Period, Statement, StatementWarning, Verdict
from gateway.statement.reading_slots import limits_reads
from gateway.statement.warnings import not_ready, warning
from gateway.storage.engine.database import DATABASE_ERRORS
from gateway.storage.statements.day_balances import DayBalances, Kept
from gateway.storage.statements.day_digests import DayDigests

__all__ = ["Continuity", "Gap", "carried_on", "changed_days", "gap_of", "proved_through", "restated", "says_nothing"]

ReadAgain: TypeAlias = Callable[[Period], Awaitable[Statement]]

log = structlog.get_logger("gateway.accounts")


class Gap(Struct):
    """The stored balances around a statement, and the result of reading back."""

    known: dict[date, Kept]
    open: bool = False
    """Whether the statement opens with another balance than the day before it closed with."""
    changed: list[date] = field(default_factory=list)
    """Days on which the difference arose."""
    read: dict[date, Kept] = field(default_factory=dict)
    """Balances to store of the days that were read again."""
    found: bool = True
    """Whether reading back reached a day on which the balances agree."""
    given_up: bool = False
    """Whether the bank failed meanwhile, so that the next statement tries again."""


def gap_of(statement: Statement, known: dict[date, Kept]) -> Gap:
    """Whether a statement continues the stored balances, which are those of its days and of the day before it."""
    before = known.get(statement.period.first - DAY)
    proved = statement.proof.verdict is Verdict.PROVED
    return Gap(known, open=proved and before is not None and before.closing != statement.opening_balance)


def says_nothing(statement: Statement, known: dict[date, Kept], now: datetime) -> bool:
    """Whether a statement continues the stored balances, and no day is still to be named as changed, or to be seen."""
    return not gap_of(statement, known).open and not any(_is_named(kept, now) for kept in known.values())


def proved_through(period: Period, kept: Mapping[date, Kept]) -> date | None:
    """The last day through which a period was proved before, from its first day on; None when not even that was."""
    return max(takewhile(kept.__contains__, period.days), default=None)


def changed_days(closings: Mapping[date, Decimal], kept: Mapping[date, Kept], restated: Collection[date]) -> list[date]:
    """The days on which a difference between the stored and the present balances arose, oldest first.

    Args:
        closings: the bank's closing balances now, of adjoining days.
        kept: those that the ERP was given.
        restated: days whose entries are known to have changed. They decide where no balance of the day before is known:
            the difference may have arisen before it, on days that the ERP was never given.
    """
    found: list[date] = []
    for day in sorted(closings.keys() & kept.keys()):
        before = day - DAY
        if before in kept and before in closings:
            changed = closings[day] - kept[day].closing != closings[before] - kept[before].closing
        else:
            changed = day in restated
        if changed:
            found.append(day)
    return found


@dataclass(eq=False, repr=False)
class Continuity:
    """Compares a statement with the balances that were given before."""

    balances: DayBalances
    """Stored closing balances of days that the ERP was given."""
    digests: DayDigests
    """Stored digests of final days."""

    async def read_back(
        self, statement: Statement, again: ReadAgain, gap: Gap, now: datetime, *, seconds: float = READ_BACK_SECONDS
    ) -> None:
        """Find the days on which the difference arose, and record them in the gap.

        The statement is whole without that: an error here is logged, and the statement is given all the same.

        Args:
            statement: the one that opens with another balance.
            again: reads days at the bank, and has their entries compared with those that are kept.
            gap: the result of `gap_of`; changed by this method.
            seconds: that are left of the statement's deadline.
        """
        account, first = statement.account, statement.period.first
        end = asyncio.get_running_loop().time() + max(0.0, min(seconds, READ_BACK_SECONDS))
        before = _oldest(account, now) - DAY
        try:
            async with asyncio.timeout_at(end):
                known = await self.balances.known(account.tenant, account.id, before, first - DAY, now)
                known = {day: kept for day, kept in known.items() if day >= before}
                left = await self._read_parts(statement, again, gap, known, now)
            if left is not None:
                gap.found = await self._search(account, again, *left, gap, known, now, end)
        except CallerError:
            # The bank's history is shorter, or these days have too many entries: to try again would not help.
            gap.found = False
        except (GatewayError, *DATABASE_ERRORS) as failure:
            _warn(account, failure)
            gap.found, gap.given_up = False, True
        except Exception as error:
            log.exception("not_read_back", bank=account.bank, account=account.id, exc_info=error)
            gap.found, gap.given_up = False, True
        if not gap.found and statement.opening_balance is not None:
            gap.changed.append(first - DAY)
            gap.read[first - DAY] = Kept(statement.opening_balance)
        for day in gap.changed:
            gap.read[day] = replace(gap.read[day], changed_at=now)

    async def _read_parts(
        self, statement: Statement, again: ReadAgain, gap: Gap, known: Mapping[date, Kept], now: datetime
    ) -> tuple[date, Decimal] | None:
        """Read the days before a statement, back to where the balances agree, or to the first one that was given.

        A part that is not proved ends that: it may begin earlier than the bank gives balances.

        Returns:
            None where the balances agree; else the first day of what was read, and the balance with which it opens now,
            which still differs.
        """
        first, opening, nearest = statement.period.first, statement.opening_balance, 0
        left = (first, opening) if opening is not None else None
        for reach in READ_BACK_DAYS:
            begin = max(first - timedelta(days=reach), _oldest(statement.account, now), min(known, default=date.min))
            end = first - timedelta(days=nearest) - DAY
            if begin > end:
                break
            part = await again(Period(begin, end))
            days = await _final_days(part)
            closings = days.closings
            if part.opening_balance is None or end not in closings:
                break
            restated = await self.digests.renew(part.account.tenant, part.account.id, days.digests, now)
            differing = changed_days({begin - DAY: part.opening_balance, **closings}, known, restated)
            # The digests that differ are stored: they are met here once, whatever the sum of a day's rows.
            gap.changed += sorted({*differing, *restated})
            given = {day: Kept(closings[day]) for day in restated} | dict(known)
            gap.read |= {day: replace(given[day], closing=closings[day]) for day in given.keys() & closings.keys()}
            before = known.get(begin - DAY)
            if before is None or before.closing == part.opening_balance:
                return None
            nearest, left = (first - begin).days, (begin, part.opening_balance)
        return left

    async def _search(
        self,
        account: Account,
        again: ReadAgain,
        first: date,
        opening: Decimal,
        gap: Gap,
        known: Mapping[date, Kept],
        now: datetime,
        end: float,
    ) -> bool:
        """Find the day before `first`, which opens differently now, on which the difference arose; whether it is found.

        It is found when the whole difference arose on one day, and balances of this day and the day before are stored;
        of the first one that is stored, its entries must have changed. Banks that limit calls are not asked for it.
        """
        oldest = _oldest(account, now)
        if first - DAY not in known or first <= oldest or limits_reads(contracts.load(account.bank)):
            return False
        days = sorted(day for day in known if oldest <= day < first)
        difference = opening - known[first - DAY].closing
        agrees, differs, is_certain = -1, len(days) - 1, False
        try:
            async with asyncio.timeout_at(end):
                for _ in range(READ_BACK_SINGLE_DAYS):
                    if differs - agrees <= 1:
                        break
                    middle = (agrees + differs) // 2
                    day = days[middle]
                    final = await _final_days(await again(Period(day, day)))
                    change = final.closings[day] - known[day].closing if day in final.closings else None
                    if change == difference:
                        differs = middle
                        if not middle:
                            # Nothing before the first day shows whether it arose there; its own entries do.
                            is_certain = bool(await self.digests.renew(account.tenant, account.id, final.digests, now))
                    elif not change:
                        # Where a bank gives no balance, the difference may have arisen later, which is seen there.
                        agrees, is_certain = middle, change is not None
                    else:
                        return False
                if differs == len(days) - 1:
                    # The last day was never looked at, and its entries are yet to be compared with those that are kept.
                    await again(Period(days[differs], days[differs]))
        except (GatewayError, TimeoutError) as failure:
            _warn(account, failure)
            return False
        if differs - agrees > 1 or not is_certain or (differs and days[agrees] != days[differs] - DAY):
            return False
        gap.changed.append(days[differs])
        # The stored balances of all later days differ by the same amount.
        later = ((each, known[each]) for each in days[differs:])
        gap.read |= {each: replace(kept, closing=kept.closing + difference) for each, kept in later}
        return True

    async def keep(
        self, statement: Statement, days: FinalDays, gap: Gap, now: datetime, *, restated: Collection[date] = ()
    ) -> list[StatementWarning]:
        """Store the balances of a statement's days, some of them restated; give the warning about the days before."""
        # Another reader may ask for later days alone: a changed day stays named, whoever has read it since.
        changed_at: dict[date, datetime | None] = dict.fromkeys(restated, now)
        changed_at |= {day: kept.changed_at for day, kept in gap.known.items() if _is_named(kept, now)}
        changed_at |= dict.fromkeys(changed_days(days.closings, gap.known, ()), now)
        closings = {day: Kept(closing, changed_at.get(day)) for day, closing in days.closings.items()}
        first, opening = statement.period.first, statement.opening_balance
        if gap.given_up and opening is not None:
            # While the difference is not located, later statements have to see the same one.
            unlocated = opening - gap.known[first - DAY].closing
            closings = {day: replace(kept, closing=kept.closing - unlocated) for day, kept in closings.items()}
        news = closings if gap.given_up else {**gap.read, **closings}
        await self.balances.keep(statement.account.tenant, statement.account.id, news, gap.known, now)
        named_before = {day for day, kept in gap.known.items() if day < first and _is_named(kept, now)}
        days_to_name = sorted(named_before.union(gap.changed))
        return [_discontinuity(days_to_name, first, found=gap.found)] if days_to_name else []


def carried_on(statement: Statement, gap: Gap) -> Statement:
    """The statement; one that is disproved is complete through the last day that was proved before."""
    if statement.proof.verdict is not Verdict.DISPROVED:
        return statement
    through = proved_through(statement.period, gap.known)
    if through is None or through <= statement.complete_through:
        return statement
    others = [one for one in statement.warnings if one.code != "statement_not_ready"]
    return replace(statement, complete_through=through, warnings=[*not_ready(statement.period, through), *others])


def _warn(account: Account, failure: Exception) -> None:
    code = failure.code if isinstance(failure, GatewayError) else type(failure).__name__
    log.warning("not_read_back", bank=account.bank, account=account.id, code=code)


async def _final_days(statement: Statement) -> FinalDays:
    return await LARGE.run_if(statement.is_large, final_days, statement)


def _oldest(account: Account, now: datetime) -> date:
    """The earliest day that is read again: the bank gives it, and balances are stored for as long."""
    today = now.date()
    return max(today - DAYS_REMEMBERED, oldest_day(today, contracts.load(account.bank).period))


def _is_named(kept: Kept, now: datetime) -> bool:
    return kept.changed_at is not None and now - kept.changed_at < RESTATEMENT_SHOWN_FOR


def _discontinuity(days: list[date], first: date, *, found: bool) -> StatementWarning:
    detail = f"before {first} the bank has changed what it had given as final, on {_named(days)}"
    return warning("balance_discontinuity", detail if found else f"{detail} or on days before them", days)


def restated(days: list[date]) -> StatementWarning:
    """The warning that names days of a statement whose digest was another one before, oldest first."""
    detail = f"the bank has changed days that it had given as final: {_named(days)}"
    return warning("statement_restated", detail, days)


def _named(days: list[date]) -> str:
    more = f" and {len(days) - RESTATED_DAYS_NAMED} more" if len(days) > RESTATED_DAYS_NAMED else ""
    return ", ".join(day.isoformat() for day in days[:RESTATED_DAYS_NAMED]) + more
