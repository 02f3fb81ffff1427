"""Turns certificates and keys as people paste them into PEM that every library reads.

On its way from a file to a form a PEM may lose its line breaks or its armour (base64 of DER is left), or get blanks,
CRLF, line breaks written as letters, or the lines that OpenSSL prints before a block. This module makes PEM of it
again: lines of 64 characters, the right label, the holder's certificate first. It reads only the outer form of the
contents; `gateway.certificates.checks` decides whether they can be used.
"""

import base64
import binascii
import re

from gateway.certificates.checks import CertificateError
from gateway.certificates.der import Kind, der_of, kind_of
from gateway.limits import PEM_BLOCKS

__all__ = ["certificates_pem", "pkcs12_in", "private_key_pem"]

MARKER = re.compile(r"-----\s{0,3}(BEGIN|END)\s{1,3}([A-Z0-9][A-Z0-9 ]{0,39}?)\s{0,3}-----")
"""Every repetition is bounded, so that the search is fast for any text."""
ESCAPED = re.compile(r"\\[rnt]")
INVISIBLE = re.compile(r"[\s\u200b\u2060\ufeff]+")
CERTIFICATE, PRIVATE_KEY = "certificate", "private_key"
"""The expected contents of a field of the form, by their names in errors."""
KEY_LABELS = {Kind.PKCS8: "PRIVATE KEY", Kind.PKCS1: "RSA PRIVATE KEY", Kind.SEC1: "EC PRIVATE KEY"}


def certificates_pem(text: str) -> str:
    """The certificates of a text as PEM, that of the holder first and its issuers after it.

    Raises:
        CertificateError: there is none, or the text is damaged.
    """
    found = [der for der in _blocks(text, CERTIFICATE) if kind_of(der) is Kind.CERTIFICATE]
    if not found:
        raise CertificateError(CERTIFICATE, "is not a certificate")
    return "".join(_armoured("CERTIFICATE", der) for der in _holder_first(found))


def private_key_pem(text: str) -> str:
    """The private key of a text as PEM.

    Raises:
        CertificateError: there is none or more than one, it is encrypted, or the text is damaged.
    """
    blocks = [(kind_of(der), der) for der in _blocks(text, PRIVATE_KEY)]
    if any(kind is Kind.ENCRYPTED_KEY for kind, _ in blocks):
        raise CertificateError(PRIVATE_KEY, "is encrypted; it is wanted without a password")
    found = [(KEY_LABELS[kind], der) for kind, der in blocks if kind in KEY_LABELS]
    if len(found) != 1:
        raise CertificateError(PRIVATE_KEY, "is not one unencrypted private key")
    return _armoured(*found[0])


def pkcs12_in(text: str) -> bytes | None:
    """The PKCS#12 that a text encodes in base64; None when it encodes something else."""
    plain = ESCAPED.sub("\n", text)
    if MARKER.search(plain):
        return None
    try:
        (found,) = _bare(plain, CERTIFICATE)
    except (CertificateError, ValueError):
        return None
    return found if kind_of(found) is Kind.PKCS12 else None


def _blocks(text: str, part: str) -> list[bytes]:
    """The DER of each block of a text, in its order; of the whole text, when it has no armour.

    Raises:
        CertificateError: one is damaged or encrypted, or there are too many.
    """
    plain = ESCAPED.sub("\n", text)
    markers = list(MARKER.finditer(plain))
    if not markers:
        return _bare(plain, part)
    if len(markers) % 2 or len(markers) > 2 * PEM_BLOCKS:
        raise CertificateError(part, "has a beginning without an end, or too many blocks")
    blocks = []
    for begin, end in zip(markers[::2], markers[1::2], strict=True):
        if (begin[1], end[1]) != ("BEGIN", "END") or begin[2] != end[2]:
            raise CertificateError(part, "has a beginning without its end")
        body = plain[begin.end() : end.start()]
        if ":" in body:
            raise CertificateError(part, "is encrypted; it is wanted without a password")
        if begin[2] != "EC PARAMETERS":
            blocks.append(_decoded(body, part))
    return blocks


def _bare(text: str, part: str) -> list[bytes]:
    """The contents of a text without armour: the base64 of DER, or of a PEM that was encoded once more."""
    decoded = _decoded(re.sub(r"^data:[^,]{0,100},", "", text.strip()), part)
    within = decoded.decode("latin-1")
    return _blocks(within, part) if MARKER.search(within) else [decoded]


def _decoded(body: str, part: str) -> bytes:
    plain = INVISIBLE.sub("", body).rstrip("=")
    try:
        return der_of(base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True))
    except (binascii.Error, ValueError) as error:
        raise CertificateError(part, "is damaged: it is not whole or not base64") from error


def _holder_first(found: list[bytes]) -> list[bytes]:
    """A chain in the order in which TLS sends it, however it was pasted; left alone where the order is not plain."""
    from cryptography import x509  # noqa: PLC0415 - only where a form has certificates: see `gateway.certificates.checks`

    try:
        parsed = [x509.load_der_x509_certificate(der) for der in found]
        names = [(each.subject.public_bytes(), each.issuer.public_bytes()) for each in parsed]
    except (ValueError, TypeError, x509.InvalidVersion):  # the last for a version, the second for a name that is odd
        return found
    issuers = {issuer for subject, issuer in names if issuer != subject}
    first = [place for place, (subject, _) in enumerate(names) if subject not in issuers]
    if len(first) != 1:
        return found
    ordered, rest = first, set(range(len(found))) - set(first)
    while following := [place for place in sorted(rest) if names[place][0] == names[ordered[-1]][1]]:
        ordered.append(following[0])
        rest.discard(following[0])
    return [found[place] for place in (*ordered, *sorted(rest))]


def _armoured(label: str, der: bytes) -> str:
    body = base64.b64encode(der).decode("ascii")
    lines = (body[start : start + 64] for start in range(0, len(body), 64))
    return "\n".join((f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""))
