"""Connections to SQLite and how often they go to their thread."""

import asyncio
import sqlite3

import pytest

from gateway.storage import sqlite_driver

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
async def connection(tmp_path):
    opened = await sqlite_driver.connect(str(tmp_path / "x.sqlite"), isolation_level="IMMEDIATE", timeout=5)
    async with opened.cursor() as cursor:
        await cursor.execute("CREATE TABLE t (n INTEGER PRIMARY KEY, v TEXT)")
    await opened.commit()
    yield opened
    await opened.close()


@pytest.fixture
def hops(connection, monkeypatch):
    """The calls of the thread."""
    done = []
    execute = connection._execute

    async def noted(work):
        done.append(work)
        return await execute(work)

    monkeypatch.setattr(connection, "_execute", noted)
    return done


async def run(connection, statement, parameters=()):
    async with connection.cursor() as cursor:
        await cursor.execute(statement, parameters)
        rows = await cursor.fetchall()
        await cursor.close()
    return cursor, rows


async def test_a_read_goes_there_once(connection, hops):
    """Rows and their names included, and the end of the transaction too."""
    cursor, rows = await run(connection, "SELECT 1 AS one, 2 AS two")
    await connection.rollback()

    assert rows == [(1, 2)]
    assert [each[0] for each in cursor.description] == ["one", "two"]
    assert len(hops) == 1


async def test_a_write_is_ended_there(connection, hops):
    """Its row count is right, and the row stays only once it is committed."""
    cursor, _ = await run(connection, "INSERT INTO t (v) VALUES (?)", ["a"])
    assert (cursor.rowcount, cursor.lastrowid) == (1, 1)
    await connection.rollback()
    await run(connection, "INSERT INTO t (v) VALUES (?)", ["b"])
    await connection.commit()
    await connection.rollback()

    assert (await run(connection, "SELECT v FROM t"))[1] == [("b",)]
    assert len(hops) == 5


async def test_many_at_once(connection):
    """One way there for all of them."""
    async with connection.cursor() as cursor:
        await cursor.executemany("INSERT INTO t (v) VALUES (?)", [["a"], ["b"], ["c"]])
    assert cursor.rowcount == 3
    await connection.commit()
    assert (await run(connection, "SELECT count(*) FROM t"))[1] == [(3,)]


async def test_errors_are_those_of_sqlite(connection):
    """Whatever the driver does."""
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        await run(connection, "SELECT * FROM nowhere")
    await run(connection, "INSERT INTO t VALUES (1, 'a')")
    with pytest.raises(sqlite3.IntegrityError):
        await run(connection, "INSERT INTO t VALUES (1, 'b')")


async def test_an_abandoned_statement_is_rolled_back(connection):
    """A statement that is executed after its caller has gone leaves no transaction open."""
    writing = asyncio.create_task(run(connection, "INSERT INTO t (v) VALUES ('left')"))
    await asyncio.sleep(0)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing

    await connection.rollback()

    assert not connection.in_transaction
    assert (await run(connection, "SELECT * FROM t"))[1] == []
