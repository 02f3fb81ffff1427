"""A PostgreSQL that is there and does not get on: somebody holds a lock, or nothing comes back any more."""

import asyncio
import threading
from collections.abc import Iterator

import anyio
import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Connection, select
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from gateway.limits import DATABASE_CONNECT_SECONDS, DATABASE_SILENCE_SECONDS
from gateway.storage.engine.connecting import connection_options
from gateway.storage.engine.database import Database, DatabaseError, storage_trouble
from gateway.storage.engine.transactions import Transactions
from gateway.storage.management.tables import TENANTS
from gateway.work.distributed import DistributedQueue
from tests import postgresql
from tests.clocks import FixedClock
from tests.gateway.support import NOW

pytestmark = pytest.mark.anyio

PATIENCE_SECONDS = 30.0
NOW_CLOCK = FixedClock(NOW)


def _parameters(connection: Connection) -> dict[str, str]:
    """What the driver has connected with."""
    found: dict[str, str] = connection.connection.driver_connection.info.get_parameters()
    return found


@pytest.fixture
def url(postgresql_server, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A database whose clients wait a moment for a lock."""
    monkeypatch.setattr("gateway.storage.engine.connecting.DATABASE_LOCK_SECONDS", 0.1)
    found = postgresql_server.database()
    yield found
    postgresql_server.drop(found)


@pytest.mark.parametrize("only_reads", [True, False])
async def test_who_meets_a_lock_for_long_is_told_so(url: str, only_reads: bool) -> None:
    """A backup tool, an operator or a migration holds it; whoever waited without end would keep all others waiting."""
    database = Database(postgresql.driven(url))
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE tenants IN ACCESS EXCLUSIVE MODE")
        with anyio.fail_after(PATIENCE_SECONDS), pytest.raises(Exception, match="lock timeout") as met:
            await database.transact(lambda connection: connection.scalar(select(TENANTS.c.id)), only_reads=only_reads)
        trouble = storage_trouble(met.value)
        assert trouble is not None
        assert (trouble.code, trouble.detail) == (
            "storage_unavailable",
            "the database cannot be used: another process holds its lock",
        )
        assert await database.transact(lambda connection: connection.scalar(select(1)), only_reads=only_reads) == 1
    await database.aclose()


async def test_a_migration_that_meets_a_lock_is_given_up_for_now(url: str) -> None:
    """What waits for an exclusive lock holds up all who come after it; those of the earlier version shall go on."""
    database = Database(postgresql.driven(url))
    former = "0022"  # the revision after it adds a column, which takes that lock
    with psycopg.connect(url, autocommit=True) as older, psycopg.connect(url) as backup:
        older.execute("UPDATE alembic_version SET version_num = %s", [former])
        names = [sql.Identifier(name) for (name,) in older.execute(postgresql.TABLES).fetchall()]
        backup.execute(sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(sql.SQL(", ").join(names)))
        with anyio.fail_after(PATIENCE_SECONDS), pytest.raises(DatabaseError, match="another process holds its lock"):
            await database.migrate()
        assert older.execute("SELECT version_num FROM alembic_version").fetchone() == (former,)
    await database.aclose()


async def test_who_comes_second_waits_for_the_end_of_a_migration(url: str) -> None:
    """However long it takes: a process that starts meanwhile does not fail."""
    database = Database(postgresql.driven(url))
    with psycopg.connect(url) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [0x65787472])
        waiting = asyncio.create_task(database.migrate())
        with psycopg.connect(url, autocommit=True) as looking:
            query = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            while looking.execute(query).fetchone() != (1,):  # noqa: ASYNC110 - the database tells nobody
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.5)  # several times as long as any other lock is waited for
        assert not waiting.done()
    with anyio.fail_after(PATIENCE_SECONDS):
        await waiting
    await database.aclose()


async def test_who_asks_a_server_that_answers_nothing_is_told_so(database: Database) -> None:
    """A server that hangs; what was only read can be given up, and what was to be written has an end of its own."""
    transactions = Transactions(database.engine, silence=0.05)
    free, begun = threading.Event(), threading.Event()

    def hang(_connection: object) -> int:
        begun.set()
        free.wait(PATIENCE_SECONDS)
        return 1

    with anyio.fail_after(PATIENCE_SECONDS), pytest.raises(PoolTimeoutError, match="the database gave no answer"):
        await transactions.run(hang, only_reads=True)
    assert begun.wait(PATIENCE_SECONDS)
    begun.clear()
    writing = asyncio.create_task(transactions.run(hang))
    await asyncio.to_thread(begun.wait, PATIENCE_SECONDS)
    await asyncio.sleep(0.2)
    assert not writing.done()
    free.set()
    assert await writing == 1
    await transactions.aclose()


async def test_a_server_whose_machine_has_vanished_is_noticed(postgresql_server) -> None:
    """By the network, within seconds, for every connection; whoever wants it otherwise says so in the address."""
    url = postgresql_server.database()
    database = Database(postgresql.driven(url))
    own = Database(postgresql.driven(f"{url}&tcp_user_timeout=1234"))
    try:
        found = await database.transact(_parameters)
        assert found.items() >= {name: str(value) for name, value in connection_options(url).items()}.items()
        assert int(found["tcp_user_timeout"]) == DATABASE_SILENCE_SECONDS * 1000
        idle = [int(found[f"keepalives_{name}"]) for name in ("idle", "interval", "count")]
        assert idle[0] + idle[1] * idle[2] <= 2 * DATABASE_SILENCE_SECONDS
        assert (await own.transact(_parameters))["tcp_user_timeout"] == "1234"
    finally:
        await database.aclose()
        await own.aclose()
        postgresql_server.drop(url)
    queue = DistributedQueue(url, {}, NOW_CLOCK, at_once=1)
    assert queue._app.connector._pool_args["kwargs"].items() >= connection_options(url).items()
    assert connection_options(url)["connect_timeout"] == DATABASE_CONNECT_SECONDS
