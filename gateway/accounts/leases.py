"""One reading for all processes: whoever reads an account for a period has the lease of its credentials meanwhile.

Another process that is asked for the same waits, and answers from what the first has stored. Other periods of the
account are read at the same time, as within a process, under the bank's quotas.

Rules.
1. A lease that was not renewed for `LEASE_STALE` belongs to a process that died; whoever waits takes it over.
2. A reading that has lost its lease still answers its callers, and records no outcome (`gateway.storage.leases`).
3. Where the database does not give a lease in time, the account is read without one.
4. A lease ends when its reading has stored what it has to store. Nobody waits for that: leases that end while others
   are being ended are ended together.

One process with a database of its own has no leases: `gateway.concurrency.single_flight` does the same within it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime

import structlog

from gateway.clock import Clock, SystemClock
from gateway.errors import GatewayError
from gateway.limits import (
    LEASE_HEARTBEAT_SECONDS,
    LEASE_POLL_SECONDS,
    LEASE_PURGE_SECONDS,
    LEASE_STALE,
    LEASE_TAKE_SECONDS,
    LEASE_WAIT_SECONDS,
)
from gateway.model import Period, Statement
from gateway.storage.database import DATABASE_ERRORS
from gateway.storage.leases import Lease, LeaseRows
from gateway.storage.records import AccountRecord, Integration

__all__ = ["Leases", "Stored"]

Stored = Callable[[AccountRecord, Period, datetime], Awaitable[Statement | None]]
"""Gives what is stored of an account for a whole period, where it was fetched at that instant or later; else None."""

log = structlog.get_logger("gateway.accounts")


class _NoLease(Exception):
    """The database gives no lease now."""


class Leases:
    """The leases of this process's readings.

    Args:
        rows: the table of leases.
        stored: what was stored by others.
        clock: the time by which statements are fetched.
        wall: the machine's time, by which leases expire.
        sleep: waits for so many seconds.
        take_seconds: time for the database to give a lease.
    """

    def __init__(
        self,
        rows: LeaseRows,
        stored: Stored,
        clock: Clock,
        *,
        wall: Clock | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        take_seconds: float = LEASE_TAKE_SECONDS,
    ) -> None:
        self._rows = rows
        self._stored = stored
        self._clock = clock
        self._wall = wall or SystemClock()
        self._sleep = sleep
        self._take_seconds = take_seconds
        self._held: dict[str, Lease] = {}
        self._ended: list[Lease] = []
        self._ending: asyncio.Task[None] | None = None
        self._beating: asyncio.Task[None] | None = None
        self._next_purge = self._wall.now().timestamp() + LEASE_PURGE_SECONDS

    async def one_reading(
        self,
        record: AccountRecord,
        integration: Integration,
        period: Period,
        read: Callable[[Lease | None, bool], Awaitable[Statement]],
    ) -> Statement:
        """The statement that `read` gives, or that another process has stored meanwhile.

        Args:
            record: the account.
            integration: as it was looked up.
            period: the days.
            read: reads at the bank and stores; it is given its lease, if there is one, and whether it had to wait.

        Raises:
            GatewayError: `deadline_exceeded`: another process has been reading for too long.
            Exception: as `read` does.
        """
        began, waited = self._clock.now(), 0.0
        lease = Lease.of(record.id, period)
        try:
            since = await self._taken(lease, integration, began)
            while since is not None:
                if waited >= LEASE_WAIT_SECONDS:
                    detail = "another process has been reading the account for too long"
                    raise GatewayError("deadline_exceeded", detail)
                await self._sleep(LEASE_POLL_SECONDS)
                waited += LEASE_POLL_SECONDS
                # What the other has stored is looked for after the lease is free: it was stored before.
                other, since = since, await self._taken(lease, integration, began)
                if (found := await self._read_by_other(record, period, other)) is not None:
                    return found
            self._hold(lease)
            return await read(lease, waited > 0)
        except _NoLease:
            return await read(None, waited > 0)
        finally:
            self._end(lease)

    async def aclose(self) -> None:
        """End the leases that are left."""
        if self._beating is not None:
            self._beating.cancel()
        while self._ending is not None and not self._ending.done():
            await asyncio.wait({self._ending})

    async def _taken(self, lease: Lease, integration: Integration, began: datetime) -> datetime | None:
        """None where the lease is taken; else when the reading of another process began.

        Raises:
            _NoLease: the database does not give it in time.
        """
        now = self._wall.now()
        enabled_at = integration.enabled_at or began
        try:
            async with asyncio.timeout(self._take_seconds):
                return await self._rows.take(lease, enabled_at, began, now=now, stale=now - LEASE_STALE)
        except (TimeoutError, *DATABASE_ERRORS) as error:
            log.warning("lease_not_taken", account=lease.account_id, kind=type(error).__name__)
            raise _NoLease from error

    async def _read_by_other(self, record: AccountRecord, period: Period, since: datetime) -> Statement | None:
        try:
            return await self._stored(record, period, since)
        except DATABASE_ERRORS:
            return None

    def _hold(self, lease: Lease) -> None:
        self._held[lease.owner] = lease
        if self._beating is None or self._beating.done():
            self._beating = asyncio.create_task(self._beat())

    def _end(self, lease: Lease) -> None:
        """Have a lease ended soon, also one of which it is not known whether it was given."""
        self._held.pop(lease.owner, None)
        self._ended.append(lease)
        if self._ending is None or self._ending.done():
            self._ending = asyncio.create_task(self._end_all())

    async def _end_all(self) -> None:
        while self._ended:
            ended, self._ended = self._ended, []
            now, before = self._wall.now(), None
            if now.timestamp() >= self._next_purge:
                self._next_purge = now.timestamp() + LEASE_PURGE_SECONDS
                before = now - LEASE_STALE
            # What stays nevertheless grows stale.
            with suppress(*DATABASE_ERRORS):
                await self._rows.release(ended, before=before)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(LEASE_HEARTBEAT_SECONDS)
            if not self._held:
                return
            with suppress(*DATABASE_ERRORS):
                await self._rows.renew(list(self._held.values()), self._wall.now())
