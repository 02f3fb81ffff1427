"""Statements as they were last read: each day of an account once, and what a statement says besides its entries.

Rules.
1. A statement is answered as long as no day of it has changed since. Statements of an account are numbered, and a day
   has the number of the one that has last changed it: a day with a higher number than the statement's has changed, and
   a day that is missing counts as changed.
2. Of two statements the one that was fetched later counts: an older one that comes late is not stored.
3. A statement belongs to the integration that it was read with. It is stored under the lock of that integration, and
   only while it is enabled, so that nothing is stored after everything was erased.
4. Nothing of a bank stands open: entries and figures are compressed and encrypted by the vault.
"""

from datetime import date, datetime
from itertools import chain
from typing import Any, cast

import msgspec
from sqlalchemy import ColumnElement, CursorResult, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from gateway.limits import IDS_AT_ONCE, STORED_STATEMENTS
from gateway.model import DAY, Entry, Period
from gateway.storage.database import Database
from gateway.storage.day_balances import known_balances
from gateway.storage.day_digests import known_digests
from gateway.storage.stored_tables import StoredDayRow, StoredStatementRow
from gateway.storage.stored_values import FoundStatement, StoredDay, StoredStatement, packed, unpacked
from gateway.storage.tables import IntegrationRow, owned
from gateway.storage.transactions import reading, transaction
from gateway.storage.vault import Vault, VaultError

__all__ = ["StoredStatements", "delete_stored", "purge_stored", "reencrypt_stored"]

WHOLE, OF_DAY = "statement", "entries"
"""Purposes of the two encrypted values."""
ENTRIES = msgspec.json.Decoder(list[Entry], strict=False)


class StoredStatements:
    """The tables of stored statements.

    Args:
        database: holds them.
        vault: encrypts what is stored.
    """

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    @transaction
    def keep(self, session: Session, tenant_id: str, account_id: str, statement: StoredStatement, oldest: date) -> bool:
        """Store a statement; give whether it was stored. What lies before the oldest day is deleted.

        One that begins before the oldest day is not stored; days that it shows to have changed are deleted.
        """
        if not _is_enabled(session, tenant_id, account_id, statement.enabled_at):
            return False
        days = owned(StoredDayRow.account_id, tenant_id, account_id)
        wholes = owned(StoredStatementRow.account_id, tenant_id, account_id)
        numbers = select(StoredStatementRow.number, StoredStatementRow.fetched_at).where(wholes)
        newest = session.execute(numbers.order_by(StoredStatementRow.number.desc()).limit(1)).one_or_none()
        if newest is not None and newest.fetched_at > statement.fetched_at:
            return False
        session.execute(delete(StoredDayRow).where(days, StoredDayRow.day < oldest))
        outdated = or_(StoredStatementRow.first < oldest, StoredStatementRow.enabled_at != statement.enabled_at)
        session.execute(delete(StoredStatementRow).where(wholes, outdated))

        first, last = statement.period.first, statement.period.last
        query = select(StoredDayRow.day, StoredDayRow.digest).where(days, StoredDayRow.day.between(first, last))
        known = {row.day: row.digest for row in session.execute(query)}
        changed = [each for each in statement.days if known.get(each.day) != each.digest]
        if replaced := [each.day for each in changed if each.day in known]:
            session.execute(delete(StoredDayRow).where(days, StoredDayRow.day.in_(replaced)))
        if first < oldest:
            return False
        highest = newest.number if newest is not None else 0
        number = 1 + max(highest, session.scalar(select(func.max(StoredDayRow.number)).where(days)) or 0)
        if changed:
            session.execute(insert(StoredDayRow), [self._day(account_id, each, number) for each in changed])
        self._put(session, wholes, account_id, statement, number)
        return True

    @transaction
    def forget(self, session: Session, tenant_id: str, account_id: str, period: Period) -> None:
        """Delete the days of a period, and every statement that has one of them."""
        days = owned(StoredDayRow.account_id, tenant_id, account_id)
        wholes = owned(StoredStatementRow.account_id, tenant_id, account_id)
        overlapping = StoredStatementRow.first <= period.last, StoredStatementRow.last >= period.first
        session.execute(delete(StoredStatementRow).where(wholes, *overlapping))
        session.execute(delete(StoredDayRow).where(days, StoredDayRow.day.between(period.first, period.last)))

    @reading
    def find(
        self,
        session: Session,
        tenant_id: str,
        account_id: str,
        period: Period,
        now: datetime,
        *,
        enabled_at: datetime,
        fetched_since: datetime | None = None,
        imported_since: datetime | None = None,
    ) -> FoundStatement | None:
        """The newest statement that contains a period and of which no day has changed since; None without one.

        Args:
            session: of the transaction.
            tenant_id: whose account it is.
            account_id: the account.
            period: the days that are asked for.
            now: the present instant; no later statement is given.
            enabled_at: when the integration was enabled, with which it must have been read.
            fetched_since: the earliest instant at which it may have been fetched; None where that does not count.
            imported_since: likewise, at which the daily import may have read it.

        Raises:
            VaultError: it cannot be decrypted, or is not what was stored here.
        """
        row = StoredStatementRow
        since = [
            *([row.fetched_at >= fetched_since] if fetched_since is not None else []),
            *([row.imported_at >= imported_since] if imported_since is not None else []),
        ]
        is_same = (row.first == period.first) & (row.last == period.last)
        contains = row.divisible & (row.first <= period.first) & (row.last >= period.last)
        mine = owned(row.account_id, tenant_id, account_id)
        query = select(row).where(mine, row.enabled_at == enabled_at, row.fetched_at <= now, *since, is_same | contains)
        for whole in session.scalars(query.order_by(row.number.desc())).all():
            if (entries := self._entries(session, tenant_id, whole, period)) is not None:
                first, last = period.first, period.last
                return FoundStatement(
                    content=_content(account_id, self._vault.decrypt(account_id, WHOLE, whole.sealed)),
                    entries=entries,
                    balances=known_balances(session, self._vault, tenant_id, account_id, first - DAY, last, now),
                    digests=known_digests(session, tenant_id, account_id, first, last),
                )
        return None

    def _entries(
        self, session: Session, tenant_id: str, whole: StoredStatementRow, period: Period
    ) -> list[Entry] | None:
        """The entries of some days of a statement; None where any of its days has changed."""
        mine = owned(StoredDayRow.account_id, tenant_id, whole.account_id)
        row = StoredDayRow
        # In one query, so that what is given is what was compared: others may store meanwhile.
        query = select(row.day, row.number, row.sealed).where(mine, row.day.between(whole.first, whole.last))
        days = session.execute(query.order_by(row.day)).all()
        if len(days) != (whole.last - whole.first + DAY).days or any(each.number > whole.number for each in days):
            return None
        return [
            entry
            for each in days
            if each.day in period and each.sealed is not None
            for entry in self._opened(whole.account_id, each.day, each.sealed)
        ]

    def _opened(self, account_id: str, day: date, sealed: str) -> list[Entry]:
        try:
            entries = ENTRIES.decode(unpacked(self._vault.decrypt(account_id, OF_DAY, sealed)))
        except ValueError as error:
            raise VaultError(f"the sealed {OF_DAY} of account {account_id} are not what was stored") from error
        if any(entry.date != day for entry in entries):
            raise VaultError(f"the sealed {OF_DAY} of account {account_id} are those of another day")
        return entries

    def _day(self, account_id: str, each: StoredDay, number: int) -> dict[str, Any]:
        sealed = self._vault.encrypt(account_id, OF_DAY, each.content) if each.content is not None else None
        return {"account_id": account_id, "day": each.day, "digest": each.digest, "number": number, "sealed": sealed}

    def _put(
        self, session: Session, wholes: ColumnElement[bool], account_id: str, statement: StoredStatement, number: int
    ) -> None:
        """Put a statement in place of the former one of its period, and delete the oldest ones of too many."""
        row, period = StoredStatementRow, statement.period
        stored = session.execute(select(row.first, row.last, row.imported_at, row.number).where(wholes)).all()
        before = next((each for each in stored if (each.first, each.last) == (period.first, period.last)), None)
        others = sorted((each for each in stored if each is not before), key=lambda each: -each.number)
        # What the daily import has read last stays, however many periods are asked for.
        imported = max((each.imported_at for each in others if each.imported_at), default=None)
        surplus = [each for each in others[STORED_STATEMENTS - 1 :] if imported is None or each.imported_at != imported]
        for each in [*surplus, *([before] if before is not None else [])]:
            session.execute(delete(row).where(wholes, row.first == each.first, row.last == each.last))
        values = {
            "account_id": account_id,
            "first": period.first,
            "last": period.last,
            "enabled_at": statement.enabled_at,
            "fetched_at": statement.fetched_at,
            "imported_at": statement.fetched_at if statement.imported else before.imported_at if before else None,
            "number": number,
            "divisible": statement.divisible,
            "sealed": self._vault.encrypt(account_id, WHOLE, packed(statement.content)),
        }
        session.execute(insert(row), values)


