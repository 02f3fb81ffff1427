"""TLS as at the real banks: a certificate for each host name, and client certificates where the bank wants them.

Whether a client certificate is demanded is decided before the handshake, from the server name in the client's first
message: a TLS context cannot change that later on. And a refused handshake must reach the client as the alert that
TLS has for it, which asyncio's own server-side TLS drops. So the TLS engine is driven here, between the connection
and the HTTP protocol.
"""

import asyncio
import contextlib
import ssl
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from contracts.schema import Contract, MutualTLS
from simulators.faults.delivery import Delivery, End
from simulators.pki import Authority
from simulators.serving.client_hello import host_without_tls, is_whole, server_name
from simulators.serving.wire import reset
from simulators.simulation import Simulation

__all__ = ["KNOWN_REASONS", "TLSProtocol", "contexts"]

HANDSHAKE_SECONDS = 10.0
CLOSING_SECONDS = 2.0
"""How long a refused client is listened to, until it has read why."""
UNNAMED = "localhost"
NOT_TLS = b"This port speaks TLS; at the other one, without TLS, the slug of a bank is the first segment of the path.\n"
KNOWN_REASONS = {
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": "no client certificate shown",
    "TLSV1_ALERT_UNKNOWN_CA": "the client does not trust the authority of the simulated banks (ca.pem)",
    "SSLV3_ALERT_BAD_CERTIFICATE": "the client does not accept the certificate of the simulated bank",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "the client does not accept the certificate of the simulated bank",
    "HTTP_REQUEST": "the client speaks HTTP without TLS",
    "WRONG_VERSION_NUMBER": "the client does not speak TLS",
    "UNSUPPORTED_PROTOCOL": "the client offers no version of TLS from 1.2 on",
}
"""What OpenSSL calls the commonest failures, in words."""


