"""Transactions in threads."""

import asyncio
import contextlib
import threading
import time
from contextvars import ContextVar

import pytest
from sqlalchemy import event, func, insert, select, text, update
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from gateway.concurrency.shares import TENANT, Shares
from gateway.storage.engine.database import Database, storage_trouble
from gateway.storage.engine.transactions import Transactions
from gateway.storage.management.tables import TENANTS
from tests import postgresql
from tests.gateway.support import NOW

pytestmark = pytest.mark.anyio

NAME: ContextVar[str] = ContextVar("name", default="")


@pytest.fixture
async def one_thread(database):
    """Transactions of which one writes at a time, and others are given up after a moment."""
    transactions = Transactions(database.engine, seconds=0.05)
    yield transactions
    await transactions.aclose()


def add(connection, name):
    """A tenant of that name."""
    connection.execute(insert(TENANTS).values(id=name, name=name, created_at=NOW))


async def names(database):
    """The names of all tenants."""
    return sorted(await database.transact(lambda connection: list(connection.scalars(select(TENANTS.c.name)))))


class Held:
    """A transaction that adds a tenant, and ends when it may."""

    def __init__(self, name="held"):
        self.begun, self.may_end = threading.Event(), threading.Event()
        self._name = name

    def __call__(self, connection):
        add(connection, self._name)
        self.begun.set()
        assert self.may_end.wait(30)
        return self._name


async def test_what_a_function_returns_is_given_once_it_is_stored(database):
    """The value, and the row."""
    given = await database.transact(lambda connection: add(connection, "a") or "done")

    assert (given, await names(database)) == ("done", ["a"])


async def test_a_function_that_raises_leaves_nothing(database):
    """Its error is the caller's."""

    def broken(connection):
        add(connection, "a")
        raise KeyError("why")

    with pytest.raises(KeyError, match="why"):
        await database.transact(broken)

    assert await names(database) == []


async def test_a_function_of_a_connection_is_a_transaction_too(database):
    """What it has returned is stored; one that raises leaves nothing."""

    def insert_tenant(connection, name, error=None):
        connection.execute(insert(TENANTS), {"id": name, "name": name, "created_at": NOW})
        if error is not None:
            raise error
        return "done"

    assert await database.transact(lambda connection: insert_tenant(connection, "a")) == "done"
    with pytest.raises(KeyError, match="why"):
        await database.transact(lambda connection: insert_tenant(connection, "b", KeyError("why")))

    assert await names(database) == ["a"]


async def test_the_context_of_the_caller_goes_with_it(database):
    """What a log line of the thread has to name."""
    NAME.set("request")

    assert await database.transact(lambda connection: NAME.get()) == "request"


async def test_the_event_loop_goes_on_meanwhile(one_thread):
    """A lock of the database holds up only whoever waits for it."""
    held = Held()
    running = asyncio.create_task(one_thread.run(held))
    await asyncio.to_thread(held.begun.wait)

    await asyncio.sleep(0)
    assert not running.done()

    held.may_end.set()
    assert await running == "held"


async def test_one_that_has_begun_ends_as_a_whole_when_its_caller_is_cancelled(database, one_thread):
    """It is not half done."""
    held = Held()
    running = asyncio.create_task(one_thread.run(held))
    await asyncio.to_thread(held.begun.wait)

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    held.may_end.set()
    await one_thread.aclose()

    assert await names(database) == ["held"]


async def test_one_that_waits_is_dropped_when_its_caller_is_cancelled(database, one_thread):
    """Nobody wants it any more."""
    held = Held()
    running = asyncio.create_task(one_thread.run(held))
    await asyncio.to_thread(held.begun.wait)
    waiting = asyncio.create_task(one_thread.run(lambda connection: add(connection, "late")))
    await asyncio.sleep(0)

    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    held.may_end.set()
    await running
    await one_thread.aclose()

    assert await names(database) == ["held"]


async def test_waiting_for_a_thread_has_an_end_and_a_name(database, one_thread):
    """The caller learns that the database does not answer; nothing was done for it."""
    held = Held()
    running = asyncio.create_task(one_thread.run(held))
    await asyncio.to_thread(held.begun.wait)

    with pytest.raises(PoolTimeoutError) as refused:
        await one_thread.run(lambda connection: add(connection, "late"))
    held.may_end.set()
    await running

    assert storage_trouble(refused.value).code == "storage_unavailable"
    assert await names(database) == ["held"]


