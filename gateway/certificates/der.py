"""The outer form of a DER value: enough to tell certificates, keys and PKCS#12 apart without opening them."""

from collections.abc import Iterator
from enum import Enum
from itertools import islice

__all__ = ["INTEGER", "OBJECT_ID", "OCTET_STRING", "SEQUENCE", "Kind", "der_of", "elements", "kind_of"]

BUNDLE_WITHOUT_LENGTH = bytes.fromhex("3080020103")
"""The beginning of a PKCS#12 of indefinite length (BER), which some programs write."""
INTEGER, BIT_STRING, OCTET_STRING, OBJECT_ID, SEQUENCE = 0x02, 0x03, 0x04, 0x06, 0x30
"""Tags."""
PKCS7 = bytes.fromhex("2a864886f70d0107")
"""The beginning of the object ids of PKCS#7 contents (RFC 2315), the parts of a PKCS#12."""


class Kind(Enum):
    """The kind of a DER value, by the form of its outermost parts."""

    CERTIFICATE = "certificate"
    """A certificate, or a request for one, which has the same form."""
    PKCS1 = "pkcs1"
    """A private RSA key (RFC 8017)."""
    PKCS8 = "pkcs8"
    """A private key of any kind (RFC 5208)."""
    SEC1 = "sec1"
    """A private key of an elliptic curve (RFC 5915)."""
    ENCRYPTED_KEY = "encrypted_key"
    PKCS12 = "pkcs12"
    """Certificates and a key under a password (RFC 7292)."""
    OTHER = "other"


KINDS: dict[tuple[int, ...], Kind] = {
    (INTEGER, INTEGER): Kind.PKCS1,
    (INTEGER, OCTET_STRING): Kind.SEC1,
    (INTEGER, SEQUENCE): Kind.PKCS8,
    (SEQUENCE, OCTET_STRING): Kind.ENCRYPTED_KEY,
    (SEQUENCE, SEQUENCE): Kind.CERTIFICATE,
}
"""Kinds by the tags of the first two parts."""


def der_of(data: bytes) -> bytes:
    """The first value of some bytes; a few kinds of file have more bytes after it. Other bytes are returned whole.

    Raises:
        ValueError: the value is cut off.
    """
    if data[:1] != bytes([SEQUENCE]) or data.startswith(BUNDLE_WITHOUT_LENGTH):
        return data
    return data[: _end(data, 0)[1]]


def kind_of(der: bytes) -> Kind:
    """The kind of a DER value."""
    if der.startswith(BUNDLE_WITHOUT_LENGTH):
        return Kind.PKCS12
    try:
        tag, content = next(elements(der), (0, b""))
        parts = list(islice(elements(content), 4)) if tag == SEQUENCE else []
        tags = tuple(tag for tag, _ in parts)
        kind = KINDS.get(tags[:2], Kind.OTHER)
        if kind is Kind.PKCS8:
            # The second part of a key begins with its algorithm, that of a PKCS#12 with a content of PKCS#7.
            (tag, name), *_ = islice(elements(parts[1][1]), 4)
            if tag == OBJECT_ID and name.startswith(PKCS7):
                return Kind.PKCS12
    except ValueError:
        return Kind.OTHER
    if kind is Kind.CERTIFICATE and tags[2:] != (BIT_STRING,):
        return Kind.OTHER
    return kind


def elements(der: bytes) -> Iterator[tuple[int, bytes]]:
    """The tags and contents of the values that follow each other.

    Raises:
        ValueError: one is cut off, or its length is not written as DER writes it.
    """
    at = 0
    while at < len(der):
        start, end = _end(der, at)
        yield der[at], der[start:end]
        at = end


def _end(der: bytes, at: int) -> tuple[int, int]:
    """The places at which the content of the value at a place begins and ends.

    Raises:
        ValueError: the value is cut off, or its length is not written as DER writes it.
    """
    if at + 2 > len(der):
        raise ValueError("a value is cut off")
    length, start = der[at + 1], at + 2
    if length >= 0x80:
        count = length - 0x80
        if not 1 <= count <= 4:
            raise ValueError("a length is not written as in DER")
        length, start = int.from_bytes(der[start : start + count]), start + count
    if start + length > len(der):
        raise ValueError("a value is cut off")
    return start, start + length
