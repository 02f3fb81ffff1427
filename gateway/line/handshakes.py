"""Limits the connections that are being opened to a host at a time.

A TLS handshake costs both sides more processor time than the rest of a request. A crowd of callers with client
certificates of their own would keep the gateway from all other work for a while; with a few handshakes at a time, other
work goes on. Tenants share the slots: the handshakes of one, which may stall, leave slots for others.
"""

import asyncio
from typing import Any

import httpx
from httpcore import AsyncNetworkStream

from gateway.concurrency.keyed import Keyed
from gateway.concurrency.slots import Holder, NoSlot, Slot, Slots
from gateway.limits import HANDSHAKE_WAIT_SECONDS, HANDSHAKES_PER_HOST, HANDSHAKES_WAITING_PER_HOST

__all__ = ["Handshake", "Handshakes"]

BEGUN = "connection.connect_tcp.started"
CONNECTED = "connection.connect_tcp.complete"
HANDSHAKE_FAILED = "connection.start_tls.failed"
ENDED = frozenset({"connection.connect_tcp.failed", "connection.start_tls.complete", HANDSHAKE_FAILED})


class Handshakes:
    """Limits the connections that are being opened to each host.

    Args:
        most: connections that are being opened to one host.
    """

    def __init__(self, most: int = HANDSHAKES_PER_HOST) -> None:
        self._hosts: Keyed[str, Slots] = Keyed(
            lambda: Slots(most, "handshake", most_waiting=HANDSHAKES_WAITING_PER_HOST, share=1)
        )

    def to(self, host: str, holder: Holder) -> "Handshake":
        """The limit of the connection that one request may have to open."""
        return Handshake(self._hosts[host], holder)


class Handshake:
    """The `trace` extension of one request, which the HTTP library calls before and after each of its steps.

    Args:
        slots: the slots of the host; one is held while a connection is being opened.
        holder: takes the slot.
    """

    def __init__(self, slots: Slots, holder: Holder) -> None:
        self._slots = slots
        self._holder = holder
        self._slot: Slot | None = None
        self._connected: AsyncNetworkStream | None = None

    async def __call__(self, event: str, info: dict[str, Any]) -> None:
        """Take a slot before a connection is opened, and leave it when the connection is open or has failed.

        Raises:
            httpx.PoolTimeout: there is no slot in time; nothing has been sent.
        """
        if event == BEGUN:
            deadline = asyncio.get_running_loop().time() + HANDSHAKE_WAIT_SECONDS
            try:
                self._slot = await self._slots.take(self._holder, deadline)
            except NoSlot as error:
                raise httpx.PoolTimeout("too many connections are being opened") from error
        elif event == CONNECTED:
            self._connected = info["return_value"]
        elif event in ENDED:
            self.close()
            # The library leaves a connection open whose handshake takes too long or is given up.
            if event == HANDSHAKE_FAILED and self._connected is not None:
                await self._connected.aclose()

    def close(self) -> None:
        """Leave the slot, if one is still held."""
        if self._slot is not None:
            self._slot.leave()
            self._slot = None
