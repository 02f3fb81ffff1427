"""Few readings at a time for each client, at banks that document a limit of calls.

A reading takes several calls. Readings that shared a quota would all begin and none would end before its deadline; in
turn, those that came first end first, and the others are told when to come back.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from contracts.schema import Contract
from gateway.client import client_of, limited
from gateway.errors import BankFailure
from gateway.model import Account

__all__ = ["Turns"]

AT_ONCE = 2
"""Readings under way with one client: their first calls fit into the smallest documented quota of statements."""
MOST_WAITING = 8
"""Readings that wait for one client; more would not come to their turn before their deadlines."""
PAUSE = 60
"""Seconds after which one of them may: the documented limits are by the minute."""


class _Queue:
    """The readings with one client."""

    def __init__(self) -> None:
        self.places = asyncio.Semaphore(AT_ONCE)
        self.waiting = 0


class Turns:
    """The queues of all clients that have a reading under way."""

    def __init__(self) -> None:
        self._queues: WeakValueDictionary[str, _Queue] = WeakValueDictionary()

    @asynccontextmanager
    async def take(self, contract: Contract, account: Account, deadline: float) -> AsyncIterator[None]:
        """Wait for a turn, and keep it for as long as the context lasts; at most banks there is nothing to wait for.

        Args:
            contract: says whether the bank has limits.
            account: whose client is used.
            deadline: instant of the event loop's clock after which nobody waits.

        Raises:
            BankFailure: `rate_limited`: the turn would not come in time.
        """
        if not limited(contract):
            yield
            return
        queue = self._queues.setdefault(client_of(contract, account), _Queue())
        if queue.waiting >= MOST_WAITING:
            raise _too_many(contract)
        queue.waiting += 1
        try:
            async with asyncio.timeout_at(deadline):
                await queue.places.acquire()
        except TimeoutError:
            raise _too_many(contract) from None
        finally:
            queue.waiting -= 1
        try:
            yield
        finally:
            queue.places.release()


def _too_many(contract: Contract) -> BankFailure:
    detail = f"{contract.name} limits the calls of a minute, and other statements are being read with the same client"
    return BankFailure(
        "rate_limited", bank=contract.slug, at="statement", detail=detail, retry_after=PAUSE, held_back=True
    )
