"""The final entries of each account as they were last read, each with the number of the change that made it so.

One row for each entry, by the entry's id. An account numbers its changes: a statement that brings something new, or in
which something is missing or different, has a higher number, and the rows that it concerns take that number. What has
changed since some number is then what has a higher one; an entry that changed twice is there once, as it is now. An
entry that a day has lost stays as a row without content, so that it can be named as removed.

Rules.
1. Only settled days are kept, and of them the final entries. The days that are kept follow one another without a gap: a
   statement that would leave one is not kept, unless it is so much newer that the kept days are out of date; then
   everything begins anew.
2. Of two statements the one that was fetched later counts, in whatever order they arrive here; one that seems to come
   from the future counts no more, because a clock that was ahead has been put back since.
3. Days are forgotten after `retention` days, and nobody is told that they were removed. A place in the numbers that
   lies before something forgotten is no longer known (`PlaceUnknown`).
4. Entries are encrypted by the vault. They are erased when the integration is disabled, and what was read with an
   integration that is not there any more is not kept.
5. A transaction stores a limited number of entries, so that others need not wait long for theirs. Days with more of
   them are stored in parts, by ranges of ids. They count as kept with the last part, and webhooks are told of a
   statement's changes once, with its last part; after a crash that is the last part of the next statement.

Long because what is kept and what is told of it go by the same numbers.
"""

import secrets
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from itertools import islice
from typing import Any, TypeAlias

import msgspec
from msgspec.structs import asdict, replace
from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, tuple_, update

from gateway.clock import was_put_back
from gateway.events import Event, EventType
from gateway.limits import BUSY_DAY_ENTRIES, IDS_AT_ONCE, RETENTION_DAYS
from gateway.model import Entry, Period
from gateway.storage.accounts.outcomes import is_present
from gateway.storage.accounts.records import Integration
from gateway.storage.accounts.tables import OWNED, owned, owner
from gateway.storage.encryption.vault import Vault
from gateway.storage.engine.database import Database
from gateway.storage.engine.rows import struct_of
from gateway.storage.engine.stores import SealedStore
from gateway.storage.engine.transactions import reading, shared_now, transaction
from gateway.storage.statements.kept_values import KeptAccount, KeptState, Page, Place, PlaceUnknown, Settled
from gateway.storage.statements.tables import KEPT_ACCOUNTS, KEPT_ENTRIES
from gateway.storage.webhooks.deliveries import note_event

__all__ = ["KeptEntries", "delete_kept", "erase_damaged_kept"]

PURPOSE = "entry"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ENCODE = msgspec.json.Encoder().encode

MY_ACCOUNT, MY_ENTRIES = KEPT_ACCOUNTS.c.account_id.in_(OWNED), KEPT_ENTRIES.c.account_id.in_(OWNED)
ACCOUNT = select(KEPT_ACCOUNTS).where(MY_ACCOUNT)
LOCKED_ACCOUNT = ACCOUNT.with_for_update()
"""It gives the account once it has the lock, so that nothing is read before. SQLite locks all tables together, and has
done so since the transaction found the integration present."""
INSERT_ACCOUNT = insert(KEPT_ACCOUNTS)
UPDATE_ACCOUNT = update(KEPT_ACCOUNTS).where(MY_ACCOUNT)
KNOWN = select(KEPT_ENTRIES.c.entry_id, KEPT_ENTRIES.c.digest, KEPT_ENTRIES.c.added).where(MY_ENTRIES)
KNOWN_ON_DAYS = KNOWN.where(KEPT_ENTRIES.c.day.between(bindparam("first"), bindparam("last")))
COUNT_ON_DAYS = select(func.count()).where(
    MY_ENTRIES, KEPT_ENTRIES.c.day.between(bindparam("first"), bindparam("last")), KEPT_ENTRIES.c.digest != ""
)
IN_RANGE = KEPT_ENTRIES.c.entry_id >= bindparam("first_id"), KEPT_ENTRIES.c.entry_id < bindparam("before_id")
KNOWN_ON_DAYS_IN_RANGE = KNOWN_ON_DAYS.where(*IN_RANGE)
KNOWN_IN_RANGE_ON_DAYS = KNOWN.where(
    *IN_RANGE, func.coalesce(KEPT_ENTRIES.c.day, KEPT_ENTRIES.c.day).between(bindparam("first"), bindparam("last"))
)
"""The same by the index of ids: a database would take that of days, which knows no expression."""
KNOWN_UNDER_IDS = KNOWN.where(KEPT_ENTRIES.c.entry_id.in_(bindparam("ids", expanding=True)))
INSERT_ENTRIES = insert(KEPT_ENTRIES)
REMOVE_ENTRY = (
    update(KEPT_ENTRIES)
    .where(MY_ENTRIES, KEPT_ENTRIES.c.entry_id == bindparam("of_entry"))
    .values(digest="", sealed=None)
)
DELETE_ENTRY = delete(KEPT_ENTRIES).where(MY_ENTRIES, KEPT_ENTRIES.c.entry_id == bindparam("of_entry"))
Known: TypeAlias = Row[str, str, int]
"""An entry's id, the digest of its content and the number with which it was added."""


