"""Trying again, where that helps and can do no harm.

A connection that failed before anything was sent is tried again for every request. A request that may have arrived is
tried again only if it is a read, or a token request that spends nothing. What the bank answered with a status below
500 is an answer: repeating a refused password would lock the user out, and a refused quota (429) is the meter's
business.

No wait and no attempt begins that cannot end before the request's deadline, nor one before the instant the bank names
with `Retry-After`; the last outcome then stands. It also stands when the line itself, further in, refuses to try
again: an open breaker ends retrying.

The loop is written out because `stamina`, and `tenacity` below it, know attempts and a time limit from the first of
them, but neither a deadline of each call, nor a wait told by the outcome, nor a clock that is given to them.
"""

import httpx

from contracts.schema import Contract
from gateway.answers import failure_of
from gateway.errors import BankFailure
from gateway.line.refusal import kind_of
from gateway.line.timing import Chance, Monotonic, Sleep, deadline_of
from gateway.line.wire import NOTHING_SENT, UnusableBody, UnusableCertificate, certificate_refused

__all__ = ["ATTEMPTS", "Outcome", "Retry", "passing_trouble", "pause", "worth_repeating"]

ATTEMPTS = 3
FIRST_WAIT = 0.2
LONGEST_WAIT = 2.0
"""Seconds between two attempts; jitter comes on top."""
SHORTEST_ATTEMPT = 1.0
"""Seconds. With less left before the deadline an attempt, which begins with a TLS handshake, is not worth beginning."""

Outcome = httpx.Response | httpx.TransportError
"""What became of an attempt."""


def passing_trouble(request: httpx.Request, outcome: Outcome) -> bool:
    """Whether an attempt failed for a reason that has to do neither with the request nor with who asks.

    Of answers the contract decides; some banks tell a wrong date with status 500.
    """
    if isinstance(outcome, httpx.TransportError):
        return not isinstance(outcome, UnusableBody | UnusableCertificate) and not certificate_refused(outcome)
    if outcome.status_code < httpx.codes.INTERNAL_SERVER_ERROR:
        return False
    failure = _failure(request, outcome)
    return failure is not None and failure.entry.max_attempts > 1


def worth_repeating(request: httpx.Request, outcome: Outcome) -> bool:
    """Whether sending the same request again may help and can do no harm."""
    harmless = isinstance(outcome, NOTHING_SENT) or not request.extensions.get("once")
    return harmless and passing_trouble(request, outcome)


def pause(request: httpx.Request, outcome: Outcome, attempts: int, chance: float) -> float | None:
    """Seconds to wait before the next attempt, or None when there shall be none.

    Args:
        request: what was asked.
        outcome: what became of the last attempt.
        attempts: how many there have been.
        chance: a number drawn from 0 to 1.
    """
    if not worth_repeating(request, outcome):
        return None
    wait = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** (attempts - 1)) + chance * FIRST_WAIT
    asked = _asked_to_wait(request, outcome)
    return None if asked > LONGEST_WAIT else max(wait, asked)


def _failure(request: httpx.Request, response: httpx.Response) -> BankFailure | None:
    contract: Contract = request.extensions["contract"]
    return failure_of(contract, kind_of(request), response)


def _asked_to_wait(request: httpx.Request, outcome: Outcome) -> float:
    """Seconds the bank asks to wait with status 503; 0 when it does not."""
    if not isinstance(outcome, httpx.Response) or outcome.status_code != httpx.codes.SERVICE_UNAVAILABLE:
        return 0.0
    value = outcome.headers.get("retry-after", "").strip()
    if not value or value.isdecimal():
        return float(value[:9] or 0)
    # A date; one that cannot be read counts as the catalogue's wait, which is too long to be waited for here.
    failure = _failure(request, outcome)
    return float(failure.retry_after or 0) if failure is not None else 0.0


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
        attempts: int = ATTEMPTS,
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
        outcome = await self._attempt(request)
        for attempts in range(1, self._attempts):
            wait = pause(request, outcome, attempts, self._random())
            if wait is None or self._monotonic() + wait + SHORTEST_ATTEMPT > deadline_of(request):
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
