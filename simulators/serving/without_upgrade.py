"""Parses requests of which none changes the protocol.

A client may offer to go on in another protocol, as Java's own client does with the first request of a connection
without TLS. A server need not care, but the parser ends such a request with its headers: its body would be lost.
"""

from collections.abc import Iterable
from typing import Any

import httptools

__all__ = ["WithoutUpgrade"]


class WithoutUpgrade:
    """A parser of requests.

    Args:
        connection: is told of what was parsed, as by the library's own parser.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._framing = b""
        """The header that frames a body which the parser has yet to be told of; no event counts until it is."""
        self._parser = _parser(self)
        self.objection = ""
        """What is wrong with bytes that are no request, in the library's words; empty as long as nothing is."""

    def feed_data(self, data: bytes) -> None:
        """Parse some bytes of one request or several.

        Raises:
            httptools.HttpParserError: they are no request.
        """
        while True:
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserUpgrade as ended:
                data = data[ended.args[0] :]
                if self._framing:
                    # Only what is parsed from its beginning has a body: a request of nothing but that.
                    self._parser = _parser(self)
                    self._parser.feed_data(b"POST / HTTP/1.1\r\n" + self._framing + b"\r\n\r\n")
                    self._framing = b""
            except httptools.HttpParserError as error:
                self.objection = str(error)
                raise
            else:
                return

    def on_message_begin(self) -> None:
        """A request begins."""
        if not self._framing:
            self._connection.on_message_begin()

    def on_url(self, url: bytes) -> None:
        """A part of its address."""
        if not self._framing:
            self._connection.on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header."""
        if not self._framing:
            self._connection.on_header(name, value)

    def on_headers_complete(self) -> None:
        """The end of the headers."""
        if self._framing:
            return
        self._connection.on_headers_complete()
        if self._parser.should_upgrade():
            self._framing = _framing_of(self._connection.headers)

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self._connection.on_body(body)

    def on_message_complete(self) -> None:
        """The end of the request."""
        if not self._framing:
            self._connection.on_message_complete()

    def get_method(self) -> bytes:
        """The method of the present request."""
        return self._parser.get_method()

    def get_http_version(self) -> str:
        """The version of HTTP of the present request."""
        return self._parser.get_http_version()

    def should_keep_alive(self) -> bool:
        """Whether the connection goes on behind the present request."""
        return self._parser.should_keep_alive()

    def should_upgrade(self) -> bool:
        """Whether the protocol changes: never."""
        return False


def _framing_of(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The header that frames the body of a request; empty where none follows."""
    for name, value in headers:
        if name == b"transfer-encoding" or (name == b"content-length" and int(value)):
            return name + b": " + value
    return b""


def _parser(told: WithoutUpgrade) -> httptools.HttpRequestParser:
    parser = httptools.HttpRequestParser(told)
    # As in the library's own connection: bytes behind a request that closes are nobody's.
    parser.set_dangerous_leniencies(lenient_data_after_close=True)
    return parser
