"""Pauses that banks without a documented limit have asked for (429), by client, shared by all processes.

At banks with a limit every call is reserved in the table of quotas, and finds there what the bank has said. At the
others no call asks the database. So the process that got the 429 writes the pause there, and every process looks for
new ones from time to time. A process that shares its database with no other needs none of this.
"""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TypeAlias

import msgspec
import structlog
from sqlalchemy import Connection, select

from gateway.clock import Clock
from gateway.limits import HOLD_LOOK_SECONDS, HOLDS_READ_AT_ONCE, QUOTA_CLOSED_SECONDS
from gateway.quotas.reservations import UNLIMITED, CallEnd, QuotaKey, Room, Spent
from gateway.storage.encryption.vault import Vault
from gateway.storage.engine.database import DATABASE_ERRORS, Database
from gateway.storage.engine.transactions import reading
from gateway.storage.shared.quotas import Quotas
from gateway.storage.shared.tables import QUOTAS

__all__ = ["Holds"]

RowKey: TypeAlias = tuple[str, str, str]
"""Bank, operation and the digest of the client, as the table has them."""

log = structlog.get_logger("gateway.accounts")


class Holds:
    """The gateway's `SharedHolds`.

    Args:
        database: where the table of quotas is.
        vault: makes the digests.
        quotas: writes to that table.
        banks: those that document no limit.
        wall: the time of all processes; the database's unless another is given.
    """

    def __init__(
        self,
        database: Database,
        vault: Vault,
        quotas: Quotas,
        banks: Collection[str],
        *,
        wall: Clock | None = None,
    ) -> None:
        self._database = database
        self._vault = vault
        self._quotas = quotas
        self._banks = banks
        self._wall = wall or database.clock
        self._known: dict[RowKey, Spent] = {}
        self._looked_at = 0.0

    def note(self, key: QuotaKey, seconds: float) -> None:
        """Have it noted soon that a bank wants no call of a client to an operation for so many seconds."""
        self._quotas.settle({key: UNLIMITED}, None, CallEnd.ANSWERED, seconds)

    def in_force(self, key: QuotaKey) -> Room | None:
        """For how long nothing is sent because a bank has said so, here or elsewhere; None where it has not."""
        if not self._known:
            return None
        digest = self._vault.fingerprint(f"quota {key.bank}", key.caller)
        now = self._wall.now().timestamp()
        known = self._known.get((key.bank, key.quota, digest), Spent())
        if known.closed_until <= now:
            return None
        return Room(granted=False, full=key, closed=known.closed_until - now, unwanted=known.unwanted_until - now)

    async def look(self) -> None:
        """Learn what banks have said since the last look."""
        now = self._wall.now().timestamp()
        # Again what was written shortly before: clocks of machines differ a little, and a transaction takes a moment.
        since = max(self._looked_at - 3 * HOLD_LOOK_SECONDS, now - QUOTA_CLOSED_SECONDS)
        found = await self._read(datetime.fromtimestamp(since, UTC))
        self._looked_at = now
        known = {**self._known, **{key: spent.believed(now) for key, spent in found.items()}}
        self._known = {key: spent for key, spent in known.items() if spent.closed_until > now}

    @asynccontextmanager
    async def watched(self) -> AsyncIterator["Holds"]:
        """Itself, which looks now and then as long as the context lasts."""
        watching = asyncio.create_task(self._watch())
        try:
            yield self
        finally:
            watching.cancel()
            await asyncio.wait({watching})

    async def _watch(self) -> None:
        while True:
            try:
                await self.look()
            except DATABASE_ERRORS as error:
                log.warning("holds_not_read", kind=type(error).__name__)
            await asyncio.sleep(HOLD_LOOK_SECONDS)

    @reading
    def _read(self, connection: Connection, since: datetime) -> dict[RowKey, Spent]:
        query = (
            select(QUOTAS)
            .where(QUOTAS.c.bank.in_(self._banks), QUOTAS.c.touched_at >= since)
            .order_by(QUOTAS.c.touched_at.desc())
            .limit(HOLDS_READ_AT_ONCE)
        )
        rows = connection.execute(query)
        return {(row.bank, row.operation, row.client): msgspec.convert(row.spent, Spent) for row in rows}
