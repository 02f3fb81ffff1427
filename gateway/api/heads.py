"""Heads of requests: which two servers may read in two ways (RFC 9112 sections 3.2, 6.1, 11.2), which are too long."""

import re
from collections.abc import Collection

from gateway.limits import TARGET_BYTES, TARGET_PARAMETERS

__all__ = ["is_plain", "is_short"]

VERSIONS = frozenset({"1.0", "1.1"})
"""Without a version there are no headers (HTTP/0.9), and a proxy in front may wait for some."""
SINGLE = frozenset({b"host", b"authorization", b"content-type"})
"""Headers that a request has once at most: where there are two, a proxy may have checked the other one. The parser
itself refuses a second `Content-Length`, or one beside `Transfer-Encoding`."""
CODING = b"transfer-encoding"
WHOLE = re.compile(rb"[a-z][a-z0-9+.-]*://([^/?#]*)", re.IGNORECASE)
"""The beginning of a target that is a whole address, with its host; a proxy may have gone by that one."""


def is_plain(version: str, target: bytes, headers: Collection[tuple[bytes, bytes]]) -> bool:
    """Whether a request can be read in one way only.

    Args:
        version: of HTTP, such as `1.1`.
        target: what is asked for, as it came.
        headers: names in lower case, and values.
    """
    single = [(name, value) for name, value in headers if name in SINGLE]
    given, codings = dict(single), [value.strip().lower() for name, value in headers if name == CODING]
    has_host = b"host" in given or version == "1.0"
    # A proxy that knows no chunks, as those of HTTP/1.0, takes them for the next request. Nothing here unpacks others.
    framed = not codings or (codings == [b"chunked"] and version == "1.1")
    whole = WHOLE.match(target)
    to_host = whole is None or whole[1].lower() == given.get(b"host", whole[1]).lower()
    return version in VERSIONS and len(single) == len(given) and has_host and framed and to_host


def is_short(target: bytes) -> bool:
    """Whether the address of a request has few bytes and few parameters, before anything is made of it."""
    return len(target) <= TARGET_BYTES and target.count(b"&") < TARGET_PARAMETERS
