"""The database and its migrations."""

import asyncio
import select as polling
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, event, insert, select, text
from sqlalchemy.exc import DBAPIError, DisconnectionError, OperationalError

from gateway.storage.accounts.tables import INTEGRATIONS
from gateway.storage.engine.column_types import Instant
from gateway.storage.engine.database import DATABASE_ERRORS, Database, DatabaseError, _File, storage_trouble
from gateway.storage.engine.schema import MIGRATIONS
from gateway.storage.engine.tables import METADATA
from gateway.storage.management.tables import TENANTS
from gateway.storage.shared.tables import TOKENS
from tests import postgresql
from tests.gateway.storage.support import processes_apart
from tests.gateway.support import NOW

pytestmark = pytest.mark.anyio


WAIT = text("SELECT pg_sleep(0.2)")
"""Keeps a connection so long that another transaction needs one of its own."""
END_OTHERS = """
SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
"""Waits until they have ended, which a busy machine does later than it answers."""
REVISIONS = [path.stem[1:5] for path in sorted((MIGRATIONS / "versions").glob("v[0-9]*.py"))]
OLDER = """
INSERT INTO tenants VALUES ('t', 'n', '2026-03-16 13:00:00+00');
INSERT INTO accounts (id, tenant_id, bank, kind, branch, number, holder_tax_id, description, is_default, created_at)
VALUES ('a', 't', 'inter', 'PJ', '1', '2', '3', '', false, '2026-03-16 13:00:00+00');
INSERT INTO integrations (account_id, state, sealed, failures_in_a_row) VALUES ('a', 'active', 'x', 3);
INSERT INTO tokens (account_id, slot, version, sealed, dead, touched_at)
VALUES ('a', 'active', 281474976710656, 'y', '{"code": "c"}', '2026-03-16 13:00:00+00')
"""
"""Rows of the first version, in SQL that every kind of database understands."""


def drift(connection: Connection) -> list[Any]:
    """Where the tables differ from the models."""
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, METADATA))


def start(url: str) -> None:
    """What each of several processes does at its start."""

    async def run() -> None:
        database = Database(url)
        await database.migrate()
        await database.aclose()

    asyncio.run(run())


async def test_connections_that_ended_while_they_were_idle_are_replaced(postgresql_server) -> None:
    """A server that was restarted costs no transaction that begins afterwards."""
    url = postgresql_server.database()
    database = Database(postgresql.driven(url))
    try:
        async with asyncio.TaskGroup() as group:
            for only_reads in (True, False):
                group.create_task(database.transact(lambda connection: connection.execute(WAIT), only_reads=only_reads))
        with psycopg.connect(url, autocommit=True) as other:
            ended = other.execute(END_OTHERS).fetchall()

        found = [await database.transact(lambda connection: connection.scalar(select(1))) for _ in range(3)]
    finally:
        await database.aclose()
        postgresql_server.drop(url)
    assert (len(ended), found) == (2, [1, 1, 1])


@pytest.mark.parametrize(
    ("ending", "why"),
    [
        ("SET idle_in_transaction_session_timeout = '1ms'", "it allows less time than was needed"),
        ("SELECT pg_terminate_backend(pg_backend_pid())", "it has ended the connection"),
    ],
)
async def test_why_a_server_has_ended_a_transaction_is_named(postgresql_server, ending: str, why: str) -> None:
    """Its settings or its operator, and not that it is away; the next transaction has another connection."""
    url = postgresql_server.database()
    database = Database(postgresql.driven(url))

    def ended(connection: Connection) -> None:
        connection.execute(text(ending))
        arrived = polling.poll()
        arrived.register(connection.connection.driver_connection.fileno(), polling.POLLIN)
        arrived.poll(30_000)
        connection.execute(text("SELECT 1"))

    with pytest.raises(DATABASE_ERRORS) as met:
        await database.transact(ended)
    trouble = storage_trouble(met.value)
    assert trouble is not None
    assert trouble.detail == f"the database cannot be used: {why}"
    assert await database.transact(lambda connection: connection.scalar(select(1))) == 1
    await database.aclose()
    postgresql_server.drop(url)


async def test_a_server_that_ends_each_connection_is_named(postgresql_server) -> None:
    """It lets everybody in and ends what it has opened, as while it stops: that is no defect of ours."""
    url = postgresql_server.database()
    database = Database(postgresql.driven(url))
    assert await database.transact(lambda connection: connection.scalar(select(1))) == 1

    def end(connection: Any, _record: Any) -> None:
        with psycopg.connect(url, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 60000)", [connection.info.backend_pid])

    event.listen(database.engine, "connect", end)
    database.engine.dispose()
    with pytest.raises(DATABASE_ERRORS) as met:
        await database.transact(lambda connection: connection.scalar(select(1)))
    trouble = storage_trouble(met.value)
    assert trouble is not None
    assert trouble.code == "storage_unavailable"

    event.remove(database.engine, "connect", end)
    assert await database.transact(lambda connection: connection.scalar(select(1))) == 1
    await database.aclose()
    postgresql_server.drop(url)


async def test_a_connection_that_the_driver_has_closed_is_replaced(postgresql_server) -> None:
    """It has no socket any more that could be looked at."""
    url = postgresql_server.database()
    database = Database(postgresql.driven(url))

    def close(connection: Connection) -> None:
        connection.connection.driver_connection.close()

    try:
        with pytest.raises(OperationalError):
            await database.transact(close)
        with database.engine.connect() as connection:
            left = connection.connection.driver_connection
        left.close()
        assert await database.transact(lambda connection: connection.scalar(select(1))) == 1
    finally:
        await database.aclose()
        postgresql_server.drop(url)


ONLY_READS = {"sqlite": "PRAGMA query_only = ON", "postgresql": "SET default_transaction_read_only = on"}
"""What makes a connection one that was opened while the database was read-only."""


async def test_a_connection_that_stays_read_only_is_replaced(database_url: str) -> None:
    """The database is no longer read-only, and the connection would be for as long as it lives."""
    database = Database(database_url)

    def write(connection: Connection) -> None:
        connection.execute(insert(TENANTS).values(id="t", name="n", created_at=NOW))

    try:
        only_reads = ONLY_READS[database.engine.dialect.name]
        await database.transact(lambda connection: connection.exec_driver_sql(only_reads))
        with pytest.raises(DBAPIError) as refused:
            await database.transact(write)
        assert "it is read-only" in storage_trouble(refused.value).detail

        await database.transact(write)

        assert await database.transact(lambda connection: connection.scalar(select(TENANTS.c.id))) == "t"
    finally:
        await database.aclose()


async def test_migrating_a_current_database_changes_nothing(database: Database) -> None:
    """Every start migrates; existing rows stay."""
    with database.engine.begin() as connection:
        connection.execute(insert(TENANTS).values(id="t", name="n", created_at=NOW))

    await database.migrate()

    with database.engine.connect() as connection:
        tenant = connection.execute(select(TENANTS).where(TENANTS.c.id == "t")).one_or_none()
    assert tenant is not None
    assert tenant.created_at == NOW


@pytest.mark.parametrize("revision", REVISIONS)
async def test_what_an_older_version_has_stored_is_kept(empty_url: str, revision: str) -> None:
    """From every revision; later columns are empty, and the way back keeps the rows."""
    database = Database(empty_url)
    await moved(database, command.upgrade, revision)
    with database.engine.begin() as connection:
        for statement in OLDER.split(";"):
            connection.exec_driver_sql(statement)

    await database.migrate()
    with database.engine.connect() as connection:
        integration = connection.execute(select(INTEGRATIONS).where(INTEGRATIONS.c.account_id == "a")).one()
        token = connection.execute(select(TOKENS)).one()
    assert (integration.sealed, integration.failures_in_a_row) == ("x", 3)
    assert (integration.failed_cycles, integration.failing_since) == (0, None)
    assert (token.version, token.dead, token.touched_at) == (2**48, {"code": "c"}, NOW.replace(hour=10))
    # From the first revision each step meets these rows. From the others it is the same steps, which `test_schema`
    # compares without rows.
    if revision == REVISIONS[0]:
        with database.engine.connect() as connection:
            assert drift(connection) == []

    await moved(database, command.downgrade, revision)
    with database.engine.connect() as connection:
        left = (connection.exec_driver_sql("SELECT state, sealed FROM integrations")).all()
    assert [tuple(each) for each in left] == [("active", "x")]
    await database.aclose()


async def moved(database: Database, move: Callable[[Config, str], None], revision: str) -> None:
    """Bring the tables to one revision."""

    def run(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        move(config, revision)
        connection.commit()

    with database.engine.connect() as connection:
        run(connection)


@pytest.mark.slow
def test_processes_that_start_at_once_do_not_break_each_other(empty_url: str) -> None:
    """The second waits for the first, and finds the work done."""
    context = processes_apart()
    processes = [context.Process(target=start, args=(empty_url,)) for _ in range(2)]

    for process in processes:
        process.start()
    for process in processes:
        process.join()

    assert [process.exitcode for process in processes] == [0, 0]


async def test_a_database_that_cannot_be_used_is_named_without_its_password(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason shows no more than a kind of error."""

    class Away:
        def begin(self) -> None:
            raise OperationalError("SELECT 1", {}, Exception("CANARY"))

    with monkeypatch.context() as patched:
        patched.setattr(database, "engine", Away())
        with pytest.raises(DatabaseError) as raised:
            await database.migrate(here=True)

    assert "CANARY" not in str(raised.value)