def delete_stored(session: Session, tenant_id: str, account_id: str) -> None:
    """Within a transaction: erase what is stored of an account."""
    session.execute(delete(StoredStatementRow).where(owned(StoredStatementRow.account_id, tenant_id, account_id)))
    session.execute(delete(StoredDayRow).where(owned(StoredDayRow.account_id, tenant_id, account_id)))


def purge_stored(session: Session, oldest: date) -> None:
    """Within a transaction: delete the days before the oldest one, and the statements that begin before it."""
    session.execute(delete(StoredStatementRow).where(StoredStatementRow.first < oldest))
    session.execute(delete(StoredDayRow).where(StoredDayRow.day < oldest))


def reencrypt_stored(session: Session, vault: Vault) -> None:
    """Within a transaction: encrypt everything anew with the newest key; accounts with damaged values lose theirs."""
    damaged = set()
    days = session.scalars(select(StoredDayRow).where(StoredDayRow.sealed.is_not(None))).yield_per(IDS_AT_ONCE)
    wholes = session.scalars(select(StoredStatementRow)).yield_per(IDS_AT_ONCE)
    for row in chain[StoredDayRow | StoredStatementRow](days, wholes):
        try:
            row.sealed = vault.rotate(row.sealed or "")
        except VaultError:
            damaged.add(row.account_id)
    for account_id in damaged:
        session.execute(delete(StoredStatementRow).where(StoredStatementRow.account_id == account_id))
        session.execute(delete(StoredDayRow).where(StoredDayRow.account_id == account_id))


def _is_enabled(session: Session, tenant_id: str, account_id: str, enabled_at: datetime) -> bool:
    """Whether the integration is still that one; it cannot be disabled before the end of the transaction."""
    same = (
        update(IntegrationRow)
        .where(
            owned(IntegrationRow.account_id, tenant_id, account_id),
            IntegrationRow.enabled_at == enabled_at,
            IntegrationRow.sealed.is_not(None),
        )
        .values(enabled_at=enabled_at)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", session.execute(same)).rowcount == 1


def _content(account_id: str, decrypted: str) -> Any:
    try:
        return msgspec.json.decode(unpacked(decrypted))
    except ValueError as error:
        raise VaultError(f"the sealed {WHOLE} of account {account_id} is not what was stored") from error
