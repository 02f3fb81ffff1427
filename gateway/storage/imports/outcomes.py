"""The outcomes of the daily imports of each account. Which ones are due: `gateway.storage.imports.due`."""

from datetime import date, datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import (
    ColumnElement,
    Connection,
    CursorResult,
    Row,
    Select,
    exists,
    false,
    func,
    insert,
    literal,
    select,
    update,
)

from gateway.events import Event, EventType
from gateway.limits import IMPORT_CLAIM_STALE, IMPORT_LONGEST_WAIT
from gateway.model import DAY
from gateway.storage.accounts.pauses import Mode, of_account
from gateway.storage.accounts.records import READ_STATES
from gateway.storage.accounts.tables import ACCOUNTS, INTEGRATIONS, PAUSES, owned
from gateway.storage.engine.column_types import Instant
from gateway.storage.engine.rows import struct_of
from gateway.storage.engine.stores import Store
from gateway.storage.engine.transactions import reading, shared_now, transaction
from gateway.storage.imports.tables import IMPORTS
from gateway.storage.webhooks.deliveries import note_event

__all__ = [
    "DONE",
    "Begun",
    "Imported",
    "Imports",
    "is_done",
    "is_put_off",
    "not_under_way",
    "of_integration",
    "readable",
    "under_way",
    "was_tried",
]

DONE = "done"
"""The outcome of an import that has brought a statement."""


class Imported(Struct, frozen=True, kw_only=True):
    """What became of the imports of an account with its present integration."""

    enabled_at: datetime
    through: date | None = None
    """The last day that was imported."""
    done_on: date | None = None
    tried_on: date | None = None
    attempts: int = 0
    """Attempts on the day `tried_on`."""
    attempted_at: datetime | None = None
    outcome: str = ""
    next_attempt_at: datetime | None = None


class Begun(Struct, frozen=True, kw_only=True):
    """An import that has begun."""

    bank: str
    first_import: date | None
    """The first day of the first import."""
    claimed_at: datetime
    """When it was claimed. The claim is known by it: a process that slept so long that another one has claimed the
    import changes nothing of that."""
    imported: Imported
    """What became of those before."""


class Imports(Store):
    """The table of imports, of one tenant's account at a time."""

    @transaction
    def begin(self, connection: Connection, tenant_id: str, account_id: str, now: datetime) -> Begun | None:
        """Begin an import of an account, unless its bank may not be asked, or another process imports it just now.

        One whose claim is `IMPORT_CLAIM_STALE` old belongs to a process that has died.
        """
        # The writes come first: they lock, so that of two processes one sees what the other has done.
        mine, claimed_at = owned(IMPORTS.c.account_id, tenant_id, account_id), shared_now(connection)
        claim = update(IMPORTS).where(mine, not_under_way(connection)).values(claimed_at=claimed_at)
        if not _changed(connection.execute(claim)):
            account = select(ACCOUNTS.c.id, literal(claimed_at, Instant()), literal(0), literal("")).where(
                ACCOUNTS.c.tenant_id == tenant_id,
                ACCOUNTS.c.id == account_id,
                ~exists(select(IMPORTS.c.account_id).where(IMPORTS.c.account_id == ACCOUNTS.c.id)),
            )
            columns = ("account_id", "claimed_at", "attempts", "outcome")
            # Asked for what was inserted, because PostgreSQL's driver does not tell the number of these rows.
            added = insert(IMPORTS).from_select(columns, account).returning(IMPORTS.c.account_id)
            if connection.execute(added).first() is None:
                return None
        query = (
            select(
                ACCOUNTS.c.bank,
                INTEGRATIONS.c.enabled_at.label("present"),
                INTEGRATIONS.c.first_import_from,
                *IMPORTS.c,
            )
            .join(INTEGRATIONS, INTEGRATIONS.c.account_id == ACCOUNTS.c.id)
            .join(IMPORTS, IMPORTS.c.account_id == ACCOUNTS.c.id)
            .where(ACCOUNTS.c.tenant_id == tenant_id, ACCOUNTS.c.id == account_id, *readable(now))
        )
        found = connection.execute(query).one_or_none()
        if found is None or found.present is None:
            self._end(connection, tenant_id, account_id, claimed_at)
            return None
        first = found.first_import_from
        return Begun(
            bank=found.bank,
            first_import=date.fromisoformat(first) if first is not None else None,
            claimed_at=claimed_at,
            imported=_imported(found, found.present),
        )

    @reading
    def is_of_present(self, connection: Connection, tenant_id: str, account_id: str, enabled_at: datetime) -> bool:
        """Whether the integration that was enabled then is still the account's."""
        mine = owned(INTEGRATIONS.c.account_id, tenant_id, account_id), INTEGRATIONS.c.sealed.is_not(None)
        same = select(INTEGRATIONS.c.account_id).where(*mine, INTEGRATIONS.c.enabled_at == enabled_at)
        return connection.scalar(same) is not None

    @transaction
    def renew(self, connection: Connection, tenant_id: str, account_id: str, claimed_at: datetime) -> datetime | None:
        """Show that the process of an import is alive; give when it is claimed now, or None where the claim is lost."""
        renewed_at = shared_now(connection)
        return renewed_at if self._claim_becomes(connection, tenant_id, account_id, claimed_at, renewed_at) else None

    @transaction
    def keep(
        self, connection: Connection, tenant_id: str, account_id: str, claimed_at: datetime, imported: Imported
    ) -> bool:
        """End an import and store what became of it; give whether that is so.

        It is not where the claim is lost, or the integration is another than it began with. One that is done is noted
        for webhooks too: whoever is told finds what was imported.
        """
        if not self._end(connection, tenant_id, account_id, claimed_at):
            return False
        same = (
            select(INTEGRATIONS.c.account_id)
            .where(INTEGRATIONS.c.account_id == IMPORTS.c.account_id, INTEGRATIONS.c.enabled_at == imported.enabled_at)
            .correlate(IMPORTS)
        )
        kept = (
            update(IMPORTS)
            .where(owned(IMPORTS.c.account_id, tenant_id, account_id), exists(same))
            .values(asdict(imported))
        )
        if not _changed(connection.execute(kept)):
            return False
        if imported.outcome == DONE and imported.through is not None and imported.attempted_at is not None:
            event = Event(
                type=EventType.STATEMENT_READY,
                tenant_id=tenant_id,
                account_id=account_id,
                at=imported.attempted_at,
                detail={"through": imported.through.isoformat()},
            )
            note_event(connection, event, shared_now(connection))
        return True

    @transaction
    def hand_back(self, connection: Connection, tenant_id: str, account_id: str, claimed_at: datetime) -> None:
        """End an import without an outcome, so that another process may begin it."""
        self._end(connection, tenant_id, account_id, claimed_at)

    @classmethod
    def _end(cls, connection: Connection, tenant_id: str, account_id: str, claimed_at: datetime) -> bool:
        return cls._claim_becomes(connection, tenant_id, account_id, claimed_at, None)

    @staticmethod
    def _claim_becomes(
        connection: Connection, tenant_id: str, account_id: str, claimed_at: datetime, becomes: datetime | None
    ) -> bool:
        """Change a claim; whether it was still there."""
        mine = owned(IMPORTS.c.account_id, tenant_id, account_id), IMPORTS.c.claimed_at == claimed_at
        change = update(IMPORTS).where(*mine).values(claimed_at=becomes)
        return _changed(connection.execute(change))


