"""Conversations with a bank as generators, and the two loops that drive them.

Theory of operation. A flow yields events and is sent what each event asks for:

    yields httpx.Request   is sent the bank's httpx.Response
    yields TokenNeeded     is sent a Token
    yields a Page          is sent nothing: the page is handed over

and returns its result. A flow does no I/O, reads no clock and draws no random number, so a whole conversation with
its token dance runs in a plain loop. Flows compose with `yield from`.

A conversation that has received more than `MUCH_BYTES` goes on in a thread, one step from request to request at a time,
so that decoding and reading large answers does not delay other callers.

`converse` drives a flow against a function, for tests and tools; `drive` drives it over the line. Both close the flow
whatever happens, so that cancelling a request never leaves a conversation half open.
"""

from collections.abc import Awaitable, Callable, Generator
from datetime import datetime
from typing import Any, Generic, TypeAlias, TypeVar, cast

import httpx
from msgspec import Struct

from gateway.concurrency.workers import LARGE
from gateway.limits import MUCH_BYTES

__all__ = ["Flow", "Page", "Token", "TokenNeeded", "converse", "drive"]

T = TypeVar("T")


class Page(Struct, frozen=True):
    """One decoded bank answer. Connectors derive their wire structs from it."""


class Token(Struct, frozen=True, kw_only=True):
    """The token that a token request brought. Its text never shows a value."""

    access: str
    expires_at: datetime
    renew_at: datetime
    """From this instant on the token is renewed before use."""
    refresh: str | None = None
    """The refresh token that belongs to it; each is used at most once."""

    def __repr__(self) -> str:
        return f"Token(expires_at={self.expires_at.isoformat()})"

    __str__ = __repr__


class TokenNeeded(Struct, frozen=True):
    """The conversation needs a token, other than the refused one if there is one."""

    refused: Token | None = None


Event: TypeAlias = httpx.Request | TokenNeeded | Page
Flow: TypeAlias = Generator[Event, Any, T]


def converse(
    flow: Flow[T],
    answer: Callable[[httpx.Request], httpx.Response],
    token: Callable[[TokenNeeded], Token] | None = None,
) -> tuple[list[Page], T]:
    """Drive a flow against a function, without an event loop; give its pages and its result.

    Raises:
        Exception: as the flow, `answer` and `token` do.
    """
    pages: list[Page] = []
    reply: httpx.Response | Token | None = None
    try:
        while True:
            event = flow.send(reply)
            reply = None
            if isinstance(event, httpx.Request):
                reply = answer(event)
            elif isinstance(event, TokenNeeded):
                if token is None:
                    raise TypeError("the flow asks for a token, but no source of tokens was given")
                reply = token(event)
            else:
                pages.append(event)
    except StopIteration as stop:
        return pages, cast("T", stop.value)
    finally:
        flow.close()


async def drive(
    flow: Flow[T],
    send: Callable[[httpx.Request], Awaitable[httpx.Response]],
    token: Callable[[TokenNeeded], Awaitable[Token]],
    hand_over: Callable[[Page], None],
) -> T:
    """Drive a flow over the line; give its result, its pages having been handed over one by one.

    Raises:
        Exception: as the flow, `send`, `token` and `hand_over` do.
    """
    reply: httpx.Response | Token | None = None
    received = 0
    try:
        while True:
            event = await LARGE.run_if(received > MUCH_BYTES, _step, flow, reply, hand_over)
            if isinstance(event, httpx.Request):
                reply = await send(event)
                received += len(reply.content)
            elif isinstance(event, TokenNeeded):
                reply = await token(event)
            else:
                return event.result
    finally:
        flow.close()


class _Ended(Struct, Generic[T], frozen=True):
    """The end of a flow, with its result."""

    result: T


def _step(
    flow: Flow[T], reply: httpx.Response | Token | None, hand_over: Callable[[Page], None]
) -> httpx.Request | TokenNeeded | _Ended[T]:
    """The flow's next request for something; the pages before it are handed over."""
    try:
        event = flow.send(reply)
        while isinstance(event, Page):
            hand_over(event)
            event = flow.send(None)
    except StopIteration as stop:
        return _Ended(cast("T", stop.value))
    return event
