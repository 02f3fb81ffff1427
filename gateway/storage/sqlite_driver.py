"""Connections to SQLite that call their thread once for each statement, and not at all when there is nothing to do.

The driver itself calls its thread to create a cursor, to execute, to fetch and to close, and to end transactions in
which nothing was written. Each call makes the event loop and the thread wait for each other, which takes longer than
the work in the thread, and the longer the busier the process is.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self, TypeVar, cast

import aiosqlite

__all__ = ["connect"]

T = TypeVar("T")


class _Cursor:
    """The result of one statement: all its rows, fetched at once.

    Args:
        connection: executes the statement.
    """

    def __init__(self, connection: "_Connection") -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def execute(self, statement: str, parameters: Sequence[Any] = ()) -> Self:
        """Execute a statement and fetch its rows.

        Raises:
            sqlite3.Error: it cannot be executed.
        """

        def work() -> sqlite3.Cursor:
            cursor = self._connection.opened.execute(statement, parameters)
            self._rows = cursor.fetchall()
            return cursor

        return await self._executed(work)

    async def executemany(self, statement: str, parameters: Iterable[Sequence[Any]]) -> Self:
        """Execute a statement without rows, once for each of these parameters.

        Raises:
            sqlite3.Error: it cannot be executed.
        """
        return await self._executed(lambda: self._connection.opened.executemany(statement, parameters))

    async def fetchall(self) -> list[Any]:
        """The rows of the last statement."""
        return self._rows

    async def close(self) -> None:
        """Do nothing: all rows were fetched."""

    async def _executed(self, work: Callable[[], sqlite3.Cursor]) -> Self:
        cursor = await self._connection.done(work)
        self.description, self.rowcount, self.lastrowid = cursor.description, cursor.rowcount, cursor.lastrowid
        return self


class _Connection(aiosqlite.Connection):
    """A connection whose statements and transactions call its thread as little as possible."""

    _abandoned = False
    """Whether a caller was cancelled during a statement that may still be executed."""

    @property
    def opened(self) -> sqlite3.Connection:
        """SQLite's own connection, for use in the thread."""
        return self._conn

    def cursor(self) -> Any:
        """A new cursor, without a call of the thread."""
        return _Cursor(self)

    async def done(self, work: Callable[[], T]) -> T:
        """The result of work that is done in the thread."""
        try:
            return cast("T", await self._execute(work))  # type: ignore[no-untyped-call]
        except asyncio.CancelledError:
            self._abandoned = True
            raise

    async def commit(self) -> None:
        """End the transaction, if one has begun."""
        if self._unfinished():
            await self.done(self._conn.commit)
            self._abandoned = False

    async def rollback(self) -> None:
        """Undo the transaction, if one has begun."""
        if self._unfinished():
            await self.done(self._conn.rollback)
            self._abandoned = False

    def _unfinished(self) -> bool:
        return self._abandoned or self.in_transaction


def connect(path: str, **options: Any) -> aiosqlite.Connection:
    """A connection, to be awaited; as `aiosqlite.connect`."""
    connection = _Connection(lambda: sqlite3.connect(path, **options), iter_chunk_size=64)
    connection._thread.daemon = True  # noqa: SLF001 -- as SQLAlchemy does with connections that it makes itself
    return connection
