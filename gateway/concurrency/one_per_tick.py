"""Events of many connections, worked on one by one.

A crowd of callers may go in one moment. The event loop would work through all of them before it looks for anything
else, for hundreds of milliseconds. Here one event is worked on in each tick, those of different callers in turn, so
that a crowd holds up itself alone. Of many that wait more are worked on in each tick, so that what waits is bounded by
what comes in `TICKS_TO_CATCH_UP`.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable

from gateway.limits import TICKS_TO_CATCH_UP

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
        self._count = 0
        """How many wait in all groups."""
        self._loop: asyncio.AbstractEventLoop | None = None
        """In which the next call is due; None when one may be made at once."""

    def call(self, group: Hashable, work: Callable[[], object]) -> None:
        """Do the work: now, when no other has been done in this tick, else when it is its turn."""
        loop = asyncio.get_running_loop()
        if self._loop is loop:
            self._waiting.setdefault(group, deque()).append(work)
            self._count += 1
            return
        # What waits for a loop that has ended is left.
        self._waiting.clear()
        self._count = 0
        self._loop = loop
        loop.call_later(self._tick, self._next)
        work()

    def _next(self) -> None:
        if not self._count:
            self._loop = None
            return
        loop = asyncio.get_running_loop()
        loop.call_later(self._tick, self._next)
        for _ in range(1 + self._count // TICKS_TO_CATCH_UP):
            group, calls = self._waiting.popitem(last=False)
            # Each by itself, so that one that fails stops no other.
            loop.call_soon(calls.popleft())
            self._count -= 1
            if calls:
                self._waiting[group] = calls
