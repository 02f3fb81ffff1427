"""Placeholder."""

from msgspec import Struct

__all__ = ["ConnectionLimits"]


class ConnectionLimits(Struct, frozen=True, kw_only=True):
    """How many connections of callers there may be, and how many seconds each may take."""

    connections: int = 2000
    header_seconds: float = 10.0
    """From the first byte of a request to the end of its headers."""
    body_seconds: float = 30.0
    """From there to the end of its body."""
    idle_seconds: float = 30.0
    """From the connection, or the last answer, to the first byte of a request."""
    answer_seconds: float = 30.0
    """In which a caller takes at least a part of its answer."""


CLOCK_PAUSE_SECONDS = 0.005
BANK_CALLS = 96
BANK_CALLS_WAITING = 1536
BANK_CALLS_SHARE = 6
BANK_CALLS_RETRY_AFTER_SECONDS = 5
HANDSHAKES_PER_HOST = 16
HANDSHAKES_WAITING_PER_HOST = 384
HANDSHAKE_WAIT_SECONDS = 10.0
READINGS_PER_CLIENT = 4
READINGS_WAITING_PER_CLIENT = 32
READINGS_RETRY_AFTER_SECONDS = 60
