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
        pace: seconds between two of a group as long as others of it wait, so that the processor has time for what else
            there is to do; places that are free meanwhile are for other groups.
    """

    def __init__(self, most: int, pace: float = 0.0) -> None:
        self._free = most
        self._pace = pace
        self._queues: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self._resting: set[str] = set()
        """Groups of which one has just been given a place."""

    @asynccontextmanager
    async def place(self, group: str) -> AsyncIterator[None]:
        """A place for somebody of a group, for as long as the context lasts."""
        await self._enter(group)
        try:
            yield
        finally:
            self._free += 1
            self._give()

    async def _enter(self, group: str) -> None:
        called: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queues.setdefault(group, deque()).append(called)
        self._give()
        try:
            await called
        except asyncio.CancelledError:
            if called.done() and not called.cancelled():
                self._free += 1  # called in the moment of being cancelled: the place goes on to the next
                self._give()
            raise

    def _give(self) -> None:
        """Give free places to the first of the groups that have waited longest for one."""
        while self._free:
            group = next((group for group in self._queues if group not in self._resting), None)
            if group is None:
                return
            queue = self._queues.pop(group)
            called = queue.popleft()
            if queue:
                self._queues[group] = queue
            if called.done():
                continue
            self._free -= 1
            called.set_result(None)
            if queue and self._pace:
                self._resting.add(group)
                asyncio.get_running_loop().call_later(self._pace, self._rested, group)

    def _rested(self, group: str) -> None:
        self._resting.discard(group)
        self._give()
