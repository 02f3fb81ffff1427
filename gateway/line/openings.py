"""Few connections at a time are being opened to a host.

A TLS handshake costs both sides more processor time than all else that a request does. A crowd of callers, each with a
client certificate of their own, would have us do nothing else for a while; in a few at a time their handshakes mix with
what is done for others. Tenants share these few (`gateway.line.places`): the handshakes of one, which may stall, leave
places for those of others.
"""

import asyncio
from typing import Any
from weakref import WeakValueDictionary

import httpx
from httpcore import AsyncNetworkStream

from gateway.line.places import Crowded, Place, Places, Whose

__all__ = ["Opening", "Openings"]

AT_ONCE = 16
"""Connections that are being opened to one host; 8 of one tenant, 4 of one account."""
MOST_WAITING = 384
"""Requests that wait for a place; 192 of one tenant, 96 of one account: more than the bulkhead lets through."""
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
        self._hosts: WeakValueDictionary[str, Places] = WeakValueDictionary()

    def to(self, host: str, whose: Whose) -> "Opening":
        """What one request tells of the connection that it may have to open."""
        # `setdefault` keeps the places alive while somebody holds one.
        return Opening(self._hosts.setdefault(host, Places(self._at_once, MOST_WAITING, share=1)), whose)


class Opening:
    """The `trace` extension of one request: the HTTP library calls it before and after all that it does.

    Args:
        places: one is held while a connection is being opened.
        whose: for whom.
    """

    def __init__(self, places: Places, whose: Whose) -> None:
        self._places = places
        self._whose = whose
        self._held: Place | None = None
        self._connected: AsyncNetworkStream | None = None

    async def __call__(self, event: str, info: dict[str, Any]) -> None:
        """Wait for a place before a connection is begun, and give it back when it is open or has failed.

        Raises:
            httpx.PoolTimeout: there is none in time; nothing has been sent.
        """
        if event == BEGUN:
            try:
                async with asyncio.timeout(PATIENCE):
                    self._held = await self._places.taken(self._whose)
            except (TimeoutError, Crowded) as error:
                raise httpx.PoolTimeout("too many connections are being opened") from error
        elif event == CONNECTED:
            self._connected = info["return_value"]
        elif event in ENDED:
            self.close()
            # The library leaves a connection open whose handshake takes too long or is given up.
            if event == HANDSHAKE_FAILED and self._connected is not None:
                await self._connected.aclose()

    def close(self) -> None:
        """Give the place back, if one is still held."""
        if self._held is not None:
            self._places.leave(self._held)
            self._held = None