class KeptEntries(SealedStore):
    """The tables of kept entries.

    Args:
        database: holds them.
        retention: for how many days before today entries are kept.
    """

    def __init__(self, database: Database, vault: Vault, retention: int = RETENTION_DAYS) -> None:
        super().__init__(database, vault)
        self._retention = timedelta(days=retention)

    @transaction
    def keep(self, connection: Connection, tenant_id: str, seen: Integration, settled: Settled, now: datetime) -> bool:
        """Keep the entries of settled days; give whether anything was added, changed or removed.

        Args:
            seen: the integration that was read with.
            settled: what was read.
        """
        present = is_present(connection, tenant_id, seen.account_id, seen.enabled_at)
        return present and self.keep_with_outcome(connection, tenant_id, seen.account_id, settled, now)

    def keep_with_outcome(
        self, connection: Connection, tenant_id: str, account_id: str, settled: Settled, now: datetime
    ) -> bool:
        """The same with an outcome, whose transaction has found the integration present."""
        oldest = settled.fetched_at.date() - self._retention
        if settled.days.last < oldest:
            return False
        whose = owner(tenant_id, account_id)
        account = _account(connection, whose)
        period = Period(max(settled.days.first, oldest), settled.days.last)
        if account is not None and (account.last < oldest or (account.begins and account.first != period.first)):
            delete_kept(connection, tenant_id, account_id)
            account = None
        if account is None:
            account = KeptState.beginning(period, settled.fetched_at)
            name = secrets.token_hex(8)
            connection.execute(INSERT_ACCOUNT, {"account_id": account_id, "generation": name, **asdict(account)})
        put_back = was_put_back(account.fetched_at, now)
        now_kept = replace(account, fetched_at=settled.fetched_at) if put_back else account
        days = now_kept.days_to_keep(period, settled.fetched_at)
        has_changed = False
        if days is not None:
            number = _number_after(account.number, shared_now(connection))
            if has_changed := self._compare(connection, whose, account_id, days, settled, number):
                now_kept = replace(now_kept, number=number)
            if _ends_days(connection, whose, settled, oldest):
                now_kept = now_kept.with_days(days, settled.fetched_at)
            now_kept = _without_oldest(connection, tenant_id, account_id, now_kept, oldest)
        if settled.ends_statement and now_kept.number > now_kept.announced:
            now_kept = replace(now_kept, announced=now_kept.number)
            kind = EventType.STATEMENT_CHANGED
            event = Event(type=kind, tenant_id=tenant_id, account_id=account_id, at=settled.fetched_at)
            note_event(connection, event, shared_now(connection))
        if now_kept != account:
            connection.execute(UPDATE_ACCOUNT, {**whose, **asdict(now_kept)})
        return has_changed

    def _compare(
        self,
        connection: Connection,
        whose: dict[str, Any],
        account_id: str,
        days: Period,
        settled: Settled,
        number: int,
    ) -> bool:
        """Make what is kept of these days equal to what is given; give whether it was different."""
        entries = {entry.id: entry for entry in settled.entries if entry.date in days}
        place = {**whose, "first": days.first, "last": days.last}
        if settled.ids is None:
            found = connection.execute(KNOWN_ON_DAYS, place).all()
        else:
            ids = {"first_id": settled.ids.first, "before_id": settled.ids.before}
            in_range = KNOWN_ON_DAYS_IN_RANGE if settled.count < BUSY_DAY_ENTRIES else KNOWN_IN_RANGE_ON_DAYS
            found = connection.execute(in_range, {**place, **ids}).all()
        known: dict[str, Known] = {row.entry_id: row for row in found}
        # An entry may have moved here from another day.
        known |= _elsewhere(connection, whose, [each for each in entries if each not in known])
        digests = {entry_id: _digest(entry) for entry_id, entry in entries.items()}
        different = [each for each in entries if each not in known or known[each].digest != digests[each]]
        lost = [each for each, row in known.items() if row.digest and each not in entries]
        if lost:
            connection.execute(REMOVE_ENTRY, [{**whose, "of_entry": each, "changed": number} for each in lost])
        if replaced := [{**whose, "of_entry": each} for each in different if each in known]:
            connection.execute(DELETE_ENTRY, replaced)
        if different:
            connection.execute(
                INSERT_ENTRIES,
                [self._row(account_id, entries[each], digests[each], known.get(each), number) for each in different],
            )
        return bool(different or lost)

    @reading
    def changes(self, connection: Connection, tenant_id: str, account_id: str, after: Place | None, most: int) -> Page:
        """The changes after a place, at most so many; from the beginning of what is kept where there is no place.

        Raises:
            PlaceUnknown: something that lies after the place was forgotten or erased.
        """
        query = select(KEPT_ENTRIES).where(owned(KEPT_ENTRIES.c.account_id, tenant_id, account_id))
        order = KEPT_ENTRIES.c.changed, KEPT_ENTRIES.c.entry_id
        if after is None:
            query = query.where(KEPT_ENTRIES.c.sealed.is_not(None))
        else:
            query = query.where(tuple_(*order) > tuple_(after.number, after.entry_id))
        rows = connection.execute(query.order_by(*order).limit(most + 1)).all()
        # Asked for after the rows: whatever was forgotten or erased before they were read is known by then.
        account = connection.execute(ACCOUNT, owner(tenant_id, account_id)).one_or_none()
        if after is not None and (account is None or not _is_known(after, account)):
            raise PlaceUnknown
        if account is None or account.last < account.first:
            return Page(None, [], [], [], None, more=False)
        given = rows[:most]
        page = Page(
            KeptAccount(Period(account.first, account.last), account.fetched_at),
            added=[],
            changed=[],
            removed=[row.entry_id for row in given if row.sealed is None],
            after=Place(account.generation, *_last(given, account.forgotten, after)),
            more=len(rows) > most,
        )
        for row in given:
            if row.sealed is not None:
                is_new = after is None or (row.added, row.entry_id) > (after.number, after.entry_id)
                (page.added if is_new else page.changed).append(self._opened(row))
        return page

    @reading
    def kept(self, connection: Connection, tenant_id: str, account_id: str) -> KeptAccount | None:
        """Which days of an account are kept; None where none are."""
        account = connection.execute(ACCOUNT, owner(tenant_id, account_id)).one_or_none()
        if account is None or account.last < account.first:
            return None
        return KeptAccount(Period(account.first, account.last), account.fetched_at)

    def _row(self, account_id: str, entry: Entry, digest: str, known: Known | None, number: int) -> dict[str, object]:
        return {
            "account_id": account_id,
            "entry_id": entry.id,
            "day": entry.date,
            "digest": digest,
            "sealed": self._vault.encrypt(account_id, PURPOSE, msgspec.to_builtins(entry, str_keys=True)),
            "added": known.added if known is not None and known.digest else number,
            "changed": number,
        }

    def _opened(self, row: Row[Any]) -> Entry:
        return msgspec.convert(self._vault.decrypt(row.account_id, PURPOSE, row.sealed or ""), Entry, strict=False)