async def test_a_server_that_is_away_is_named_without_the_password_of_its_address() -> None:
    """The driver's own text names host and user; ours does not."""
    database = Database("postgresql+psycopg://u:CANARY@127.0.0.1:1/x")

    with pytest.raises(DatabaseError) as raised:
        await database.migrate()

    assert "CANARY" not in str(raised.value)
    await database.aclose()


@pytest.mark.parametrize(
    ("written", "instead", "reason"),
    [
        ("/{name}?", "/no_such_database?", "there is no database of that name"),
        ("postgres:", "no_such_user:", "there is no user of that name"),
        ("?host", "?sslmod=require&host", "its address has a parameter that is not known"),
        ("?host", "?sslmode=never&host", "its address has a value that is not known"),
    ],
)
async def test_what_is_wrong_with_the_address_of_a_server_is_named(
    postgresql_server, written: str, instead: str, reason: str
) -> None:
    """A server that is there and refuses is not said to be away, and its own text is not shown."""
    url = postgresql_server.database()
    name = url.partition("?")[0].rpartition("/")[2]
    changed = postgresql.driven(url).replace(written.format(name=name), instead)
    database = Database(changed)

    with pytest.raises(DatabaseError) as raised:
        await database.migrate()

    await database.aclose()
    postgresql_server.drop(url)
    assert str(raised.value) == f"the database cannot be brought up to date: {reason}"


