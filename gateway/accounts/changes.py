"""Allows one change at a time of each account, in all processes together.

A change may spend a refresh token that was typed in. Another change of the same account waits until it has ended, and
then sees its result: the second of two registrations finds the account registered, and spends nothing.

Within a process a lock is enough. Between processes there is a row for each change under way, claimed by one SQL
statement, kept fresh while the change lasts, and removed with its end. A row that was not refreshed for
`CHANGE_STALE` belongs to a process that died: the next change of the account takes it over, and the hourly round
removes the others. One that was only stopped meanwhile, and wakes, sends nothing of what its change would spend
(`gateway.claims`).

Two accounts with one name at their bank (`gateway.storage.accounts.names`) are one account there, and the refresh
token that was typed in for both is the same. So enabling an account also claims its name, in the same way.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from gateway.claims import ClaimLost, holding
from gateway.clock import Clock
from gateway.concurrency.keyed import Keyed
from gateway.errors import GatewayError
from gateway.limits import CHANGE_HEARTBEAT_SECONDS, CHANGE_POLL_SECONDS, CHANGE_STALE, CHANGE_WAIT_SECONDS
from gateway.storage.engine.database import DATABASE_ERRORS
from gateway.storage.shared.changes import ChangeRows
from gateway.work.claims import kept_fresh

__all__ = ["Changes"]


class Changes:
    """The changes under way.

    Args:
        wall: the time by which rows grow stale; the database's unless another is given.
        sleep: waits for so many seconds.
    """

    def __init__(
        self,
        rows: ChangeRows,
        *,
        wall: Clock | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._rows = rows
        self._wall = wall or rows.clock
        self._sleep = sleep
        self._locks: Keyed[str, asyncio.Lock] = Keyed(asyncio.Lock)

    @asynccontextmanager
    async def one(self, *changed: str) -> AsyncIterator[None]:
        """Make a change while the context lasts; it begins when all other changes of the same things have ended.

        Args:
            changed: the id of an account, before it the id without its branch where it is new, and after it the names
                that it is given, in their order (`gateway.storage.accounts.names.claims`); the order prevents a
                deadlock between two changes.

        Raises:
            GatewayError: `deadline_exceeded`: another process's change did not end.
            SQLAlchemyError: the database does not answer; nothing has begun.
        """
        async with AsyncExitStack() as claims:
            for each in changed:
                await claims.enter_async_context(self._one(each))
            yield

    async def purge(self) -> None:
        """Remove the changes of processes that died."""
        await self._rows.purge(self._wall.now() - CHANGE_STALE)

    @asynccontextmanager
    async def _one(self, changed: str) -> AsyncIterator[None]:
        """Hold the lock and the claim of one account or name."""
        async with self._locks[changed]:
            claim = _ChangeClaim(self._rows, self._wall, changed)
            await self._made(claim)
            try:
                async with kept_fresh(claim, CHANGE_HEARTBEAT_SECONDS):
                    with holding(claim):
                        yield
            finally:
                # A caller that goes away must not leave the row behind.
                await asyncio.shield(claim.release())

    async def _made(self, claim: "_ChangeClaim") -> None:
        """Make a claim once there is no other."""
        waited = 0.0
        try:
            while not await claim.make():
                if waited >= CHANGE_WAIT_SECONDS:
                    raise GatewayError(
                        "deadline_exceeded", "another process has been changing the account for too long"
                    )
                await self._sleep(CHANGE_POLL_SECONDS)
                waited += CHANGE_POLL_SECONDS
        except asyncio.CancelledError:
            await asyncio.shield(claim.release())
            raise


class _ChangeClaim:
    """The claim of a change, which is its owner's until another one takes the row."""

    def __init__(self, rows: ChangeRows, wall: Clock, changed: str) -> None:
        self._rows = rows
        self._wall = wall
        self._mine = changed, secrets.token_hex(16)

    async def make(self) -> bool:
        """Claim what is free or whose claim is stale; True when it is ours."""
        now = self._wall.now()
        return await self._rows.claim(*self._mine, now, stale_before=now - CHANGE_STALE)

    async def renew(self) -> None:
        """Show that its process is alive, as `Claim` says."""
        if not await self._rows.renew(*self._mine, self._wall.now()):
            raise ClaimLost(self)

    async def release(self) -> None:
        """End it; a row that stays nevertheless grows stale."""
        with suppress(*DATABASE_ERRORS):
            await self._rows.release(*self._mine)
