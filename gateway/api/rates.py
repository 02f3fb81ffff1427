"""How many requests of one API key this process answers in a minute.

The window slides: what was asked in the minute before counts for the part of it that still lies within the last sixty
seconds, as if it had been asked evenly. So the turn of a minute brings no second burst, and a key needs two counts and
not an instant for each request.
"""

import math
import time
from typing import TYPE_CHECKING

from msgspec import Struct

from gateway.errors import CallerError
from gateway.limits import KEYS_COUNTED, RATE_WINDOW_SECONDS

if TYPE_CHECKING:
    from gateway.settings import Settings

__all__ = ["Rate", "Rates", "TooManyRequests", "rates_of"]


class TooManyRequests(CallerError):
    """The key has used up its share for now.

    Args:
        limit: requests in a minute.
        seconds: after which the next one is answered.
    """

    def __init__(self, limit: int, seconds: int) -> None:
        detail = f"this key has asked {limit} times within a minute; the next request is answered in {seconds} s"
        super().__init__("too_many_requests", detail)
        self._seconds = seconds

    @property
    def retry_after(self) -> int:
        """Seconds until the next request is answered."""
        return self._seconds


class Rate(Struct, frozen=True):
    """What a key has left after one of its requests."""

    limit: int
    """Requests in a minute."""
    remaining: int
    seconds: int
    """Until there is more; at least 1."""
    allowed: bool
    """Whether this request is answered."""

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the IETF's draft "RateLimit header fields for HTTP"."""
        return {
            "RateLimit-Policy": f'"key";q={self.limit};w={RATE_WINDOW_SECONDS}',
            "RateLimit": f'"key";r={self.remaining};t={self.seconds}',
        }


class Rates:
    """Counts the requests of each key, in memory. No counting waits for anything.

    Args:
        per_minute: requests of one key in a minute, at least 1.
    """

    def __init__(self, per_minute: int) -> None:
        # Only here: it takes a tenth of a second to load, and who sets no limit does not need it.
        from limits import RateLimitItemPerSecond  # noqa: PLC0415
        from limits.aio.storage import MemoryStorage  # noqa: PLC0415
        from limits.aio.strategies import SlidingWindowCounterRateLimiter  # noqa: PLC0415

        # The storage of the event loop: that of threads starts a thread again and again to forget old counts.
        self._counts = MemoryStorage()
        self._limiter = SlidingWindowCounterRateLimiter(self._counts)
        self._limit = RateLimitItemPerSecond(per_minute, RATE_WINDOW_SECONDS)

    @property
    def counts(self) -> int:
        """How many counts are kept: at most two for each key that was used lately."""
        return len(self._counts.storage)

    async def spend(self, key: str) -> Rate:
        """Count one request of a key, unless the key has none left.

        Args:
            key: what names the key; not the key itself.
        """
        if self.counts >= KEYS_COUNTED * 2:
            await self._counts.reset()
        allowed = await self._limiter.hit(self._limit, key)
        left = await self._limiter.get_window_stats(self._limit, key)
        seconds = min(RATE_WINDOW_SECONDS, max(1, math.ceil(left.reset_time - time.time())))
        return Rate(self._limit.amount, left.remaining if allowed else 0, seconds, allowed)


def rates_of(settings: "Settings") -> Rates | None:
    """The rates that the settings ask for; None when requests are not limited."""
    return Rates(settings.requests_per_minute) if settings.requests_per_minute else None
