"""Connections by host and client certificate, kept in a bounded pool.

The TLS context of a pair of host and certificate is made in a thread of the pool's own, two at a time and for tenants
in turn, under a lock of that pair only, so that requests of other pairs do not wait for it. The bulkhead, further out,
limits the requests under way at one bank.

Where `connect_to` is given (the simulators), the connection goes there while the request, the server name and the check
of the certificate keep the bank's real host name. Where that is not loopback, authorities of tests alone are trusted.
"""

import asyncio
import errno
import os
import ssl
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from hashlib import sha256

import httpx

from gateway.actions import ACTING
from gateway.certificates.marked_authorities import is_loopback, marked_authorities
from gateway.concurrency.keyed import Keyed
from gateway.concurrency.shares import TENANT
from gateway.concurrency.slots import Holder, Slots
from gateway.http.one_answer import OneAnswerTransport
from gateway.limits import CONNECTION_IDLE_SECONDS, CONNECTION_POOLS, CONNECTIONS_PER_POOL, TLS_CONTEXT_THREADS

__all__ = ["CertificatePool", "client_context"]


KEPT = httpx.Limits(
    max_connections=CONNECTIONS_PER_POOL,
    max_keepalive_connections=CONNECTIONS_PER_POOL,
    keepalive_expiry=CONNECTION_IDLE_SECONDS,
)
"""Limits of the connections of each pair that are used again."""
NEW = httpx.Limits(max_connections=CONNECTIONS_PER_POOL, max_keepalive_connections=0)
"""Limits of those that carry one request each."""


def client_context(
    ca_bundle: str | None, certificate: tuple[str, str] | None, authorities: str | None = None
) -> ssl.SSLContext:
    """A context that trusts the bundle, or the system's authorities, and presents a certificate.

    Args:
        ca_bundle: path of the bundle; None for the system's authorities.
        certificate: PEM certificate and key to present.
        authorities: PEM of the only authorities to trust, whatever the bundle holds.

    Raises:
        ssl.SSLError: certificate and key do not belong together or cannot be read.
        OSError: the bundle cannot be read.
    """
    if authorities is None and ca_bundle is None:
        context = httpx.create_ssl_context()
    else:
        # What is named here is trusted alone; the system's authorities are not loaded.
        cafile = ca_bundle if authorities is None else None
        context = ssl.create_default_context(cafile=cafile, cadata=authorities)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if certificate is not None:
        # A server may want it for some paths alone, and ask once it has read a request, which TLS 1.2 always allows.
        context.post_handshake_auth = True
        chain, key = certificate
        with _readable(chain.encode()) as chain_path, _readable(key.encode()) as key_path:
            try:
                context.load_cert_chain(chain_path, key_path)
            except OSError as error:
                if error.errno != errno.ESPIPE:
                    raise
                # The library has read beyond the contents of the pipe.
                refused = ssl.SSLError("certificate or key cannot be read")
                refused.reason = "NO_START_LINE"
                raise refused from error
    return context


@contextmanager
def _readable(content: bytes) -> Iterator[str]:
    """A path at which the content can be read, while it stays in the memory of this process.

    The ssl module reads certificates and keys by path only, and a file on disk would outlive a process that is killed.

    Raises:
        OSError: there is no memory or no descriptor for it.
    """
    if hasattr(os, "memfd_create"):
        reader = os.memfd_create("client-certificate")
        path, writer = f"/proc/self/fd/{reader}", os.dup(reader)
    else:
        # Other systems than Linux. A content that does not fit into the pipe fails, because no reader is there yet.
        reader, writer = os.pipe()
        path = f"/dev/fd/{reader}"
        os.set_blocking(writer, False)
    try:
        with os.fdopen(writer, "wb") as file:
            file.write(content)
        yield path
    finally:
        os.close(reader)


