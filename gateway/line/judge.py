"""Judges the outcome of each attempt once and attaches the judgement to it, for the policies further out."""

import httpx

from gateway.clocks_apart import weigh_clock
from gateway.judgement import attach, judge
from gateway.line.call import call_of

__all__ = ["Judge"]


class Judge(httpx.AsyncBaseTransport):
    """Judges the outcome of each attempt.

    Args:
        inner: the next transport.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request on; attach a judgement to its outcome.

        Raises:
            httpx.TransportError: there is no response; judged too.
        """
        call = call_of(request)
        try:
            response = await self._inner.handle_async_request(request)
        except httpx.TransportError as error:
            attach(error, judge(call.contract, call.kind, error))
            raise
        judgement = judge(call.contract, call.kind, response)
        if judgement.failure is not None:
            weigh_clock(call.contract, call.kind, response, judgement.failure)
        attach(response, judgement)
        return response
