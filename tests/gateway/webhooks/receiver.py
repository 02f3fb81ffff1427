"""A receiver of webhooks: an HTTPS server on loopback, with a certificate for a name that only its tests resolve."""

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

__all__ = ["NAME", "Receiver", "listening", "taken"]

NAME = "hooks.receiver.test"
Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


async def taken(writer: asyncio.StreamWriter) -> None:
    """Take a delivery."""
    writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")


@dataclass
class Receiver:
    """What arrived, and how it is answered."""

    port: int
    context: ssl.SSLContext
    """Trusts its certificate."""
    answer: Answer = taken
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    """Request line, headers in lower case, body."""

    @property
    def url(self) -> str:
        """Its address."""
        return f"https://{NAME}:{self.port}/hook?token=CANARY"

    @property
    def bodies(self) -> list[dict]:
        """The bodies that arrived."""
        return [json.loads(body) for _, _, body in self.requests]


@contextlib.asynccontextmanager
async def listening(
    tmp_path, names: tuple[str, ...] = (NAME,), days: tuple[int, int] = (-1, 1)
) -> AsyncIterator[Receiver]:
    """A receiver, listening; its certificate is valid from and to so many days from now."""
    pem = tmp_path / "receiver.pem"
    pem.write_bytes(_certificate(names, *days))
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(pem)
    trusting = ssl.create_default_context(cafile=str(pem))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            line, *lines = head.split("\r\n")
            headers = {name.lower(): value for name, _, value in (each.partition(": ") for each in lines if each)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            receiver.requests.append((line, headers, body))
            await receiver.answer(writer)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=serving)
    receiver = Receiver(server.sockets[0].getsockname()[1], trusting)
    try:
        yield receiver
    finally:
        server.close()


def _certificate(names: tuple[str, ...], first: int, last: int) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=first))
        .not_valid_after(now + timedelta(days=last))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(each) for each in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private + built.public_bytes(Encoding.PEM)
