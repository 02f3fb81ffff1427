"""Threads for work that takes longer than an event loop may stand still."""

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from gateway.concurrency.pacing import paced
from gateway.concurrency.shares import SHARES, TENANT
from gateway.concurrency.slots import Holder, Slots
from gateway.limits import ANSWER_THREADS

__all__ = ["LARGE", "Workers"]

P = ParamSpec("P")
T = TypeVar("T")


class Workers:
    """A bounded number of threads. Tenants take turns at them; the work of one is done in the order in which it came.

    Args:
        name: of the threads.
        count: how many work at once.
    """

    def __init__(self, name: str, count: int) -> None:
        self._threads = ThreadPoolExecutor(count, name)
        self._slots = Slots(count, name)
        self._under_way = 0

    @property
    def busy(self) -> bool:
        """Whether there is work under way or waiting."""
        return self._under_way > 0

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The result of `work`, done in one of the threads, paced, and counted as time of the tenant.

        A caller that is cancelled waits until work that has begun is at its end, so that nothing the work uses is
        closed under it; work that has not begun is left undone.

        Raises:
            Exception: what `work` raises.
        """
        tenant, context, loop = TENANT.get(), contextvars.copy_context(), asyncio.get_running_loop()

        def spent(seconds: float) -> None:
            loop.call_soon_threadsafe(SHARES.spent, tenant, seconds)

        self._under_way += 1
        try:
            async with self._slots.held(Holder(tenant)):
                crowded, call = partial(SHARES.crowded, tenant), partial(work, *args, **kwargs)
                begun = self._threads.submit(context.run, _paced, spent, crowded, call)
                result = asyncio.wrap_future(begun)
                try:
                    return await asyncio.shield(result)
                except asyncio.CancelledError:
                    if not begun.cancel():
                        await _ended(result)
                    raise
        finally:
            self._under_way -= 1

    async def run_if(self, large: bool, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:  # noqa: FBT001
        """The result of `work`, done here unless it is large."""
        return await self.run(work, *args, **kwargs) if large else work(*args, **kwargs)


LARGE = Workers("large-answers", ANSWER_THREADS)
"""For all that is done with large answers of banks."""


def _paced(spent: Callable[[float], None], crowded: Callable[[], bool], work: Callable[[], T]) -> T:
    with paced(spent, crowded):
        return work()


async def _ended(result: asyncio.Future[T]) -> None:
    """Wait for an end that no further cancellation hurries."""
    while not result.done():
        try:
            await asyncio.wait([result])
        except asyncio.CancelledError:
            continue
    if not result.cancelled():
        # Looked at, so that no error is logged that was never retrieved.
        result.exception()
