"""The calls of all processes to banks that document a limit, in a table beside that of tokens.

One row for each client and operation. A change is one statement that names the version it was decided on: whoever finds
the row changed meanwhile reads it again. The row's key is a digest under the vault's newest key, so that nobody can
read from it which client it is; with another newest key counting begins anew.

The database is asked in tasks of their own. A caller waits for one of them for a few seconds and then gives up; the
call is not sent then, and what the task may still have reserved is given back. The end of a call is noted while nobody
waits; if that fails, the call counts as long as one whose process died.
"""

import asyncio
import secrets
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

import msgspec
import structlog
from sqlalchemy import CursorResult, delete, insert, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as DatabaseTimeout

from gateway.clock import Clock, SystemClock
from gateway.concurrency.keyed import Keyed
from gateway.limits import QUOTA_CLOSE_SECONDS, QUOTA_PURGE_SECONDS, QUOTA_RESERVE_SECONDS, QUOTA_ROWS_KEPT
from gateway.line.reservations import QuotaKey, Room, Spent
from gateway.storage.database import Database
from gateway.storage.tables import QuotaRow
from gateway.storage.vault import Vault

__all__ = ["Quotas"]

T = TypeVar("T")


log = structlog.get_logger("gateway.accounts")


class Quotas:
    """The gateway's `SharedQuotas`.

    Args:
        database: where the table is.
        vault: makes the digests.
        wall: the machine's time, by which the calls of all processes are counted.
        seconds: for which a caller waits for the database.
    """

    def __init__(
        self, database: Database, vault: Vault, *, wall: Clock | None = None, seconds: float = QUOTA_RESERVE_SECONDS
    ) -> None:
        self._sessions = database.sessions
        self._vault = vault
        self._wall = wall or SystemClock()
        self._seconds = seconds
        self._tasks: set[asyncio.Task[Any]] = set()
        self._locks: Keyed[QuotaKey, asyncio.Lock] = Keyed(asyncio.Lock)
        self._next_purge = 0.0

    async def reserve(self, key: QuotaKey, limit: int) -> Room:
        """Reserve a call, where there is room for one.

        Raises:
            SQLAlchemyError: the database does not answer, or not in time.
            OSError: likewise.
        """
        name = secrets.token_hex(8)
        task = self._start(self._change(key, lambda spent: spent.reserve(name, limit, self._now())))
        try:
            done, _ = await asyncio.wait({task}, timeout=self._seconds)
        except asyncio.CancelledError:
            task.add_done_callback(lambda ended: self._give_back(key, ended))
            raise
        if not done:
            task.add_done_callback(lambda ended: self._give_back(key, ended))
            raise DatabaseTimeout(f"the database did not reserve a call within {self._seconds:g} seconds")
        return task.result()

    def settle(self, key: QuotaKey, reservation: str | None, *, sent: bool, closed: float | None) -> None:
        """Have the end of a call noted soon; the arguments are those of `Spent.settled`."""
        if reservation is None and closed is None:
            return
        self._start(self._settle(key, reservation, self._now(), sent=sent, closed=closed))

    async def aclose(self) -> None:
        """Wait until what is to be noted has been noted, for as long as that is sensible."""
        with suppress(TimeoutError):
            async with asyncio.timeout(QUOTA_CLOSE_SECONDS):
                while self._tasks:
                    await asyncio.wait(self._tasks)
        for task in self._tasks:
            task.cancel()

    async def _settle(
        self, key: QuotaKey, reservation: str | None, now: float, *, sent: bool, closed: float | None
    ) -> None:
        def settled(spent: Spent) -> tuple[Spent, None]:
            return spent.settled(reservation, now, sent=sent, closed=closed), None

        try:
            await self._change(key, settled)
            await self._purge(now)
        except (SQLAlchemyError, OSError) as error:
            log.warning("call_not_settled", bank=key.bank, operation=key.operation, error=type(error).__name__)

    async def _change(self, key: QuotaKey, decide: Callable[[Spent], tuple[Spent, T]]) -> T:
        """Change the row of a quota in one step; what was decided besides."""
        where = {"bank": key.bank, "operation": key.operation}
        where["client"] = self._vault.fingerprint(f"quota {key.bank}", key.client)
        # In this process one after the other, in the order in which it came to pass.
        async with self._locks[key]:
            while True:
                async with self._sessions() as session:
                    row = await session.get(QuotaRow, tuple(where.values()))
                before = Spent() if row is None else msgspec.convert(row.spent, Spent)
                after, result = decide(before)
                if after == before or await self._write(where, row, after):
                    return result

    async def _write(self, where: dict[str, str], row: QuotaRow | None, after: Spent) -> bool:
        """Write a row; False when another process was faster."""
        values = {"spent": msgspec.to_builtins(after), "touched_at": self._wall.now()}
        if row is None:
            try:
                async with self._sessions.begin() as session:
                    await session.execute(insert(QuotaRow).values(**where, version=secrets.randbits(48), **values))
            except IntegrityError:
                return False
            return True
        unchanged = [getattr(QuotaRow, name) == value for name, value in where.items()]
        statement = (
            update(QuotaRow)
            .where(*unchanged, QuotaRow.version == row.version)
            .values(version=row.version + 1, **values)
            .execution_options(synchronize_session=False)
        )
        async with self._sessions.begin() as session:
            result = cast("CursorResult[Any]", await session.execute(statement))
        return result.rowcount == 1

    async def _purge(self, now: float) -> None:
        """Remove, now and then, the rows of clients that have not called for long."""
        if now < self._next_purge:
            return
        self._next_purge = now + QUOTA_PURGE_SECONDS
        before = datetime.fromtimestamp(now, UTC) - QUOTA_ROWS_KEPT
        async with self._sessions.begin() as session:
            await session.execute(delete(QuotaRow).where(QuotaRow.touched_at < before))

    def _start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # looked at, so that nobody complains when the caller has gone

    def _give_back(self, key: QuotaKey, task: asyncio.Task[Room]) -> None:
        """Nobody waited for this reservation to the end: no call is sent for it."""
        if not task.cancelled() and task.exception() is None:
            self.settle(key, task.result().reservation, sent=False, closed=None)

    def _now(self) -> float:
        """The present instant, in seconds of UTC since 1970."""
        return self._wall.now().timestamp()