def _changed(result: CursorResult[Any]) -> bool:
    return bool(result.rowcount)


def of_integration() -> ColumnElement[bool]:
    """Joins an integration with what became of its imports, not of those of one before it."""
    return (IMPORTS.c.account_id == INTEGRATIONS.c.account_id) & (IMPORTS.c.enabled_at == INTEGRATIONS.c.enabled_at)


def readable(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """The conditions under which the bank may be asked for an account."""
    paused = exists(select(PAUSES.c.bank).where(of_account(now), PAUSES.c.mode == Mode.ALL.value))
    return (
        INTEGRATIONS.c.sealed.is_not(None),
        INTEGRATIONS.c.enabled_at.is_not(None),
        INTEGRATIONS.c.state.in_(sorted(state.value for state in READ_STATES)),
        ~paused,
    )


def is_done(today: date) -> ColumnElement[bool]:
    """The condition that an import of this business day was done; not one that a wrong clock dated far ahead."""
    return func.coalesce(IMPORTS.c.done_on.between(today, today + DAY), false())


def was_tried(today: date) -> ColumnElement[bool]:
    """Likewise for attempts."""
    return func.coalesce(IMPORTS.c.tried_on.between(today, today + DAY), false())


def is_put_off(now: datetime) -> ColumnElement[bool]:
    """The condition that the next attempt is later; not one that a wrong clock dated far ahead."""
    later = (IMPORTS.c.next_attempt_at > now) & (IMPORTS.c.next_attempt_at <= now + IMPORT_LONGEST_WAIT)
    return func.coalesce(later, false())


def under_way(connection: Connection) -> Select[str]:
    """Within a transaction: the accounts that are being imported, with whichever integration."""
    return select(IMPORTS.c.account_id).where(IMPORTS.c.claimed_at > shared_now(connection) - IMPORT_CLAIM_STALE)


def not_under_way(connection: Connection) -> ColumnElement[bool]:
    """Within a transaction: the condition that an account is not being imported."""
    return IMPORTS.c.claimed_at.is_(None) | (IMPORTS.c.claimed_at <= shared_now(connection) - IMPORT_CLAIM_STALE)


def _imported(row: Row[Any], enabled_at: datetime) -> Imported:
    """What a row says of the integration that was enabled then."""
    if row.enabled_at != enabled_at:
        return Imported(enabled_at=enabled_at)
    return struct_of(Imported, row)
