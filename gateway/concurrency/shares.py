"""Shares the processor's time among tenants.

Several tenants use one interpreter. The processor time of each is measured, step by step (`metered`). A tenant that has
lately used more than its part waits before it begins something new (`Shares.turn`), as long as others are at work; a
tenant that is alone never waits. No task waits in the middle of its work, because it may hold a lock or slot.
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
"""Id of the tenant for which the present task works; empty for work of the gateway itself."""


class Shares:
    """The recent use of each tenant, and the tasks that wait because of it.

    Args:
        monotonic: gives the present instant, in seconds.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._fresh: defaultdict[str, float] = defaultdict(float)
        """Seconds of each tenant that are not yet part of `_parts`."""
        self._parts: dict[str, float] = {}
        """The part of the time that each tenant has lately used, as of `_updated_at`."""
        self._updated_at = monotonic()
        self._due: dict[str, float] = {}
        """The instant at which all turns that each tenant had are over, counting one tick for each."""
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def spent(self, tenant: str, seconds: float) -> None:
        """Add processor time that a tenant has used."""
        if tenant:
            self._fresh[tenant] += seconds

    def crowded(self, tenant: str) -> bool:
        """Whether other tenants are at work; any thread may call it."""
        faded = self._faded(self._monotonic())
        return any(part * faded >= PROCESSOR_AT_WORK_PART for each, part in self._parts.items() if each != tenant)

    async def turn(self) -> None:
        """Wait until the tenant of the present task may begin something new; a task without a tenant does not wait."""
        tenant = TENANT.get()
        if not tenant:
            return
        if tenant not in self._waiting and not self._too_much(tenant) and not self._too_soon(tenant):
            return
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            # Tasks of an event loop that has ended do not wait any more.
            self._waiting.clear()
            self._loop = loop
        if not self._waiting:
            loop.call_later(PROCESSOR_TICK_SECONDS, self._tick)
        called: asyncio.Future[None] = loop.create_future()
        self._waiting.setdefault(tenant, deque()).append(called)
        with waiting("processor"):
            await called

    def _tick(self) -> None:
        """Wake one task of each tenant that has used no more than its part."""
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
        """Whether a tenant has just had its turns. Its use alone does not limit a crowd that has only just come."""
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
        """Whether a tenant uses more than its part; parts that other tenants do not use up go to the rest."""
        self._update()
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

    def _update(self) -> None:
        """Update the parts; a tenant that has long not been at work is forgotten."""
        now = self._monotonic()
        faded, self._updated_at = self._faded(now), now
        parts = {tenant: part * faded for tenant, part in self._parts.items()}
        for tenant, seconds in self._fresh.items():
            parts[tenant] = parts.get(tenant, 0.0) + seconds / PROCESSOR_MEMORY_SECONDS
        self._fresh.clear()
        self._parts = {tenant: part for tenant, part in parts.items() if part >= PROCESSOR_FORGOTTEN_PART}
        self._due = {tenant: due for tenant, due in self._due.items() if due > now}

    def _faded(self, now: float) -> float:
        """The factor by which use before the last update still counts."""
        return math.exp((self._updated_at - now) / PROCESSOR_MEMORY_SECONDS)


SHARES = Shares()
"""The shares of this process."""


async def metered(work: Awaitable[T]) -> T:
    """The result of the work; the processor time of each step counts for the tenant that `TENANT` then names."""
    return await _Steps(work)


class _Steps(Generic[T]):
    """Awaits something and measures each of its steps."""

    def __init__(self, work: Awaitable[T]) -> None:
        self._work = work

    def __await__(self) -> Generator[Any, Any, T]:
        steps = self._work.__await__()
        step: Callable[[Any], Any] = steps.send
        given: Any = None
        awaited: Any = None
        try:
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
                except BaseException as error:  # noqa: BLE001 -- every error thrown into the task is passed to the work
                    step, given = steps.throw, error
        finally:
            # Both may hold an error whose traceback holds this call: a circle that would keep all that was worked on,
            # such as open files, until garbage is collected.
            del given, awaited
