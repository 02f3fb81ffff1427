"""Runs the daily import in this process: the rounds that find what is due, and the queue that does it."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from gateway import metrics
from gateway.clock import RemoteClock
from gateway.importing.daily import TASK, DailyImport
from gateway.limits import IMPORT_ROUND
from gateway.parts.opening import opened
from gateway.serving.errors import ServeError
from gateway.settings import Settings
from gateway.work.embedded import EmbeddedQueue
from gateway.work.jobs import Task
from gateway.work.rounds import repeated

if TYPE_CHECKING:
    from gateway.work.distributed import DistributedQueue

__all__ = ["importing", "work"]


@asynccontextmanager
async def importing(imports: DailyImport, settings: Settings) -> AsyncIterator[None]:
    """Import what is due, while the context lasts; leaving it waits for the imports under way.

    Args:
        imports: finds what is due, and imports it.
        settings: name the database, over which processes share the jobs if it is PostgreSQL, and how many imports are
            under way in this one.
    """
    tasks: dict[str, Task] = {TASK: imports.run}
    async with AsyncExitStack() as stack:
        queue: EmbeddedQueue | DistributedQueue
        if settings.database_url.startswith("postgresql"):
            # Only here: its library is there only where PostgreSQL is used.
            from gateway.work import distributed  # noqa: PLC0415

            queue = distributed.DistributedQueue(
                settings.database_url, tasks, imports.clock, at_once=settings.imports_at_once
            )
            await stack.enter_async_context(queue.opened())
        else:
            queue = EmbeddedQueue(tasks, imports.clock, at_once=settings.imports_at_once)
        await stack.enter_async_context(queue.running())
        begin, clock = partial(imports.round, queue), imports.clock
        refresh = clock.refresh if isinstance(clock, RemoteClock) else None
        rounds = repeated(begin, clock, IMPORT_ROUND, failed="round_of_imports_failed", refresh=refresh)
        # Ends before the queue: it adds no more jobs then.
        await stack.enter_async_context(rounds)
        yield


async def work(settings: Settings, metrics_at: tuple[str, int] | None = None) -> None:
    """Import what is due until SIGINT or SIGTERM; the imports under way then have a while to end.

    Args:
        settings: from `gateway.settings.load`.
        metrics_at: address and port at which the metrics are given, of which 0 picks a free one; None for nowhere.

    Raises:
        ServeError: that address cannot be listened on.
        DatabaseError: the database cannot be used.
        VaultKeyError: the vault keys are not those of the database.
    """
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    ready = {"event": "ready"}
    async with AsyncExitStack() as stack:
        if metrics_at is not None:
            try:
                ready["metrics"] = stack.enter_context(metrics.served(*metrics_at))
            except OSError as error:
                host, port = metrics_at
                raise ServeError(f"{host}:{port} cannot be listened on: {error.strerror}") from error
        parts = await stack.enter_async_context(opened(settings))
        await stack.enter_async_context(importing(parts.imports, settings))
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        await stop.wait()
