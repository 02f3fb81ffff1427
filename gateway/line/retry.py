"""Trying again, where that helps and can do no harm.

A connection that failed before anything was sent is tried again for every request. A request that may have arrived is
tried again only if it is a read, or a token request that spends nothing. What the bank answered with a status below
500 is an answer: repeating a refused password would lock the user out, and a refused quota (429) is the quota's
business.

No wait and no attempt begins that cannot end before the request's deadline, nor one before the instant the bank names
with `Retry-After`; the last outcome then stands. It also stands when the line itself, further in, refuses to try
again: an open breaker ends retrying.

The loop is written out because `stamina`, and `tenacity` below it, know attempts and a time limit from the first of
them, but neither a deadline of each call, nor a wait told by the outcome, nor a clock that is given to them.
"""

import httpx

from gateway.errors import BankFailure
from gateway.judgement import Judgement, Outcome, judgement_of
from gateway.limits import CALL_ATTEMPTS, FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS, SHORTEST_ATTEMPT_SECONDS
from gateway.line.call import Call, call_of
from gateway.line.timing import Chance, Monotonic, Sleep

__all__ = ["Retry", "pause"]


def pause(call: Call, judgement: Judgement, attempts: int, chance: float) -> float | None:
    """Seconds to wait before the next attempt, or None when there shall be none.

    Args:
        call: what was asked.
        judgement: what the outcome of the last attempt means.
        attempts: how many there have been.
        chance: a number drawn from 0 to 1.
    """
    harmless = judgement.nothing_sent or not call.once
    if not (harmless and judgement.is_passing) or judgement.wait_seconds > LONGEST_RETRY_SECONDS:
        return None
    wait = min(LONGEST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2.0 ** (attempts - 1)) + chance * FIRST_RETRY_SECONDS
    return max(wait, judgement.wait_seconds)


class Retry(httpx.AsyncBaseTransport):
    """Sends a request again while that is worth it.

    Args:
        inner: the next transport.
        monotonic: tells the present instant.
        sleep: waits for so many seconds.
        random: draws numbers from 0 to 1.
        attempts: how often in all.
    """

    def __init__(
        self,
        inner: httpx.AsyncBaseTransport,
        monotonic: Monotonic,
        sleep: Sleep,
        random: Chance,
        attempts: int = CALL_ATTEMPTS,
    ) -> None:
        self._inner = inner
        self._monotonic = monotonic
        self._sleep = sleep
        self._random = random
        self._attempts = attempts

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The first answer that is worth having, or the last one.

        Raises:
            httpx.TransportError: no attempt brought an answer.
            BankFailure: the line itself refused the first attempt.
        """
        call = call_of(request)
        outcome = await self._attempt(request)
        for attempts in range(1, self._attempts):
            wait = pause(call, judgement_of(outcome), attempts, self._random())
            if wait is None or self._monotonic() + wait + SHORTEST_ATTEMPT_SECONDS > call.deadline:
                break
            await self._sleep(wait)
            try:
                outcome = await self._attempt(request)
            except BankFailure:
                break
        if isinstance(outcome, httpx.TransportError):
            raise outcome
        return outcome

    async def _attempt(self, request: httpx.Request) -> Outcome:
        try:
            return await self._inner.handle_async_request(request)
        except httpx.TransportError as error:
            return error
