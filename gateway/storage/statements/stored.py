"""Statements as they were last read: each day of an account once, and what a statement says besides its entries.

Rules.
1. A statement is answered as long as no day of it has changed since. Statements of an account are numbered, and a day
   has the number of the one that has last changed it: a day with a higher number than the statement's has changed, and
   a day that is missing counts as changed.
2. Of two statements the one that was fetched later counts: an older one that comes late is not stored. One that seems
   to come from the future is deleted, because a clock that was ahead has been put back since.
3. A statement belongs to the integration that it was read with. It is stored with its outcome, under the lock of that
   integration, and only while it is enabled, so that nothing is stored after everything was erased.
4. Nothing of a bank stands open: entries and figures are compressed and encrypted by the vault.

Long because storing a statement and finding it again go by the same numbers and digests.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, TypeAlias

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, Select, and_, bindparam, delete, func, insert, select, update

from gateway.clock import was_put_back
from gateway.limits import STORED_STATEMENTS
from gateway.model import DAY, Entry, Period
from gateway.storage.accounts.tables import ACCOUNTS, OWNED, owned, owner
from gateway.storage.encryption.vault import VaultError
from gateway.storage.engine.column_types import Instant
from gateway.storage.engine.stores import SealedStore
from gateway.storage.engine.transactions import reading
from gateway.storage.statements.given_before import given_before
from gateway.storage.statements.stored_values import FoundStatement, StoredDay, StoredStatement, compressed, unpacked
from gateway.storage.statements.tables import STATEMENTS, STORED_DAYS

__all__ = ["StoredStatements", "delete_stored", "erase_damaged_stored", "purge_stored"]

WHOLE, OF_DAY = "statement", "entries"
"""Purposes of the two encrypted values."""
ENTRIES = msgspec.json.Decoder(list[Entry], strict=False)


def _since(column: ColumnElement[Any], parameter: str) -> ColumnElement[bool]:
    """Whether an instant is no earlier than the parameter, where that is given."""
    earliest = bindparam(parameter, type_=Instant())
    return earliest.is_(None) | (column >= earliest)


MY_DAYS, MY_STATEMENTS = STORED_DAYS.c.account_id.in_(OWNED), STATEMENTS.c.account_id.in_(OWNED)
OF_PERIOD = STATEMENTS.c.first == bindparam("of_first"), STATEMENTS.c.last == bindparam("of_last")
STORED: Select[Any] = (
    select(
        *(STATEMENTS.c[name] for name in ("first", "last", "enabled_at", "fetched_at", "imported_at", "number")),
        select(func.min(STORED_DAYS.c.day)).where(MY_DAYS).scalar_subquery().label("first_day"),
        select(func.max(STORED_DAYS.c.number)).where(MY_DAYS).scalar_subquery().label("highest"),
    )
    .select_from(ACCOUNTS)
    .outerjoin(STATEMENTS, STATEMENTS.c.account_id == ACCOUNTS.c.id)
    .where(ACCOUNTS.c.tenant_id == bindparam("of_tenant"), ACCOUNTS.c.id == bindparam("of_account"))
)
"""The stored statements of an account, each with the first stored day of all and the highest number of a day: at least
one row where the tenant has it."""
Stored: TypeAlias = Row[Any]
"""What is known of a stored statement before it is decrypted."""
CONTAINING = (
    select(*(STATEMENTS.c[name] for name in ("first", "last", "number", "sealed")))
    .where(
        MY_STATEMENTS,
        STATEMENTS.c.enabled_at == bindparam("of_enabled_at"),
        STATEMENTS.c.fetched_at <= bindparam("now"),
        _since(STATEMENTS.c.fetched_at, "fetched_since"),
        _since(STATEMENTS.c.imported_at, "imported_since"),
        and_(*OF_PERIOD)
        | STATEMENTS.c.divisible
        & (STATEMENTS.c.first <= bindparam("of_first"))
        & (STATEMENTS.c.last >= bindparam("of_last")),
    )
    .order_by(STATEMENTS.c.number.desc())
)
"""The statements that contain a period, newest first."""
Whole: TypeAlias = Row[date, date, int, str]
INSERT_STATEMENT = insert(STATEMENTS)
REPLACE_STATEMENT = update(STATEMENTS).where(MY_STATEMENTS, *OF_PERIOD)
DELETE_STATEMENT = delete(STATEMENTS).where(MY_STATEMENTS, *OF_PERIOD)
KNOWN_DAYS = select(STORED_DAYS.c.day, STORED_DAYS.c.digest).where(
    MY_DAYS, STORED_DAYS.c.day.between(bindparam("of_first"), bindparam("of_last"))
)
SEALED_DAYS = (
    select(STORED_DAYS.c.day, STORED_DAYS.c.number, STORED_DAYS.c.sealed)
    .where(MY_DAYS, STORED_DAYS.c.day.between(bindparam("of_first"), bindparam("of_last")))
    .order_by(STORED_DAYS.c.day)
)
INSERT_DAYS = insert(STORED_DAYS)
DELETE_DAY = delete(STORED_DAYS).where(MY_DAYS, STORED_DAYS.c.day == bindparam("of_day"))
DELETE_DAYS_BEFORE = delete(STORED_DAYS).where(MY_DAYS, STORED_DAYS.c.day < bindparam("oldest"))


class StoredStatements(SealedStore):
    """The tables of stored statements."""

    def keep(
        self,
        connection: Connection,
        tenant_id: str,
        account_id: str,
        statement: StoredStatement,
        oldest: date,
        now: datetime,
    ) -> bool:
        """With an outcome: store a statement; give whether it was stored. What lies before the oldest day is deleted.

        One that begins before the oldest day is not stored; days that it shows to have changed are deleted.
        """
        whose, period = owner(tenant_id, account_id), statement.period
        found = connection.execute(STORED, whose).all()
        first_day, highest = (found[0].first_day, found[0].highest) if found else (None, None)
        stored = [each for each in found if each.first is not None]
        newest = max(stored, key=lambda each: each.number, default=None)
        if newest is not None and statement.fetched_at < newest.fetched_at and not was_put_back(newest.fetched_at, now):
            return False
        outdated = [
            each
            for each in stored
            if each.first < oldest or each.enabled_at != statement.enabled_at or was_put_back(each.fetched_at, now)
        ]
        if first_day is not None and first_day < oldest:
            connection.execute(DELETE_DAYS_BEFORE, {**whose, "oldest": oldest})

        days = connection.execute(KNOWN_DAYS, {**whose, "of_first": period.first, "of_last": period.last}).all()
        known = {row.day: row.digest for row in days if row.day >= oldest}
        changed = [each for each in statement.days if known.get(each.day) != each.digest]
        if replaced := [{**whose, "of_day": each.day} for each in changed if each.day in known]:
            connection.execute(DELETE_DAY, replaced)
        if period.first < oldest:
            _delete_statements(connection, whose, outdated)
            return False
        number = 1 + max(newest.number if newest is not None else 0, highest or 0)
        if changed:
            connection.execute(INSERT_DAYS, [self._day(account_id, each, number) for each in changed])
        kept = [each for each in stored if each not in outdated]
        before = next((each for each in kept if (each.first, each.last) == (period.first, period.last)), None)
        _delete_statements(connection, whose, [*outdated, *_surplus(kept, before)])
        self._put(connection, whose, account_id, statement, number, before)
        return True

    def forget(self, connection: Connection, tenant_id: str, account_id: str, period: Period) -> None:
        """With an outcome: delete the days of a period, and every statement that has one of them."""
        days = owned(STORED_DAYS.c.account_id, tenant_id, account_id)
        wholes = owned(STATEMENTS.c.account_id, tenant_id, account_id)
        overlapping = STATEMENTS.c.first <= period.last, STATEMENTS.c.last >= period.first
        connection.execute(delete(STATEMENTS).where(wholes, *overlapping))
        connection.execute(delete(STORED_DAYS).where(days, STORED_DAYS.c.day.between(period.first, period.last)))

    @reading
    def find(
        self,
        connection: Connection,
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
            period: the days that are asked for.
            now: the present instant; no later statement is given.
            enabled_at: when the integration was enabled, with which it must have been read.
            fetched_since: the earliest instant at which it may have been fetched; None where that does not count.
            imported_since: likewise, at which the daily import may have read it.

        Raises:
            VaultError: it cannot be decrypted, or is not what was stored here.
        """
        wanted = {
            "of_first": period.first,
            "of_last": period.last,
            "of_enabled_at": enabled_at,
            "now": now,
            "fetched_since": fetched_since,
            "imported_since": imported_since,
        }
        for whole in connection.execute(CONTAINING, {**owner(tenant_id, account_id), **wanted}).all():
            if (entries := self._entries(connection, tenant_id, account_id, whole, period)) is not None:
                return FoundStatement(
                    content=_content(account_id, self._vault.decrypt(account_id, WHOLE, whole.sealed)),
                    entries=entries,
                    given=given_before(connection, self._vault, tenant_id, account_id, period, now),
                )
        return None

    def _entries(
        self, connection: Connection, tenant_id: str, account_id: str, whole: Whole, period: Period
    ) -> list[Entry] | None:
        """The entries of some days of a statement; None where any of its days has changed."""
        # In one query, so that what is given is what was compared: others may store meanwhile.
        parameters = {**owner(tenant_id, account_id), "of_first": whole.first, "of_last": whole.last}
        days = connection.execute(SEALED_DAYS, parameters).all()
        if len(days) != (whole.last - whole.first + DAY).days or any(each.number > whole.number for each in days):
            return None
        return [
            entry
            for each in days
            if each.day in period and each.sealed is not None
            for entry in self._opened(account_id, each.day, each.sealed)
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
        sealed = None if each.content is None else self._vault.encrypt(account_id, OF_DAY, compressed(each.content))
        return {"account_id": account_id, "day": each.day, "digest": each.digest, "number": number, "sealed": sealed}

    def _put(
        self,
        connection: Connection,
        whose: dict[str, Any],
        account_id: str,
        statement: StoredStatement,
        number: int,
        before: Stored | None,
    ) -> None:
        """Put a statement in place of the former one of its period."""
        imported_before = before.imported_at if before is not None else None
        values = {
            "enabled_at": statement.enabled_at,
            "fetched_at": statement.fetched_at,
            "imported_at": statement.fetched_at if statement.imported else imported_before,
            "number": number,
            "divisible": statement.divisible,
            "sealed": self._vault.encrypt(account_id, WHOLE, compressed(msgspec.json.encode(statement.content))),
        }
        period = statement.period
        if before is None:
            places = {"account_id": account_id, "first": period.first, "last": period.last}
            connection.execute(INSERT_STATEMENT, {**places, **values})
        else:
            connection.execute(REPLACE_STATEMENT, {**whose, "of_first": period.first, "of_last": period.last, **values})


def delete_stored(connection: Connection, tenant_id: str, account_id: str) -> None:
    """Within a transaction: erase what is stored of an account."""
    connection.execute(delete(STATEMENTS).where(owned(STATEMENTS.c.account_id, tenant_id, account_id)))
    connection.execute(delete(STORED_DAYS).where(owned(STORED_DAYS.c.account_id, tenant_id, account_id)))


def purge_stored(connection: Connection, oldest: date) -> None:
    """Within a transaction: delete the days before the oldest one, and the statements that begin before it."""
    connection.execute(delete(STATEMENTS).where(STATEMENTS.c.first < oldest))
    connection.execute(delete(STORED_DAYS).where(STORED_DAYS.c.day < oldest))


def erase_damaged_stored(connection: Connection, row: Row[Any]) -> None:
    """Within a transaction: erase what is stored of the account of a value that no key decrypts."""
    connection.execute(delete(STATEMENTS).where(STATEMENTS.c.account_id == row.account_id))
    connection.execute(delete(STORED_DAYS).where(STORED_DAYS.c.account_id == row.account_id))


def _surplus(kept: Sequence[Stored], before: Stored | None) -> list[Stored]:
    """The oldest of the statements beside the one that is replaced, where there are too many."""
    others = sorted((each for each in kept if each is not before), key=lambda each: -each.number)
    # What the daily import has read last stays, however many periods are asked for.
    imported = max((each.imported_at for each in others if each.imported_at), default=None)
    return [each for each in others[STORED_STATEMENTS - 1 :] if imported is None or each.imported_at != imported]


def _delete_statements(connection: Connection, whose: dict[str, Any], deleted: Sequence[Stored]) -> None:
    if deleted:
        connection.execute(
            DELETE_STATEMENT, [{**whose, "of_first": each.first, "of_last": each.last} for each in deleted]
        )


def _content(account_id: str, decrypted: str) -> Any:
    try:
        return msgspec.json.decode(unpacked(decrypted))
    except ValueError as error:
        raise VaultError(f"the sealed {WHOLE} of account {account_id} is not what was stored") from error
