"""What a client says first on the port with TLS: the server that it names, or a request without TLS."""

import re
import struct

__all__ = ["host_name", "host_without_tls", "is_whole", "server_name"]

HANDSHAKE_RECORD = 0x16
"""First byte of a connection that begins with a handshake."""
RECORD_HEADER_BYTES = 5
LARGEST_BYTES = 16_384 + RECORD_HEADER_BYTES
HOST_HEADER = re.compile(rb"\nhost:[ \t]*([^\r\n]*)", re.IGNORECASE)


def server_name(hello: bytes) -> str:
    """The server name in a TLS ClientHello (RFC 8446 section 4.1.2, RFC 6066 section 3); empty when there is none."""
    try:
        position = RECORD_HEADER_BYTES + 4 + 2 + 32
        position += 1 + hello[position]
        position += 2 + struct.unpack_from(">H", hello, position)[0]
        position += 1 + hello[position]
        end = position + 2 + struct.unpack_from(">H", hello, position)[0]
        position += 2
        while position + 4 <= end:
            kind, length = struct.unpack_from(">HH", hello, position)
            if kind == 0:
                size = struct.unpack_from(">H", hello, position + 7)[0]
                return host_name(hello[position + 9 : position + 9 + size].decode("ascii"))
            position += 4 + length
    except (IndexError, struct.error, UnicodeDecodeError):
        return ""
    return ""


def host_name(named: str) -> str:
    """The host that a client names, in one spelling: small letters, without a last dot and a port."""
    return named.partition(":")[0].lower().removesuffix(".")


def host_without_tls(first: bytes) -> str | None:
    """The host that a request without TLS names, empty where it names none; None for anything but such a request."""
    if not first[:1].isalpha():
        return None
    found = HOST_HEADER.search(first)
    return host_name(found[1].decode("latin-1")) if found else ""


def is_whole(hello: bytes) -> bool:
    """Whether the first TLS record has come completely, or the head of a request without TLS; or neither ever will."""
    if hello[0] != HANDSHAKE_RECORD:
        return not hello[:1].isalpha() or b"\r\n\r\n" in hello or len(hello) >= LARGEST_BYTES
    if len(hello) < RECORD_HEADER_BYTES:
        return False
    length: int = struct.unpack_from(">H", hello, 3)[0]
    return len(hello) >= min(LARGEST_BYTES, RECORD_HEADER_BYTES + length)
