"""Time on the line: its clock, and waiting that can be woken.

All instants are seconds on the line's own clock, which is the event loop's unless another is given.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

import httpx

from gateway.bank_time import HELD
from gateway.limits import LONGEST_SLEEP_SECONDS

__all__ = ["Bell", "Chance", "Monotonic", "Sleep", "held_back", "loop_time"]

Monotonic: TypeAlias = Callable[[], float]
"""Tells the present instant in seconds; never goes back."""
Sleep: TypeAlias = Callable[[float], Awaitable[None]]
"""Waits for so many seconds."""
Chance: TypeAlias = Callable[[], float]
"""Draws a number from 0 to 1, 1 excluded."""


def loop_time() -> float:
    """The present instant on the running event loop's clock."""
    return asyncio.get_running_loop().time()


@contextmanager
def held_back(request: httpx.Request, monotonic: Monotonic) -> Iterator[None]:
    """While this lasts the line holds a request back, which is no time that the bank takes."""
    began = monotonic()
    try:
        yield
    finally:
        request.extensions[HELD] = request.extensions.get(HELD, 0.0) + monotonic() - began


class Bell:
    """Wakes everybody who waits for something to change.

    Args:
        sleep: waits for so many seconds.
    """

    def __init__(self, sleep: Sleep) -> None:
        self._sleep = sleep
        self._waiting: set[asyncio.Future[None]] = set()

    def ring(self) -> None:
        """Something has changed: whoever waits looks again."""
        for rung in self._waiting:
            if not rung.done():
                rung.set_result(None)

    async def wait(self, seconds: float) -> None:
        """Wait until the bell rings, or so many seconds have passed."""
        rung = asyncio.get_running_loop().create_future()
        alarm = asyncio.ensure_future(self._sleep(min(seconds, LONGEST_SLEEP_SECONDS)))
        self._waiting.add(rung)
        try:
            await asyncio.wait({rung, alarm}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._waiting.discard(rung)
            alarm.cancel()
