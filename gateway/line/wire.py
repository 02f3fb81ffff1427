"""The innermost transport: sends requests and reads answers within limits of time and size."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

import httpx

from gateway.claims import SENDING, check_claims
from gateway.concurrency.workers import LARGE
from gateway.judgement import UnusableBody, UnusableCertificate
from gateway.limits import ANSWER_BYTES, ATTEMPT_SECONDS, CONNECT_SECONDS, JOINED_BYTES, READ_SECONDS, SEND_SECONDS
from gateway.line.call import call_of
from gateway.line.handshakes import Handshake, Handshakes
from gateway.line.unpack import ACCEPTED, unpacked

__all__ = ["Pool", "Wire"]

TIMEOUT = {"connect": CONNECT_SECONDS, "read": READ_SECONDS, "write": SEND_SECONDS, "pool": SEND_SECONDS}


class Pool(Protocol):
    """Connections to banks."""

    def addressed(self, request: httpx.Request) -> httpx.Request:
        """The request as it is sent."""
        ...

    def transport(
        self, host: str, certificate: tuple[str, str] | None, *, new: bool = False
    ) -> AbstractAsyncContextManager[httpx.AsyncBaseTransport]:
        """The connections to a host with a client certificate, as PEM certificate and key, kept while they are used.

        Args:
            host: the host.
            certificate: what is shown to it; None for nothing.
            new: whether each request gets a connection of its own.

        Raises:
            ssl.SSLError: the certificate cannot be used.
        """
        ...


class Wire(httpx.AsyncBaseTransport):
    """Sends requests over the connections of a pool.

    Args:
        pool: the connections.
        largest_body: bytes of an unpacked answer that are read.
    """

    def __init__(self, pool: Pool, largest_body: int = ANSWER_BYTES) -> None:
        self._pool = pool
        self._largest_body = largest_body
        self._handshakes = Handshakes()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The bank's answer, completely read.

        Raises:
            httpx.TransportError: there is none.
        """
        request.extensions["timeout"] = TIMEOUT
        request.headers["Accept-Encoding"] = ACCEPTED
        try:
            async with asyncio.timeout(ATTEMPT_SECONDS):
                response, parts = await self._answer(request)
        except TimeoutError as error:
            raise httpx.ReadTimeout(f"no whole answer within {ATTEMPT_SECONDS:g} seconds", request=request) from error
        except ssl.SSLError as error:
            text = f"the client certificate cannot be used: {error.reason}"
            raise UnusableCertificate(text, request=request) from error
        headers = httpx.Headers(
            [(k, v) for k, v in response.headers.raw if k.lower() not in {b"content-encoding", b"content-length"}]
        )
        content = await LARGE.run_if(sum(map(len, parts)) > JOINED_BYTES, b"".join, parts)
        return httpx.Response(response.status_code, headers=headers, content=content, request=request)

    async def _answer(self, request: httpx.Request) -> tuple[httpx.Response, list[bytes]]:
        """The answer, and all parts of its body."""
        call = call_of(request)
        # A bank may close an idle connection at any moment. Whether it has seen a request that came just then is not
        # known, and one that spends something must not be sent again.
        async with self._pool.transport(request.url.host, call.certificate, new=call.once) as transport:
            handshake = self._handshakes.to(request.url.host, call.holder)
            request.extensions["trace"] = _checked(handshake) if call.once else handshake
            try:
                response = await transport.handle_async_request(self._pool.addressed(request))
            finally:
                handshake.close()
            try:
                return response, await self._read(response, request)
            finally:
                await response.aclose()

    async def _read(self, response: httpx.Response, request: httpx.Request) -> list[bytes]:
        parts: list[bytes] = []
        size = 0
        try:
            async for part in unpacked(response, self._largest_body):
                size += len(part)
                if size > self._largest_body:
                    raise UnusableBody(f"the answer has more than {self._largest_body} bytes", request=request)
                parts.append(part)
        except httpx.DecodingError as error:
            raise UnusableBody(f"the answer cannot be read: {error}", request=request) from error
        return parts


def _checked(handshake: Handshake) -> Callable[[str, dict[str, Any]], Awaitable[None]]:
    """The `trace` of a request that spends something: it is not sent where that is another process's by now."""

    async def trace(event: str, info: dict[str, Any]) -> None:
        if event in SENDING:
            await check_claims()
        await handshake(event, info)

    return trace
