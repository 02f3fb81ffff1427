"""The processor's time, shared by tenants.

Several tenants use one interpreter. What each of them makes it compute is measured, step by step (`metered`). A tenant
that has lately used more than its part waits before it begins something new (`Shares.turn`), as long as others are at
work; a tenant that is alone has everything. None waits in the middle of something: it may hold what others need.
"""

import asyncio
import math
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Generator
from contextvars import ContextVar
from typing import Any, Generic, TypeVar, cast

from gateway.concurrency.waiting import waiting
from gateway.limits import (
    PROCESSOR_AT_WORK_PART,
    PROCESSOR_FORGOTTEN_PART,
    PROCESSOR_MEMORY_SECONDS,
    PROCESSOR_MOST_PART,
    PROCESSOR_STARTS_AT_ONCE,
    PROCESSOR_TICK_SECONDS,
)

__all__ = ["SHARES", "TENANT", "Shares", "metered"]

T = TypeVar("T")

TENANT: ContextVar[str] = ContextVar("tenant", default="")
"""For whom the present task works; empty for nobody in particular."""


class Shares:
    """What each tenant has used lately, and which tasks wait because of it.

    Args:
        monotonic: gives the present instant, in seconds.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._fresh: defaultdict[str, float] = defaultdict(float)
        """Seconds that have not been looked at yet."""
        self._parts: dict[str, float] = {}
        """Which part of the time each tenant has used lately, at the instant of the last look."""
        self._looked_at = monotonic()
        self._due: dict[str, float] = {}
        """When all turns that each tenant had would have been over, one tick for each."""
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def spent(self, tenant: str, seconds: float) -> None:
        """A tenant has used so much processor time."""
        if tenant:
            self._fresh[tenant] += seconds

    def crowded(self, tenant: str) -> bool:
        """Whether others than this tenant are at work; for any thread."""
        faded = self._faded(self._monotonic())
        return any(part * faded >= PROCESSOR_AT_WORK_PART for each, part in self._parts.items() if each != tenant)

    async def turn(self) -> None:
        """Wait until the tenant for whom the present task works may begin something new.

        What is done for nobody in particular does not wait.
        """
        tenant = TENANT.get()
        if not tenant:
            return
        if tenant not in self._waiting and not self._too_much(tenant) and not self._too_soon(tenant):
            return
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            # What waited in a loop that has ended waits no longer.
            self._waiting.clear()
            self._loop = loop
        if not self._waiting:
            loop.call_later(PROCESSOR_TICK_SECONDS, self._tick)
        called: asyncio.Future[None] = loop.create_future()
        self._waiting.setdefault(tenant, deque()).append(called)
        with waiting("processor"):
            await called

    def _tick(self) -> None:
        """Let one task of each tenant go on that has used no more than its part."""
        for tenant, queue in list(self._waiting.items()):
            while queue and queue[0].done():
                queue.popleft()
            if queue and not self._too_much(tenant):
                queue.popleft().set_result(None)
                self._had_turn(tenant, self._monotonic())
            if not queue:
                del self._waiting[tenant]
        if self._waiting:
            asyncio.get_running_loop().call_later(PROCESSOR_TICK_SECONDS, self._tick)

    def _too_soon(self, tenant: str) -> bool:
        """Whether a tenant has just had its turns: a crowd that comes at once has not used anything yet."""
        now = self._monotonic()
        if (
            self.crowded(tenant)
            and self._due.get(tenant, now) - now > (PROCESSOR_STARTS_AT_ONCE - 0.5) * PROCESSOR_TICK_SECONDS
        ):
            return True
        self._had_turn(tenant, now)
        return False

    def _had_turn(self, tenant: str, now: float) -> None:
        self._due[tenant] = (
            min(max(self._due.get(tenant, now), now), now + PROCESSOR_STARTS_AT_ONCE * PROCESSOR_TICK_SECONDS)
            + PROCESSOR_TICK_SECONDS
        )

    def _too_much(self, tenant: str) -> bool:
        """Whether a tenant uses more than its part, of which those who use less leave the rest to the others."""
        self._look()
        mine = self._parts.get(tenant, 0.0)
        at_work = sorted(
            part for each, part in self._parts.items() if part >= PROCESSOR_AT_WORK_PART and each != tenant
        )
        if not at_work:
            return False
        left, sharing = PROCESSOR_MOST_PART, len(at_work) + 1
        for part in at_work:
            if part >= left / sharing:
                break
            left, sharing = left - part, sharing - 1
        return mine > left / sharing

    def _look(self) -> None:
        """Bring the parts up to date; a tenant that has long not been at work is forgotten."""
        now = self._monotonic()
        faded, self._looked_at = self._faded(now), now
        parts = {tenant: part * faded for tenant, part in self._parts.items()}
        for tenant, seconds in self._fresh.items():
            parts[tenant] = parts.get(tenant, 0.0) + seconds / PROCESSOR_MEMORY_SECONDS
        self._fresh.clear()
        self._parts = {tenant: part for tenant, part in parts.items() if part >= PROCESSOR_FORGOTTEN_PART}
        self._due = {tenant: due for tenant, due in self._due.items() if due > now}

    def _faded(self, now: float) -> float:
        """Which part of what was used at the last look still counts."""
        return math.exp((self._looked_at - now) / PROCESSOR_MEMORY_SECONDS)


SHARES = Shares()
"""The shares of this process."""


async def metered(work: Awaitable[T]) -> T:
    """What the work comes to; each of its steps counts for the tenant for whom the task works by then."""
    return await _Steps(work)


class _Steps(Generic[T]):
    """The steps of something that is waited for, each measured.

    Args:
        work: what is waited for.
    """

    def __init__(self, work: Awaitable[T]) -> None:
        self._work = work

    def __await__(self) -> Generator[Any, Any, T]:
        steps = self._work.__await__()
        step: Callable[[Any], Any] = steps.send
        given: Any = None
        while True:
            began = time.thread_time()
            try:
                awaited = step(given)
            except StopIteration as end:
                return cast("T", end.value)
            finally:
                SHARES.spent(TENANT.get(), time.thread_time() - began)
            try:
                step, given = steps.send, (yield awaited)
            except BaseException as error:  # noqa: BLE001 -- all that is thrown into the task is for the work
                step, given = steps.throw, error
