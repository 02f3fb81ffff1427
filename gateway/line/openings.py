"""Few connections at a time are being opened to a host.

A TLS handshake costs both sides more processor time than all else that a request does. A crowd of callers, each with a
client certificate of their own, would have us do nothing else for a while; in a few at a time their handshakes mix with
what is done for others.
"""

import asyncio
from typing import Any
from weakref import WeakValueDictionary

import httpx
from httpcore import AsyncNetworkStream

__all__ = ["Opening", "Openings"]

AT_ONCE = 8
"""Connections that are being opened to one host."""
PATIENCE = 10.0
"""Seconds that a request waits for its turn to open one, at a host whose handshakes take too long."""
BEGUN = "connection.connect_tcp.started"
CONNECTED = "connection.connect_tcp.complete"
HANDSHAKE_FAILED = "connection.start_tls.failed"
ENDED = frozenset({"connection.connect_tcp.failed", "connection.start_tls.complete", HANDSHAKE_FAILED})


class Openings:
    """Those of all hosts.

    Args:
        at_once: connections that are being opened to one host.
    """

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._at_once = at_once
        self._hosts: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    def to(self, host: str) -> "Opening":
        """What one request tells of the connection that it may have to open."""
        # `setdefault` keeps the semaphore alive while somebody holds it.
        return Opening(self._hosts.setdefault(host, asyncio.Semaphore(self._at_once)))


class Opening:
    """The `trace` extension of one request: the HTTP library calls it before and after all that it does.

    Args:
        places: one is held while a connection is being opened.
    """

    def __init__(self, places: asyncio.Semaphore) -> None:
        self._places = places
        self._held = False
        self._connected: AsyncNetworkStream | None = None

    async def __call__(self, event: str, info: dict[str, Any]) -> None:
        """Wait for a place before a connection is begun, and give it back when it is open or has failed.

        Raises:
            httpx.PoolTimeout: there is none in time; nothing has been sent.
        """
        if event == BEGUN:
            try:
                async with asyncio.timeout(PATIENCE):
                    await self._places.acquire()
            except TimeoutError as error:
                raise httpx.PoolTimeout("too many connections are being opened") from error
            self._held = True
        elif event == CONNECTED:
            self._connected = info["return_value"]
        elif event in ENDED:
            self.close()
            # The library leaves a connection open whose handshake takes too long or is given up.
            if event == HANDSHAKE_FAILED and self._connected is not None:
                await self._connected.aclose()

    def close(self) -> None:
        """Give the place back, if one is still held."""
        if self._held:
            self._held = False
            self._places.release()
