"""The database: engine, sessions, and the migrations that run at start-up.

SQLite is opened so that several processes can share the file: write-ahead log, a patient busy time-out, and write
transactions that take the lock at their beginning, so that none fails half-way because another wrote meanwhile.
"""

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

__all__ = ["Database", "DatabaseError"]

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_SECONDS = 30
SQLITE_CONNECTIONS = 4
"""Each has a thread. More make a crowd of callers slower, because the threads and the event loop take turns."""
CONNECT_SECONDS = 10
"""For a connection to PostgreSQL: one that is away is noticed at the start, and not after minutes."""
MIGRATION_LOCK = 0x65787472
"""Key of PostgreSQL's advisory lock under which migrations run."""


class DatabaseError(Exception):
    """The database cannot be used. The text holds no password."""


class Database:
    """One database and its sessions.

    Args:
        url: SQLAlchemy URL with an asynchronous driver.

    Raises:
        DatabaseError: the driver of that URL is not installed.
    """

    def __init__(self, url: str) -> None:
        sqlite = url.startswith("sqlite")
        # IMMEDIATE: sqlite3 begins a transaction before the first write, and this makes it take the write lock there.
        options: dict[str, Any] = (
            {
                "connect_args": {"timeout": BUSY_SECONDS, "isolation_level": "IMMEDIATE"},
                "pool_size": SQLITE_CONNECTIONS,
                "max_overflow": 0,
            }
            if sqlite
            else {"pool_pre_ping": True, "connect_args": {"connect_timeout": CONNECT_SECONDS}}
        )
        try:
            self.engine: AsyncEngine = create_async_engine(url, hide_parameters=True, **options)
        except ImportError as error:
            driver, extra = ("aiosqlite", "extrato") if sqlite else ("psycopg", "extrato[postgresql]")
            raise DatabaseError(f"the database driver {driver} cannot be loaded; install {extra}") from error
        if sqlite:
            event.listen(self.engine.sync_engine, "connect", _prepare_sqlite)
        self.sessions = async_sessionmaker(self.engine, class_=AsyncSession, expire_on_commit=False)

    async def migrate(self) -> None:
        """Bring the tables up to date; safe when several processes do it at once, and when there is nothing to do.

        Raises:
            DatabaseError: the database cannot be reached or altered.
        """
        try:
            async with self.engine.connect() as connection:
                await connection.run_sync(_migrate)
        except (SQLAlchemyError, OSError) as error:
            raise DatabaseError(f"the database cannot be brought up to date: {type(error).__name__}") from error

    async def ping(self) -> bool:
        """Whether the database answers."""
        try:
            async with self.engine.connect() as connection:
                await connection.execute(text("SELECT 1"))
        except (SQLAlchemyError, OSError):
            return False
        return True

    async def aclose(self) -> None:
        """Close all connections."""
        await self.engine.dispose()


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    # FULL: a refresh token's successor must survive a loss of power once the commit has returned.
    for pragma in ("foreign_keys = ON", "journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _migrate(connection: Connection) -> None:
    # The whole upgrade is one transaction that begins with a lock: a second process waits, then finds it done.
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    connection.commit()
