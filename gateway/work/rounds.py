"""Rounds that are made again and again beside everything else: renewals, imports, the removal of what is old."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from gateway.clock import Clock
from gateway.limits import ROUND_LOOK_SECONDS
from gateway.work.ending import meanwhile
from gateway.work.outages import Outage

__all__ = ["repeated"]


@asynccontextmanager
async def repeated(
    begin: Callable[[], Awaitable[None]],
    clock: Clock,
    every: timedelta,
    *,
    failed: str,
    refresh: Callable[[], Awaitable[None]] | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncIterator[None]:
    """Begin a round at once, and then whenever the interval has passed since the last began, while the context lasts.

    Leaving cancels a round that is under way. A round that fails is logged, and the next one comes in its time.

    Args:
        begin: makes one round.
        clock: measures the interval; it may jump, also back.
        every: the interval between the starts of two rounds.
        failed: the event in the log about a round that has failed.
        refresh: updates the clock before it is read, where it does not run by itself.
        sleep: waits for so many of the machine's seconds.
    """

    async def rounds() -> None:
        last: datetime | None = None
        outage = Outage(failed)
        while True:
            try:
                if last is not None and refresh is not None:
                    await refresh()
                now = clock.now()
                if last is None or not timedelta(0) <= now - last < every:
                    last = now
                    await begin()
                    outage.over()
            except Exception as error:  # noqa: BLE001 -- it is told, and the next round comes
                outage.met(error)
            await sleep(ROUND_LOOK_SECONDS)

    async with meanwhile(rounds()):
        yield
