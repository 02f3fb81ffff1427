"""Slots: so many may do something at once. Tenants share them, and the parts of a tenant share its own.

Rules.
1. Who waits is served by tenant: the one with the fewest slots first, then the part of it with the fewest, and of
   equals the one that was not served for longest. Within a part the order is that of arrival. So a crowd holds up
   itself alone.
2. With a `share`, a tenant takes one more slot only while it has fewer than are free: alone it has half of all, several
   have equal numbers as theirs come to an end, and there is always one for the next tenant. The parts of a tenant
   share what it may have in the same way, each with one in `share` of it at most. Slots are held for as long as a
   bank pleases, and nobody knows beforehand who will come.
3. With `most_waiting`, waiting is shared by the same rule, so that what one tenant has abandoned or piled up fills its
   own part only.
4. With a `pace`, one is served of a part, and the next of it so many seconds later; slots that are free meanwhile are
   for others.
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
    """For whom a slot is: a tenant, and the part of it, such as one of its accounts or banks."""

    tenant: str
    part: str = ""


class Slot:
    """A slot, taken or waited for. `Slots` makes it; whoever asked gives it back with `leave`."""

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
    """A number of places and who has them.

    Args:
        most: places in all; None for any number.
        share: a part has at most one in so many of what its tenant may have; 0 where tenants share nothing.
    """

    def __init__(self, most: int | None, share: int) -> None:
        self._most = most
        self._share = share
        self._taken = 0
        self._tenants: Counter[str] = Counter()
        self._holders: Counter[Holder] = Counter()

    def has(self, holder: Holder) -> bool:
        """Whether there is one more for them."""
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
        """How many their tenant has, and how many of these the part."""
        return self._tenants[holder.tenant], self._holders[holder]

    def empty(self) -> bool:
        """Whether nobody has any, and nobody is remembered."""
        return not (self._taken or self._tenants or self._holders)

    def change(self, holder: Holder, by: int) -> None:
        """So many more are theirs."""
        self._taken += by
        self._tenants[holder.tenant] += by
        self._holders[holder] += by
        # Who has none any more is forgotten.
        if not self._tenants[holder.tenant]:
            del self._tenants[holder.tenant]
        if not self._holders[holder]:
            del self._holders[holder]


class Slots:
    """So many slots, and who has them or waits for one.

    Args:
        most: slots.
        name: of the wait for one (`docs/waits.md`).
        most_waiting: how many may wait for one; None for any number.
        share: a part has at most one in so many of what its tenant may have, which is half at most; 0 where a tenant
            may have all.
        pace_seconds: from one to the next of a part, while more of it wait.
    """

    def __init__(
        self, most: int, name: str, *, most_waiting: int | None = None, share: int = 0, pace_seconds: float = 0.0
    ) -> None:
        self.name = name
        self._room = _Room(most, share)
        self._waiting_room = _Room(most_waiting, share)
        self._pace_seconds = pace_seconds
        self._waiting: OrderedDict[str, OrderedDict[str, dict[Slot, None]]] = OrderedDict()
        """By tenant and part, of each the one that was not served for longest first."""
        self._resting: set[Holder] = set()
        """Of whom one has just been served (rule 4)."""

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
            holder: for whom.
            deadline: instant of the event loop's clock until which it is waited for.

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
            # It may have been given in the moment of being cancelled.
            slot.leave()
            raise
        return slot

    def ask(self, holder: Holder, wake: Callable[[], object]) -> Slot:
        """A slot that is taken where there is one, else waited for and announced by `wake`.

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
        """Give a slot back, or stop waiting for it; who is next and may go takes it."""
        if not slot.taken:
            self._wait_no_longer(slot)
            return
        self._room.change(slot.holder, -1)
        self._serve()

    def empty(self) -> bool:
        """Whether nobody has a slot or waits for one."""
        return self._room.empty() and self._waiting_room.empty()

    def _serve(self) -> None:
        """Give slots to those who may have one; one that goes to another tenant may leave room in this one's part."""
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
        """Whose turn it is, by rule 1; None when nobody who waits may go."""
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
