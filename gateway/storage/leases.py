"""The leases of credentials while they are read with (see `gateway.accounts.leases`).

A lease is taken by one statement, and whoever takes over an expired one gives it another owner. An outcome is recorded
in a transaction that first locks the lease of its reading: whoever would take it over waits for the end of that
transaction, so that what it records comes later, and a reading that has lost its lease records no outcome.
"""

import secrets
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, cast

from msgspec import Struct
from sqlalchemy import CursorResult, Date, bindparam, delete, select, text, update
from sqlalchemy.orm import Session

from gateway.model import Period
from gateway.storage.database import Database
from gateway.storage.lease_tables import LeaseRow
from gateway.storage.tables import Instant
from gateway.storage.transactions import transaction

__all__ = ["Lease", "LeaseRows", "is_held"]

TAKE = text(
    """
    INSERT INTO leases (account_id, first, last, owner, enabled_at, began, renewed_at)
    VALUES (:account_id, :first, :last, :owner, :enabled_at, :began, :now)
    ON CONFLICT (account_id, first, last) DO UPDATE
    SET owner = excluded.owner, enabled_at = excluded.enabled_at,
        began = excluded.began, renewed_at = excluded.renewed_at
    WHERE leases.renewed_at < :stale_before OR leases.enabled_at <> excluded.enabled_at
    """
).bindparams(
    *(bindparam(name, type_=Date()) for name in ("first", "last")),
    *(bindparam(name, type_=Instant()) for name in ("enabled_at", "began", "now", "stale_before")),
)


class Lease(Struct, frozen=True):
    """A lease as its reading knows it."""

    account_id: str
    first: date
    last: date
    owner: str

    @classmethod
    def of(cls, account_id: str, period: Period) -> "Lease":
        """A lease of a new reading, which has to be taken."""
        return cls(account_id, period.first, period.last, secrets.token_hex(16))


class LeaseRows:
    """The table of leases.

    Args:
        database: holds the table.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @transaction
    def take(
        self, session: Session, lease: Lease, enabled_at: datetime, began: datetime, *, now: datetime, stale: datetime
    ) -> datetime | None:
        """Take a lease that is free, was last renewed before `stale`, or is of another integration.

        Returns:
            None where it is taken; else when the reading began that has it.
        """
        values = {"account_id": lease.account_id, "first": lease.first, "last": lease.last, "owner": lease.owner}
        values |= {"enabled_at": enabled_at, "began": began, "now": now, "stale_before": stale}
        if cast("CursorResult[Any]", session.execute(TAKE, values)).rowcount == 1:
            return None
        query = select(LeaseRow.began).where(*_where(lease))
        # Where it has ended this very moment, the next look takes it.
        return session.scalar(query) or began

    @transaction
    def renew(self, session: Session, leases: Sequence[Lease], now: datetime) -> None:
        """Show that the process of these readings is alive."""
        mine = update(LeaseRow).where(LeaseRow.owner.in_([lease.owner for lease in leases]))
        session.execute(mine.values(renewed_at=now).execution_options(synchronize_session=False))

    @transaction
    def release(self, session: Session, leases: Sequence[Lease], *, before: datetime | None = None) -> None:
        """End these leases, and all that were last renewed before some instant."""
        for lease in leases:
            session.execute(delete(LeaseRow).where(*_where(lease), LeaseRow.owner == lease.owner))
        if before is not None:
            session.execute(delete(LeaseRow).where(LeaseRow.renewed_at < before))


def is_held(session: Session, lease: Lease) -> bool:
    """Within a transaction that records an outcome: whether a lease is still its reading's; nobody takes it then."""
    kept = (
        update(LeaseRow)
        .where(*_where(lease), LeaseRow.owner == lease.owner)
        .values(owner=lease.owner)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", session.execute(kept)).rowcount == 1


def _where(lease: Lease) -> tuple[Any, ...]:
    return LeaseRow.account_id == lease.account_id, LeaseRow.first == lease.first, LeaseRow.last == lease.last
