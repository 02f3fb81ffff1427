"""To which world a caller belongs: the one that issued something that the request carries.

A client of a bank sends what a real client would, so nothing in it names a world. What was issued to it does: ids,
secrets, keys, certificates, tokens and codes are unlike in any two worlds.
"""

import re
from collections.abc import Iterator
from urllib.parse import unquote_plus

import httpx

from simulators.journal.masks import from_base64
from simulators.pki import key_fingerprint

__all__ = ["Issued", "marks"]

SHORTEST = 9
"""Characters of a value that tells worlds apart."""
LARGEST_BODY_BYTES = 65_536
"""Of a request that is looked through; no read of a bank has more."""
MOST_MARKS = 512
VALUE = re.compile(rf"[A-Za-z0-9+/=_.~-]{{{SHORTEST},}}")
PEM = "-----BEGIN"


class Issued:
    """What a world has issued and may meet again."""

    def __init__(self) -> None:
        self._values: set[str] = set()

    def add(self, value: str) -> None:
        """Remember a value; a certificate is known by its key. What is too short, or a private key, is not."""
        if value.startswith(f"{PEM} CERTIFICATE"):
            self._values.add(key_fingerprint(value))
        elif len(value) >= SHORTEST and PEM not in value:
            self._values.add(value)

    def __contains__(self, value: object) -> bool:
        return value in self._values


def marks(request: httpx.Request) -> Iterator[str]:
    """What a request carries that may have been issued: first its certificate, then values of head, address, body."""
    shown = request.extensions.get("client_certificate")
    if shown:
        yield key_fingerprint(shown)
    body = request.content[:LARGEST_BODY_BYTES].decode("utf-8", "replace")
    texts = [*request.headers.values(), str(request.url), body]
    for count, value in enumerate(value for text in texts for value in _values(text)):
        if count >= MOST_MARKS:
            return
        yield value


def _values(text: str) -> Iterator[str]:
    for found in VALUE.findall(text) + (VALUE.findall(unquote_plus(text)) if "%" in text else []):
        yield found
        yield from found.split("=")[1:]
        for part in found.split("."):
            yield from VALUE.findall(from_base64(part))
