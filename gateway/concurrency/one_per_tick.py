"""Events of many connections, worked on one by one.

A crowd of callers may go in one moment. The event loop would work through all of them before it looks for anything
else, for hundreds of milliseconds. Here one event is worked on in each tick, those of different callers in turn, so
that a crowd holds up itself alone.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable

__all__ = ["OnePerTick"]


class OnePerTick:
    """Calls, one by one; groups take turns, and each has its calls in order.

    Args:
        tick: seconds from one call to the next.
    """

    def __init__(self, tick: float) -> None:
        self._tick = tick
        self._waiting: OrderedDict[Hashable, deque[Callable[[], object]]] = OrderedDict()
        """By group, the one whose turn is next first."""
        self._loop: asyncio.AbstractEventLoop | None = None
        """In which the next call is due; None when one may be made at once."""

    def call(self, group: Hashable, work: Callable[[], object]) -> None:
        """Do the work: now, when no other has been done in this tick, else when it is its turn."""
        loop = asyncio.get_running_loop()
        if self._loop is loop:
            self._waiting.setdefault(group, deque()).append(work)
            return
        # What waits for a loop that has ended is left.
        self._waiting.clear()
        self._loop = loop
        loop.call_later(self._tick, self._next)
        work()

    def _next(self) -> None:
        if not self._waiting:
            self._loop = None
            return
        group, calls = self._waiting.popitem(last=False)
        work = calls.popleft()
        if calls:
            self._waiting[group] = calls
        asyncio.get_running_loop().call_later(self._tick, self._next)
        work()
