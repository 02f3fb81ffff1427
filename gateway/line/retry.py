"""Trying again, where that helps and can do no harm.

A connection that failed before anything was sent is tried again for every request. A request that may have arrived is
tried again only if it is a read, or a token request that spends nothing. What the bank answered with a status below
500 is an answer: repeating a refused password would lock the user out.
"""

import httpx
import stamina

from contracts.schema import Contract
from gateway.answers import failure_of
from gateway.line.wire import UnusableBody, certificate_refused

__all__ = ["ATTEMPTS", "Retry", "worth_repeating"]

ATTEMPTS = 3
FIRST_WAIT = 0.2
LONGEST_WAIT = 2.0
"""Seconds between two attempts; jitter comes on top."""

NOTHING_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class _Passing(Exception):
    """An attempt that may go better the next time: an answer with status 5xx or no answer at all."""

    def __init__(self, outcome: httpx.Response | httpx.TransportError) -> None:
        super().__init__()
        self.outcome = outcome


def worth_repeating(request: httpx.Request, outcome: httpx.Response | httpx.TransportError) -> bool:
    """Whether sending the same request again may help and can do no harm."""
    if isinstance(outcome, NOTHING_SENT):
        return not certificate_refused(outcome)
    if request.extensions.get("once"):
        return False
    if isinstance(outcome, httpx.TransportError):
        return not (certificate_refused(outcome) or isinstance(outcome, UnusableBody))
    return outcome.status_code >= httpx.codes.INTERNAL_SERVER_ERROR and _is_passing(request, outcome)


def _is_passing(request: httpx.Request, response: httpx.Response) -> bool:
    """Whether the contract takes this answer for a passing trouble; some banks tell a wrong date with status 500."""
    contract: Contract = request.extensions["contract"]
    at = contract.operations[request.extensions["operation"]].kind.value
    failure = failure_of(contract, at, response)
    return failure is not None and failure.entry.max_attempts > 1


class Retry(httpx.AsyncBaseTransport):
    """Sends a request again while that is worth it.

    Args:
        inner: the next transport.
        attempts: how often in all.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport, attempts: int = ATTEMPTS) -> None:
        self._inner = inner
        self._again = stamina.AsyncRetryingCaller(
            attempts=attempts, timeout=None, wait_initial=FIRST_WAIT, wait_max=LONGEST_WAIT, wait_jitter=FIRST_WAIT
        ).on(_Passing)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The first answer that is worth having, or the last one.

        Raises:
            httpx.TransportError: no attempt brought an answer.
        """
        try:
            return await self._again(self._attempt, request)
        except _Passing as passing:
            if isinstance(passing.outcome, httpx.TransportError):
                raise passing.outcome from passing.outcome.__cause__
            return passing.outcome

    async def _attempt(self, request: httpx.Request) -> httpx.Response:
        try:
            response = await self._inner.handle_async_request(request)
        except httpx.TransportError as error:
            if worth_repeating(request, error):
                raise _Passing(error) from error
            raise
        if worth_repeating(request, response):
            raise _Passing(response)
        return response
