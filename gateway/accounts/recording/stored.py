"""Statements that are answered from the store, as if the bank had been asked.

Rules.
1. A stored statement is answered only where a reading now would give the same, as far as is known here: no later
   statement has brought anything else, and no warning about changed days is to be given. Otherwise the bank is asked.
   Two parts may differ, which tell of which instant they are: `fetched_at` and the present available balance.
2. A part of its days is answered only where all of it is settled, final and proved. The balances around the part then
   follow from those around the whole.
3. Not stored are statements that are disproved or contradicted, and those of so many entries that they are spooled;
   what is stored of their days is deleted.
4. How old an answer may be, the caller says. One who says nothing gets only what the daily import has read since the
   bank's last hour, and only of settled days.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial

import msgspec
import structlog
from msgspec import Struct

import contracts
from gateway.accounts.recording.continuity import says_nothing
from gateway.accounts.recording.final_days import FinalDays, final_days
from gateway.calendar import last_hour
from gateway.concurrency.workers import LARGE
from gateway.entry_ids import ID_VERSION
from gateway.limits import HELD_ENTRIES
from gateway.model import (
    DAY,
    Account,
    AvailableBalance,
    Entry,
    Period,
    Proof,
    Stability,
    Statement,
    StatementWarning,
    Verdict,
)
from gateway.statement.warnings import empty
from gateway.storage.accounts.outcomes import Storing
from gateway.storage.accounts.records import Integration
from gateway.storage.encryption.vault import VaultError
from gateway.storage.engine.database import DATABASE_ERRORS
from gateway.storage.management.all_tenants import AllTenants
from gateway.storage.statements.day_digests import bring_nothing_new
from gateway.storage.statements.stored import StoredStatements
from gateway.storage.statements.stored_values import FoundStatement, StoredStatement, day_of_entries

__all__ = ["Answer", "StoredAnswers", "Wanted"]

log = structlog.get_logger("gateway.accounts")


class Wanted(Struct, frozen=True):
    """Which answers a caller accepts."""

    stored: bool = True
    """Whether it may come from the store."""
    most_seconds: int | None = None
    """How old a stored one may be; None where the caller does not say (rule 4)."""
    asks_bank: bool = True
    """Whether the bank is asked where no stored one will do."""


class Answer(Struct, frozen=True):
    """A statement, and whether it comes from the store."""

    statement: Statement
    is_stored: bool


class Whole(Struct, frozen=True, kw_only=True):
    """What is stored of a statement besides its entries."""

    period: Period
    currency: str
    opening_balance: Decimal | None
    closing_balance: Decimal | None
    complete_through: date
    proof: Proof
    id_version: int
    blocks_move: bool
    warnings: list[StatementWarning]
    fetched_at: datetime
    available_balance: AvailableBalance | None = None
    """Missing in statements that were stored before it was asked for."""
    closings: dict[date, Decimal]
    """The closing balance of each day, where a part of the days may be answered; else empty."""


@dataclass(eq=False, repr=False)
class StoredAnswers:
    """Keeps statements, and answers from them."""

    rows: StoredStatements
    all_tenants: AllTenants
    """Deletes what is too old, of all accounts."""
    retention_days: int
    """How many days back statements are kept."""

    async def storing(
        self, statement: Statement, days: FinalDays, integration: Integration, now: datetime, *, imported: bool
    ) -> Storing:
        """What stores a statement as the reader gave it, with the statement's outcome.

        Args:
            statement: the one to store.
            days: what is kept of its final days.
            integration: the one that it was read with.
            imported: whether the daily import has read it.
        """
        tenant_id, account_id, rows = statement.account.tenant, statement.account.id, self.rows
        if statement.is_doubtful or len(statement.entries) > HELD_ENTRIES or integration.enabled_at is None:
            return lambda session: rows.forget(session, tenant_id, account_id, statement.period)
        packing = partial(_stored, statement, days, integration.enabled_at, imported=imported)
        stored = await LARGE.run_if(statement.is_large, packing)
        oldest = statement.fetched_at.date() - timedelta(days=self.retention_days)
        return lambda session: rows.keep(session, tenant_id, account_id, stored, oldest, now)

    async def find(
        self,
        account: Account,
        integration: Integration,
        period: Period,
        wanted: Wanted,
        now: datetime,
        imported_at: datetime | None,
    ) -> Statement | None:
        """The stored statement of a period, without the gateway's own warnings about the account; None without one.

        A database or vault that fails costs a line in the log and never the statement, for which the bank is asked.

        Args:
            integration: with which the bank would be asked.
            period: the days.
            wanted: what the caller accepts.
            imported_at: when the daily import has last read one of the account's stored statements.
        """
        if not wanted.stored or integration.enabled_at is None:
            return None
        since: dict[str, datetime] = {}
        if wanted.most_seconds is None:
            since["imported_since"] = due = last_hour(now, contracts.load(account.bank).period)
            if imported_at is None or imported_at < due:
                return None
        else:
            since["fetched_since"] = now - timedelta(seconds=wanted.most_seconds)
        try:
            found = await self.rows.find(
                account.tenant, account.id, period, now, enabled_at=integration.enabled_at, **since
            )
            statement = _opened(found, account, period) if found is not None else None
        except (VaultError, msgspec.ValidationError, *DATABASE_ERRORS) as error:
            log.warning("stored_statement_not_read", account=account.id, kind=type(error).__name__)
            return None
        if found is None or statement is None or not await _would_come_again(statement, found, now):
            return None
        is_settled = statement.complete_through >= period.last
        return statement if is_settled or wanted.most_seconds is not None else None

    async def tidy(self, now: datetime) -> None:
        """Delete what is older than statements are kept, also of accounts that are not read any more."""
        await self.all_tenants.purge_stored(now.date() - timedelta(days=self.retention_days))


def _stored(statement: Statement, days: FinalDays, enabled_at: datetime, *, imported: bool) -> StoredStatement:
    by_day: defaultdict[date, list[Entry]] = defaultdict(list)
    for entry in statement.entries:
        by_day[entry.date].append(entry)
    divisible = _is_divisible(statement, days)
    names = (name for name in Whole.__struct_fields__ if name != "closings")
    whole = Whole(**{name: getattr(statement, name) for name in names}, closings=days.closings if divisible else {})
    return StoredStatement(
        period=statement.period,
        enabled_at=enabled_at,
        fetched_at=statement.fetched_at,
        imported=imported,
        divisible=divisible,
        content=msgspec.to_builtins(whole, str_keys=True),
        days=[day_of_entries(day, by_day.get(day, [])) for day in statement.period.days],
    )


def _is_divisible(statement: Statement, days: FinalDays) -> bool:
    """Whether what a statement says of a part of its days follows from what it says of all of them (rule 2)."""
    return (
        statement.proof.verdict is Verdict.PROVED
        and statement.complete_through == statement.period.last
        and all(day in days.closings for day in statement.period.days)
        and all(entry.stability is Stability.FINAL for entry in statement.entries)
        and all(each.code == "empty_statement" for each in statement.warnings)
    )


def _opened(found: FoundStatement, account: Account, period: Period) -> Statement | None:
    """The statement of a period, made of one that contains it; None where its ids follow another rule."""
    whole = msgspec.convert(found.content, Whole, strict=False)
    if whole.id_version != ID_VERSION:
        return None
    statement = Statement(
        account=account,
        entries=found.entries,
        **{name: getattr(whole, name) for name in Whole.__struct_fields__ if name != "closings"},
    )
    if period == whole.period:
        return statement
    before = period.first - DAY
    return msgspec.structs.replace(
        statement,
        period=period,
        opening_balance=whole.closings[before] if before in whole.period else whole.opening_balance,
        closing_balance=whole.closings[period.last],
        complete_through=period.last,
        warnings=[] if found.entries else [empty(period)],
    )


async def _would_come_again(statement: Statement, found: FoundStatement, now: datetime) -> bool:
    """Whether a reading that brought this statement now would add no warning to it and store nothing (rule 1)."""
    days = await LARGE.run_if(statement.is_large, final_days, statement)
    given = found.given
    return bring_nothing_new(days.digests, given.digests, now) and says_nothing(statement, given.balances, now)
