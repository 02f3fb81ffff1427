"""The innermost transport: sends, waits no longer than it may, reads no more than it may.

What the lower library raises is translated here, once: `failure_of` gives each transport error its failure.
"""

import asyncio
import ssl
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import httpx

from contracts.schema import Contract
from gateway.errors import BankError, BankFailure
from gateway.line.handshakes import Handshakes
from gateway.line.timing import holder_of
from gateway.line.unpack import ACCEPTED, unpacked

__all__ = [
    "NOTHING_SENT",
    "Pool",
    "UnusableBody",
    "UnusableCertificate",
    "Wire",
    "certificate_refused",
    "failure_of",
]

ATTEMPT_SECONDS = 45.0
"""For one attempt from its beginning to the last byte: a bank that dribbles must not hold us."""
CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
TIMEOUT = {"connect": CONNECT_SECONDS, "read": READ_SECONDS, "write": 10.0, "pool": 10.0}
UNAVAILABLE = "bank_unavailable"
LARGEST_BODY = 32 * 1024 * 1024
"""Bytes, unpacked. The largest documented page, 10,000 rows, has about a third of it."""

NOTHING_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""What is raised before any byte of a request has left."""


class UnusableBody(httpx.TransportError):
    """The bank answered, but with a body that is too large or cannot be unpacked. Asking again would not help."""


class UnusableCertificate(httpx.ConnectError):
    """Our own client certificate cannot be shown. Trying again would not help."""


class Pool(Protocol):
    """Connections to banks."""

    def addressed(self, request: httpx.Request) -> httpx.Request:
        """The request as it goes out."""
        ...

    def transport(
        self, host: str, certificate: tuple[str, str] | None
    ) -> AbstractAsyncContextManager[httpx.AsyncBaseTransport]:
        """The connections to a host with a client certificate, as PEM certificate and key, kept while they are used.

        Raises:
            ssl.SSLError: the certificate cannot be used.
        """
        ...


class Wire(httpx.AsyncBaseTransport):
    """Sends requests over the connections of a pool.

    Args:
        pool: the connections.
        largest_body: bytes of an unpacked answer that are read.
        seconds: for one attempt, from its beginning to the last byte.
    """

    def __init__(self, pool: Pool, largest_body: int = LARGEST_BODY, seconds: float = ATTEMPT_SECONDS) -> None:
        self._pool = pool
        self._largest_body = largest_body
        self._seconds = seconds
        self._handshakes = Handshakes()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The bank's answer, completely read.

        Raises:
            httpx.TransportError: there is none.
        """
        request.extensions["timeout"] = TIMEOUT
        request.headers["Accept-Encoding"] = ACCEPTED
        try:
            async with asyncio.timeout(self._seconds):
                return await self._answer(request)
        except TimeoutError as error:
            raise httpx.ReadTimeout(f"no whole answer within {self._seconds:g} seconds", request=request) from error
        except ssl.SSLError as error:
            text = f"the client certificate cannot be used: {error.reason}"
            raise UnusableCertificate(text, request=request) from error

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        async with self._pool.transport(request.url.host, request.extensions.get("certificate")) as transport:
            handshake = request.extensions["trace"] = self._handshakes.to(request.url.host, holder_of(request))
            try:
                response = await transport.handle_async_request(self._pool.addressed(request))
            finally:
                handshake.close()
            try:
                content = await self._read(response, request)
            finally:
                await response.aclose()
        headers = httpx.Headers(
            [(k, v) for k, v in response.headers.raw if k.lower() not in {b"content-encoding", b"content-length"}]
        )
        return httpx.Response(response.status_code, headers=headers, content=content, request=request)

    async def _read(self, response: httpx.Response, request: httpx.Request) -> bytes:
        parts: list[bytes] = []
        size = 0
        try:
            async for part in unpacked(response):
                size += len(part)
                if size > self._largest_body:
                    raise UnusableBody(f"the answer has more than {self._largest_body} bytes", request=request)
                parts.append(part)
                # Unpacking a few kilobytes may bring many parts, one after the other, without any wait for the network.
                await asyncio.sleep(0)
        except httpx.DecodingError as error:
            raise UnusableBody("the answer cannot be unpacked", request=request) from error
        return b"".join(parts)


def certificate_refused(error: BaseException) -> bool:
    """Whether the bank ended the TLS conversation over our certificate; then trying again is useless."""
    cause = _tls_error(error)
    return cause is not None and not isinstance(cause, ssl.SSLCertVerificationError) and "ALERT" in str(cause).upper()


def failure_of(contract: Contract, request: httpx.Request, error: httpx.TransportError) -> BankFailure:
    """The failure that a missing answer is."""
    at = contract.operations[request.extensions["operation"]].kind.value
    if certificate_refused(error):
        text = str(_tls_error(error))
        return BankFailure(
            next((symptom.failure for symptom in contract.symptoms if symptom.matches("tls", 0, text)), UNAVAILABLE),
            bank=contract.slug,
            at="tls",
            detail=f"{contract.name} refused the client certificate",
            bank_error=BankError(None, None, text),
            nothing_sent=True,
        )
    if isinstance(error, UnusableBody):
        return BankFailure("unexpected_bank_response", bank=contract.slug, at=at, detail=str(error))
    timed_out = isinstance(error, httpx.TimeoutException)
    what = "gave no answer in time" if timed_out else f"could not be reached: {type(error).__name__}"
    return BankFailure(
        UNAVAILABLE,
        bank=contract.slug,
        at=at,
        detail=f"{contract.name} {what}",
        timed_out=timed_out,
        nothing_sent=isinstance(error, NOTHING_SENT),
    )


def _tls_error(error: BaseException) -> ssl.SSLError | None:
    """The TLS error behind an error, if there is one; a chain of causes may lead back to itself."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        if isinstance(cause, ssl.SSLError):
            return cause
        seen.add(id(cause))
        cause = cause.__cause__ or cause.__context__
    return None
