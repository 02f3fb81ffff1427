"""What time it is, as an argument."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Protocol

import httpx
import msgspec

from gateway.model import BRASILIA

__all__ = ["Clock", "FixedClock", "RemoteClock", "SystemClock"]


CROWDED = 0.005
"""Seconds between two questions to the simulators, when callers come faster than these answer."""


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


class FixedClock:
    """A clock that stands where it is put, for tests."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment.astimezone(BRASILIA)

    def now(self) -> datetime:
        """The instant it was put at."""
        return self.moment


class RemoteClock:
    """The simulators' clock: the machine's clock plus the difference last heard from them.

    Args:
        url: address of `GET /_sim/clock`.
        client: the HTTP client to ask with.
    """

    def __init__(self, url: str, client: httpx.AsyncClient) -> None:
        self._url = url
        self._client = client
        self._ahead = timedelta(0)
        self._under_way: asyncio.Task[None] | None = None
        self._following: asyncio.Task[None] | None = None

    async def refresh(self) -> None:
        """Hear from the simulators what time it is; on silence the last difference holds.

        Callers at the same time share a question, if it is one that was begun after they came.
        """
        if self._following is None:
            self._following = asyncio.create_task(self._follow(self._under_way))
        await asyncio.shield(self._following)

    async def aclose(self) -> None:
        """Give up what is being asked; the client can be closed then."""
        asking = [task for task in (self._under_way, self._following) if task is not None and not task.done()]
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)

    async def _follow(self, before: asyncio.Task[None] | None) -> None:
        """Ask when the question before has ended; whoever comes from then on has to wait for another."""
        if before is not None and not before.done():
            await asyncio.wait({before})
            await asyncio.sleep(CROWDED)
        self._under_way, self._following = self._following, None
        await self._ask()

    async def _ask(self) -> None:
        try:
            answer = await self._client.get(self._url)
            told = msgspec.json.decode(answer.content, type=dict[str, str])["now"]
            self._ahead = datetime.fromisoformat(told) - datetime.now(UTC)
        except (httpx.HTTPError, msgspec.MsgspecError, KeyError, ValueError, TypeError):
            return

    def now(self) -> datetime:
        """The present instant of the simulated world, in Brasília's time."""
        return (datetime.now(UTC) + self._ahead).astimezone(BRASILIA)
