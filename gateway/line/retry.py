"""Repeats an attempt where that helps and can do no harm.

A connection that failed before anything was sent is repeated for every request. A request that may have arrived is
repeated only if it is a read, or a token request that spends nothing. A status below 500 is never repeated: repeating a
refused password would lock the user out, and a refused quota (429) is handled by the quota. A request without whose
answer its sender goes on (`Call.optional`) is never repeated.

No wait and no attempt begins that cannot end before the request's deadline, and no attempt begins before the instant
that the bank names with `Retry-After`; the last outcome is then final. It is also final when the line itself, further
in, refuses the next attempt: an open breaker ends retrying.

The loop is our own. `tenacity` takes a deadline of each call, a wait that depends on the outcome and an injected clock
as functions of its state; written so, they are longer than this loop and say less.
"""

import httpx

from gateway.errors import BankFailure
from gateway.judgement import Judgement, Outcome, judgement_of
from gateway.limits import CALL_ATTEMPTS, FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS, SHORTEST_ATTEMPT_SECONDS
from gateway.line.call import Call, call_of
from gateway.line.timing import Chance, Monotonic, Sleep

__all__ = ["Retry", "pause"]


def pause(call: Call, judgement: Judgement, attempts: int, chance: float) -> float | None:
    """Seconds to wait before the next attempt, or None when there is to be none.

    Args:
        call: the call.
        judgement: the judgement of the last attempt.
        attempts: number of attempts so far.
        chance: a number drawn from 0 to 1.
    """
    if call.optional:
        return None
    harmless = judgement.nothing_sent or not call.once
    if not (harmless and judgement.is_passing) or judgement.wait_seconds > LONGEST_RETRY_SECONDS:
        return None
    wait = min(LONGEST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2.0 ** (attempts - 1)) + chance * FIRST_RETRY_SECONDS
    return max(wait, judgement.wait_seconds)


class Retry(httpx.AsyncBaseTransport):
    """Sends a request again while that may help.

    Args:
        inner: the next transport.
        monotonic: gives the present instant.
        sleep: waits for so many seconds.
        random: draws numbers from 0 to 1.
    """

    def __init__(
        self,
        inner: httpx.AsyncBaseTransport,
        monotonic: Monotonic,
        sleep: Sleep,
        random: Chance,
    ) -> None:
        self._inner = inner
        self._monotonic = monotonic
        self._sleep = sleep
        self._random = random

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The first answer that need not be repeated, or the last one.

        Raises:
            httpx.TransportError: no attempt brought an answer.
            BankFailure: the line itself refused the first attempt.
        """
        call = call_of(request)
        outcome = await self._attempt(request)
        for attempts in range(1, CALL_ATTEMPTS):
            wait = pause(call, judgement_of(outcome), attempts, self._random())
            if wait is None or self._monotonic() + wait + SHORTEST_ATTEMPT_SECONDS > call.deadline:
                break
            await self._sleep(wait)
            try:
                outcome = await self._attempt(request)
            except BankFailure:
                break
        try:
            if isinstance(outcome, httpx.TransportError):
                raise outcome
            return outcome
        finally:
            # A call that names the error that it raises would live until garbage is collected.
            del outcome

    async def _attempt(self, request: httpx.Request) -> Outcome:
        try:
            return await self._inner.handle_async_request(request)
        except httpx.TransportError as error:
            return error
