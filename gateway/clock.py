"""Clocks: the present instant, passed as an argument."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Protocol

import httpx
import msgspec
import structlog

from gateway.concurrency.single_flight import SingleFlight
from gateway.limits import CLOCK_DIFFERENCE_SECONDS, CLOCK_JITTER, CLOCK_LOOK_SECONDS, CLOCK_PAUSE_SECONDS
from gateway.model import BRASILIA

__all__ = ["Clock", "RemoteClock", "SystemClock", "was_put_back"]

log = structlog.get_logger("gateway.clock")

KEPT_APART = timedelta(seconds=CLOCK_DIFFERENCE_SECONDS)


class Clock(Protocol):
    """A source of the present instant."""

    def now(self) -> datetime:
        """The present instant in Brasília's time, with its offset."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present instant in Brasília's time."""
        return datetime.now(UTC).astimezone(BRASILIA)


class RemoteClock:
    """The simulators' clock: the machine's clock plus the difference that was last measured.

    Args:
        url: address of `GET /_sim/clock`.
        client: the HTTP client to ask with.
    """

    def __init__(self, url: str, client: httpx.AsyncClient) -> None:
        self._url = url
        self._client = client
        self._ahead = timedelta(0)
        self._put_back = timedelta(0)
        """How far the world was put back, in all."""
        self._latest = self.now()
        self._requests: SingleFlight[str, None] = SingleFlight()
        self._one_at_a_time = asyncio.Lock()

    async def refresh(self) -> None:
        """Ask the simulators for the time; without an answer the last difference holds, and the log says so.

        Callers share a request that starts after they came.
        """
        await self._requests.result(self._url, self._ask_in_turn)

    async def aclose(self) -> None:
        """Cancel the request under way; the client can be closed then."""
        await self._requests.aclose(cancel=True)

    async def _ask_in_turn(self) -> None:
        """Ask when the request before has ended; a caller that comes after the start waits for the next one."""
        crowded = self._one_at_a_time.locked()
        async with self._one_at_a_time:
            if crowded:
                await asyncio.sleep(CLOCK_PAUSE_SECONDS)
            self._requests.close_to_newcomers(self._url)
            await self._ask()

    async def _ask(self) -> None:
        """Ask once more where the first request fails: a connection that was kept may have been closed meanwhile."""
        error = await self._asked() and await self._asked()
        if error is not None:
            log.warning("simulated_clock_unknown", url=self._url, error=repr(error))

    async def _asked(self) -> Exception | None:
        """Ask once. The error is why the difference is still the one that was measured before."""
        try:
            response = await self._client.get(self._url)
            simulated_now = msgspec.json.decode(response.content, type=dict[str, str])["now"]
            self._ahead = datetime.fromisoformat(simulated_now) - datetime.now(UTC)
        except (httpx.HTTPError, msgspec.MsgspecError, KeyError, ValueError, TypeError) as error:
            return error
        return None

    def now(self) -> datetime:
        """The present instant of the simulated world, in Brasília's time."""
        return (datetime.now(UTC) + self._ahead).astimezone(BRASILIA)

    def elapsed(self) -> float:
        """Seconds that have passed in the simulated world since 1970; it stands still where that is put back."""
        now = self.now() + self._put_back
        if (step := self._latest - now) > CLOCK_JITTER:
            self._put_back += step
        self._latest = max(self._latest, now)
        return self._latest.timestamp()

    async def sleep(self, seconds: float) -> None:
        """Wait until so many seconds have passed in the simulated world, which may be moved meanwhile."""
        end = self.elapsed() + seconds
        while (left := end - self.elapsed()) > 0:
            await asyncio.sleep(min(left, CLOCK_LOOK_SECONDS))
            await self.refresh()


def was_put_back(then: datetime, now: datetime) -> bool:
    """Whether an instant that was once the present lies ahead, so that it says nothing about what came after what."""
    return then - now > KEPT_APART
