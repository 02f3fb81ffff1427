"""Few readings at a time with each client, at banks that document a limit of calls.

A reading takes several calls. Readings that shared a quota would all begin and none would end before its deadline; one
after the other those that came first end first, and the others are refused with the time after which to come back.
Tenants may have one client: they share its slots, so that readings of one that stall hold up no other's.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

from contracts.schema import Contract
from gateway.client import client_of
from gateway.concurrency.keyed import Keyed
from gateway.concurrency.slots import Holder, NoSlot, Slots
from gateway.errors import BankFailure
from gateway.limits import READINGS_PER_CLIENT, READINGS_RETRY_AFTER_SECONDS, READINGS_WAITING_PER_CLIENT
from gateway.model import Account

__all__ = ["ReadingSlots"]


class ReadingSlots:
    """The readings with each client that has one under way."""

    def __init__(self) -> None:
        self._readings = count()
        self._clients: Keyed[str, Slots] = Keyed(
            lambda: Slots(READINGS_PER_CLIENT, "client", most_waiting=READINGS_WAITING_PER_CLIENT, share=1)
        )

    @asynccontextmanager
    async def held(self, contract: Contract, account: Account, deadline: float) -> AsyncIterator[None]:
        """Wait for a slot, and keep it for as long as the context lasts; at most banks there is nothing to wait for.

        Args:
            contract: says whether the bank has limits.
            account: whose client is used.
            deadline: instant of the event loop's clock until which the slot is waited for.

        Raises:
            BankFailure: `rate_limited`: there would be no slot in time.
        """
        if not contract.limited:
            yield
            return
        # Each reading for itself: two of one account, one of which may stall, are no less than two of two.
        holder = Holder(account.tenant, str(next(self._readings)))
        try:
            slot = await self._clients[client_of(contract, account)].take(holder, deadline)
        except NoSlot:
            raise _too_many(contract) from None
        try:
            yield
        finally:
            slot.leave()


def _too_many(contract: Contract) -> BankFailure:
    detail = f"{contract.name} limits its calls, and other statements are being read with the same client"
    return BankFailure(
        "rate_limited",
        bank=contract.slug,
        at="statement",
        detail=detail,
        retry_after=READINGS_RETRY_AFTER_SECONDS,
        held_back=True,
    )
