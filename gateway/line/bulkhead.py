"""Places at a bank: one that stalls uses up its own places and nothing that other banks need.

Tenants share them, and a tenant's accounts share its part (`gateway.line.places`): neither the calls of one tenant,
which may be stalled or abandoned, nor those of one account, which may be waiting for its own quota, take the bank
from anybody else. Whoever finds no place waits, not longer than its deadline; where too many wait already, it is
refused at once. There is room for as many accounts of one tenant as a breaker must see fail.
"""

from collections import defaultdict

import httpx

from gateway.errors import BankFailure
from gateway.line.call import call_of, refused
from gateway.line.places import Crowded, Places, whose
from gateway.line.timing import Bell, Monotonic, Sleep, held_back

__all__ = ["Bulkhead"]

MOST_UNDER_WAY = 96
"""Requests under way at one bank; 48 of one tenant, 8 of one account."""
MOST_WAITING = 1536
"""Requests that wait for a place at one bank; 768 of one tenant, 128 of one account."""
SHARE = 6
"""One account has at most one in so many of what its tenant may have of the places, and of the places to wait."""
PAUSE = 5
"""Seconds after which a refused caller may find room."""


class Bulkhead(httpx.AsyncBaseTransport):
    """Lets requests through while there are places at their bank.

    Args:
        inner: the next transport.
        monotonic: tells the present instant.
        sleep: waits for so many seconds.
        most: places at one bank.
        waiting: how many may wait for one.
    """

    def __init__(
        self,
        inner: httpx.AsyncBaseTransport,
        monotonic: Monotonic,
        sleep: Sleep,
        *,
        most: int = MOST_UNDER_WAY,
        waiting: int = MOST_WAITING,
    ) -> None:
        self._inner = inner
        self._monotonic = monotonic
        self._sleep = sleep
        self._places: defaultdict[str, Places] = defaultdict(lambda: Places(most, waiting, SHARE))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request on once there is a place.

        Raises:
            BankFailure: `bank_unavailable`: there is no room, or none in time.
        """
        places = self._places[call_of(request).bank]
        bell = Bell(self._sleep)
        try:
            place = places.ask(whose(request), bell.ring)
        except Crowded:
            raise _full(request) from None
        try:
            while not place.taken:
                left = call_of(request).deadline - self._monotonic()
                if left <= 0:
                    raise _full(request)
                with held_back(request, self._monotonic):
                    await bell.wait(left)
            return await self._inner.handle_async_request(request)
        finally:
            places.leave(place)


def _full(request: httpx.Request) -> BankFailure:
    why = "is being asked by as many callers at once as it may be"
    return refused(call_of(request), "bank_unavailable", by="bulkhead", why=why, seconds=PAUSE)
