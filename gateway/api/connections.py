"""Limits of callers' connections: their number, the time that each may take, the size of headers.

A connection is *waiting* while the caller has to send a request or the rest of one. While we work on its request it is
*busy*, and no limit of time applies to it here.

Rules.
1. A request's headers, its body, and the pause before the next request have limits of time, and so has a caller that
   does not take its answer. They are checked once a second, a few connections at a time.
2. When there are more connections than `connections`, the one that has been waiting for longest is closed. So clients
   that send nothing, or send slowly, never keep out one that sends its request at once.
3. When all are busy, requests are answered `gateway_busy`, except those for the health of the process; and beyond
   `RESERVED_CONNECTIONS` more connections none is accepted.
4. Bodies of requests have a size together (`BODIES_BYTES`), and when they have more, the largest unfinished one is
   refused; likewise answers that callers do not take (`UNSENT_BYTES`). A connection sends few requests ahead.
5. One line of the log a second counts the connections that were closed.
6. A request that two servers may read in two ways is refused: without host or with two, with two keys, with a version
   that is neither 1.0 nor 1.1, or with another coding than chunks. What comes behind a body is no header. A body has
   few chunks, also one that nobody reads, because the request has been answered.
7. Of callers that hang up at the same moment while their requests are under way, one is noticed in each tick of
   `HANG_UP_TICK_SECONDS`, those with different keys in turn.

Long because all that a connection may do is to be read in one place.
"""

import asyncio
import logging
from collections import Counter
from functools import partial
from http import HTTPStatus
from typing import Any, cast

import httptools
import structlog
from uvicorn import Config
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from gateway import metrics
from gateway.api.connection_problems import busy, problem
from gateway.api.entrance import HEALTH
from gateway.api.heads import is_plain, is_short
from gateway.api.without_upgrade import WithoutUpgrade, framing_of
from gateway.concurrency.one_per_tick import OnePerTick
from gateway.limits import (
    ANSWER_TAKEN_BYTES,
    BODIES_BYTES,
    CONNECTION_CHECK_SECONDS,
    CONNECTIONS_CHECKED_AT_ONCE,
    HANG_UP_TICK_SECONDS,
    PIPELINED_REQUESTS,
    REQUEST_CHUNKS,
    REQUEST_HEAD_BYTES,
    REQUEST_HEADERS,
    RESERVED_CONNECTIONS,
    UNSENT_BYTES,
    ConnectionLimits,
)

__all__ = ["Connections"]

log = structlog.get_logger("gateway.connections")
ANSWERS = logging.getLogger("uvicorn.error.answers")
"""Of uvicorn's lines those about answers that fail. A line about each request that a caller has malformed would let
anybody fill the log: they are counted (rule 5)."""
ANSWERS.setLevel(logging.ERROR)


