"""A semaphore with fair queueing: tenants share its slots, and the parts of a tenant share that tenant's slots.

Rules.
1. The tenant with the fewest slots is served first, within it the part with the fewest, and of equals the one that has
   not been served for longest. Within a part the order is that of arrival. So a crowd delays only itself.
2. With a `share`, a tenant takes another slot only while it has fewer than are free: alone it gets half of all, several
   get equal numbers as slots are left, and there is always one for the next tenant. The parts of a tenant share its
   slots in the same way, each with one in `share` of them at most. A slot is held for as long as a bank takes, and
   the tenants that will come are not known beforehand.
3. With `most_waiting`, the room to wait is shared by the same rule, so that the waiting calls of one tenant fill only
   its own part.
4. With a `pace`, a part that was served is not served again for so many seconds; slots that are free meanwhile go to
   others.
"""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import NamedTuple

from gateway.concurrency.waiting import waiting

__all__ = ["Holder", "NoSlot", "Slot", "Slots"]


class NoSlot(Exception):
    """There is no slot and no room to wait for one, or none came before the deadline."""


class Holder(NamedTuple):
    """A tenant that takes slots, and the part of it, such as one of its accounts or banks."""

    tenant: str
    part: str = ""


class Slot:
    """A slot, taken or waited for. `Slots` makes it; the caller gives it back with `leave`."""

    __slots__ = ("_slots", "holder", "taken", "wake")

    def __init__(self, slots: "Slots", holder: Holder, wake: Callable[[], object]) -> None:
        self._slots = slots
        self.holder = holder
        self.wake = wake
        self.taken = False

    def leave(self) -> None:
        """Give the slot back, or stop waiting for it."""
        self._slots.leave(self)


class _Room:
    """A number of slots, and the holders that have them.

    Args:
        most: slots in all; None for any number.
        share: a part has at most one in so many of what its tenant may have; 0 where tenants share nothing.
    """

    def __init__(self, most: int | None, share: int) -> None:
        self._most = most
        self._share = share
        self._taken = 0
        self._tenants: Counter[str] = Counter()
        self._holders: Counter[Holder] = Counter()

    def has(self, holder: Holder) -> bool:
        """Whether the holder may have one more."""
        if self._most is None:
            return True
        free = self._most - self._taken
        if not self._share:
            return free > 0
        tenant, part = self.held(holder)
        of_tenant = max(1, self._most // 2)
        of_part = max(1, of_tenant // self._share)
        return tenant < min(free, of_tenant) and part < min(of_part, of_tenant - tenant)

    def held(self, holder: Holder) -> tuple[int, int]:
        """The number of the holder's tenant, and how many of these the holder itself has."""
        return self._tenants[holder.tenant], self._holders[holder]

    def empty(self) -> bool:
        """Whether no slot is taken, and no holder is remembered."""
        return not (self._taken or self._tenants or self._holders)

    def change(self, holder: Holder, by: int) -> None:
        """Add to the holder's number, or take from it."""
        self._taken += by
        self._tenants[holder.tenant] += by
        self._holders[holder] += by
        # Holders without slots are forgotten.
        if not self._tenants[holder.tenant]:
            del self._tenants[holder.tenant]
        if not self._holders[holder]:
            del self._holders[holder]


class Slots:
    """A number of slots, their holders, and the callers that wait for one.

    Args:
        most: slots.
        name: of the wait for a slot (`docs/waits.md`).
        most_waiting: callers that may wait for a slot; None for any number.
        share: a part has at most one in so many of what its tenant may have, which is half at most; 0 where a tenant
            may have all.
        pace_seconds: time from one start of a part to its next, while more of it wait.
    """

    def __init__(
        self, most: int, name: str, *, most_waiting: int | None = None, share: int = 0, pace_seconds: float = 0.0
    ) -> None:
        self.name = name
        self._room = _Room(most, share)
        self._waiting_room = _Room(most_waiting, share)
        self._pace_seconds = pace_seconds
        self._waiting: OrderedDict[str, OrderedDict[str, dict[Slot, None]]] = OrderedDict()
        """Waiting slots by tenant and part; the tenant, and within it the part, not served for longest comes first."""
        self._resting: set[Holder] = set()
        """Holders that have just been served (rule 4)."""

    @asynccontextmanager
    async def held(self, holder: Holder) -> AsyncIterator[None]:
        """A slot for as long as the context lasts.

        Raises:
            NoSlot: there is no room to wait.
        """
        slot = await self.take(holder)
        try:
            yield
        finally:
            slot.leave()

    async def take(self, holder: Holder, deadline: float | None = None) -> Slot:
        """A slot that is taken, to be given back with `leave`.

        Args:
            holder: takes the slot.
            deadline: instant of the event loop's clock until which to wait.

        Raises:
            NoSlot: there is no room to wait, or there was no slot in time.
        """
        woken = asyncio.Event()
        slot = self.ask(holder, woken.set)
        try:
            if not slot.taken:
                with waiting(self.name):
                    async with asyncio.timeout_at(deadline):
                        await woken.wait()
        except TimeoutError:
            slot.leave()
            raise NoSlot from None
        except BaseException:
            # The slot may have been given at the moment of the cancellation.
            slot.leave()
            raise
        return slot

    def ask(self, holder: Holder, wake: Callable[[], object]) -> Slot:
        """A slot: taken if one is free, otherwise waiting; `wake` is called when it is taken.

        Raises:
            NoSlot: there is no room to wait.
        """
        slot = Slot(self, holder, wake)
        if holder not in self._resting and self._room.has(holder):
            self._take(slot)
            return slot
        if not self._waiting_room.has(holder):
            raise NoSlot
        self._waiting_room.change(holder, 1)
        self._waiting.setdefault(holder.tenant, OrderedDict()).setdefault(holder.part, {})[slot] = None
        return slot

    def leave(self, slot: Slot) -> None:
        """Give a slot back, or stop waiting for it; the next holder that may have it takes it."""
        if not slot.taken:
            self._wait_no_longer(slot)
            return
        self._room.change(slot.holder, -1)
        self._serve()

    def empty(self) -> bool:
        """Whether no slot is taken and none is waited for."""
        return self._room.empty() and self._waiting_room.empty()

    def _serve(self) -> None:
        """Give slots to the waiting holders that may have one."""
        while (holder := self._next()) is not None:
            parts = self._waiting[holder.tenant]
            slot = next(iter(parts[holder.part]))
            self._waiting.move_to_end(holder.tenant)
            parts.move_to_end(holder.part)
            self._wait_no_longer(slot)
            self._take(slot)
            if self._pace_seconds and holder.part in parts:
                self._resting.add(holder)
                asyncio.get_running_loop().call_later(self._pace_seconds, self._rested, holder)
            slot.wake()

    def _next(self) -> Holder | None:
        """The holder to serve next, by rule 1; None when none of the waiting ones may have a slot."""
        holders = (Holder(tenant, part) for tenant, parts in self._waiting.items() for part in parts)
        free = (holder for holder in holders if holder not in self._resting and self._room.has(holder))
        return min(free, key=self._room.held, default=None)  # the first one of equals

    def _rested(self, holder: Holder) -> None:
        self._resting.discard(holder)
        self._serve()

    def _take(self, slot: Slot) -> None:
        slot.taken = True
        self._room.change(slot.holder, 1)

    def _wait_no_longer(self, slot: Slot) -> None:
        tenant, part = slot.holder
        parts = self._waiting[tenant]
        del parts[part][slot]
        if not parts[part]:
            del parts[part]
        if not parts:
            del self._waiting[tenant]
        self._waiting_room.change(slot.holder, -1)
