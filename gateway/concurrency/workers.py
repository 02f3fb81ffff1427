"""Threads for work that takes longer than an event loop may be blocked."""

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
    """A number of threads. Tenants take turns at them; the work of one tenant is done in order of arrival.

    Args:
        name: of the threads.
        count: number of threads.
    """

    def __init__(self, name: str, count: int) -> None:
        self._threads = ThreadPoolExecutor(count, name)
        self._slots = Slots(count, name)
        self._under_way = 0

    @property
    def busy(self) -> bool:
        """Whether work is under way or waiting."""
        return self._under_way > 0

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The result of `work`, done in one of the threads, paced, and counted as time of the tenant.

        A caller that is cancelled waits until work that has begun has ended, so that nothing the work uses is closed
        meanwhile; work that has not begun is dropped.

        Raises:
            Exception: as `work` does.
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
                    # They hold the exception of the work, whose traceback holds this call: a circle that would keep
                    # all that the work has used, such as open files, until garbage is collected.
                    del begun, result
        finally:
            self._under_way -= 1

    async def run_if(self, large: bool, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:  # noqa: FBT001
        """The result of `work`, done here unless it is large."""
        return await self.run(work, *args, **kwargs) if large else work(*args, **kwargs)


LARGE = Workers("large-answers", ANSWER_THREADS)
"""Threads that decode and render large answers of banks."""


def _paced(spent: Callable[[float], None], crowded: Callable[[], bool], work: Callable[[], T]) -> T:
    with paced(spent, crowded):
        return work()


async def _ended(result: asyncio.Future[T]) -> None:
    """Wait until the work has ended, whatever further cancellations come."""
    while not result.done():
        try:
            await asyncio.wait([result])
        except asyncio.CancelledError:
            continue
    if not result.cancelled():
        # Retrieved, so that asyncio does not log an exception that was never retrieved.
        result.exception()
