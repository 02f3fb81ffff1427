"""An answer on its way out of the server, with all that a fault makes of the way.

What HTTP allows goes through the server's own protocol. What it forbids (a body shorter or longer than promised, a
connection reset in the middle) is written to the connection directly, which is then closed.
"""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from http.client import responses
from typing import Any

import httpx
from msgspec import Struct

from simulators.faults.delivery import Delivery, End, body_of, delivered, delivery_of, head_of, sent

__all__ = ["Client", "Receive", "Send", "reset"]

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

NO_LINGER = struct.pack("ii", 1, 0)
"""Closing with this option sends RST in place of FIN."""
FLUSH_SECONDS = 10.0
"""How long a client may take to read what stands before the end."""
FLUSH_STEP_SECONDS = 0.005


class Client(Struct, frozen=True):
    """Who asked, and how to reach them.

    Args:
        receive: gives the body of the request, then tells when the client leaves.
        send: the server's own way of answering.
        transport: the connection; None where there is none to ill-treat.
    """

    receive: Receive
    send: Send
    transport: asyncio.Transport | None

    async def body(self, most: int) -> bytes | None:
        """The body of the request; where it is longer than `most` bytes, what has come until that was seen.

        None where the client has left before its end.
        """
        found = bytearray()
        more = True
        while more and len(found) <= most:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                return None
            found += message.get("body", b"")
            more = message.get("more_body", False)
        return bytes(found)

    async def get(self, response: httpx.Response, request: httpx.Request) -> None:
        """Deliver an answer.

        Raises:
            httpx.TransportError: there is no connection, and this is what the client would have seen.
        """
        delivery = delivery_of(response)
        if self.transport is not None and delivery.before and await self._leaves_within(delivery.before):
            return
        if self.transport is None:
            await self._send(delivered(response, request))
        elif delivery.end is None and not delivery.length_off:
            takes_time = delivery.pause or body_of(response) is None
            await (self._stream(response, delivery) if takes_time else self._send(response))
        else:
            await self._break(self.transport, response, delivery)

    async def _send(self, response: httpx.Response) -> None:
        await self.send({"type": "http.response.start", "status": response.status_code, "headers": head_of(response)})
        await self.send({"type": "http.response.body", "body": b"".join(sent(response))})

    async def _stream(self, response: httpx.Response, delivery: Delivery) -> None:
        """Send part by part, or piece by piece if there is a pause; other connections get their turn between two."""
        await self.send({"type": "http.response.start", "status": response.status_code, "headers": head_of(response)})
        pause, size = delivery.pause, delivery.piece
        for part in sent(response):
            for piece in (part[i : i + size] for i in range(0, len(part), size)) if pause else (part,):
                if await self._leaves_within(pause):
                    return
                await self.send({"type": "http.response.body", "body": piece, "more_body": True})
        await self.send({"type": "http.response.body", "body": b""})

    async def _break(self, transport: asyncio.Transport, response: httpx.Response, delivery: Delivery) -> None:
        """Send what comes before the end, then end it."""
        if delivery.answers:
            transport.write(_raw_head(response))
            for part in sent(response):
                transport.write(part)
                await _flushed(transport)
        if delivery.end is End.STALLED:
            await self._leaves_within(delivery.seconds)
        if delivery.end in {End.REFUSED, End.RESET}:
            reset(transport)
        else:
            transport.close()
        if not await self._leaves_within(FLUSH_SECONDS):
            transport.abort()

    async def _leaves_within(self, seconds: float) -> bool:
        """Wait so long at most, and say whether the client has left."""
        if not seconds:
            await asyncio.sleep(0)
            return self.transport is not None and self.transport.is_closing()
        try:
            async with asyncio.timeout(seconds):
                while (await self.receive())["type"] != "http.disconnect":
                    pass
        except TimeoutError:
            return False
        return True


def reset(transport: asyncio.Transport) -> None:
    """End a connection with RST; what has not been sent is lost."""
    if not transport.is_closing():
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
    transport.abort()


def _raw_head(response: httpx.Response) -> bytes:
    status = response.status_code
    lines = [f"HTTP/1.1 {status} {responses.get(status, '')}".encode()]
    lines += [name + b": " + value for name, value in head_of(response)]
    return b"\r\n".join([*lines, b"connection: close", b"", b""])


async def _flushed(transport: asyncio.Transport) -> None:
    """Wait until all that was written is on its way, or the client reads no more."""
    for _ in range(int(FLUSH_SECONDS / FLUSH_STEP_SECONDS)):
        if transport.is_closing() or not transport.get_write_buffer_size():
            return
        await asyncio.sleep(FLUSH_STEP_SECONDS)
