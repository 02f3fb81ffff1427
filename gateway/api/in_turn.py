"""Events of many connections, worked on one by one.

A crowd of callers may come, or go, in one moment. The event loop would work through all of them before it looks for
anything else, for hundreds of milliseconds. Here one event is worked on in each pass of the loop, those of different
callers in turn, so that a crowd holds up itself alone.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable

__all__ = ["InTurn"]


class InTurn:
    """Calls, one in each pass of the event loop; groups take turns, and each has its calls in order."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[Hashable, deque[Callable[[], object]]] = OrderedDict()
        """By group, the one whose turn is next first."""
        self._loop: asyncio.AbstractEventLoop | None = None
        """In which the next call is due; None when nothing has been called in this pass."""

    def call(self, group: Hashable, work: Callable[[], object]) -> None:
        """Do the work: now, when nothing else has been done in this pass of the loop, else when it is its turn."""
        loop = asyncio.get_running_loop()
        if self._loop is loop:
            self._waiting.setdefault(group, deque()).append(work)
            return
        # What waits for a loop that has ended is left.
        self._waiting.clear()
        self._loop = loop
        loop.call_soon(self._next)
        work()

    def _next(self) -> None:
        if not self._waiting:
            self._loop = None
            return
        group, calls = self._waiting.popitem(last=False)
        work = calls.popleft()
        if calls:
            self._waiting[group] = calls
        asyncio.get_running_loop().call_soon(self._next)
        work()
