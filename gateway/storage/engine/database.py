"""The database: engine, transactions, and the migrations that run at start-up.

SQLite is opened so that several processes can share the file: write-ahead log, a patient busy time-out, and write
transactions that take the lock at their beginning, so that none fails half-way because another wrote meanwhile.
"""

import os
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    DisconnectionError,
    IntegrityError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import QueuePool

from gateway.clock import Clock, SystemClock
from gateway.errors import GatewayError
from gateway.limits import (
    DATABASE_CONNECTIONS,
    DATABASE_LOCK_SECONDS,
    DATABASE_POOL_SECONDS,
)
from gateway.storage.engine.connecting import (
    check_idle,
    connect,
    connection_options,
    lock_milliseconds,
    prepare_postgresql,
    prepare_sqlite,
    replace_read_only,
)
from gateway.storage.engine.schema import NEWEST, UnknownRevision, bring_up_to_date
from gateway.storage.engine.server_clock import ServerClock
from gateway.storage.engine.transactions import CLOCK_OPTION, Transactions, hold_writers

__all__ = ["DATABASE_ERRORS", "Database", "DatabaseError", "storage_trouble", "unavailable"]

T = TypeVar("T")

DATABASE_ERRORS = (SQLAlchemyError, OSError)
"""Errors of a query when the database does not answer or refuses; `storage_trouble` tells the two apart."""

REASONS = (
    ("locked", "another process holds its lock"),
    ("lock timeout", "another process holds its lock"),
    ("statement timeout", "it allows less time than was needed"),
    ("transaction timeout", "it allows less time than was needed"),
    ("readonly", "it is read-only"),
    ("disk is full", "there is no room left"),
    ("malformed", "the file is damaged"),
    ("not a database", "the file is damaged"),
    ("unable to open", "the file cannot be opened"),
    ("no such table", "its tables are gone"),
    ("disk i/o", "the disk fails"),
    ("authentication failed", "it refuses the user or the password"),
    ("no password supplied", "it asks for a password"),
    ("not permitted to log in", "its user may not log in"),
    ("no pg_hba.conf entry", "it lets nobody in from this address, or not without TLS"),
    ("too many connections", "it has no connection left"),
    ("too many clients", "it has no connection left"),
    ("connection slots are reserved", "it has no connection left"),
    ("read-only transaction", "it is read-only"),
    ("no space left", "there is no room left"),
    ("is starting up", "it is starting or stopping"),
    ("is shutting down", "it is starting or stopping"),
    ("terminating connection", "it has ended the connection"),
    ("closed the connection", "it has ended the connection"),
    ("could not translate host name", "the name of its host is not known"),
    ("failed to resolve host", "the name of its host is not known"),
    ("certificate verify failed", "its certificate is not trusted"),
    ("does not support ssl", "it has no TLS, which its address asks for"),
    ("permission denied", "its user may not do that"),
    ("invalid connection option", "its address has a parameter that is not known"),
    ("invalid sslmode", "its address has a value that is not known"),
)
"""Parts of the messages of SQLite and PostgreSQL, and their meaning."""
MISSING = re.compile(r'\b(database|role) ".*" does not exist')
"""PostgreSQL's message about a database or user that does not exist; for a table it says `relation`."""
MIGRATION_LOCK = 0x65787472
"""Key of PostgreSQL's advisory lock under which migrations run."""


class DatabaseError(Exception):
    """The database cannot be used. The text holds no password."""


def storage_trouble(error: BaseException) -> GatewayError | None:
    """The failure `storage_unavailable` for an error of the database; None for a defect.

    A statement that the database refuses for its content (a constraint, a value of the wrong kind) is a defect.
    """
    if isinstance(error, IntegrityError | DataError):
        return None
    if isinstance(error, DBAPIError | PoolTimeoutError | DisconnectionError):
        return unavailable(error)
    return None


def unavailable(error: BaseException) -> GatewayError:
    """The failure `storage_unavailable` for an error of the driver or of SQLAlchemy, with its reason in our words."""
    return GatewayError("storage_unavailable", f"the database cannot be used: {_reason(error)}")


def _reason(error: BaseException) -> str:
    """Why the database cannot be used, in our own words: a driver's text may quote stored values."""
    driver_text = str(getattr(error, "orig", None) or error).lower()
    known_reason = next((meaning for words, meaning in REASONS if words in driver_text), None)
    if known_reason is None and (missing := MISSING.search(driver_text)):
        known_reason = f"there is no {'database' if missing[1] == 'database' else 'user'} of that name"
    return known_reason or f"it does not answer ({type(error).__name__})"


