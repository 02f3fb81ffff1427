"""Handles events of many connections one by one.

A crowd of callers may come or leave in one moment. The event loop would handle all these events before anything else,
for hundreds of milliseconds. Here each tick handles one event, those of different callers in turn, so that a crowd
delays only itself. Where the queue is bounded by nothing else, it catches up when many events wait: each tick then
handles several, so that it never holds more than arrive in `TICKS_TO_CATCH_UP` ticks.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable

from gateway.limits import TICKS_TO_CATCH_UP

__all__ = ["OnePerTick"]


class OnePerTick:
    """Makes calls one by one; groups take turns, and the calls of a group are made in order.

    Args:
        tick: seconds from one call to the next.
        catches_up: whether several are made in a tick when many wait.
    """

    def __init__(self, tick: float, *, catches_up: bool = True) -> None:
        self._tick = tick
        self._catches_up = catches_up
        self._waiting: OrderedDict[Hashable, deque[Callable[[], object]]] = OrderedDict()
        """Waiting calls by group, the group that is next first."""
        self._count = 0
        """Waiting calls of all groups."""
        self._loop: asyncio.AbstractEventLoop | None = None
        """The event loop of the tick under way; None when a call may be made at once."""

    def call(self, group: Hashable, work: Callable[[], object]) -> None:
        """Do the work: now, when no other has been done in this tick, else in its turn."""
        loop = asyncio.get_running_loop()
        if self._loop is loop:
            self._waiting.setdefault(group, deque()).append(work)
            self._count += 1
            return
        # Calls that wait for an event loop that has ended are dropped.
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
        for _ in range(1 + self._count // TICKS_TO_CATCH_UP if self._catches_up else 1):
            group, calls = self._waiting.popitem(last=False)
            # Each in a callback of its own, so that one that fails stops no other.
            loop.call_soon(calls.popleft())
            self._count -= 1
            if calls:
                self._waiting[group] = calls
