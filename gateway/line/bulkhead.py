"""Limits concurrent calls at one bank, so that a bank that hangs cannot use up the capacity of the others.

Tenants share the slots of a bank, and a tenant's accounts share its part (`gateway.concurrency.slots`): neither the
calls of one tenant, which may be stalled or abandoned, nor those of one account, which may wait for its own quota,
keep others from the bank. A call that finds no slot waits until its deadline; where too many calls wait already, it is
refused at once.
"""

import httpx

from gateway.concurrency.keyed import Keyed
from gateway.concurrency.slots import NoSlot, Slots
from gateway.concurrency.waiting import waiting
from gateway.errors import BankFailure
from gateway.limits import BANK_CALLS, BANK_CALLS_RETRY_AFTER_SECONDS, BANK_CALLS_SHARE, BANK_CALLS_WAITING
from gateway.line.call import Call, call_of, refused
from gateway.line.timing import Monotonic, Sleep, WakeUp
from gateway.statement.bank_time import held_back

__all__ = ["Bulkhead"]


class Bulkhead(httpx.AsyncBaseTransport):
    """Sends requests on while there are slots at their bank.

    Args:
        inner: the next transport.
        monotonic: gives the present instant.
        sleep: waits for so many seconds.
        most: slots at one bank.
        waiting: calls that may wait for a slot.
    """

    def __init__(
        self,
        inner: httpx.AsyncBaseTransport,
        monotonic: Monotonic,
        sleep: Sleep,
        *,
        most: int = BANK_CALLS,
        waiting: int = BANK_CALLS_WAITING,
    ) -> None:
        self._inner = inner
        self._monotonic = monotonic
        self._sleep = sleep
        self._banks: Keyed[str, Slots] = Keyed(
            lambda: Slots(most, "bank", most_waiting=waiting, share=BANK_CALLS_SHARE)
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request on once there is a slot.

        Raises:
            BankFailure: `bank_unavailable`: there is no room to wait, or no slot in time.
        """
        call = call_of(request)
        wake_up = WakeUp(self._sleep)
        try:
            slot = self._banks[call.bank].ask(call.holder, wake_up.wake_all)
        except NoSlot:
            raise _full(call) from None
        try:
            while not slot.taken:
                left = call.deadline - self._monotonic()
                if left <= 0:
                    raise _full(call)
                with waiting("bank"), held_back(request, self._monotonic):
                    await wake_up.wait(left)
            return await self._inner.handle_async_request(request)
        finally:
            slot.leave()


def _full(call: Call) -> BankFailure:
    why = "is being asked by as many callers at once as it may be"
    seconds = BANK_CALLS_RETRY_AFTER_SECONDS
    return refused(call, "bank_unavailable", by="bulkhead", why=why, seconds=seconds)
