"""A connection that speaks HTTP, behind TLS or without it. Nothing is made of a request whose head is too large.

The framework keeps what it has read of the last thousand queries and paths for as long as the process lives.
"""

import asyncio
from asyncio.events import AbstractEventLoop
from typing import Any, cast

from httptools import HttpParserError, HttpRequestParser
from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from simulators.serving.without_upgrade import WithoutUpgrade

__all__ = ["LARGEST_HEAD_BYTES", "LARGEST_TARGET_BYTES", "MOST_PARAMETERS", "ConnectionProtocol"]

LARGEST_HEAD_BYTES = 65_536
"""Address and headers together, and what comes before they are whole."""
LARGEST_TARGET_BYTES = 10_000
"""Path and query: what RFC 9110 recommends, and more than the address of a bank's consent page that is pasted there."""
MOST_PARAMETERS = 64
"""In a query; no call of a bank or of the control API has half as many."""
TOO_LARGE = "The head of the request is too large."


class ConnectionProtocol(HttpToolsProtocol):
    """HTTP that also tells the application which certificate the client showed, and how to cut the connection."""

    _unparsed = 0
    """Bytes that have come since a head, or a part of a body, was last complete."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.parser = cast("HttpRequestParser", WithoutUpgrade(self))

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Keep what only the connection knows in the state that each request of it carries."""
        super().connection_made(transport)
        secure = transport.get_extra_info("ssl_object")
        shown = secure.getpeercert(binary_form=True) if secure is not None else None
        self.app_state = {**self.app_state, "client_certificate": shown, "transport": transport}

    def data_received(self, data: bytes) -> None:
        """Take in what came, unless it is a head without an end."""
        self._unparsed += len(data)
        super().data_received(data)
        if self._unparsed > LARGEST_HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response(TOO_LARGE)

    def on_headers_complete(self) -> None:
        """Refuse a head that is too large, before anything is made of it."""
        self._unparsed = 0
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        long = len(self.url) > LARGEST_TARGET_BYTES or self.url.count(b"&") >= MOST_PARAMETERS
        if long or size > LARGEST_HEAD_BYTES:
            raise HttpParserError(TOO_LARGE)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self._unparsed = 0
        super().on_body(body)
