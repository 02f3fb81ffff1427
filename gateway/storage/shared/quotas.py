"""The calls of all processes to banks that document a limit, in a table beside that of tokens.

One row for each quota and caller: in the column `operation` stands the quota's name, which is the operation's own where
it counts that operation of one client; in the column `client` a digest, under the vault's newest key, of the client or
the account, so that nobody can read from it which one it is. With another newest key counting begins anew.

All that counts a call is changed in one transaction, so that a call that finds no room in one row has reserved nothing
in another. Each change names the version it was decided on: whoever finds a row changed meanwhile reads all again.

The database is asked in tasks of their own. A caller waits for one of them for a few seconds and then gives up; the
call is not sent then, and what the task may still have reserved is given back. The end of a call is noted while nobody
waits; if that fails, the call counts as long as one whose process died.
"""

import asyncio
import secrets
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime
from typing import Any, TypeAlias, TypeVar

import msgspec
import structlog
from sqlalchemy import Connection, Row, Select, bindparam, delete, insert, select, tuple_, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as DatabaseTimeout

from gateway.clock import Clock
from gateway.concurrency.keyed import Keyed
from gateway.limits import QUOTA_CLOSE_SECONDS, QUOTA_PURGE_SECONDS, QUOTA_RESERVE_SECONDS, QUOTA_ROWS_KEPT
from gateway.quotas.reservations import CallEnd, QuotaKey, Room, Spent, Window, reserve_in_all
from gateway.storage.encryption.vault import Vault
from gateway.storage.engine.database import Database
from gateway.storage.engine.transactions import transaction
from gateway.storage.shared.tables import QUOTAS

__all__ = ["Quotas"]

T = TypeVar("T")
RowKey: TypeAlias = tuple[str, str, str]
"""Bank, quota and caller, as the table has them."""
Stored: TypeAlias = Row[Any]
"""A row of the table."""

ROWS: Select[Any] = select(QUOTAS).where(
    tuple_(QUOTAS.c.bank, QUOTAS.c.operation, QUOTAS.c.client).in_(bindparam("keys", expanding=True))
)
INSERT = insert(QUOTAS)
CHANGE = update(QUOTAS).where(
    QUOTAS.c.bank == bindparam("of_bank"),
    QUOTAS.c.operation == bindparam("of_operation"),
    QUOTAS.c.client == bindparam("of_client"),
    QUOTAS.c.version == bindparam("at_version"),
)

log = structlog.get_logger("gateway.accounts")


