"""Limits the readings at a time with each client, at banks that document a limit of what a reading calls.

A reading takes several calls. Without slots, all readings that share a quota would start and none would end before its
deadline. With them, the first ones end, and the others are refused with the time after which to come back. Tenants that
have the same client share its slots fairly, so that stalled readings of one do not delay the others. A limit of tokens
alone needs no slots: all readings of an account share its token.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

from contracts.schema import Contract, OperationKind
from gateway.concurrency.keyed import Keyed
from gateway.concurrency.slots import Holder, NoSlot, Slots
from gateway.errors import BankFailure
from gateway.limits import READINGS_PER_CLIENT, READINGS_RETRY_AFTER_SECONDS, READINGS_WAITING_PER_CLIENT
from gateway.model import Account
from gateway.quotas.clients import client_of

__all__ = ["ReadingSlots", "limits_reads"]


def limits_reads(contract: Contract) -> bool:
    """Whether the bank documents a limit of what a reading itself calls, and not of tokens alone."""
    return any(
        contract.quotas_of(name)
        for name, operation in contract.operations.items()
        if operation.kind is not OperationKind.TOKEN
    )


class ReadingSlots:
    """The slots of each client that has a reading under way."""

    def __init__(self) -> None:
        self._readings = count()
        self._clients: Keyed[str, Slots] = Keyed(
            lambda: Slots(READINGS_PER_CLIENT, "client", most_waiting=READINGS_WAITING_PER_CLIENT, share=1)
        )

    @asynccontextmanager
    async def held(self, contract: Contract, account: Account, deadline: float) -> AsyncIterator[None]:
        """Hold a slot for as long as the context lasts; a bank that limits no call of a reading needs none.

        Args:
            contract: says whether the bank has limits.
            account: the account whose client is used.
            deadline: instant of the event loop's clock until which to wait for the slot.

        Raises:
            BankFailure: `rate_limited`: there would be no slot in time.
        """
        if not limits_reads(contract):
            yield
            return
        # Each reading is a holder of its own: two of one account count like two of two accounts, as one may stall.
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
