"""Places at a bank: one that stalls uses up its own places and nothing that other banks need.

Whoever finds no place waits in order of arrival, not longer than its deadline; where too many wait already, it is
refused at once. One account takes a sixth of all this at most, so that its calls, which may be waiting for its own
quota, leave room for everybody else's, and so that there is room for as many accounts as a breaker must see fail.
"""

from collections import Counter, defaultdict
from collections.abc import Callable

import httpx

from gateway.errors import BankFailure
from gateway.line.refusal import refused
from gateway.line.timing import Bell, Monotonic, Sleep, deadline_of

__all__ = ["Bulkhead", "Crowded", "Place", "Places"]

MOST_UNDER_WAY = 48
"""Requests under way at one bank."""
MOST_WAITING = 768
"""Requests that wait for a place at one bank."""
SHARE = 6
"""One account has at most one in so many of the places, and of the places to wait."""
PAUSE = 5
"""Seconds after which a refused caller may find room."""


class Crowded(Exception):
    """There is no place, and no place to wait for one."""


class Place:
    """A place at a bank, taken or waited for."""

    __slots__ = ("account", "taken", "wake")

    def __init__(self, account: str, wake: Callable[[], None]) -> None:
        self.account = account
        self.wake = wake
        self.taken = False


class Places:
    """The places at one bank.

    Args:
        most: places.
        waiting: how many may wait for one.
        share: one account has at most one in so many of both.
    """

    def __init__(self, most: int = MOST_UNDER_WAY, waiting: int = MOST_WAITING, share: int = SHARE) -> None:
        self._most = most
        self._most_waiting = waiting
        self._share = share
        self._taken: Counter[str] = Counter()
        self._queue: list[Place] = []

    def ask(self, account: str, wake: Callable[[], None]) -> Place:
        """A place for a call of an account: taken when there is room, else waited for and announced by `wake`.

        Raises:
            Crowded: there is room neither for the call nor to wait.
        """
        place = Place(account, wake)
        if self._room_for(account):
            self._take(place)
            return place
        of_account = sum(waiting.account == account for waiting in self._queue)
        if len(self._queue) >= self._most_waiting or of_account >= self._part(self._most_waiting):
            raise Crowded
        self._queue.append(place)
        return place

    def leave(self, place: Place) -> None:
        """Give a place back, or stop waiting for it; who has waited longest and may go takes it."""
        if not place.taken:
            self._queue.remove(place)
            return
        self._taken[place.account] -= 1
        self._taken += Counter()  # accounts that have no place any more are forgotten
        following = next((waiting for waiting in self._queue if self._room_for(waiting.account)), None)
        if following is not None:
            self._queue.remove(following)
            self._take(following)
            following.wake()

    def _room_for(self, account: str) -> bool:
        return self._taken.total() < self._most and self._taken[account] < self._part(self._most)

    def _part(self, whole: int) -> int:
        return max(1, whole // self._share)

    def _take(self, place: Place) -> None:
        place.taken = True
        self._taken[place.account] += 1


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
        self._places: defaultdict[str, Places] = defaultdict(lambda: Places(most, waiting))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request on once there is a place.

        Raises:
            BankFailure: `bank_unavailable`: there is no room, or none in time.
        """
        places = self._places[request.extensions["contract"].slug]
        bell = Bell(self._sleep)
        try:
            place = places.ask(request.extensions.get("account", ""), bell.ring)
        except Crowded:
            raise _full(request) from None
        try:
            while not place.taken:
                left = deadline_of(request) - self._monotonic()
                if left <= 0:
                    raise _full(request)
                await bell.wait(left)
            return await self._inner.handle_async_request(request)
        finally:
            places.leave(place)


def _full(request: httpx.Request) -> BankFailure:
    why = "is being asked by as many callers at once as it may be"
    return refused(request, "bank_unavailable", by="bulkhead", why=why, seconds=PAUSE)