class Quotas:
    """The gateway's `SharedQuotas`.

    Args:
        database: where the table is.
        vault: makes the digests.
        wall: the time by which the calls of all processes are counted; the database's unless another is given.
        seconds: for which a caller waits for the database.
    """

    def __init__(
        self, database: Database, vault: Vault, *, wall: Clock | None = None, seconds: float = QUOTA_RESERVE_SECONDS
    ) -> None:
        self._database = database
        self._vault = vault
        self._wall = wall or database.clock
        self._seconds = seconds
        self._tasks: set[asyncio.Task[Any]] = set()
        self._locks: Keyed[QuotaKey, asyncio.Lock] = Keyed(asyncio.Lock)
        self._next_purge = 0.0

    async def reserve(self, windows: Mapping[QuotaKey, Window]) -> Room:
        """Reserve a call by each of these quotas, or by none.

        Raises:
            SQLAlchemyError: the database does not answer, or not in time.
            OSError: likewise.
        """
        name = secrets.token_hex(8)
        task = self._start(self._change(windows, lambda spent: reserve_in_all(spent, windows, name, self._now())))
        try:
            done, _ = await asyncio.wait({task}, timeout=self._seconds)
        except asyncio.CancelledError:
            task.add_done_callback(lambda ended: self._give_back(windows, ended))
            raise
        if not done:
            task.add_done_callback(lambda ended: self._give_back(windows, ended))
            raise DatabaseTimeout(f"the database did not reserve a call within {self._seconds:g} seconds")
        return task.result()

    def settle(
        self, windows: Mapping[QuotaKey, Window], reservation: str | None, end: CallEnd, closed: float | None = None
    ) -> None:
        """Have the end of a call noted soon; the arguments are those of `SharedQuotas.settle`."""
        if reservation is None and closed is None:
            return
        self._start(self._settle(windows, reservation, self._now(), end, closed))

    async def aclose(self) -> None:
        """Wait until what is to be noted has been noted, for as long as that is sensible."""
        with suppress(TimeoutError):
            async with asyncio.timeout(QUOTA_CLOSE_SECONDS):
                while self._tasks:
                    await asyncio.wait(self._tasks)
        for task in self._tasks:
            task.cancel()

    async def _settle(
        self,
        windows: Mapping[QuotaKey, Window],
        reservation: str | None,
        now: float,
        end: CallEnd,
        closed: float | None,
    ) -> None:
        first = next(iter(windows))

        def settled(spent: Mapping[QuotaKey, Spent]) -> tuple[Mapping[QuotaKey, Spent], None]:
            after = {key: spent[key].settled(reservation, window, now, end) for key, window in windows.items()}
            if closed is not None:
                after[first] = after[first].closed(now, closed)
            return after, None

        try:
            await self._change(windows, settled)
            await self._purge(now)
        except (SQLAlchemyError, OSError) as error:
            log.warning("call_not_settled", bank=first.bank, operation=first.quota, error=type(error).__name__)

    async def _change(
        self,
        keys: Iterable[QuotaKey],
        decide: Callable[[Mapping[QuotaKey, Spent]], tuple[Mapping[QuotaKey, Spent], T]],
    ) -> T:
        """Change the rows of some quotas in one step; what was decided besides.

        The rows are always changed in the same order, so that two transactions never wait for each other.
        """
        where = {key: self._row_key(key) for key in sorted(keys)}
        async with AsyncExitStack() as held:
            # In this process one after the other, in the order in which it came to pass.
            for key in where:
                await held.enter_async_context(self._locks[key])
            while True:
                with suppress(_Changed):
                    return await self._attempt(where, decide)

    @transaction
    def _attempt(
        self,
        connection: Connection,
        where: Mapping[QuotaKey, RowKey],
        decide: Callable[[Mapping[QuotaKey, Spent]], tuple[Mapping[QuotaKey, Spent], T]],
    ) -> T:
        """Change the rows.

        Raises:
            _Changed: another process was faster with one of them.
        """
        rows = _rows(connection, where.values())
        before = {key: self._spent(rows.get(where[key])) for key in where}
        after, result = decide(before)
        changed = {where[key]: after[key] for key in where if after[key] != before[key]}
        self._write(connection, changed, rows)
        return result

    def _row_key(self, key: QuotaKey) -> RowKey:
        return key.bank, key.quota, self._vault.fingerprint(f"quota {key.bank}", key.caller)

    def _spent(self, row: Stored | None) -> Spent:
        return Spent() if row is None else msgspec.convert(row.spent, Spent).believed(self._now())

    def _write(self, connection: Connection, changed: Mapping[RowKey, Spent], rows: Mapping[RowKey, Stored]) -> None:
        for (bank, operation, client), spent in changed.items():
            values = {"spent": msgspec.to_builtins(spent), "touched_at": self._wall.now()}
            if (row := rows.get((bank, operation, client))) is None:
                new = {"bank": bank, "operation": operation, "client": client, "version": secrets.randbits(48)}
                connection.execute(INSERT, {**new, **values})
                continue
            which = {"of_bank": bank, "of_operation": operation, "of_client": client, "at_version": row.version}
            changing = connection.execute(CHANGE, {**which, "version": row.version + 1, **values})
            if changing.rowcount != 1:
                raise _Changed

    async def _purge(self, now: float) -> None:
        """Remove, now and then, the rows of clients that have not called for long."""
        if now < self._next_purge:
            return
        self._next_purge = now + QUOTA_PURGE_SECONDS
        outdated = delete(QUOTAS).where(QUOTAS.c.touched_at < datetime.fromtimestamp(now, UTC) - QUOTA_ROWS_KEPT)
        await self._database.transact(lambda connection: connection.execute(outdated))

    def _start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # looked at, so that nobody complains when the caller has gone

    def _give_back(self, windows: Mapping[QuotaKey, Window], task: asyncio.Task[Room]) -> None:
        """Nobody waited for this reservation to the end: no call is sent for it."""
        if not task.cancelled() and task.exception() is None:
            self.settle(windows, task.result().reservation, CallEnd.NOT_SENT)

    def _now(self) -> float:
        """The present instant, in seconds of UTC since 1970."""
        return self._wall.now().timestamp()


class _Changed(Exception):
    """Another process has changed a row since it was read. The transaction is undone."""


def _rows(connection: Connection, keys: Iterable[RowKey]) -> dict[RowKey, Stored]:
    """The rows of these keys, as far as they exist."""
    return {(row.bank, row.operation, row.client): row for row in connection.execute(ROWS, {"keys": list(keys)})}
