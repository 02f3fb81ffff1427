"""Runs the daily import in this process: the rounds that find what is due, and the queue that does it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from gateway.accounts.renewals import hourly
from gateway.clock import Clock
from gateway.importing.daily import TASK, DailyImport
from gateway.limits import IMPORT_ROUND
from gateway.work.embedded import EmbeddedQueue

__all__ = ["importing"]


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
