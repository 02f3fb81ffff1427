"""The entrance of the application: requests of strangers begin one after the other.

A stranger shows no key, or none that has been seen here. To find out what a stranger wants takes the event loop half a
millisecond, and many milliseconds where it is a page or the metrics, and whoever can reach the gateway can send
hundreds of such requests at once. Here one begins in each tick, those of different addresses in turn, so that a flood
of them takes a part of the time and leaves the rest to tenants. A request of a tenant, and one that comes alone, begins
at once; tenants then share the processor (`gateway.concurrency.shares`).
"""

import asyncio
from functools import partial
from ipaddress import IPv6Address

from litestar.datastructures import Headers, State
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from gateway.api.parts import PARTS
from gateway.concurrency.one_per_tick import OnePerTick
from gateway.concurrency.waiting import waiting
from gateway.limits import ENTRANCE_TICK_SECONDS, NETWORK_BITS

__all__ = ["HEALTH", "Entrance"]

HEALTH = frozenset({"/health/live", "/health/ready"})
"""The addresses that watchers ask without a key: they wait for no turn of their network's other requests."""


class Entrance:
    """Begins requests.

    Args:
        app: answers them.
        state: of the application; has its parts once it is open.
    """

    def __init__(self, app: ASGIApp, state: State) -> None:
        self._app = app
        self._state = state
        # No more wait than there may be connections.
        self._turns = OnePerTick(ENTRANCE_TICK_SECONDS, catches_up=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, a stranger's in its turn."""
        if scope["type"] == ScopeType.HTTP and not self._is_of_tenant(scope):
            begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._turns.call(_group(scope), partial(_begin, begun))
            if not begun.done():
                with waiting("entrance"):
                    await begun
        await self._app(scope, receive, send)

    def _is_of_tenant(self, scope: HTTPScope) -> bool:
        """Whether a request shows a key that was a tenant's when it was last looked up."""
        key = Headers.from_scope(scope).get("authorization", "").partition(" ")[2].strip()
        parts = self._state.get(PARTS)
        return bool(key) and parts is not None and bool(parts.keys.seen(key))


def _group(scope: HTTPScope) -> str:
    """The group in which a stranger's request waits its turn: its address or IPv6 network, for health with the path."""
    client = scope["client"]
    group = _network(client[0]) if client else ""
    return f"{group} {scope['path']}" if scope["path"] in HEALTH else group


def _network(client: str) -> str:
    if ":" not in client:
        return client
    try:
        address = IPv6Address(client)
    except ValueError:
        # A proxy may call a caller anything.
        return client
    return str(address.ipv4_mapped or int(address) >> NETWORK_BITS)


def _begin(begun: asyncio.Future[None]) -> None:
    if not begun.done():
        begun.set_result(None)
