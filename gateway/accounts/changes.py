"""One change at a time for each account, in whatever process it is made.

A change may spend a refresh token that was typed in. Whoever wants to make another one meanwhile waits until it has
ended, and then finds what came of it: the second of two registrations finds the account registered, and spends nothing.

Within a process a lock is enough. Between processes there is a row for each change under way, claimed by one statement,
kept fresh while the change lasts, and removed with its end. A row that has not been heard of for long belongs to a
process that died: whoever wants the account takes it over, and the hourly round removes what nobody wants.

Two accounts with one name at their bank (`gateway.storage.names`) are one account there, and the refresh token that
was typed in for both is the same. So who enables an account changes its name too, which is claimed in the same way.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from gateway.accounts.whole import ended
from gateway.clock import Clock, SystemClock
from gateway.concurrency.keyed import Keyed
from gateway.errors import GatewayError
from gateway.limits import CHANGE_HEARTBEAT_SECONDS, CHANGE_POLL_SECONDS, CHANGE_STALE, CHANGE_WAIT_SECONDS
from gateway.storage.changes import ChangeRows
from gateway.storage.database import DATABASE_ERRORS

__all__ = ["Changes"]


class Changes:
    """The changes under way.

    Args:
        rows: the table of changes.
        wall: the machine's time, by which rows grow stale.
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
        self._wall = wall or SystemClock()
        self._sleep = sleep
        self._locks: Keyed[str, asyncio.Lock] = Keyed(asyncio.Lock)

    @asynccontextmanager
    async def one(self, *changed: str) -> AsyncIterator[None]:
        """A change, made while the context lasts; before that, whatever else changes one of the same things ends.

        Args:
            changed: the id of an account, and after it the names that it is given, in their order
                (`gateway.storage.names.claims`): changes that want the same things then never wait for each other.

        Raises:
            GatewayError: `deadline_exceeded`: another process's change did not end.
            SQLAlchemyError: the database does not answer; nothing has begun.
        """
        async with AsyncExitStack() as held:
            for each in changed:
                await held.enter_async_context(self._held(each))
            yield

    async def purge(self) -> None:
        """Remove the changes of processes that died."""
        await self._rows.purge(self._wall.now() - CHANGE_STALE)

    @asynccontextmanager
    async def _held(self, account_id: str) -> AsyncIterator[None]:
        """What `one` does for each of the things that are changed."""
        async with self._locks[account_id]:
            owner = secrets.token_hex(16)
            await self._claim(account_id, owner)
            beating = asyncio.create_task(self._beat(account_id, owner))
            try:
                yield
            finally:
                # A caller who goes away must not leave the row behind; one that stays after all grows stale.
                await asyncio.shield(self._release(account_id, owner, beating))

    async def _claim(self, account_id: str, owner: str) -> None:
        waited = 0.0
        try:
            while not await self._claimed(account_id, owner):
                if waited >= CHANGE_WAIT_SECONDS:
                    raise GatewayError(
                        "deadline_exceeded", "another process has been changing the account for too long"
                    )
                await self._sleep(CHANGE_POLL_SECONDS)
                waited += CHANGE_POLL_SECONDS
        except asyncio.CancelledError:
            await asyncio.shield(self._release(account_id, owner))
            raise

    async def _claimed(self, account_id: str, owner: str) -> bool:
        """Claim the account where nobody has, or somebody who died; whether it is ours."""
        now = self._wall.now()
        return await self._rows.claim(account_id, owner, now, stale_before=now - CHANGE_STALE)

    async def _beat(self, account_id: str, owner: str) -> None:
        while True:
            await asyncio.sleep(CHANGE_HEARTBEAT_SECONDS)
            with suppress(*DATABASE_ERRORS):
                await self._rows.renew(account_id, owner, self._wall.now())

    async def _release(self, account_id: str, owner: str, *before: asyncio.Task[None]) -> None:
        for task in before:
            await ended(task)
        with suppress(*DATABASE_ERRORS):
            await self._rows.release(account_id, owner)
