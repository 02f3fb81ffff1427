"""Places that tenants share first, and the accounts of a tenant among themselves.

Nobody knows beforehand who will come. So a tenant takes one more only while it has fewer than are free: alone it has
half of all, several have equal parts as theirs come to an end, and there is room left for the next one. The accounts
of a tenant share what it may have in the same way, each with at most as many as stay free for the others. Whoever
waits is served by tenant, the one with the fewest places first, then by account, then in order of arrival. Places to
wait are shared by the same rule, so that what one tenant has abandoned or piled up fills its own part only.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

import httpx

from gateway.line.call import call_of

__all__ = ["Crowded", "Place", "Places", "Whose"]


class Crowded(Exception):
    """There is no place, and no place to wait for one."""


class Whose(NamedTuple):
    """For whom a place is."""

    tenant: str
    account: str


class Place:
    """A place, taken or waited for."""

    __slots__ = ("arrival", "taken", "wake", "whose")

    def __init__(self, whose: Whose, wake: Callable[[], None], arrival: int) -> None:
        self.whose = whose
        self.wake = wake
        self.arrival = arrival
        self.taken = False


class _Room:
    """A number of places and who has them.

    Args:
        most: places in all.
        share: one account has at most one in so many of what a tenant may have.
    """

    def __init__(self, most: int, share: int) -> None:
        self._most = most
        self._of_tenant = max(1, most // 2)
        self._of_account = max(1, self._of_tenant // share)
        self._taken = 0
        self._tenants: Counter[str] = Counter()
        self._accounts: Counter[Whose] = Counter()

    def has(self, whose: Whose) -> bool:
        """Whether there is one more for them."""
        tenant, account = self.held(whose)
        return (
            tenant < self._most - self._taken
            and tenant < self._of_tenant
            and account < min(self._of_account, self._of_tenant - tenant)
        )

    def held(self, whose: Whose) -> tuple[int, int]:
        """How many their tenant has, and how many of these the account."""
        return self._tenants[whose.tenant], self._accounts[whose]

    def take(self, whose: Whose) -> None:
        """One is theirs."""
        self._change(whose, 1)

    def give_back(self, whose: Whose) -> None:
        """One is theirs no longer."""
        self._change(whose, -1)

    def empty(self) -> bool:
        """Whether nobody has any, and nobody is remembered."""
        return not (self._taken or self._tenants or self._accounts)

    def _change(self, whose: Whose, by: int) -> None:
        self._taken += by
        self._tenants[whose.tenant] += by
        self._accounts[whose] += by
        # Who has none any more is forgotten.
        if not self._tenants[whose.tenant]:
            del self._tenants[whose.tenant]
        if not self._accounts[whose]:
            del self._accounts[whose]


class Places:
    """So many places, and so many to wait for one.

    Args:
        most: places; one tenant has half of them at most.
        waiting: how many may wait for one, of which one tenant has half at most.
        share: one account has at most one in so many of what its tenant may have of both.
    """

    def __init__(self, most: int, waiting: int, share: int) -> None:
        self._places = _Room(most, share)
        self._queue = _Room(waiting, share)
        self._waiting: dict[Whose, dict[Place, None]] = {}
        self._arrivals = 0

    def ask(self, whose: Whose, wake: Callable[[], None]) -> Place:
        """A place for a call: taken when there is room, else waited for and announced by `wake`.

        Raises:
            Crowded: there is room neither for the call nor to wait.
        """
        self._arrivals += 1
        place = Place(whose, wake, self._arrivals)
        if self._places.has(whose):
            self._take(place)
            return place
        if not self._queue.has(whose):
            raise Crowded
        self._queue.take(whose)
        self._waiting.setdefault(whose, {})[place] = None
        return place

    async def taken(self, whose: Whose) -> Place:
        """A place that is taken, for who waits no longer than he is let; to be given back with `leave`.

        Raises:
            Crowded: there is room neither for the call nor to wait.
        """
        woken = asyncio.Event()
        place = self.ask(whose, woken.set)
        try:
            if not place.taken:
                await woken.wait()
        except BaseException:
            self.leave(place)
            raise
        return place

    def leave(self, place: Place) -> None:
        """Give a place back, or stop waiting for it; who is next and may go takes it."""
        if not place.taken:
            self._wait_no_longer(place)
            return
        self._places.give_back(place.whose)
        # One that goes to another tenant may leave room in this one's part as well.
        while (following := self._next()) is not None:
            self._wait_no_longer(following)
            self._take(following)
            following.wake()

    def empty(self) -> bool:
        """Whether nobody has a place or waits for one."""
        return self._places.empty() and self._queue.empty()

    def _next(self) -> Place | None:
        """Of those who may go, one of the tenant and the account with the fewest places, who has waited longest."""
        first = [next(iter(queue)) for whose, queue in self._waiting.items() if self._places.has(whose)]
        return min(first, key=lambda place: (*self._places.held(place.whose), place.arrival), default=None)

    def _wait_no_longer(self, place: Place) -> None:
        del self._waiting[place.whose][place]
        if not self._waiting[place.whose]:
            del self._waiting[place.whose]
        self._queue.give_back(place.whose)

    def _take(self, place: Place) -> None:
        place.taken = True
        self._places.take(place.whose)


def whose(request: httpx.Request) -> Whose:
    """For whom a request is."""
    call = call_of(request)
    return Whose(call.tenant, call.account)