class SecureTransport(asyncio.Transport):
    """What the HTTP protocol writes to: everything goes through the TLS engine first."""

    def __init__(self, plain: asyncio.Transport, engine: ssl.SSLObject, host: str, flush: Callable[[], None]) -> None:
        super().__init__()
        self._plain = plain
        self._engine = engine
        self._host = host
        self._flush = flush

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Encrypt and send."""
        if data and not self._plain.is_closing():
            self._engine.write(data)
            self._flush()

    def get_write_buffer_size(self) -> int:
        """Encrypted bytes that the client has not taken yet."""
        return self._plain.get_write_buffer_size()

    def close(self) -> None:
        """Say goodbye as TLS demands, then close."""
        if not self._plain.is_closing():
            with contextlib.suppress(ssl.SSLError):  # the client has not closed its side yet, and need not
                self._engine.unwrap()
            self._flush()
        self._plain.close()

    def abort(self) -> None:
        """Cut the connection."""
        self._plain.abort()

    def is_closing(self) -> bool:
        """Whether nothing more can be written."""
        return self._plain.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """The TLS engine and its context, the server name, and what the plain connection knows."""
        if name == "ssl_object":
            return self._engine
        if name == "server_name":
            return self._host
        return self._engine.context if name == "sslcontext" else self._plain.get_extra_info(name, default)

    def pause_reading(self) -> None:
        """Let nothing more come in."""
        self._plain.pause_reading()

    def resume_reading(self) -> None:
        """Let more come in."""
        self._plain.resume_reading()


class TLSProtocol(asyncio.Protocol):
    """One connection: the first message chooses the context, the engine shakes hands, HTTP follows.

    Args:
        context_of: gives the context of a host name.
        http: makes the protocol that speaks HTTP once hands are shaken.
        on_connect: gives the connection fault of a host, or None to complete the connection.
        on_refused: is told the host of a handshake that has failed, and why.
    """

    def __init__(
        self,
        context_of: Callable[[str], ssl.SSLContext],
        http: Callable[[], asyncio.Protocol],
        on_connect: Callable[[str], Delivery | None],
        on_refused: Callable[[str, str], None],
    ) -> None:
        self._context_of = context_of
        self._http = http
        self._on_connect = on_connect
        self._on_refused = on_refused
        self._plain: asyncio.Transport
        self._hello = b""
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._engine: ssl.SSLObject | None = None
        self._inner: asyncio.Protocol | None = None
        self._impatience: asyncio.TimerHandle | None = None
        self._is_broken = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the client's first message, not for ever."""
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("TLS needs a stream")
        self._plain = transport
        self._wait_no_longer_than(HANDSHAKE_SECONDS)

    def data_received(self, data: bytes) -> None:
        """Take in what came, as far as hands are shaken."""
        if self._is_broken:
            return
        if self._engine is None:
            self._hello += data
            if not is_whole(self._hello) or (engine := self._begun()) is None:
                return
            data, self._engine = self._hello, engine
        self._incoming.write(data)
        try:
            inner = self._inner or self._shake_hands(self._engine)
            while chunk := self._engine.read(65_536):
                inner.data_received(chunk)
        except ssl.SSLWantReadError:
            self._flush()
        except ssl.SSLError as error:  # the alert that says why is in the outgoing bytes
            if self._inner is None:
                self._on_refused(server_name(self._hello), refusal_words(error))
            self._refuse()
        else:
            self._plain.close()

    def _begun(self) -> ssl.SSLObject | None:
        """The engine for the server that the first message names; None where there will be no handshake."""
        host = server_name(self._hello)
        if (named := host_without_tls(self._hello)) is not None:
            self._answer_without_tls(named)
        elif (broken := self._on_connect(host)) is not None:
            self._break(broken)
        else:
            return self._context_of(host).wrap_bio(self._incoming, self._outgoing, server_side=True)
        return None

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing more will come."""
        self._wait()
        if self._inner is not None:
            self._inner.connection_lost(exc)

    def pause_writing(self) -> None:
        """The client reads slowly."""
        if self._inner is not None:
            self._inner.pause_writing()

    def resume_writing(self) -> None:
        """The client has caught up."""
        if self._inner is not None:
            self._inner.resume_writing()

    def _break(self, broken: Delivery) -> None:
        """End the connection; what the client still sends is not read."""
        self._is_broken = True
        if broken.end is End.STALLED:
            self._wait_no_longer_than(broken.seconds)
        elif broken.end is End.CLOSED:
            self._plain.close()
        else:
            reset(self._plain)

    def _answer_without_tls(self, host: str) -> None:
        """Tell a client that speaks HTTP without TLS so, in its own terms, as servers commonly do."""
        self._on_refused(host, KNOWN_REASONS["HTTP_REQUEST"])
        self._plain.write(
            b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%b"
            % (len(NOT_TLS), NOT_TLS)
        )
        self._refuse()

    def _refuse(self) -> None:
        """Send the alert, then hear the client out.

        In TLS 1.3 the client holds the handshake for done and sends its request before it can know of the alert. Were
        the connection closed then, the system would reset it, and the client might lose the alert.
        """
        self._flush()
        self._is_broken = True
        if self._plain.can_write_eof():
            self._plain.write_eof()
        self._wait_no_longer_than(CLOSING_SECONDS)

    def _wait(self) -> None:
        """Wait as long as it takes."""
        if self._impatience is not None:
            self._impatience.cancel()

    def _wait_no_longer_than(self, seconds: float) -> None:
        self._wait()
        self._impatience = asyncio.get_running_loop().call_later(seconds, self._plain.abort)

    def _shake_hands(self, engine: ssl.SSLObject) -> asyncio.Protocol:
        engine.do_handshake()
        self._flush()
        self._wait()
        self._inner = self._http()
        self._inner.connection_made(SecureTransport(self._plain, engine, server_name(self._hello), self._flush))
        return self._inner

    def _flush(self) -> None:
        if self._outgoing.pending:
            self._plain.write(self._outgoing.read())


def contexts(simulation: Simulation) -> Callable[[str], ssl.SSLContext]:
    """Gives the server context of a bank's host name, and for any other the one of clients that name no host.

    Each is made for the first client that names the host: most of them nobody asks for, and all took a tenth of the
    start.
    """
    known = {UNNAMED: MutualTLS.NONE}
    for bank in simulation.banks.values():
        known |= _hosts(bank.contract)

    @cache
    def made(host: str) -> ssl.SSLContext:
        return _context(simulation.authority, host, known[host])

    made(UNNAMED)  # where none can be made, the start fails
    return lambda host: made(host if host in known else UNNAMED)


def refusal_words(error: ssl.SSLError) -> str:
    """Why a handshake has failed, in words."""
    reason = error.reason or ""
    if reason == "CERTIFICATE_VERIFY_FAILED":
        why = getattr(error, "verify_message", "")
        return f"client certificate not accepted: {why or 'it cannot be verified'}"
    return KNOWN_REASONS.get(reason, reason.replace("_", " ").lower() or "the client left")


def _hosts(contract: Contract) -> dict[str, MutualTLS]:
    auth = contract.authentication
    return {
        host: auth.mutual_tls if role in auth.mutual_tls_hosts else MutualTLS.NONE
        for environment in contract.environments.values()
        for role, host in environment.hosts.items()
    }


def _context(authority: Authority, host: str, mutual: MutualTLS) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    with tempfile.TemporaryDirectory(prefix="server-") as folder:
        path = Path(folder, "server.pem")
        path.write_text("\n".join(authority.server(host)))
        context.load_cert_chain(path)
    if mutual is not MutualTLS.NONE:
        context.load_verify_locations(cadata=authority.certificate)
        context.verify_mode = ssl.CERT_REQUIRED if mutual is MutualTLS.HANDSHAKE else ssl.CERT_OPTIONAL
    return context
