"""Heads of requests: which two servers may read in two ways (RFC 9112 sections 3.2 and 11.2), which are too long."""

from collections import Counter
from collections.abc import Iterable

from gateway.limits import TARGET_BYTES, TARGET_PARAMETERS

__all__ = ["is_plain", "is_short"]

VERSIONS = frozenset({"1.0", "1.1"})
"""Without a version there are no headers (HTTP/0.9), and a proxy in front may wait for some."""
SINGLE = frozenset({b"host", b"authorization", b"content-type"})
"""Headers that a request has once at most: where there are two, a proxy may have checked the other one. The parser
itself refuses a second `Content-Length`, or one beside `Transfer-Encoding`."""


def is_plain(version: str, headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a request can be read in one way only.

    Args:
        version: of HTTP, such as `1.1`.
        headers: names in lower case, and values.
    """
    counts = Counter(name for name, _ in headers if name in SINGLE)
    has_host = b"host" in counts or version == "1.0"
    return version in VERSIONS and has_host and all(count == 1 for count in counts.values())


def is_short(target: bytes) -> bool:
    """Whether the address of a request has few bytes and few parameters, before anything is made of it."""
    return len(target) <= TARGET_BYTES and target.count(b"&") < TARGET_PARAMETERS
