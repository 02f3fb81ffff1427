"""The queue over PostgreSQL: keys, locks, priorities, further runs, two processes, and one that dies."""

import asyncio
import re
from datetime import timedelta

import psycopg
import pytest
from procrastinate.exceptions import ConnectorException

from gateway.clock import SystemClock
from gateway.errors import GatewayError
from gateway.work.distributed import DistributedQueue
from gateway.work.jobs import Job
from tests import postgresql

pytestmark = pytest.mark.anyio


@pytest.fixture
def url(request):
    server = request.getfixturevalue("postgresql_server")
    made = server.database(postgresql.MIGRATED)
    yield postgresql.driven(made)
    server.drop(made)


class Worker:
    """Notes the jobs it is given."""

    def __init__(self, wanted):
        self.begun = []
        self.under_way = 0
        self.most = 0
        self.wanted = wanted
        self.all_done = asyncio.Event()

    async def note(self, arguments):
        key = arguments["key"]
        self.begun.append(key)
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(0)
        self.under_way -= 1
        if len(self.begun) == self.wanted:
            self.all_done.set()

    def queue(self, url, at_once=2):
        return DistributedQueue(url, {"note": self.note}, SystemClock(), at_once=at_once)


def job(key, **more):
    return Job(task="note", key=key, arguments={"key": key}, **more)


async def test_keys(url):
    """As in one process."""
    worker = Worker(2)
    queue = worker.queue(url, at_once=1)
    async with queue.opened():
        jobs = [job("first"), job("first"), job("second")]
        await queue.put([*jobs, job("never", at=SystemClock().now() + timedelta(hours=1))])
        await queue.put(jobs)
        async with queue.running():
            await asyncio.wait_for(worker.all_done.wait(), 30)
    assert worker.begun == ["first", "second"]


async def test_two_processes_make_the_tables_and_share_the_jobs(url):
    """Each job runs once, and those of one lock one after the other."""
    worker = Worker(20)
    one, two = worker.queue(url), worker.queue(url)
    async with asyncio.timeout(60), one.opened(), two.opened():
        await asyncio.gather(*(each.put([job(str(n), lock="x") for n in range(20)]) for each in (one, two)))
        async with one.running(), two.running():
            await worker.all_done.wait()
    assert sorted(worker.begun) == sorted(map(str, range(20)))
    assert worker.most == 1


async def test_jobs_that_another_adds_at_the_same_moment_keep_out_no_others(url, monkeypatch):
    """They are found only when all are added."""
    finds_none = "SELECT queueing_lock FROM procrastinate_jobs WHERE queueing_lock = ANY(%(keys)s) AND false"
    monkeypatch.setattr("gateway.work.distributed.WAITING", finds_none)
    worker = Worker(3)
    queue = worker.queue(url)
    async with queue.opened():
        await queue.put([job("b")])
        await queue.put([job("a"), job("b"), job("c")])
        async with queue.running():
            await asyncio.wait_for(worker.all_done.wait(), 30)
    assert sorted(worker.begun) == ["a", "b", "c"]


async def test_a_database_that_is_not_there_is_named(url):
    """Not by the driver's words, which may have the password."""
    queue = Worker(0).queue(re.sub(r"host=[^&]*", "host=/nowhere", url))
    with pytest.raises(GatewayError, match=r"storage_unavailable.*OperationalError"):
        async with queue.opened():
            pass


async def test_a_database_that_is_read_only_for_a_while_ends_no_worker(url, monkeypatch):
    """The library's own ends with the first query that fails; connections that were opened meanwhile stay read-only."""
    monkeypatch.setattr("gateway.work.distributed.QUEUE_AGAIN_SECONDS", 0.01)
    worker = Worker(1)
    queue, other = worker.queue(url), Worker(0).queue(url)
    refused = asyncio.Event()
    run = queue._app.run_worker_async

    async def told(**more):
        try:
            await run(**more)
        except ConnectorException:
            refused.set()
            raise

    monkeypatch.setattr(queue._app, "run_worker_async", told)
    async with queue.opened(), queue.running():
        _set(queue, "SET default_transaction_read_only = on")
        await asyncio.wait_for(refused.wait(), 30)
        _set(queue, "RESET default_transaction_read_only")
        async with other.opened():
            await other.put([job("a")])
        await asyncio.wait_for(worker.all_done.wait(), 30)
    assert worker.begun == ["a"]


async def test_a_worker_that_is_stopped_while_the_database_is_away_ends(url, monkeypatch):
    """It is not begun again."""
    queue = Worker(0).queue(url)
    asked = asyncio.Event()
    fetch = queue._app.job_manager.fetch_job

    async def told(**more):
        found = await fetch(**more)
        asked.set()
        return found

    monkeypatch.setattr(queue._app.job_manager, "fetch_job", told)
    async with asyncio.timeout(60), queue.opened():
        async with queue.running():
            await asked.wait()
            _set(queue, "SET default_transaction_read_only = on")
        _set(queue, "RESET default_transaction_read_only")


def _set(queue, what):
    """Set something of the database for connections that are opened from now on. Those that are open end, unless it is
    taken back.
    """
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
    with psycopg.connect(queue._conninfo, autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only = off")
        (name,) = connection.execute("SELECT current_database()").fetchone()
        connection.execute(f"ALTER DATABASE {name} {what}")
        if not what.startswith("RESET"):
            connection.execute(end, [name])


async def test_a_job_of_a_process_that_died_is_done_by_another(url):
    """Its heartbeat has grown old."""
    worker = Worker(1)
    queue = worker.queue(url)
    async with queue.opened():
        await queue.put([job("a", lock="x")])
        _begun_by_one_that_died(queue)
        await queue.revive_stalled()
        async with queue.running():
            await asyncio.wait_for(worker.all_done.wait(), 30)
    assert worker.begun == ["a"]


async def test_a_job_that_died_while_its_key_waits_again_holds_up_no_other(url):
    """What waits does the same."""
    worker = Worker(2)
    queue = worker.queue(url)
    async with queue.opened():
        await queue.put([job("a", lock="a"), job("b", lock="b")])
        _begun_by_one_that_died(queue)
        await queue.put([job("a", lock="a")])
        await queue.revive_stalled()
        async with queue.running():
            await asyncio.wait_for(worker.all_done.wait(), 30)
    assert sorted(worker.begun) == ["a", "b"]
    with psycopg.connect(queue._conninfo) as connection:
        assert connection.execute("SELECT * FROM gateway_jobs.procrastinate_jobs").fetchall() == []


def _begun_by_one_that_died(queue):
    """A process that died an hour ago has begun all jobs."""
    with psycopg.connect(queue._conninfo, autocommit=True) as connection:
        connection.execute("SET search_path TO gateway_jobs")
        connection.execute(
            "WITH dead AS (INSERT INTO procrastinate_workers (last_heartbeat) "
            "VALUES (now() - interval '1 hour') RETURNING id) "
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = dead.id FROM dead"
        )
