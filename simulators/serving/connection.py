"""A connection that speaks HTTP, behind TLS or without it. Nothing is made of a request whose head is too large.

The framework keeps what it has read of the last thousand queries and paths for as long as the process lives.
"""

import asyncio
from asyncio.events import AbstractEventLoop
from collections.abc import Callable
from typing import Any, cast

from httptools import HttpParserError, HttpRequestParser
from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from simulators.serving.without_upgrade import WithoutUpgrade

__all__ = ["KNOWN_OBJECTIONS", "LARGEST_HEAD_BYTES", "LARGEST_TARGET_BYTES", "MOST_PARAMETERS", "ConnectionProtocol"]

LARGEST_HEAD_BYTES = 65_536
"""Address and headers together, and what comes before they are whole."""
LARGEST_TARGET_BYTES = 10_000
"""Path and query: what RFC 9110 recommends, and more than the address of a bank's consent page that is pasted there."""
MOST_PARAMETERS = 64
"""In a query; no call of a bank or of the control API has half as many."""
TOO_LARGE = "The head of the request is too large."
KNOWN_OBJECTIONS = {
    "Pause on PRI/Upgrade": "the client speaks HTTP/2, the banks are played in HTTP/1.1",
    "Expected HTTP/, RTSP/ or ICE/": "the address has a blank, which must be written %20",
    "Invalid char in url path": "the address has a character that must be percent-encoded",
    "Invalid char in url query": "the address has a character that must be percent-encoded",
    "Unexpected whitespace after header value": "a header goes on in a second line",
    "Content-Length can't be present with Transfer-Encoding": "Content-Length and Transfer-Encoding exclude each other",
}
"""What the parser calls the commonest failures, in words."""

OnUnread = Callable[[str, str, str], None]
"""Is told of a request that cannot be read: the host of the handshake or empty, the beginning of the request, why."""


class ConnectionProtocol(HttpToolsProtocol):
    """HTTP that also tells the application which certificate the client showed, and how to cut the connection."""

    _unparsed = 0
    """Bytes that have come since a head, or a part of a body, was last complete."""
    _is_too_large = False
    url = b""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: AbstractEventLoop | None = None,
        *,
        on_unread: OnUnread = lambda *_: None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._without_upgrade = WithoutUpgrade(self)
        self._on_unread = on_unread
        self.parser = cast("HttpRequestParser", self._without_upgrade)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Keep what only the connection knows in the state that each request of it carries."""
        super().connection_made(transport)
        secure = transport.get_extra_info("ssl_object")
        shown = secure.getpeercert(binary_form=True) if secure is not None else None
        self.app_state = {
            **self.app_state,
            "client_certificate": shown,
            "transport": transport,
            "server_name": transport.get_extra_info("server_name") or "",
        }

    def data_received(self, data: bytes) -> None:
        """Take in what came, unless it is a head without an end."""
        self._unparsed += len(data)
        super().data_received(data)
        if self._unparsed > LARGEST_HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response(TOO_LARGE)

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no request, and say why."""
        method = self._without_upgrade.get_method().decode("ascii")
        why = KNOWN_OBJECTIONS.get(self._without_upgrade.objection, "it is no request of HTTP/1.1")
        if msg == TOO_LARGE or self._is_too_large:
            why = "path, query and headers are too large, or the query has too many parameters"
        elif method == "CONNECT":
            why = "the client asks for a proxy, and the banks are reached directly"
        self._on_unread(self.app_state["server_name"], f"{method} {self.url.decode('latin-1')}", why)
        super().send_400_response(f"{msg} ({why})")

    def on_headers_complete(self) -> None:
        """Refuse a head that is too large, before anything is made of it."""
        self._unparsed = 0
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        long = len(self.url) > LARGEST_TARGET_BYTES or self.url.count(b"&") >= MOST_PARAMETERS
        if long or size > LARGEST_HEAD_BYTES:
            self._is_too_large = True
            raise HttpParserError(TOO_LARGE)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self._unparsed = 0
        super().on_body(body)