class Database:
    """One database and its transactions.

    Args:
        url: SQLAlchemy URL.
        clock: the time for all processes that share the database; for a SQLite file the machine's, else the server's.

    Raises:
        DatabaseError: the driver of that URL is not installed.
    """

    def __init__(self, url: str, clock: Clock | None = None) -> None:
        sqlite, name = url.startswith("sqlite"), make_url(url).database
        server_clock = ServerClock()
        self.clock: Clock = clock or (SystemClock() if sqlite else server_clock)
        """Gives the instants of claims, deliveries and limits, which one process writes and others judge."""
        self.embedded = sqlite
        """Whether it is a file of this machine."""
        options = connection_options(url)
        if sqlite:
            # IMMEDIATE: sqlite3 begins a transaction before the first write; so it takes the write lock there.
            options = {"timeout": DATABASE_LOCK_SECONDS, "isolation_level": "IMMEDIATE", "check_same_thread": False}
        self._file: _File | None = None
        try:
            self.engine: Engine = create_engine(
                url,
                hide_parameters=True,
                poolclass=QueuePool,
                pool_size=DATABASE_CONNECTIONS,
                pool_timeout=DATABASE_POOL_SECONDS,
                # What a connection has read stays in its memory until another one writes; so the last is used again.
                pool_use_lifo=True,
                connect_args=options,
                execution_options={CLOCK_OPTION: self._now},
            )
        except ImportError as error:
            driver = "the database driver psycopg cannot be loaded; install extrato[postgresql]"
            raise DatabaseError(driver) from error
        event.listen(self.engine, "handle_error", replace_read_only)
        if sqlite:
            event.listen(self.engine, "connect", prepare_sqlite)
            if name and name != ":memory:" and not name.startswith("file:"):
                self._file = _File(Path(name))
                event.listen(self.engine, "do_connect", self._file.connecting)
                event.listen(self.engine, "connect", self._file.connected)
                event.listen(self.engine, "checkout", self._file.taken)
        else:
            event.listen(self.engine, "connect", prepare_postgresql)
            event.listen(self.engine, "checkout", partial(check_idle, self.engine.dialect, server_clock))
        # The last listener of this event, because it returns the connection.
        event.listen(self.engine, "do_connect", connect)
        self._transactions = Transactions(self.engine)

    async def transact(self, work: Callable[[Connection], T], *, only_reads: bool = False) -> T:
        """The result of a function that is run in a thread, within a transaction; see `Transactions.run`.

        Raises:
            SQLAlchemyError: the database does not answer, or refuses.
            OSError: likewise.
            Exception: as the function does.
        """
        return await self._transactions.run(work, only_reads=only_reads)

    def _now(self) -> datetime:
        return self.clock.now()

    async def migrate(self, *, here: bool = False) -> None:
        """Bring the tables up to date; safe when several processes do it at once, and when there is nothing to do.

        Args:
            here: in this thread, for a caller whose event loop has nothing else to do. The memory that making tables
                takes (half a mebibyte) is then of use to all that follows; another thread would keep it for itself.

        Raises:
            DatabaseError: the database cannot be reached or altered, or a newer version of the gateway has altered it.
        """
        try:
            if here:
                with self.engine.begin() as connection:
                    _migrate(connection)
            else:
                await self._transactions.run(_migrate)
        except UnknownRevision as error:
            made = f"a newer version of the gateway has brought the database to revision {error}"
            raise DatabaseError(f"{made}; this one knows no later than {NEWEST}") from error
        except (SQLAlchemyError, OSError) as error:
            raise DatabaseError(f"the database cannot be brought up to date: {_reason(error)}") from error
        if self._file is not None:
            self._file.expected = True

    async def aclose(self) -> None:
        """Wait for transactions under way, and close all connections."""
        await self._transactions.aclose()
        self.engine.dispose()


class _File:
    """SQLite's file: created for its owner alone, and refused when it was deleted or replaced.

    SQLite itself goes on with a deleted file, and what it writes there is lost when the process ends.

    Args:
        path: of the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.expected = False
        """Whether the file must exist, because the tables were brought up to date."""

    def connecting(self, _dialect: Any, _record: Any, _args: Any, _options: Any) -> None:
        """Create the file with its mode; raise where it must exist and does not."""
        if self.expected and not self._path.exists():
            raise OperationalError("connect", None, OSError("unable to open: the file is gone"))
        # An error here is not raised: SQLite meets the same one and reports it.
        with suppress(OSError):
            os.close(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))

    def connected(self, _connection: Any, record: Any) -> None:
        """Remember which file was opened."""
        record.info["file"] = self._which()

    def taken(self, _connection: Any, record: Any, _proxy: Any) -> None:
        """Refuse a connection to a file that is no longer there; the pool then opens another."""
        there = self._which()
        # The file may have gone just when it was opened, so that nothing is known of it.
        if there is None or record.info.get("file") != there:
            raise DisconnectionError("the file of the database has gone")

    def _which(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino


def _migrate(connection: Connection) -> None:
    # The whole upgrade is one transaction that begins with a lock: a second process waits, then finds it done.
    hold_writers(connection)
    if connection.dialect.name != "sqlite":
        # It waits for another migration as long as that takes, but for a table no longer than others do: queries that
        # come later would wait behind the alteration.
        connection.execute(text("SET LOCAL lock_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        connection.execute(text(f"SET LOCAL lock_timeout = {lock_milliseconds()}"))
    bring_up_to_date(connection)
