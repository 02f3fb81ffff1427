"""Few readings at a time for each client, at banks that document a limit of calls.

A reading takes several calls. Readings that shared a quota would all begin and none would end before its deadline; in
turn, those that came first end first, and the others are told when to come back. Tenants may have one client: they
share its turns (`gateway.line.places`), so that readings of one that stall hold up no other's.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from weakref import WeakValueDictionary

from contracts.schema import Contract
from gateway.client import client_of, limited
from gateway.errors import BankFailure
from gateway.line.places import Crowded, Places, Whose
from gateway.model import Account

__all__ = ["Turns"]

AT_ONCE = 4
"""Readings under way with one client, 2 of one tenant: their first calls fit into the smallest documented quota."""
MOST_WAITING = 32
"""Readings that wait for one client, 16 of one tenant; more would not come to their turn before their deadlines."""
PAUSE = 60
"""Seconds after which one of them may: the documented limits are by the minute."""


class Turns:
    """The readings with each client that has one under way."""

    def __init__(self) -> None:
        self._readings = count()
        self._clients: WeakValueDictionary[str, Places] = WeakValueDictionary()

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
        # `setdefault` keeps the places alive while somebody holds one.
        places = self._clients.setdefault(client_of(contract, account), Places(AT_ONCE, MOST_WAITING, share=1))
        try:
            async with asyncio.timeout_at(deadline):
                # Each reading for itself: two of one account, one of which may stall, are no less than two of two.
                place = await places.taken(Whose(account.tenant, str(next(self._readings))))
        except (TimeoutError, Crowded):
            raise _too_many(contract) from None
        try:
            yield
        finally:
            places.leave(place)


def _too_many(contract: Contract) -> BankFailure:
    detail = f"{contract.name} limits the calls of a minute, and other statements are being read with the same client"
    return BankFailure(
        "rate_limited", bank=contract.slug, at="statement", detail=detail, retry_after=PAUSE, held_back=True
    )
