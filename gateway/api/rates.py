"""How many requests of one API key this process answers in a minute.

The window slides: what was asked in the minute before counts for the part of it that still lies within the last sixty
seconds, as if it had been asked evenly. So the turn of a minute brings no second burst, and a key needs two counts and
not an instant for each request.
"""

import math
import time
from collections.abc import Callable
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
    """Counts the requests of each key, in memory.

    Args:
        per_minute: requests of one key in a minute, at least 1.
        monotonic: gives the present instant, in seconds.
    """

    def __init__(self, per_minute: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._monotonic = monotonic
        self._minute = 0
        """The number of the present minute."""
        self._counted: dict[str, int] = {}
        """The requests of each key that were answered in the present minute."""
        self._before: dict[str, int] = {}
        """The requests of each key in the minute before."""

    @property
    def counts(self) -> int:
        """How many counts are kept: at most two for each key that was used lately."""
        return len(self._counted) + len(self._before)

    def spend(self, key: str) -> Rate:
        """Count one request of a key, unless the key has none left.

        Args:
            key: what names the key; not the key itself.
        """
        rate = self.look(key)
        if rate.allowed:
            if len(self._counted) >= KEYS_COUNTED and key not in self._counted:
                self._counted, self._before = {}, {}
            self._counted[key] = self._counted.get(key, 0) + 1
        return rate

    def look(self, key: str) -> Rate:
        """What `spend` would give now; nothing is counted."""
        number, passed = divmod(self._monotonic(), RATE_WINDOW_SECONDS)
        self._turn_to(int(number))
        counted, before = self._counted.get(key, 0), self._before.get(key, 0)
        left = self._per_minute - counted - before * (1 - passed / RATE_WINDOW_SECONDS)
        if left >= 1:
            return Rate(self._per_minute, int(left - 1), math.ceil(RATE_WINDOW_SECONDS - passed), allowed=True)
        return Rate(self._per_minute, 0, self._seconds_until_one(counted, before, passed), allowed=False)

    def _turn_to(self, minute: int) -> None:
        if minute != self._minute:
            self._before = self._counted if minute == self._minute + 1 else {}
            self._counted, self._minute = {}, minute

    def _seconds_until_one(self, counted: int, before: int, passed: float) -> int:
        """Whole seconds until a request of a key is answered that had these requests answered in the two minutes."""
        others = self._per_minute - 1
        wait = -passed
        if counted > others:
            # Only when this minute is the one before it are some of its requests over.
            wait, counted, before = RATE_WINDOW_SECONDS - passed, 0, counted
        if before > others - counted:
            wait += RATE_WINDOW_SECONDS * (1 - (others - counted) / before)
        return max(1, math.ceil(wait))


def rates_of(settings: "Settings") -> Rates | None:
    """The rates that the settings ask for; None when requests are not limited."""
    return Rates(settings.requests_per_minute) if settings.requests_per_minute else None
