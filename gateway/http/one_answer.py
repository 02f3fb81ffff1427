"""Connections on which each request has one answer, whose head is bounded.

HTTP/1.1 does not name the request that an answer belongs to. A server that sends more than one answer, or a body where
none is allowed (with a status 204, say), would have the rest of it taken for the answer to the next request on that
connection, which may be about another tenant's account. The HTTP library asks of a connection that it wants to use
again whether there is anything to be read. It asks the system, which does not know of bytes that lie in the library's
own buffers: so the streams here know of them, and such a connection is closed.

Interim answers (1xx) have no end either, and the library reads what it has received of them without letting others in.
"""

import asyncio
import select
import ssl
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextvars import ContextVar
from functools import partial
from ipaddress import ip_address
from itertools import zip_longest
from typing import Any

import httpcore
import httpx
from httpcore import AsyncNetworkStream

from gateway.concurrency.names import NameLookUps
from gateway.concurrency.slots import Holder
from gateway.limits import (
    ANSWER_HEAD_BYTES,
    ANSWER_HEAD_STEP_BYTES,
    NAME_ADDRESSES,
    NAME_LOOK_UPS_AT_ONCE,
    NAME_LOOK_UPS_SHARE,
    NEXT_ADDRESS_SECONDS,
)

__all__ = ["NAMES", "OneAnswerTransport"]

NAMES = NameLookUps(NAME_LOOK_UPS_AT_ONCE, "names", NAME_LOOK_UPS_SHARE)
"""Look-ups of the names that connections go to. Each name is a holder of its own."""


class _Head:
    """The bytes of an answer that are read until its head is whole."""

    def __init__(self) -> None:
        self.left = ANSWER_HEAD_BYTES


HEAD: ContextVar[_Head | None] = ContextVar("head", default=None)
"""The head that the present request waits for; None while a body is read."""


class OneAnswerTransport(httpx.AsyncHTTPTransport):
    """Sends requests, each over a connection on which nothing of an earlier answer is left.

    Args:
        context: makes connections with TLS.
        limits: numbers of connections, and how long they are kept.
    """

    def __init__(self, context: ssl.SSLContext, limits: httpx.Limits) -> None:
        super().__init__(verify=context, limits=limits, trust_env=False)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
            network_backend=_Backend(),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer, whose body is yet to be read.

        Raises:
            httpx.TransportError: there is none, or its head has more than `ANSWER_HEAD_BYTES`.
        """
        waiting = HEAD.set(_Head())
        try:
            return await super().handle_async_request(request)
        finally:
            HEAD.reset(waiting)


class _Backend(httpcore.AnyIOBackend):
    """Opens connections, to the address of a name that takes one first.

    The library would have the event loop look names up (`gateway.concurrency.names`).
    """

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's interface
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        connect = super().connect_tcp
        try:
            async with asyncio.timeout(timeout):
                addresses = [host] if _is_literal(host) else _in_turn(await NAMES.addresses(host, port, Holder(host)))
                connecting = [partial(connect, each, port, None, local_address, socket_options) for each in addresses]
                return _Stream((await _first(connecting)).result())
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error


def _is_literal(host: str) -> bool:
    """Whether a host is written as an address."""
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _in_turn(addresses: Sequence[str]) -> list[str]:
    """The addresses to try: few, each once, and those of both families in turn, because one may lead nowhere."""
    each_once = list(dict.fromkeys(addresses))
    of_six, of_four = ([each for each in each_once if (":" in each) is six] for six in (True, False))
    families = (of_six, of_four) if ":" in addresses[0] else (of_four, of_six)
    in_turn = [each for pair in zip_longest(*families) for each in pair if each is not None]
    return in_turn[:NAME_ADDRESSES]


async def _first(
    connecting: Sequence[Callable[[], Coroutine[Any, Any, AsyncNetworkStream]]],
) -> asyncio.Task[AsyncNetworkStream]:
    """The attempt whose connection is open first, or the last one that failed.

    Each is begun when the one before it has failed, or takes long. The error is not raised here, where calls of its
    traceback would name the task that keeps it: a circle until garbage is collected.
    """
    left, trying = deque(connecting), set[asyncio.Task[AsyncNetworkStream]]()
    try:
        while True:
            if left:
                trying.add(asyncio.create_task(left.popleft()()))
            wait_seconds = NEXT_ADDRESS_SECONDS if left else None
            ended, _ = await asyncio.wait(trying, timeout=wait_seconds, return_when=asyncio.FIRST_COMPLETED)
            for each in ended:
                trying.remove(each)
                if each.exception() is None or not (left or trying):
                    return each
    finally:
        for each in trying:
            each.cancel()
        for unused in await asyncio.gather(*trying, return_exceptions=True):
            if isinstance(unused, AsyncNetworkStream):
                await unused.aclose()


class _Stream(AsyncNetworkStream):
    """A connection that knows whether more has come than its reader has asked for.

    The last byte of what arrives is handed over when the reader asks for more, which it does where the answer is not
    whole without it. A byte that nobody has asked for shows that something stands behind the answer.
    """

    def __init__(self, stream: AsyncNetworkStream) -> None:
        self._stream = stream
        self._held = b""
        # Asked for once: the library collects all that it knows of a connection whenever it is asked for anything, and
        # each request looks at all idle connections to its bank twice.
        self._secured: ssl.SSLObject | None = stream.get_extra_info("ssl_object")
        self._socket: Any = stream.get_extra_info("socket")

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        if self._held:
            last, self._held = self._held, b""
            return last
        head = HEAD.get()
        if head is None:
            received = await self._stream.read(max_bytes, timeout)
        elif head.left <= 0:
            raise httpcore.RemoteProtocolError("the head of the answer is too long")
        else:
            received = await self._stream.read(min(max_bytes, ANSWER_HEAD_STEP_BYTES), timeout)
            head.left -= len(received)
        if len(received) > 1:
            received, self._held = received[:-1], received[-1:]
        return received

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> AsyncNetworkStream:
        return _Stream(await self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":
            return bool(self._held) or _is_received(self._secured) or _has_arrived(self._socket)
        return self._stream.get_extra_info(info)


def _is_received(secured: ssl.SSLObject | None) -> bool:
    """Whether TLS has received something that was not read, or the end. A byte of it is lost: it is read by nobody."""
    if secured is None:
        return False
    try:
        secured.read(1)
    except ssl.SSLWantReadError:
        return False
    except ssl.SSLError:
        return True
    return True


def _has_arrived(socket: Any) -> bool:
    """Whether the system has received something that was not read, or the end; True for a socket that is closed."""
    if socket is None or socket.fileno() < 0:
        return True
    looking = select.poll()
    looking.register(socket, select.POLLIN)
    return bool(looking.poll(0))
