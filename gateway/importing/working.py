"""Runs the daily import in this process: the rounds that find what is due, and the queue that does it."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from gateway.accounts.renewals import hourly
from gateway.clock import Clock, RemoteClock
from gateway.importing.daily import TASK, DailyImport
from gateway.limits import IMPORT_ROUND
from gateway.settings import Settings
from gateway.work.embedded import EmbeddedQueue

__all__ = ["importing", "work"]


@asynccontextmanager
async def importing(
    imports: DailyImport, clock: Clock, at_once: int, *, refresh: Callable[[], Awaitable[None]] | None = None
) -> AsyncIterator[None]:
    """Import what is due, while the context lasts; leaving it waits for the imports under way.

    Args:
        imports: finds what is due, and imports it.
        clock: the time by which accounts are due.
        at_once: imports under way.
        refresh: updates the clock before it is read, where it does not run by itself.
    """
    queue = EmbeddedQueue({TASK: imports.run}, clock, at_once=at_once)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(queue.running())
        rounds = hourly(
            partial(imports.round, queue),
            clock,
            refresh=refresh,
            every=IMPORT_ROUND,
            failed="round_of_imports_failed",
        )
        # Ends before the queue: it adds no more jobs then.
        await stack.enter_async_context(rounds)
        yield


async def work(settings: Settings) -> None:
    """Import what is due until SIGINT or SIGTERM; the imports under way then have a while to end.

    Raises:
        DatabaseError: the database cannot be used.
        VaultKeyError: the vault keys are not those of the database.
    """
    # Only here: the composition root imports this module.
    from gateway.app import opened  # noqa: PLC0415

    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with opened(settings) as parts:
        refresh = parts.clock.refresh if isinstance(parts.clock, RemoteClock) else None
        async with importing(parts.imports, parts.clock, settings.imports_at_once, refresh=refresh):
            sys.stdout.write(json.dumps({"event": "ready"}) + "\n")
            sys.stdout.flush()
            await stop.wait()
