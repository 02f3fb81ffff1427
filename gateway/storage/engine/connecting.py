"""Opens connections to the database, sets them up, and checks them before they are used."""

import select
import sqlite3
from typing import Any

from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.exc import InvalidatePoolError, OperationalError

from gateway.limits import DATABASE_CONNECT_SECONDS, DATABASE_LOCK_SECONDS, DATABASE_SILENCE_SECONDS
from gateway.storage.engine.server_clock import ServerClock

__all__ = [
    "check_idle",
    "connect",
    "connection_options",
    "lock_milliseconds",
    "prepare_postgresql",
    "prepare_sqlite",
    "replace_read_only",
]

READ_ONLY_STATE = "25006"
"""PostgreSQL's `read_only_sql_transaction`."""


def connection_options(url: str) -> dict[str, Any]:
    """What a connection to PostgreSQL is opened with, unless its address says otherwise.

    Args:
        url: of the database, with or without a driver.
    """
    options = {
        "connect_timeout": DATABASE_CONNECT_SECONDS,
        # A machine that vanishes does not close its connections: without these options nothing would show its absence.
        "tcp_user_timeout": DATABASE_SILENCE_SECONDS * 1000,
        "keepalives_idle": DATABASE_SILENCE_SECONDS,
        "keepalives_interval": DATABASE_SILENCE_SECONDS // 3,
        "keepalives_count": 3,
    }
    return {name: value for name, value in options.items() if name not in make_url(url).query}


def connect(dialect: Any, _record: Any, args: Any, options: Any) -> Any:
    """A new connection. An error outside the driver's own tree of errors becomes an `OperationalError`."""
    try:
        return dialect.connect(*args, **options)
    except dialect.loaded_dbapi.Error:
        raise
    except Exception as error:
        raise OperationalError("connect", None, error) from error


def check_idle(dialect: Any, clock: ServerClock, connection: Any, record: Any, _proxy: Any) -> None:
    """Refuse a connection to PostgreSQL that has ended while it was idle; the pool then opens others.

    The server is asked only where something has arrived on the connection, which is usually its end: asking before each
    transaction would take a third of the time of all transactions. Now and then the server is asked for its time.
    """
    arrived = select.poll()
    try:
        arrived.register(connection.fileno(), select.POLLIN)
        if arrived.poll(0):
            dialect.do_ping(connection)
        clock.look(connection, new="seen" not in record.info)
        record.info["seen"] = True
    except dialect.loaded_dbapi.Error as error:
        # The pool tries two connections, and has then an error of its own, which looks like a defect of ours.
        if record.record_info.pop("ended", False):
            raise
        record.record_info["ended"] = True
        raise InvalidatePoolError("the connection has ended") from error
    record.record_info.pop("ended", None)


def replace_read_only(context: ExceptionContext) -> None:
    """Have the pool open its connections anew once one of them may only read.

    A connection that was opened while the database was read-only stays so when it no longer is: a file whose mode was
    mended, a server that had no room left, or another that has become the one to write to.
    """
    error = context.original_exception
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", 0)
        # The upper bits say more about the cause.
        read_only = code & 0xFF == sqlite3.SQLITE_READONLY
    else:
        read_only = getattr(error, "sqlstate", None) == READ_ONLY_STATE
    if read_only:
        context.is_disconnect = True


def prepare_sqlite(connection: Any, _record: Any) -> None:
    """Set up a new connection to a SQLite file."""
    cursor = connection.cursor()
    # FULL: a refresh token's successor must survive a loss of power once the commit has returned.
    for pragma in ("foreign_keys = ON", "journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def prepare_postgresql(connection: Any, _record: Any) -> None:
    """Limit the time that a new connection to PostgreSQL waits for locks, as for a SQLite file."""
    # Not as an option of the connection, which would replace the options in the database's address.
    connection.execute(f"SET lock_timeout = {lock_milliseconds()}")
    connection.commit()


def lock_milliseconds() -> int:
    """PostgreSQL's `lock_timeout`."""
    return round(DATABASE_LOCK_SECONDS * 1000)
