"""One reading for all processes: a process that reads an account for a period holds the lease of its credentials.

Another process that is asked for the same waits, and answers with the statement that the first one leaves for it in the
database, encrypted. Other periods of the account are read at the same time, as within a process, under the bank's
quotas.

Rules.
1. A lease that was not renewed for `LEASE_STALE` belongs to a process that died; a waiting process takes it over.
2. A reading that has lost its lease still answers its callers, and records no outcome
   (`gateway.storage.shared.leases`).
3. Where the database does not give a lease in time, the account is read without one.
4. A lease ends when its reading has recorded what it has to record. Nobody waits for that: leases that end while
   others are being ended are ended together.
5. A statement of so many entries that they are spooled is not left for others; they read it themselves.

One process with a database of its own has no leases: `gateway.concurrency.single_flight` does the same within it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any

import msgspec
import structlog

from gateway.clock import Clock
from gateway.errors import GatewayError
from gateway.limits import (
    HELD_ENTRIES,
    LEASE_HEARTBEAT_SECONDS,
    LEASE_POLL_SECONDS,
    LEASE_PURGE_SECONDS,
    LEASE_STALE,
    LEASE_TAKE_SECONDS,
    LEASE_WAIT_SECONDS,
)
from gateway.model import Account, Period, Statement
from gateway.storage.accounts.records import Integration
from gateway.storage.encryption.vault import VaultError
from gateway.storage.engine.database import DATABASE_ERRORS
from gateway.storage.shared.leases import HandedOver, Held, Lease, LeaseRows

__all__ = ["Leases"]

log = structlog.get_logger("gateway.accounts")


class _NoLease(Exception):
    """The database gives no lease now."""


class Leases:
    """The leases of this process's readings.

    Args:
        wall: the time by which leases expire; the database's unless another is given.
        sleep: waits for so many seconds.
        take_seconds: time for the database to give a lease.
    """

    def __init__(
        self,
        rows: LeaseRows,
        *,
        wall: Clock | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        take_seconds: float = LEASE_TAKE_SECONDS,
    ) -> None:
        self._rows = rows
        self._wall = wall or rows.clock
        self._sleep = sleep
        self._take_seconds = take_seconds
        self._held: dict[str, Lease] = {}
        self._ended: list[tuple[Lease, Callable[[], Any] | None]] = []
        self._ending: asyncio.Task[None] | None = None
        self._beating: asyncio.Task[None] | None = None
        self._next_purge = self._wall.now().timestamp() + LEASE_PURGE_SECONDS

    async def one_reading(
        self,
        account: Account,
        integration: Integration,
        period: Period,
        read: Callable[[Lease | None, bool], Awaitable[Statement]],
    ) -> Statement:
        """The statement that `read` gives, or that another process has read meanwhile.

        Args:
            account: with what is needed to read it.
            integration: as it was looked up.
            period: the days.
            read: reads at the bank and records; it is given its lease, if there is one, and whether it had to wait.

        Raises:
            GatewayError: `deadline_exceeded`: another process has been reading for too long.
            Exception: as `read` does.
        """
        waited, awaited, statement = 0.0, "", None
        lease = Lease.of(account.id, period)
        try:
            while (found := await self._taken(lease, integration, awaited)) is not None:
                if isinstance(found, HandedOver):
                    return _opened(found, account)
                if waited >= LEASE_WAIT_SECONDS:
                    detail = "another process has been reading the account for too long"
                    raise GatewayError("deadline_exceeded", detail)
                awaited = found.owner
                await self._sleep(LEASE_POLL_SECONDS)
                waited += LEASE_POLL_SECONDS
            self._hold(lease)
            statement = await read(lease, waited > 0)
        except _NoLease:
            return await read(None, waited > 0)
        else:
            return statement
        finally:
            self._end(lease, statement)

    async def aclose(self) -> None:
        """End the leases that are left."""
        if self._beating is not None:
            self._beating.cancel()
        while self._ending is not None and not self._ending.done():
            await asyncio.wait({self._ending})

    async def _taken(self, lease: Lease, integration: Integration, awaited: str) -> Held | HandedOver | None:
        """None where the lease is taken; else what another process has, or has left.

        Raises:
            _NoLease: the database does not give it in time.
        """
        now = self._wall.now()
        enabled_at = integration.enabled_at or now
        try:
            async with asyncio.timeout(self._take_seconds):
                return await self._rows.take(lease, enabled_at, now=now, stale=now - LEASE_STALE, awaited=awaited)
        except (TimeoutError, VaultError, *DATABASE_ERRORS) as error:
            log.warning("lease_not_taken", account=lease.account_id, kind=type(error).__name__)
            raise _NoLease from error

    def _hold(self, lease: Lease) -> None:
        self._held[lease.owner] = lease
        if self._beating is None or self._beating.done():
            self._beating = asyncio.create_task(self._beat())

    def _end(self, lease: Lease, statement: Statement | None) -> None:
        """Have a lease ended soon, also where nobody knows whether it was given."""
        self._held.pop(lease.owner, None)
        kept = statement if statement is not None and len(statement.entries) <= HELD_ENTRIES else None
        self._ended.append((lease, partial(_content, kept) if kept is not None else None))
        if self._ending is None or self._ending.done():
            self._ending = asyncio.create_task(self._end_all())

    async def _end_all(self) -> None:
        while self._ended:
            ended, self._ended = self._ended, []
            now, stale = self._wall.now(), None
            if now.timestamp() >= self._next_purge:
                self._next_purge = now.timestamp() + LEASE_PURGE_SECONDS
                stale = now - LEASE_STALE
            # What stays nevertheless grows stale.
            with suppress(*DATABASE_ERRORS):
                await self._rows.end(ended, now, stale=stale)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(LEASE_HEARTBEAT_SECONDS)
            if not self._held:
                return
            with suppress(*DATABASE_ERRORS):
                await self._rows.renew(list(self._held.values()), self._wall.now())


def _content(statement: Statement) -> Any:
    """What is left of a statement for others: all of it but the credentials."""
    whole = {name: getattr(statement, name) for name in statement.__struct_fields__ if name != "account"}
    return msgspec.to_builtins(whole, str_keys=True)


def _opened(left: HandedOver, account: Account) -> Statement:
    return msgspec.convert(left.content | {"account": msgspec.to_builtins(account)}, Statement, strict=False)
