"""Conversations with a bank as generators, and the two loops that drive them.

Theory of operation. A flow yields an event and is sent the reply to it:

    httpx.Request   the bank's httpx.Response; None in its place where an optional request has brought none
    TokenNeeded     a Token
    a Page          nothing: the page is handed over

Then it returns its result. Rules.
1. A flow does no I/O, reads no clock and draws no random number. A whole conversation, token requests included, can
   therefore run in a plain loop. Flows compose with `yield from`.
2. There are two loops, which must mean the same: `converse` drives a flow against a function, for tests and tools;
   `drive` drives it over the line. What a flow does between two requests stands once, in `_advance`.
3. Both loops close the flow whatever happens, so that a cancelled request leaves no conversation half open.
4. A request whose extension `OPTIONAL` is true asks for something that its flow can do without. It is sent after all
   that the flow needs, once, with the token of the request before it, and in little time; no failure of it ends the
   conversation or counts against the bank or the integration.
5. A request whose extension `AHEAD` holds other requests says that its flow will yield these too, the same objects,
   whatever the answers contain. `drive` may send them before; a flow cannot tell whether it has.
6. Once a conversation has received more than `MUCH_BYTES`, `drive` runs each step between two requests in a thread, so
   that decoding and reading large answers does not stop the event loop.
"""

from collections.abc import Awaitable, Callable, Generator
from datetime import datetime
from typing import Any, Generic, TypeAlias, TypeVar

import httpx
from msgspec import Struct

from gateway.concurrency.workers import LARGE
from gateway.errors import BankFailure
from gateway.limits import MUCH_BYTES

__all__ = ["AHEAD", "OPTIONAL", "Flow", "Page", "Reply", "Token", "TokenNeeded", "converse", "drive"]

T = TypeVar("T")

AHEAD = "ahead"
"""The extension that holds the requests that the flow will certainly yield after this one (rule 5)."""
OPTIONAL = "optional"
"""The extension that is true of a request that its flow can do without (rule 4)."""


class Page(Struct, frozen=True):
    """One decoded bank answer. Connectors derive their wire structs from it."""


class Token(Struct, frozen=True, kw_only=True):
    """What a token request brought. Its text never shows a value."""

    access: str
    expires_at: datetime
    renew_at: datetime
    """From this instant on the token is renewed before use."""
    refresh: str | None = None
    """The refresh token that belongs to it, used at most once; None where the bank gave none."""

    @property
    def secrets(self) -> list[str]:
        """Both of its texts, as far as there are two."""
        return [self.access, self.refresh] if self.refresh else [self.access]

    def __repr__(self) -> str:
        return f"Token(expires_at={self.expires_at.isoformat()})"


class TokenNeeded(Struct, frozen=True):
    """The event that asks for a token, other than the one that the bank has refused, if any."""

    refused: Token | None = None


Event: TypeAlias = httpx.Request | TokenNeeded | Page
Reply: TypeAlias = httpx.Response | Token | None
Flow: TypeAlias = Generator[Event, Any, T]
"""A conversation with the result T. `Any` stands for `Reply`: which of its types comes depends on the event."""


def converse(
    flow: Flow[T],
    answer: Callable[[httpx.Request], httpx.Response],
    token: Callable[[TokenNeeded], Token] | None = None,
) -> tuple[list[Page], T]:
    """Drive a flow against a function, without an event loop; give its pages and its result.

    Args:
        answer: gives the response to a request.
        token: gives a token; None where the flow must not need one.

    Raises:
        TypeError: the flow needs a token and `token` is None.
        Exception: the flow, `answer` or `token` raises it.
    """
    pages: list[Page] = []
    reply: Reply = None
    try:
        while not isinstance(event := _advance(flow, reply, pages.append), _Ended):
            if isinstance(event, httpx.Request):
                reply = _answer(event, answer)
            elif token is not None:
                reply = token(event)
            else:
                raise TypeError("the flow asks for a token, but no source of tokens was given")
        return pages, event.result
    finally:
        flow.close()


def _answer(request: httpx.Request, answer: Callable[[httpx.Request], httpx.Response]) -> httpx.Response | None:
    try:
        return answer(request)
    except (httpx.TransportError, BankFailure):
        if not request.extensions.get(OPTIONAL):
            raise
        return None


async def drive(
    flow: Flow[T],
    send: Callable[[httpx.Request], Awaitable[httpx.Response | None]],
    token: Callable[[TokenNeeded], Awaitable[Token]],
    hand_over: Callable[[Page], None],
) -> T:
    """Drive a flow over the line; give its result.

    Args:
        send: sends a request and gives the response; None only to an optional request.
        token: gives a token.
        hand_over: is called with each page, in order, before the next request is sent; for large answers in a thread.

    Raises:
        Exception: the flow, `send`, `token` or `hand_over` raises it.
    """
    reply: Reply = None
    received = 0
    try:
        while True:
            event = await LARGE.run_if(received > MUCH_BYTES, _advance, flow, reply, hand_over)
            if isinstance(event, _Ended):
                return event.result
            # Let go before the next answer comes: it may be large.
            reply = None
            if isinstance(event, httpx.Request):
                response = await send(event)
                received += len(response.content) if response is not None else 0
                reply = response
                # Let go, as the reply is.
                del response
            else:
                reply = await token(event)
    finally:
        flow.close()


class _Ended(Struct, Generic[T], frozen=True):
    """The event that a flow has returned."""

    result: T


def _advance(flow: Flow[T], reply: Reply, hand_over: Callable[[Page], None]) -> httpx.Request | TokenNeeded | _Ended[T]:
    """Send a flow the reply to its last event, hand over the pages that it yields, and give its next event."""
    try:
        while isinstance(event := flow.send(reply), Page):
            hand_over(event)
            reply = None
    except StopIteration as stop:
        return _Ended(stop.value)
    return event