class _Connections:
    """The connections to one host with one certificate."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.kept = OneAnswerTransport(context, KEPT)
        self.new = OneAnswerTransport(context, NEW)
        self.in_use = 0

    async def aclose(self) -> None:
        """Close them all."""
        await self.kept.aclose()
        await self.new.aclose()


class CertificatePool:
    """Connections for each pair of host and certificate, at most `size` pairs.

    Args:
        ca_bundle: path of a bundle to trust instead of the system's authorities.
        connect_to: address to which all connections go, `(host, port)`.
        size: pairs kept; the one unused for longest goes first.

    Raises:
        ValueError: `connect_to` is not loopback, and the bundle is none of tests alone
            (`gateway.certificates.marked_authorities`).
    """

    def __init__(
        self, ca_bundle: str | None = None, connect_to: tuple[str, int] | None = None, size: int = CONNECTION_POOLS
    ) -> None:
        self._ca_bundle = ca_bundle
        self._connect_to = connect_to
        self._authorities: str | None = None
        """What was found to be marked is kept: the file may hold something else later."""
        if connect_to is not None and not is_loopback(connect_to[0]):
            self._authorities = marked_authorities(ca_bundle or "")
        self._size = size
        self._kept: OrderedDict[tuple[str, str], _Connections] = OrderedDict()
        self._making: Keyed[tuple[str, str], asyncio.Lock] = Keyed(asyncio.Lock)
        self._makers = ThreadPoolExecutor(TLS_CONTEXT_THREADS, "tls-context")
        self._slots = Slots(TLS_CONTEXT_THREADS, "tls_context")

    def addressed(self, request: httpx.Request) -> httpx.Request:
        """The request as it is sent: to the bank, or to `connect_to` with the bank's host name.

        Simulated banks are told the id of the request for which they are asked, so that their journal can name it.
        """
        if self._connect_to is None:
            return request
        host, port = self._connect_to
        request_id = [(b"X-Request-Id", asked.encode())] if (asked := ACTING.get().request_id) else []
        return httpx.Request(
            request.method,
            request.url.copy_with(host=host, port=port),
            headers=[
                *((k, v) for k, v in request.headers.raw if k.lower() != b"host"),
                (b"Host", request.url.netloc),
                *request_id,
            ],
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": request.url.host},
        )

    @asynccontextmanager
    async def transport(
        self, host: str, certificate: tuple[str, str] | None, *, new: bool = False
    ) -> AsyncIterator[httpx.AsyncBaseTransport]:
        """The connections to a host with a certificate, kept open while they are used.

        Args:
            host: the host.
            certificate: what is shown to it; None for nothing.
            new: whether each request gets a connection of its own.

        Raises:
            ssl.SSLError: the certificate cannot be used.
        """
        connections = await self._connections((host, _digest(certificate)), certificate)
        connections.in_use += 1
        try:
            await self._make_room()
            yield connections.new if new else connections.kept
        finally:
            connections.in_use -= 1

    async def aclose(self) -> None:
        """Close all connections."""
        self._makers.shutdown(wait=False, cancel_futures=True)
        while self._kept:
            _, connections = self._kept.popitem()
            await connections.aclose()

    async def _connections(self, key: tuple[str, str], certificate: tuple[str, str] | None) -> _Connections:
        async with self._making[key]:
            if key not in self._kept:
                loop = asyncio.get_running_loop()
                async with self._slots.held(Holder(TENANT.get())):
                    trusted = self._ca_bundle, certificate, self._authorities
                    context = await loop.run_in_executor(self._makers, client_context, *trusted)
                self._kept[key] = _Connections(context)
            self._kept.move_to_end(key)
            return self._kept[key]

    async def _make_room(self) -> None:
        """Close the pairs unused for longest while there are too many; those in use stay."""
        while len(self._kept) > self._size:
            unused = next((key for key, connections in self._kept.items() if not connections.in_use), None)
            if unused is None:
                break
            await self._kept.pop(unused).aclose()


def _digest(certificate: tuple[str, str] | None) -> str:
    return sha256("\n".join(certificate).encode()).hexdigest() if certificate else ""