async def test_reading_does_not_wait_for_what_writes(one_thread):
    """It is answered while a transaction holds a lock, or waits for one."""
    held = Held()
    running = asyncio.create_task(one_thread.run(held))
    await asyncio.to_thread(held.begun.wait)

    found = await one_thread.run(
        lambda connection: connection.scalar(select(func.count()).select_from(TENANTS)), only_reads=True
    )
    held.may_end.set()
    await running

    assert found == 0


@pytest.mark.parametrize("fails", [False, True])
async def test_its_processor_time_counts_for_the_tenant(database, monkeypatch, fails):
    """Also that of one that is undone: who keeps the database's threads busy takes turns with the others."""
    shares, used = Shares(), []
    monkeypatch.setattr("gateway.storage.engine.transactions.SHARES", shares)
    monkeypatch.setattr(shares, "spent", lambda tenant, seconds: used.append((tenant, seconds)))
    tenant = TENANT.set("busy")

    def compute(_):
        began = time.thread_time()
        while time.thread_time() < began + 0.02:
            pass
        assert not fails

    with pytest.raises(AssertionError) if fails else contextlib.nullcontext():
        await database.transact(compute, only_reads=True)
    TENANT.reset(tenant)

    ((name, seconds),) = used
    assert name == "busy"
    assert 0.02 <= seconds < 2


@pytest.fixture
async def two_processes(postgresql_server):
    """Two processes over one PostgreSQL; to the database each of them has connections of its own."""
    url = postgresql_server.database()
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(postgresql_server.drop, url)
        both = [Database(postgresql.driven(url)) for _ in range(2)]
        for each in both:
            stack.push_async_callback(each.aclose)
        yield both


async def test_two_that_wait_for_each_other_both_come_to_their_end(two_processes):
    """PostgreSQL undoes one of them, which is run again; whoever removes a tenant locks more rows than others know."""
    await two_processes[0].transact(lambda connection: [add(connection, name) for name in "ab"])
    meeting = threading.Barrier(2)

    def crossing(own, other):
        runs = iter(range(10))

        def lock(connection, name):
            connection.execute(update(TENANTS).where(TENANTS.c.id == name).values(created_at=NOW))

        def work(connection):
            run = next(runs)
            connection.execute(text("SET LOCAL deadlock_timeout = '10ms'"))
            lock(connection, own)
            if run == 0:
                meeting.wait(30)
            lock(connection, other)
            return run

        return work

    one, other = two_processes
    runs_undone = await asyncio.gather(one.transact(crossing("a", "b")), other.transact(crossing("b", "a")))

    assert sum(runs_undone) > 0


async def test_two_that_find_a_row_missing_do_not_fail(database):
    """The one that comes second finds the row of the other."""
    other_process = Database(database.engine.url.render_as_string(hide_password=False))
    meeting = threading.Barrier(2)

    def adding():
        runs = []

        def work(connection):
            found = connection.scalar(select(TENANTS.c.id).where(TENANTS.c.name == "same"))
            runs.append(None)
            if len(runs) == 1:
                meeting.wait(30)
            if found is None:
                add(connection, "same")
            return len(runs)

        return work

    runs = await asyncio.gather(*(each.transact(adding()) for each in (database, other_process)))
    await other_process.aclose()

    assert sorted(runs) == [1, 2]


async def test_one_that_is_undone_for_what_another_has_written_is_run_again(two_processes):
    """As in a database whose operator has set a stricter isolation: it sees what the other has written."""
    for each in two_processes:
        event.listen(each.engine, "connect", _isolate)
    database, other = two_processes
    await database.transact(lambda connection: add(connection, "a"))
    runs = []

    def lengthen(connection):
        return connection.scalar(update(TENANTS).values(name=TENANTS.c.name + "x").returning(TENANTS.c.name))

    def work(connection):
        connection.execute(select(TENANTS.c.id))
        if not runs:
            with other.engine.begin() as another:
                lengthen(another)
        runs.append(None)
        return lengthen(connection)

    assert await database.transact(work) == "axx"
    assert len(runs) == 2


def _isolate(connection, _record):
    connection.execute("SET default_transaction_isolation = 'repeatable read'")
    connection.commit()