def test_a_missing_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the PostgreSQL driver the message names the extra to install."""

    def missing(*args: object, **options: object) -> None:
        raise ModuleNotFoundError("x", name="psycopg")

    monkeypatch.setattr("gateway.storage.engine.database.create_engine", missing)

    with pytest.raises(DatabaseError, match=r"extrato\[postgresql\]"):
        Database("postgresql+psycopg://db/x")


def test_an_instant_without_offset_is_refused() -> None:
    """It would be read back as another instant."""
    with pytest.raises(TypeError, match="offset"):
        Instant().process_bind_param(datetime(2026, 1, 1), None)  # type: ignore[arg-type]  # noqa: DTZ001


NUMBERED = """
INSERT INTO accounts (id, tenant_id, bank, kind, branch, number, holder_tax_id, description, is_default, created_at)
VALUES ('{}', 't', 'inter', 'PJ', '1', '{}', '3', '', false, '2026-03-16 13:00:00+00')
"""
STOPPED = """
INSERT INTO integrations (account_id, state, sealed, last_failure, failures_in_a_row, failed_cycles)
VALUES ('{}', '{}', 'x', {}, 3, {})
"""


async def test_what_hours_and_dates_have_stopped_goes_on(empty_url: str) -> None:
    """Failed hours were counted as cycles, and an expired certificate was remembered; what a user must mend stays."""
    database = Database(empty_url)
    await moved(database, command.upgrade, "0008")
    known = '{{"code": "{}", "at": "tls", "detail": "d", "since": "2026-03-16T13:00:00Z"}}'
    rows = {
        "outage": ("needs_action", known.format("bank_unavailable"), 10, "bank_failing"),
        "answers": ("needs_action", known.format("unexpected_bank_response"), 11, "bank_failing"),
        "refused": ("needs_action", known.format("invalid_credentials"), 3, "needs_action"),
        "refused-last": ("needs_action", known.format("consent_revoked"), 10, "needs_action"),
        "unknown": ("needs_action", None, 10, "needs_action"),
        "date": ("needs_action", known.format("certificate_expired"), 0, "bank_failing"),
        "user": ("needs_action", known.format("user_blocked"), 0, "needs_action"),
        "well": ("active", None, 0, "active"),
    }
    with database.engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO tenants VALUES ('t', 'n', '2026-03-16 13:00:00+00')")
        for number, (name, (state, failure, cycles, _)) in enumerate(rows.items()):
            connection.exec_driver_sql(NUMBERED.format(name, number))
            noted = f"'{failure}'" if failure else "NULL"
            connection.exec_driver_sql(STOPPED.format(name, state, noted, cycles))

    await database.migrate()

    with database.engine.connect() as connection:
        for name, (*_, state) in rows.items():
            row = connection.execute(select(INTEGRATIONS).where(INTEGRATIONS.c.account_id == name)).one()
            assert (row.state, row.failed_cycles, row.suspicion) == (state, 0, None), name
    await database.aclose()


def test_a_file_that_goes_while_it_is_opened_is_refused(tmp_path: Path) -> None:
    """Nothing is known of it, and what would be written there is lost."""
    file, record = _File(tmp_path / "gateway.sqlite"), SimpleNamespace(info={})
    file.connected(None, record)

    with pytest.raises(DisconnectionError):
        file.taken(None, record, None)
