"""The queue that processes share: procrastinate over PostgreSQL. Only imported where PostgreSQL is used.

Its tables stand in a schema of their own, `gateway_jobs`, so that they meet none of ours. Each process holds at most
`QUEUE_CONNECTIONS` connections for it. The jobs of a process that has died are given to others once its heartbeat is
`QUEUE_STALLED_SECONDS` old.

The library's worker ends for good with the first query that fails. It is begun again until the process stops, so that
no outage of the database takes a process out of the daily import.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime

import procrastinate
import psycopg
import structlog
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import Status
from procrastinate.schema import SchemaManager

from gateway.clock import Clock
from gateway.errors import GatewayError
from gateway.limits import (
    DATABASE_POOL_SECONDS,
    QUEUE_AGAIN_SECONDS,
    QUEUE_CONNECTIONS,
    QUEUE_LOOK_SECONDS,
    QUEUE_STALLED_SECONDS,
    QUEUE_STOP_SECONDS,
)
from gateway.storage.engine.connecting import connection_options
from gateway.storage.engine.database import unavailable
from gateway.work.ending import meanwhile
from gateway.work.jobs import Job, Task
from gateway.work.outages import Outage

__all__ = ["DistributedQueue"]

SCHEMA = "gateway_jobs"
QUEUE = "gateway"
WAITING = "SELECT queueing_lock FROM procrastinate_jobs WHERE status = 'todo' AND queueing_lock = ANY(%(keys)s)"
SCHEMA_LOCK = "SELECT pg_advisory_xact_lock(hashtext('gateway_jobs'))"

log = structlog.get_logger("gateway.work")


class DistributedQueue:
    """Runs jobs in whichever process of those that share a database.

    Args:
        url: of the database, as the settings give it.
        tasks: what does the jobs, by name.
        clock: the time that a job's `at` means.
        at_once: jobs under way in this process.
    """

    def __init__(self, url: str, tasks: Mapping[str, Task], clock: Clock, *, at_once: int) -> None:
        self._conninfo = url.replace("postgresql+psycopg://", "postgresql://", 1)
        self._clock = clock
        self._at_once = at_once
        self._options = connection_options(url)
        self._connector = procrastinate.PsycopgConnector(
            conninfo=self._conninfo,
            kwargs={**self._options, "options": f"-c search_path={SCHEMA}"},
            min_size=1,
            max_size=QUEUE_CONNECTIONS,
            timeout=DATABASE_POOL_SECONDS,
        )
        self._app = procrastinate.App(connector=self._connector)
        self._tasks = {name: self._app.task(name=name, queue=QUEUE)(_doing(tasks[name])) for name in tasks}

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Make the tables if they are not there, and connect, while the context lasts.

        Raises:
            GatewayError: `storage_unavailable`.
        """
        async with AsyncExitStack() as stack:
            try:
                await asyncio.to_thread(self._make_tables)
                await stack.enter_async_context(self._app.open_async())
            except (psycopg.OperationalError, procrastinate.exceptions.ConnectorException) as error:
                raise _trouble(error) from error
            yield

    async def put(self, jobs: Sequence[Job]) -> None:
        """Add jobs, except those whose key waits already; of equal keys the first counts.

        Raises:
            GatewayError: `storage_unavailable`; some jobs may have been added.
        """
        try:
            await self._put(jobs)
        except procrastinate.exceptions.ConnectorException as error:
            raise _trouble(error) from error

    async def _put(self, jobs: Sequence[Job]) -> None:
        rows = await self._app.connector.execute_query_all_async(WAITING, keys=[job.key for job in jobs])
        waiting = {row["queueing_lock"] for row in rows}
        new: dict[str, procrastinate.jobs.Job] = {}
        for job in jobs:
            if job.key not in waiting:
                new.setdefault(job.key, self._deferred(job))
        if not new:
            return
        manager = self._app.job_manager
        try:
            await manager.batch_defer_jobs_async(list(new.values()))
        except AlreadyEnqueued:
            # Another process adds some of them at this moment.
            for each in new.values():
                with suppress(AlreadyEnqueued):
                    await manager.defer_job_async(each)

    def _deferred(self, job: Job) -> procrastinate.jobs.Job:
        deferrer = self._tasks[job.task].configure(
            queueing_lock=job.key,
            lock=job.lock or None,
            schedule_at=self._machine_time(job.at),
        )
        return deferrer.make_new_job(arguments={**job.arguments})

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run jobs while the context lasts.

        Leaving it begins no more jobs and waits for those under way; what has not ended in time is cancelled.
        """
        worker = asyncio.create_task(self._work())
        try:
            async with meanwhile(self._look()):
                yield
        finally:
            # It waits for its jobs.
            worker.cancel()
            await asyncio.wait({worker})

    async def _work(self) -> None:
        """Run the library's worker until this task is cancelled, and begin it again whenever it has ended by itself."""
        task = asyncio.current_task()
        while True:
            reason = "its worker has ended by itself"
            try:
                await self._app.run_worker_async(
                    queues=[QUEUE],
                    concurrency=self._at_once,
                    fetch_job_polling_interval=QUEUE_LOOK_SECONDS,
                    shutdown_graceful_timeout=QUEUE_STOP_SECONDS,
                    stalled_worker_timeout=QUEUE_STALLED_SECONDS,
                    delete_jobs="always",
                    install_signal_handlers=False,
                )
            except (procrastinate.exceptions.ConnectorException, psycopg.Error) as error:
                reason = _trouble(error).detail
            # An error of the worker that is being stopped takes the place of the cancellation.
            if task is None or task.cancelling():
                return
            log.error("queue_not_read", reason=reason)
            await asyncio.sleep(QUEUE_AGAIN_SECONDS)
            # A connection may be why: one that was opened while the database was read-only stays so.
            await self._connector.pool.drain()

    async def revive_stalled(self) -> None:
        """Give the jobs of processes that have died to others.

        Raises:
            ConnectorException: the database does not answer or refuses.
        """
        manager = self._app.job_manager
        for job in await manager.get_stalled_jobs(queue=QUEUE, seconds_since_heartbeat=QUEUE_STALLED_SECONDS):
            log.warning("job_of_dead_process", task=job.task_name, key=job.queueing_lock)
            try:
                await manager.retry_job(job)
            except procrastinate.exceptions.UniqueViolation:
                # A job of the same key waits already, and does the same.
                await manager.finish_job(job, Status.FAILED, delete_job=True)

    async def _look(self) -> None:
        outage = Outage("stalled_jobs_not_revived")
        while True:
            await asyncio.sleep(QUEUE_STALLED_SECONDS)
            try:
                await self.revive_stalled()
            except procrastinate.exceptions.ConnectorException as error:
                outage.met(_trouble(error))
            else:
                outage.over()

    def _machine_time(self, at: datetime | None) -> datetime | None:
        """The machine's time of an instant of the gateway's clock, which may be the simulators'."""
        return datetime.now(UTC) + (at - self._clock.now()) if at is not None else None

    def _make_tables(self) -> None:
        with psycopg.connect(self._conninfo, **self._options) as connection:
            connection.execute(SCHEMA_LOCK)
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
            connection.execute(f"SET LOCAL search_path TO {SCHEMA}")
            found = connection.execute("SELECT to_regclass(%s)", [f"{SCHEMA}.procrastinate_jobs"]).fetchone()
            if found is None or found[0] is None:
                connection.execute(SchemaManager.get_schema())


def _doing(task: Task) -> Callable[[dict[str, str]], Awaitable[None]]:
    """A function of its own for a task, since the library marks what it is given."""

    async def do(arguments: dict[str, str]) -> None:
        await task(arguments)

    return do


def _trouble(error: Exception) -> GatewayError:
    """The failure `storage_unavailable` for an error of the queue, which has the driver's behind it."""
    return unavailable(error.__cause__ or error)
