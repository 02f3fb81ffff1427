"""Parses requests of which none changes the protocol.

A client may offer to go on in another protocol (`Upgrade`, RFC 9110 section 7.8), and a server need not care. Java's
own client does so with the first request of a connection without TLS. The parser ends such a request with its headers:
its body would be lost, or be taken for the next request, and what was sent ahead behind it would be lost too. Here it
is read like any other request.
"""

from collections.abc import Iterable
from typing import Any

import httptools

__all__ = ["WithoutUpgrade", "framing_of"]


class WithoutUpgrade:
    """A parser of requests.

    Args:
        connection: is told of what was parsed, as by the library's own parser. Where a body follows a head that offers
            another protocol, its `framing` is the header that frames it, and what it is told does not count until that
            is empty again.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._parser = _parser(connection)

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
                if framing := self._connection.framing:
                    # Only what is parsed from its beginning has a body: a request of nothing but that.
                    self._parser = _parser(self._connection)
                    self._parser.feed_data(b"POST / HTTP/1.1\r\n" + framing + b"\r\n\r\n")
                    self._connection.framing = b""
            else:
                return

    def __getattr__(self, name: str) -> Any:
        return getattr(self._parser, name)


def framing_of(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The header that frames the body of a request; empty where none follows."""
    for name, value in headers:
        if name == b"transfer-encoding" or (name == b"content-length" and int(value)):
            return name + b": " + value
    return b""


def _parser(connection: Any) -> httptools.HttpRequestParser:
    parser = httptools.HttpRequestParser(connection)
    parser.set_dangerous_leniencies(lenient_data_after_close=True)
    return parser
