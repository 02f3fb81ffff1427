"""Few at work at once, and whoever waits is served in turn by group: a crowd in one does not hold up the others."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

__all__ = ["Fair"]


class Fair:
    """Places to work, given to the groups in turn and within a group in order of arrival.

    Args:
        most: places.
    """

    def __init__(self, most: int) -> None:
        self._free = most
        self._queues: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @asynccontextmanager
    async def place(self, group: str) -> AsyncIterator[None]:
        """A place for somebody of a group, for as long as the context lasts."""
        await self._enter(group)
        try:
            yield
        finally:
            self._leave()

    async def _enter(self, group: str) -> None:
        if self._free and not self._queues:
            self._free -= 1
            return
        called: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queues.setdefault(group, deque()).append(called)
        try:
            await called
        except asyncio.CancelledError:
            if called.done() and not called.cancelled():
                self._leave()  # called in the moment of being cancelled: the place goes on to the next
            raise

    def _leave(self) -> None:
        """Give a place to the next: the first of the group that has waited longest for one."""
        while self._queues:
            group, queue = self._queues.popitem(last=False)
            called = queue.popleft()
            if queue:
                self._queues[group] = queue
            if not called.done():
                called.set_result(None)
                return
        self._free += 1
