"""An error and what lies below it."""

import socket
import ssl
from collections.abc import Iterator

import httpx

__all__ = ["causes", "why_unreached"]

REASONS: tuple[tuple[type[Exception], str], ...] = (
    (ssl.SSLCertVerificationError, "its certificate is not trusted"),
    (ssl.SSLError, "TLS was not agreed on"),
    (ConnectionRefusedError, "it refused the connection"),
    (ConnectionResetError, "it ended the connection"),
    (httpx.RemoteProtocolError, "it ended the connection or answered otherwise than by HTTP"),
    (socket.gaierror, "its name is not known"),
)
"""What may lie below an error of a connection, the narrower kind first."""
CERTIFICATES = {
    "certificate has expired": "its certificate has expired",
    "certificate is not yet valid": "its certificate is not valid yet",
    "Hostname mismatch": "its certificate is for another name",
    "IP address mismatch": "its certificate is for another name",
    "self-signed certificate": "its certificate is of no trusted authority",
    "self signed certificate": "its certificate is of no trusted authority",
    "unable to get local issuer certificate": "its certificate is of no trusted authority",
}
"""How what the TLS library says of a certificate begins, and what it means."""


def causes(error: BaseException, *, hidden: bool = True) -> Iterator[BaseException]:
    """An error and its causes, the outermost first, each once: a chain of causes may contain a circle.

    Args:
        error: the outermost.
        hidden: whether what `raise … from None` hides is given as well.
    """
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        yield cause
        seen.add(id(cause))
        below = cause.__context__ if hidden or not cause.__suppress_context__ else None
        cause = cause.__cause__ or below


def why_unreached(error: BaseException) -> str:
    """Why somebody could not be reached, for who looks after the connection; without a secret.

    The library of HTTP says little more than that there was no connection: the cause lies below its error.
    """
    for kind, reason in REASONS:
        for below in causes(error):
            if isinstance(below, kind):
                said = getattr(below, "verify_message", "")
                return next((meaning for begin, meaning in CERTIFICATES.items() if said.startswith(begin)), reason)
    return type(error).__name__
