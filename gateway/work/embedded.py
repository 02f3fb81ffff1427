"""The queue of one process: its jobs are forgotten when it ends, so that they must follow from the database."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from heapq import heappop, heappush
from itertools import count

import structlog

from gateway.clock import Clock
from gateway.limits import QUEUE_JOBS, QUEUE_LOOK_SECONDS, QUEUE_STOP_SECONDS
from gateway.work.ending import ended
from gateway.work.jobs import Job, Task

__all__ = ["EmbeddedQueue"]

log = structlog.get_logger("gateway.work")


class EmbeddedQueue:
    """Runs jobs in this process.

    Args:
        tasks: what does the jobs, by name.
        clock: tells when a job may begin.
        at_once: jobs under way.
        most: jobs that wait; further ones are not added.
        look_seconds: interval between two looks at the clock.
        stop_seconds: time that jobs under way have to end when the queue stops.
    """

    def __init__(
        self,
        tasks: Mapping[str, Task],
        clock: Clock,
        *,
        at_once: int,
        most: int = QUEUE_JOBS,
        look_seconds: float = QUEUE_LOOK_SECONDS,
        stop_seconds: float = QUEUE_STOP_SECONDS,
    ) -> None:
        self._tasks = tasks
        self._clock = clock
        self._at_once = at_once
        self._most = most
        self._look_seconds = look_seconds
        self._stop_seconds = stop_seconds
        self._numbers = count()
        self._keys: set[str] = set()
        """Of the jobs that wait."""
        self._later: list[tuple[float, int, Job]] = []
        self._ready: deque[Job] = deque()
        self._locked: dict[str, deque[Job]] = {}
        """By each lock that is held, the jobs that wait for it."""
        self._running: set[asyncio.Task[None]] = set()
        self._stopping = False

    async def put(self, jobs: Sequence[Job]) -> None:
        """Add jobs, except those whose key waits already, and those that find no room."""
        refused = 0
        for job in jobs:
            if job.key in self._keys:
                continue
            if len(self._keys) >= self._most or self._stopping:
                refused += 1
                continue
            self._keys.add(job.key)
            if job.at is not None and job.at > self._clock.now():
                heappush(self._later, (job.at.timestamp(), next(self._numbers), job))
            else:
                self._ready.append(job)
        if refused:
            log.info("jobs_not_added", jobs=refused, waiting=len(self._keys))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run jobs while the context lasts.

        Leaving it begins no more jobs and waits for those under way; what has not ended in time is cancelled.
        """
        looking = asyncio.create_task(self._look())
        try:
            yield
        finally:
            self._stopping = True
            await ended(looking)
            if self._running:
                await asyncio.wait(self._running, timeout=self._stop_seconds)
            await ended(*self._running)

    async def _look(self) -> None:
        while True:
            self.begin_due()
            await asyncio.sleep(self._look_seconds)

    def begin_due(self) -> None:
        """Begin the jobs whose time has come, as far as there is room."""
        now = self._clock.now().timestamp()
        while self._later and self._later[0][0] <= now:
            self._ready.append(heappop(self._later)[-1])
        while self._ready and len(self._running) < self._at_once and not self._stopping:
            job = self._ready.popleft()
            if job.lock and job.lock in self._locked:
                self._locked[job.lock].append(job)
                continue
            self._keys.discard(job.key)
            if job.lock:
                self._locked[job.lock] = deque()
            task = asyncio.create_task(self._run(job))
            self._running.add(task)
            task.add_done_callback(partial(self._ended, job))

    def _ended(self, job: Job, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._ready.extend(self._locked.pop(job.lock, ()))
        if not self._stopping:
            self.begin_due()

    async def _run(self, job: Job) -> None:
        try:
            await self._tasks[job.task](job.arguments)
        except Exception as error:
            log.exception("job_failed", task=job.task, key=job.key, exc_info=error)
