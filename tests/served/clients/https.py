"""HTTPS of the standard library, with real host names, to loopback."""

import http.client
import socket
import ssl
import tempfile
from dataclasses import dataclass
from decimal import Decimal
from email.message import Message
from json import loads
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

__all__ = ["HttpsClient", "Reply"]

SECONDS = 30


@dataclass(frozen=True)
class Reply:
    """An answer as it came."""

    status: int
    headers: Message
    body: bytes

    @property
    def media_type(self) -> str:
        """The content type without its parameters."""
        return self.headers.get_content_type()

    def json(self) -> Any:
        """The body's JSON, with exact decimals."""
        return loads(self.body, parse_float=Decimal)


class _Connection(http.client.HTTPSConnection):
    def __init__(self, host: str, loopback: tuple[str, int], context: ssl.SSLContext) -> None:
        super().__init__(host, timeout=SECONDS, context=context)
        self._loopback, self._tls = loopback, context

    def connect(self) -> None:
        """The host's name for TLS and HTTP; the connection alone goes to loopback."""
        self.sock = self._tls.wrap_socket(
            socket.create_connection(self._loopback, timeout=SECONDS), server_hostname=self.host
        )


class HttpsClient:
    """A caller of the simulated banks.

    Args:
        tls: `host:port` of the simulators' TLS port.
        authority: path of the test authority's certificate.
        certificate: client certificate as PEM; empty for none.
        private_key: its key as PEM.
        now: the present instant of the banks, in seconds since 1970.
    """

    def __init__(
        self, tls: str, authority: str, certificate: str = "", private_key: str = "", *, now: float = 0.0
    ) -> None:
        self.now = now
        host, _, port = tls.rpartition(":")
        self._loopback = host, int(port)
        self._context = ssl.create_default_context(cafile=authority)
        if certificate:
            with tempfile.TemporaryDirectory() as folder:
                pair = Path(folder) / "pair.pem"
                pair.write_text(private_key + "\n" + certificate)
                self._context.load_cert_chain(pair)

    def send(
        self,
        method: str,
        url: str,
        *,
        query: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        form: dict[str, str] | None = None,
        body: bytes | None = None,
    ) -> Reply:
        """One request and its answer, on a connection of its own.

        Args:
            method: of HTTP.
            url: the bank's own address.
            headers: sent as they are.
            query: parameters of the URL.
            form: sent as `application/x-www-form-urlencoded`.
            body: sent as it is; give its content type in `headers`.
        """
        parts = urlsplit(url)
        sent = {**(headers or {})}
        if form is not None:
            body = urlencode(form).encode()
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        connection = _Connection(parts.netloc, self._loopback, self._context)
        try:
            connection.request(method, parts.path + (f"?{urlencode(query)}" if query else ""), body, sent)
            answer = connection.getresponse()
            return Reply(answer.status, answer.msg, answer.read())
        finally:
            connection.close()