def delete_kept(connection: Connection, tenant_id: str, account_id: str) -> None:
    """Within a transaction: erase what is kept of an account."""
    connection.execute(delete(KEPT_ENTRIES).where(owned(KEPT_ENTRIES.c.account_id, tenant_id, account_id)))
    connection.execute(delete(KEPT_ACCOUNTS).where(owned(KEPT_ACCOUNTS.c.account_id, tenant_id, account_id)))


def erase_damaged_kept(connection: Connection, row: Row[Any]) -> None:
    """Within a transaction: erase what is kept of the account of an entry that no key decrypts; it begins anew."""
    connection.execute(delete(KEPT_ENTRIES).where(KEPT_ENTRIES.c.account_id == row.account_id))
    connection.execute(delete(KEPT_ACCOUNTS).where(KEPT_ACCOUNTS.c.account_id == row.account_id))


def _account(connection: Connection, whose: dict[str, Any]) -> KeptState | None:
    row = connection.execute(LOCKED_ACCOUNT, whose).one_or_none()
    return struct_of(KeptState, row) if row is not None else None


def _number_after(number: int, now: datetime) -> int:
    """The number of the next change: the instant in microseconds, or one more than the last where a clock was put back.

    Numbers are instants so that none is given twice after the restore of a backup: what comes then is after every place
    that was given before, and is told to all.
    """
    return max(number + 1, (now - EPOCH) // timedelta(microseconds=1))


def _ends_days(connection: Connection, whose: dict[str, Any], settled: Settled, oldest: date) -> bool:
    """Whether all entries of the days are stored now.

    Those of an earlier part may be gone, if another statement has begun anew meanwhile. Of days before the oldest one
    nothing is stored, so that their number says nothing.
    """
    if settled.ids is None or not settled.ends_days or settled.days.first < oldest:
        return settled.ends_days
    days = {"first": settled.days.first, "last": settled.days.last}
    return connection.scalar(COUNT_ON_DAYS, {**whose, **days}) == settled.count


def _elsewhere(connection: Connection, whose: dict[str, Any], ids: Sequence[str]) -> dict[str, Known]:
    """What is kept under these ids, on whatever day."""
    found = (connection.execute(KNOWN_UNDER_IDS, {**whose, "ids": some}).all() for some in _parts(ids))
    return {row.entry_id: row for rows in found for row in rows}


def _without_oldest(
    connection: Connection, tenant_id: str, account_id: str, account: KeptState, oldest: date
) -> KeptState:
    """Forget the days before the oldest one that is kept."""
    if account.begins or account.first >= oldest:
        return account
    outdated = owned(KEPT_ENTRIES.c.account_id, tenant_id, account_id) & (KEPT_ENTRIES.c.day < oldest)
    highest = connection.scalar(select(func.max(KEPT_ENTRIES.c.changed)).where(outdated))
    connection.execute(delete(KEPT_ENTRIES).where(outdated))
    return replace(account, first=oldest, forgotten=max(account.forgotten, highest or 0))


def _is_known(place: Place, account: Row[Any]) -> bool:
    """Whether nothing after a place was forgotten, and the place is not of a time that a backup has undone."""
    return bool(place.generation == account.generation and account.forgotten <= place.number <= account.number)


def _last(given: Sequence[Row[Any]], forgotten: int, after: Place | None) -> tuple[int, str]:
    """Number and entry of the last row of a page; where there is none, the place where the page began."""
    if given:
        return given[-1].changed, given[-1].entry_id
    return (after.number, after.entry_id) if after is not None else (forgotten, "")


def _parts(ids: Sequence[str]) -> Iterator[list[str]]:
    rest = iter(ids)
    while some := list(islice(rest, IDS_AT_ONCE)):
        yield some


def _digest(entry: Entry) -> str:
    return sha256(ENCODE(entry)).hexdigest()[:32]
