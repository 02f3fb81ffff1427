"""The leases of credentials while they are read with (see `gateway.accounts.reading.leases`).

A lease is taken by one SQL statement, which gives it a new owner. An outcome is recorded in a transaction that first
locks the lease of its reading: a process that would take it over waits for the end of that transaction, so that its own
records come later. A reading that has lost its lease records no outcome.

A process that finds a lease taken notes that it wants the statement. The reading then leaves it in the row when it
ends, encrypted, and the row stays until somebody takes the lease again, or it is purged.
"""

import secrets
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, TypeAlias

from msgspec import Struct
from sqlalchemy import Connection, Date, bindparam, delete, select, text, update

from gateway.model import Period
from gateway.storage.engine.column_types import Instant
from gateway.storage.engine.stores import SealedStore
from gateway.storage.engine.transactions import transaction
from gateway.storage.shared.tables import LEASES

__all__ = ["HandedOver", "Held", "Lease", "LeaseRows", "delete_leases", "is_held"]

TAKE = text(
    """
    INSERT INTO leases (account_id, first, last, owner, enabled_at, wanted, sealed, renewed_at)
    VALUES (:account_id, :first, :last, :owner, :enabled_at, false, NULL, :now)
    ON CONFLICT (account_id, first, last) DO UPDATE
    SET owner = excluded.owner, enabled_at = excluded.enabled_at,
        wanted = false, sealed = NULL, renewed_at = excluded.renewed_at
    WHERE leases.renewed_at < :stale_before OR leases.enabled_at <> excluded.enabled_at OR leases.sealed IS NOT NULL
    """
).bindparams(
    *(bindparam(name, type_=Date()) for name in ("first", "last")),
    *(bindparam(name, type_=Instant()) for name in ("enabled_at", "now", "stale_before")),
)
PURPOSE = "handed over"


Content: TypeAlias = Callable[[], Any]
"""Makes what is left of a reading, as JSON has it; only where it is wanted."""


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


class Held(Struct, frozen=True):
    """Another reading has the lease."""

    owner: str


class HandedOver(Struct, frozen=True):
    """What the other reading has left."""

    content: Any


class LeaseRows(SealedStore):
    """The table of leases."""

    @transaction
    def take(
        self,
        connection: Connection,
        lease: Lease,
        enabled_at: datetime,
        *,
        now: datetime,
        stale: datetime,
        awaited: str = "",
    ) -> Held | HandedOver | None:
        """Take a lease that is free, was last renewed before `stale`, or is of another integration.

        Args:
            lease: of a new reading.
            enabled_at: when the integration was enabled that is to be read with.
            stale: leases that were last renewed before it are free.
            awaited: the reading whose statement is waited for.

        Returns:
            None where it is taken. Where another reading has it, that one; it is told that its statement is wanted.

        Raises:
            VaultError: what the awaited reading has left cannot be decrypted.
        """
        if awaited:
            query = select(LEASES).where(*_where(lease), LEASES.c.owner == awaited).with_for_update()
            left = connection.execute(query).one_or_none()
            if left is not None and left.sealed is not None and left.enabled_at == enabled_at:
                return HandedOver(self._vault.decrypt(lease.account_id, PURPOSE, left.sealed))
        values = {"account_id": lease.account_id, "first": lease.first, "last": lease.last, "owner": lease.owner}
        values |= {"enabled_at": enabled_at, "now": now, "stale_before": stale}
        if connection.execute(TAKE, values).rowcount == 1:
            return None
        want = update(LEASES).where(*_where(lease)).values(wanted=True).returning(LEASES.c.owner)
        # Where it has ended this very moment, the next look takes it.
        return Held(connection.scalar(want) or "")

    @transaction
    def renew(self, connection: Connection, leases: Sequence[Lease], now: datetime) -> None:
        """Show that the process of these readings is alive."""
        mine = update(LEASES).where(LEASES.c.owner.in_([lease.owner for lease in leases]))
        connection.execute(mine.values(renewed_at=now))

    @transaction
    def end(
        self,
        connection: Connection,
        ended: Sequence[tuple[Lease, Content | None]],
        now: datetime,
        *,
        stale: datetime | None = None,
    ) -> None:
        """End leases, each with what makes the statement that is left for others, or None.

        Args:
            ended: what has ended.
            stale: all leases that were last renewed before it are removed too.
        """
        for lease, content in ended:
            mine = (*_where(lease), LEASES.c.owner == lease.owner)
            unwanted = mine if content is None else (*mine, LEASES.c.wanted.is_(False))
            gone = connection.execute(delete(LEASES).where(*unwanted))
            if content is not None and not gone.rowcount:
                sealed = self._vault.encrypt(lease.account_id, PURPOSE, content())
                left = update(LEASES).where(*mine).values(sealed=sealed, renewed_at=now)
                connection.execute(left)
        if stale is not None:
            connection.execute(delete(LEASES).where(LEASES.c.renewed_at < stale))


def delete_leases(connection: Connection, account_id: str) -> None:
    """Within a transaction: end the leases of an account, with what is left for others."""
    connection.execute(delete(LEASES).where(LEASES.c.account_id == account_id))


def is_held(connection: Connection, lease: Lease) -> bool:
    """Within a transaction that records an outcome: whether a lease is still its reading's; nobody takes it then."""
    kept = update(LEASES).where(*_where(lease), LEASES.c.owner == lease.owner).values(owner=lease.owner)
    return connection.execute(kept).rowcount == 1


def _where(lease: Lease) -> tuple[Any, ...]:
    return LEASES.c.account_id == lease.account_id, LEASES.c.first == lease.first, LEASES.c.last == lease.last
