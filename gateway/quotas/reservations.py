"""The calls that one documented quota counts, as a value: how many there are, when there is room, and a bank's 429.

A call is reserved before it is sent, and its end is noted afterwards. In a window it counts until so long after its
end, because nobody knows when between its sending and its answer it has reached the bank; where the limit is on calls
under way, until it is answered. One that was given up may still be under way at the bank, for as long as any call can
last.

What all processes know together is such a value in a row of the database. A reservation whose end nobody noted,
because its process died or could not write, counts as a call that reached the bank as late as it can have: so a crash
at any moment costs room for a window and a minute, and never a call too many.

Where a window has many calls those that have ended close to each other are kept as one group with the latest of their
ends: the value stays small, and a call leaves its room a hundredth of the window later at most.

Instants come as arguments, in seconds on one clock; in the database, of UTC since 1970 by the clock of the database,
which machines know to within the second that the window has to spare. An instant that lies further ahead than it can
have been meant, because a clock was set back since, is cut to what it can have meant.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from contracts.schema import Quota
from gateway.limits import (
    QUOTA_CALL_SECONDS,
    QUOTA_CLOSED_SECONDS,
    QUOTA_GROUPS,
    QUOTA_MARGIN_SECONDS,
    QUOTA_ROOM_LOOK_SECONDS,
    QUOTA_UNWANTED_SECONDS,
)

__all__ = [
    "UNLIMITED",
    "CallEnd",
    "QuotaKey",
    "Reserved",
    "Room",
    "Spent",
    "Window",
    "reserve_in_all",
]


class QuotaKey(NamedTuple):
    """What a bank counts together."""

    bank: str
    quota: str
    """Its name, as `Contract.quotas_of` has it; that of the operation for what it alone is counted by."""
    caller: str
    """As `gateway.quotas.clients` gives it: a client or an account of the bank."""


class Window(Struct, frozen=True):
    """A quota as we keep to it."""

    calls: int
    """Calls that may count at the same time; 0 for any number."""
    seconds: float
    """For which a call counts after its end; 0 where the limit is on calls under way."""

    @classmethod
    def of(cls, quota: Quota) -> "Window":
        """What keeps to this quota."""
        return cls(quota.at_once, 0.0) if quota.at_once else cls(quota.calls, quota.seconds + QUOTA_MARGIN_SECONDS)

    @property
    def group_seconds(self) -> float:
        """Calls that have ended within the same so many seconds are one group; 0 where each is kept."""
        return self.seconds / QUOTA_GROUPS if self.calls > QUOTA_GROUPS else 0.0


UNLIMITED = Window(0, 0.0)


class CallEnd(StrEnum):
    """How a call has ended, as far as quotas are concerned."""

    ANSWERED = "answered"
    GIVEN_UP = "given_up"
    """There is no answer, and the bank may have the call."""
    NOT_SENT = "not_sent"
    """The bank certainly has not seen it."""


class Reserved(Struct, frozen=True, omit_defaults=True):
    """One call, or a group of calls that have ended."""

    id: str
    over_by: float
    """When it is over at the latest."""
    ended: float | None = None
    """When it has ended, the last of a group; None while that is not known."""
    calls: int = 1

    def counts_until(self, window: Window) -> float:
        """The instant from which it leaves room for another."""
        return (self.over_by if self.ended is None else self.ended) + window.seconds

    def hoped_until(self, window: Window, now: float) -> float:
        """The earliest instant at which it can leave room."""
        return (min(now, self.over_by) if self.ended is None else self.ended) + window.seconds


class Room(Struct, frozen=True, kw_only=True):
    """Whether a call may be sent. All figures are seconds from now."""

    granted: bool
    reservation: str | None = None
    """The id to end the call with; None where it has no limit."""
    full: QuotaKey | None = None
    """The quota that has no room."""
    wait: float = 0.0
    """How long to wait before asking again makes sense."""
    closed: float = 0.0
    """How long nothing is sent because the bank wants nothing."""
    unwanted: float = 0.0
    """How long the bank wants nothing, which may be longer."""


class Spent(Struct, frozen=True):
    """The calls that count, and until when the bank wants none."""

    calls: tuple[Reserved, ...] = ()
    closed_until: float = 0.0
    unwanted_until: float = 0.0

    @property
    def count(self) -> int:
        """How many calls count, of those that are kept."""
        return sum(call.calls for call in self.calls)

    def at(self, window: Window, now: float) -> "Spent":
        """What still counts now."""
        calls = tuple(call for call in self.calls if call.counts_until(window) > now)
        return Spent(
            _grouped(calls, window.group_seconds, now) if window.group_seconds else calls,
            self.closed_until if self.closed_until > now else 0.0,
            self.unwanted_until if self.unwanted_until > now else 0.0,
        )

    def believed(self, now: float) -> "Spent":
        """The same with no instant further ahead than it can be meant."""
        calls = tuple(
            replace(
                call,
                over_by=min(call.over_by, now + QUOTA_CALL_SECONDS),
                ended=None if call.ended is None else min(call.ended, now),
            )
            for call in self.calls
        )
        closed = min(self.closed_until, now + QUOTA_CLOSED_SECONDS)
        return Spent(calls, closed, min(self.unwanted_until, now + QUOTA_UNWANTED_SECONDS))

    def opens(self, window: Window, more: int, now: float) -> float:
        """The earliest instant at which there can be room for so many calls more, `window.calls` at most.

        Where the limit is on calls under way that may be now, though there is none yet.
        """
        to_leave = self.count + more - window.calls
        if to_leave <= 0:
            return now
        for instant, calls in sorted((call.hoped_until(window, now), call.calls) for call in self.calls):
            to_leave -= calls
            if to_leave <= 0:
                return instant
        raise ValueError(f"there is never room for {more} calls where {window.calls} are the limit")

    def reserve(self, name: str, window: Window, now: float) -> tuple["Spent", Room]:
        """A call more, where there is room for one.

        Args:
            name: the id of the reservation.
            window: the quota.
        """
        kept = self.at(window, now)
        if kept.closed_until > now:
            return kept, Room(granted=False, closed=kept.closed_until - now, unwanted=kept.unwanted_until - now)
        if not window.calls:
            return kept, Room(granted=True)
        if kept.count >= window.calls:
            wait = max(kept.opens(window, 1, now) - now, 0.0 if window.seconds else QUOTA_ROOM_LOOK_SECONDS)
            return kept, Room(granted=False, wait=wait)
        call = Reserved(name, now + QUOTA_CALL_SECONDS)
        return replace(kept, calls=(*kept.calls, call)), Room(granted=True, reservation=name)

    def settled(self, name: str | None, window: Window, now: float, end: CallEnd) -> "Spent":
        """A reserved call has ended now.

        Args:
            name: the id of the reservation; None where there was none.
            window: the quota.
            now: the instant of its end.
            end: how it has ended.
        """
        calls = tuple(call for call in self.calls if call.id != name)
        if name is not None and window.calls and end is not CallEnd.NOT_SENT:
            if window.seconds:
                calls = (*calls, Reserved(name, now, now))
            elif end is CallEnd.GIVEN_UP:
                calls = (*calls, Reserved(name, now + QUOTA_CALL_SECONDS))
        return replace(self, calls=calls).at(window, now)

    def closed(self, now: float, seconds: float, unwanted: float | None = None) -> "Spent":
        """The bank wants no call for so many seconds; it is believed as far as that is sensible.

        Args:
            seconds: how long.
            unwanted: how long it wants none, where less of it is to be believed.
        """
        wished = min(seconds if unwanted is None else unwanted, QUOTA_UNWANTED_SECONDS)
        return Spent(
            self.calls,
            max(self.closed_until, now + min(seconds, QUOTA_CLOSED_SECONDS)),
            max(self.unwanted_until, now + wished),
        )


def _grouped(calls: tuple[Reserved, ...], seconds: float, now: float) -> tuple[Reserved, ...]:
    """The calls, with one group for all that have ended, or are certainly over, within the same so many seconds."""
    under_way: list[Reserved] = []
    groups: dict[float, Reserved] = {}
    for call in calls:
        end = call.over_by if call.ended is None else call.ended
        if call.ended is None and end > now:
            under_way.append(call)
            continue
        other = groups.get(end // seconds, Reserved("", end, end, 0))
        latest = max(other.over_by, end)
        groups[end // seconds] = Reserved("", latest, latest, other.calls + call.calls)
    return (*groups.values(), *under_way)


def reserve_in_all(
    spent: Mapping[QuotaKey, Spent], windows: Mapping[QuotaKey, Window], name: str, now: float
) -> tuple[Mapping[QuotaKey, Spent], Room]:
    """A call more by each quota, or by none where one of them has no room; that which has room last is told."""
    after, rooms = {}, {}
    for key, window in windows.items():
        after[key], rooms[key] = spent[key].reserve(name, window, now)
    refusals = {key: room for key, room in rooms.items() if not room.granted}
    if refusals:
        last = max(refusals, key=lambda key: (refusals[key].closed, refusals[key].wait))
        return spent, replace(refusals[last], full=last)
    is_counted = any(room.reservation for room in rooms.values())
    return after, Room(granted=True, reservation=name if is_counted else None)
