"""The banks as a transport, without network or TLS: what a client would see, at once."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from functools import partial

import httpx

from simulators.bank import Bank
from simulators.faults.delivery import arriving, delivery_of, end, head_of

__all__ = ["InProcess", "carried"]


class _Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body's parts as they arrive; read by a task, it gives others their turn between two of them."""

    def __init__(self, parts: Iterator[bytes], on_end: Callable[[], None]) -> None:
        self._parts = parts
        self._on_end = on_end

    def __iter__(self) -> Iterator[bytes]:
        return self._parts

    def close(self) -> None:
        self._on_end()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self._parts:
            yield part
            await asyncio.sleep(0)

    async def aclose(self) -> None:
        self._on_end()


class InProcess(httpx.AsyncBaseTransport):
    """Carries requests to the simulated banks and their answers back, as raw as a real transport does.

    No delay is waited for: a bank that stalls, or is slower than the request's `timeout` allows, has timed out.
    A connection is made for each request. Of the steps of which a real transport tells the extension `trace`, there is
    the one before sending.

    Args:
        banks: gives the banks there are.
        certificate: the client certificate that is shown, PEM; None for none.
    """

    def __init__(self, banks: Callable[[], Iterable[Bank]], certificate: str | None = None) -> None:
        self._banks = banks
        self._certificate = certificate

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer of the bank that has this host; its body is still to be read.

        Raises:
            HandshakeRefused: the bank wants another client certificate, or one at all.
            httpx.TransportError: there is no answer, or no such host; reading the body raises it as well.
        """
        bank = next((bank for bank in self._banks() if request.url.host in bank.hosts), None)
        if bank is None:
            raise httpx.ConnectError(f"no bank has the host {request.url.host}", request=request)
        if (trace := request.extensions.get("trace")) is not None:
            # The last step of a real transport before it sends, at which its caller may still raise.
            await trace("http11.send_request_headers.started", {})
        return carried(bank, request, await request.aread(), self._certificate)


def carried(bank: Bank, request: httpx.Request, content: bytes, certificate: str | None) -> httpx.Response:
    """The answer of a bank to a request; its body is still to be read, with or without an event loop.

    Args:
        bank: a bank that has the host.
        request: what a client sends.
        content: its body.
        certificate: the client certificate that is shown, PEM; None for none.

    Raises:
        HandshakeRefused: the bank wants another client certificate, or one at all.
        httpx.TransportError: there is no answer; reading the body raises it as well.
    """
    asked = httpx.Request(
        request.method,
        request.url,
        headers=request.headers,
        content=content,
        extensions={"client_certificate": certificate, **request.extensions, "undelivered": True},
    )
    response = bank.answer(asked)
    delivery = delivery_of(response)
    if not delivery.answers:
        end(response)
        raise delivery.failure(request)
    patience = request.extensions.get("timeout", {}).get("read")
    body = _Body(arriving(response, request, patience), partial(end, response))
    return httpx.Response(response.status_code, headers=head_of(response), stream=body)
