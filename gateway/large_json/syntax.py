"""Asks the decoder whether a text is JSON, and where its first value ends."""

import re

import msgspec
from msgspec import DecodeError, Raw

__all__ = ["is_json", "size_of"]

TRAILING = re.compile(r"trailing characters \(byte (\d+)\)")
"""What is said of a whole value that something follows, and where the first character of that ends."""
TRUNCATED = "Input data was truncated"
"""What is said of a value that is right as far as it goes."""


def is_json(content: bytes) -> bool:
    """Whether the decoder accepts this as a whole document."""
    try:
        msgspec.json.decode(content, type=Raw)
    except (DecodeError, RecursionError):
        return False
    return True


def size_of(content: bytes | memoryview) -> int | None:
    """The bytes of the first value, more than there are if it goes on after them; None if it is malformed.

    A decoder that says it in other words gives None as well.
    """
    try:
        msgspec.json.decode(content, type=Raw)
    except (DecodeError, RecursionError) as error:
        if str(error) == TRUNCATED:
            return len(content) + 1
        found = TRAILING.search(str(error))
        if found is None:
            return None
        content = content[: int(found[1]) - 1]
    return len(bytes(content).rstrip(b" \t\r\n"))
