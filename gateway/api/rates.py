"""How many requests of one API key this process answers in a minute.

The window slides: what was asked in the minute before counts for the part of it that still lies within the last sixty
seconds, as if it had been asked evenly. So the turn of a minute brings no second burst, and a key needs two counts and
not an instant for each request.
"""

import asyncio
import math
import time
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from gateway.errors import CallerError
from gateway.limits import KEYS_COUNTED, RATE_WINDOW_SECONDS

if TYPE_CHECKING:
    from limits import RateLimitItem
    from limits.aio.storage import MemoryStorage
    from limits.aio.strategies import SlidingWindowCounterRateLimiter

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
        self._per_minute = per_minute
        self._counting: _Counting | None = None
        self._loading = asyncio.Lock()

    @property
    def counts(self) -> int:
        """How many counts are kept: at most two for each key that was used lately."""
        return len(self._counting.counts.storage) if self._counting is not None else 0

    async def spend(self, key: str) -> Rate:
        """Count one request of a key, unless the key has none left.

        Args:
            key: what names the key; not the key itself.
        """
        counting = self._counting or await self._loaded()
        if self.counts >= KEYS_COUNTED * 2:
            await counting.counts.reset()
        allowed = await counting.limiter.hit(counting.limit, key)
        left = await counting.limiter.get_window_stats(counting.limit, key)
        seconds = min(RATE_WINDOW_SECONDS, max(1, math.ceil(left.reset_time - time.time())))
        return Rate(self._per_minute, left.remaining if allowed else 0, seconds, allowed)

    async def _loaded(self) -> "_Counting":
        """What counts, made at the first request.

        The library takes a fifth of a second to load, which no start needs; a thread loads it, beside other requests.
        """
        async with self._loading:
            if self._counting is None:
                await asyncio.to_thread(import_module, "limits.aio.strategies")
                self._counting = _counting(self._per_minute)
            return self._counting


class _Counting(NamedTuple):
    """What counts requests."""

    counts: "MemoryStorage"
    limiter: "SlidingWindowCounterRateLimiter"
    limit: "RateLimitItem"


def _counting(per_minute: int) -> _Counting:
    from limits import RateLimitItemPerSecond  # noqa: PLC0415 - loaded in a thread before
    from limits.aio.storage import MemoryStorage  # noqa: PLC0415 - likewise
    from limits.aio.strategies import SlidingWindowCounterRateLimiter  # noqa: PLC0415 - likewise

    # The storage of the event loop: that of threads starts a thread again and again to forget old counts.
    counts = MemoryStorage()
    limit = RateLimitItemPerSecond(per_minute, RATE_WINDOW_SECONDS)
    return _Counting(counts, SlidingWindowCounterRateLimiter(counts), limit)


def rates_of(settings: "Settings") -> Rates | None:
    """The rates that the settings ask for; None when requests are not limited."""
    return Rates(settings.requests_per_minute) if settings.requests_per_minute else None
