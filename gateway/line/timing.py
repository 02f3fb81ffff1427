"""Time on the line: its clock, and waits that can be ended early.

All instants are seconds on the line's own clock, which is the event loop's unless another is given.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from gateway.limits import LONGEST_SLEEP_SECONDS

__all__ = ["Chance", "Monotonic", "Sleep", "WakeUp", "loop_time"]

Monotonic: TypeAlias = Callable[[], float]
"""Gives the present instant in seconds; never goes back."""
Sleep: TypeAlias = Callable[[float], Awaitable[None]]
"""Waits for so many seconds."""
Chance: TypeAlias = Callable[[], float]
"""Draws a number from 0 to 1, 1 excluded."""


def loop_time() -> float:
    """The present instant on the running event loop's clock."""
    return asyncio.get_running_loop().time()


class WakeUp:
    """Wakes all tasks that wait for a change.

    Args:
        sleep: waits for so many seconds.
    """

    def __init__(self, sleep: Sleep) -> None:
        self._sleep = sleep
        self._waiting: set[asyncio.Future[None]] = set()

    def wake_all(self) -> None:
        """Wake all waiting tasks, because something has changed."""
        for woken in self._waiting:
            if not woken.done():
                woken.set_result(None)

    async def wait(self, seconds: float) -> None:
        """Wait until `wake_all` is called, or so many seconds have passed."""
        woken = asyncio.get_running_loop().create_future()
        timer = asyncio.ensure_future(self._sleep(min(seconds, LONGEST_SLEEP_SECONDS)))
        self._waiting.add(woken)
        try:
            await asyncio.wait({woken, timer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._waiting.discard(woken)
            timer.cancel()