class Connections:
    """All connections of a server.

    Args:
        limits: of each connection, and of all together.
        public_url: the address at which browsers reach this gateway; empty where nobody has set it.
    """

    def __init__(self, limits: ConnectionLimits, public_url: str = "") -> None:
        self.limits = limits
        self.public_url = public_url
        self.open: set[LimitedConnection] = set()
        self.waiting: dict[LimitedConnection, None] = {}
        """Waiting connections, the one that has been waiting for longest first."""
        self.body_bytes = 0
        """Bytes of bodies of all requests that are not answered yet."""
        self.hanging_up = OnePerTick(HANG_UP_TICK_SECONDS)
        self._closed: Counter[str] = Counter()

    def protocol(self) -> type[asyncio.Protocol]:
        """The class of the connections, for the server's configuration."""
        return type("Connection", (LimitedConnection,), {"all": self})

    @property
    def overfull(self) -> bool:
        """Whether as many connections are busy as there may be."""
        return len(self.open) - len(self.waiting) >= self.limits.connections

    def opened(self, connection: "LimitedConnection") -> None:
        """Accept a connection; close another one when there are too many."""
        self.open.add(connection)
        self.waiting[connection] = None
        if len(self.open) <= self.limits.connections:
            return
        longest = next(iter(self.waiting))
        if longest is not connection:
            longest.give_up("crowded_out")
        elif len(self.open) > self.limits.connections + RESERVED_CONNECTIONS:
            connection.give_up("not_taken")

    def lost(self, connection: "LimitedConnection") -> None:
        """Forget a connection."""
        self.open.discard(connection)
        self.waiting.pop(connection, None)
        self.forgot(connection)

    def took(self, connection: "LimitedConnection", size: int) -> None:
        """Count bytes of a body; when there are too many, the largest unfinished one makes room."""
        connection.body_bytes += size
        self.body_bytes += size
        while self.body_bytes > BODIES_BYTES:
            unfinished = (each for each in self.open if each.awaits_body)
            largest = max(unfinished, key=lambda each: each.body_bytes, default=None)
            # Those that are complete are being worked on, and one alone has the size that the operator allows.
            if largest is None or largest.body_bytes in {0, self.body_bytes}:
                break
            largest.crowd_out()

    def forgot(self, connection: "LimitedConnection") -> None:
        """Count the bodies of a connection no more."""
        self.body_bytes -= connection.body_bytes
        connection.body_bytes = 0

    def note(self, reason: str) -> None:
        """Count a connection that was closed, or a request that was not answered."""
        self._closed[reason] += 1
        metrics.CLOSED.labels(reason).inc()

    async def watch(self) -> None:
        """Check all connections once a second, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(CONNECTION_CHECK_SECONDS)
            await self.check(loop.time())

    async def check(self, now: float) -> None:
        """End connections that take too long, a few at a time, and log those that were ended since the last check."""
        for number, connection in enumerate(tuple(self.open), 1):
            # The event loop served others since the check began: this connection may have closed or become busy.
            if connection in self.open:
                connection.check(now)
            if number % CONNECTIONS_CHECKED_AT_ONCE == 0:
                await asyncio.sleep(0)
        unsent = {each: each.transport.get_write_buffer_size() for each in self.open}
        total = sum(unsent.values())
        for connection in sorted(unsent, key=lambda each: each.unsent_since):
            if total <= UNSENT_BYTES:
                break
            if unsent[connection]:
                total -= unsent[connection]
                connection.give_up("answer_not_taken")
        if self._closed:
            log.warning("connections_ended", open=len(self.open), waiting=len(self.waiting), **self._closed)
            self._closed.clear()


class LimitedConnection(HttpToolsProtocol):
    """A connection with limits of time and size."""

    all: Connections

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.logger = ANSWERS
        self.parser = cast("httptools.HttpRequestParser", WithoutUpgrade(self))
        self.framing = b""
        """The header that frames a body which the parser has yet to be told of; see `WithoutUpgrade`."""
        self._part = "idle"
        """The awaited part of a request: `idle` (its beginning), `header`, `body`; or `none`."""
        self._since = self.loop.time()
        self._unparsed = 0
        """Bytes received since the parser last completed a part."""
        self._trailers = 0
        """Header fields behind the body of a request."""
        self._chunks = 0
        """Chunks of the body of a request."""
        self.body_bytes = 0
        """Bytes of bodies of its requests that are not answered yet."""
        self._refusal: str = "malformed_body"
        self._unsent = 0
        self.unsent_since = self._since
        self._begun: RequestResponseCycle | None = None
        """The request that is worked on, or was last; `cycle` is the one that came last, which may wait behind it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Accept the connection of a caller."""
        super().connection_made(transport)
        self.all.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection of a caller that has gone."""
        self.all.lost(self)
        notice = partial(self._notice, exc)
        if self._answered:
            notice()
        else:
            self._drop_answer()
            self.all.hanging_up.call(self._caller, notice)

    def _notice(self, exc: Exception | None) -> None:
        """Tell the request under way that its caller has gone."""
        super().connection_lost(exc)
        if self._begun is not None:
            self._begun.message_event.set()

    def _drop_answer(self) -> None:
        """Have an answer that is yet to come go nowhere: to write it to a connection that has ended is an error."""
        if self._begun is not None and not self._begun.response_complete:
            self._begun.disconnected = True

    def data_received(self, data: bytes) -> None:
        """Parse some bytes of one request or several."""
        if self.transport.is_closing():
            return
        if self._part == "idle":
            self._await("header")
        self._unparsed += len(data)
        super().data_received(data)
        if self._unparsed > REQUEST_HEAD_BYTES and not self.transport.is_closing():
            self._end("headers_too_large")

    def on_message_begin(self) -> None:
        """Begin a request, unless it is the rest of one."""
        if not self.framing:
            super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Take a part of the address."""
        if not self.framing:
            super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take one header. One behind the body is counted, and otherwise ignored (RFC 9110 section 6.5.1)."""
        if self.framing:
            return
        if self._part == "body":
            self._trailers += 1
        else:
            super().on_header(name, value)
        if len(self.headers) + self._trailers > REQUEST_HEADERS:
            self._refuse("headers_too_large")

    def on_headers_complete(self) -> None:
        """Check form and size of the headers before the request is handled."""
        if self.framing:
            return
        self._unparsed = 0
        self._trailers = self._chunks = 0
        if not is_plain(self.parser.get_http_version(), self.url, self.headers):
            self._refuse("malformed_body")
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > REQUEST_HEAD_BYTES or not is_short(self.url):
            self._refuse("headers_too_large")
        if len(self.pipeline) >= PIPELINED_REQUESTS:
            self._refuse("too_many_sent_ahead")
        super().on_headers_complete()
        self._await("body")
        if self.parser.should_upgrade():
            self.framing = framing_of(self.headers)

    def on_chunk_header(self) -> None:
        """Count the chunks of a body."""
        self._chunks += 1
        if self._chunks > REQUEST_CHUNKS:
            self._refuse("body_too_large")

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self._unparsed = 0
        if self.transport.is_closing():
            return
        super().on_body(body)
        if not self.cycle.response_complete:
            self.all.took(self, len(body))

    def on_message_complete(self) -> None:
        """Await the next request, or none while this one is worked on."""
        if self.framing:
            return
        super().on_message_complete()
        self._await("idle" if self._answered else "none")

    def on_response_complete(self) -> None:
        """Await the next request after the whole answer was given to the transport."""
        super().on_response_complete()
        if self._answered:
            self.all.forgot(self)
            # Nobody reads it any more, and the connection may go on for long.
            self.cycle.body = bytearray()
        if self._part == "none" and self._answered:
            self._await("idle")

    def send_400_response(self, msg: str) -> None:
        """Refuse bytes that are no request, with a problem like any other."""
        self._end(self._refusal)

    def check(self, now: float) -> None:
        """End the connection when it has taken too long."""
        limits, unsent = self.all.limits, self.transport.get_write_buffer_size()
        if not unsent or unsent > self._unsent or unsent <= self._unsent - ANSWER_TAKEN_BYTES:
            self._unsent, self.unsent_since = unsent, now
        elif now - self.unsent_since > limits.answer_seconds:
            self.give_up("answer_not_taken")
            return
        if self.pipeline or unsent:
            # The caller waits for us, or takes an answer.
            self._since = now
        waited = now - self._since
        if self._part == "idle" and waited > limits.idle_seconds:
            self.give_up("idle")
        elif (self._part == "header" and waited > limits.header_seconds) or (
            self._part == "body" and waited > limits.body_seconds
        ):
            self._end("request_timeout")

    def crowd_out(self) -> None:
        """Refuse the request whose body is still to come, so that others have room."""
        self.all.forgot(self)
        self._end("gateway_busy")

    def give_up(self, reason: str) -> None:
        """Close the connection at once, without sending its buffers."""
        self.all.note(reason)
        self.all.lost(self)
        self._drop_answer()
        self.transport.abort()

    @property
    def awaits_body(self) -> bool:
        """Whether the body of a request is still to come."""
        return self._part == "body"

    @property
    def _answered(self) -> bool:
        """Whether no request is being worked on."""
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return cycle is None or cycle.response_complete

    def _await(self, part: str) -> None:
        """Wait for a part of a request."""
        self._part, self._since = part, self.loop.time()
        if part == "none" or self.pipeline:
            self.all.waiting.pop(self, None)
        elif self in self.all.open:
            # A connection that waited before keeps its position.
            self.all.waiting.setdefault(self, None)

    def _refuse(self, code: str) -> None:
        """Stop parsing; the parser then asks for a refusal.

        Raises:
            httptools.HttpParserError: always.
        """
        self._refusal = code
        raise httptools.HttpParserError(code)

    def _end(self, code: str) -> None:
        """Answer with a problem where that is still possible, and close."""
        self.all.note(code)
        # Behind other requests an answer would be taken for theirs.
        awaited = not (self.pipeline or self.cycle.response_started) if self._part == "body" else self._answered
        if awaited:
            status, headers, body = problem(code, self.all.public_url)
            first = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}".encode()
            head = b"\r\n".join([first, *(b": ".join(each) for each in (*self.server_state.default_headers, *headers))])
            self.transport.write(head + b"\r\n\r\n" + body)
        self._drop_answer()
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            self.transport.close()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        if self.all.overfull and cycle.scope["path"] not in HEALTH:
            self.all.note("gateway_busy")
            app = cast("ASGI3Application", partial(busy, self.all.public_url))
        self._begun = cycle
        super()._start_asgi_task(cycle, app)

    @property
    def _caller(self) -> bytes:
        """The key of the last request, valid or not."""
        return next((value for name, value in self.headers or () if name == b"authorization"), b"")
