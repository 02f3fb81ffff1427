"""What all processes know together of the calls of one client at one operation: how many are spent, and a bank's 429.

A call is reserved before it is sent, durably, and its end is noted afterwards. A reservation whose end nobody noted,
because its process died or could not write, counts as a call that reached the bank as late as it can have: so a crash
at any moment costs room for two minutes, and never a call too many.

Everything here is a value: instants come as arguments, in seconds of UTC since 1970, by the machines' clocks. Machines
that share a database keep their clocks together within the second that the window has to spare. An instant that lies
further ahead than it can have been meant, because a clock was set back since, is cut to what it can have meant.
"""

from typing import NamedTuple, Protocol

from msgspec import Struct
from msgspec.structs import replace

from gateway.limits import QUOTA_CALL_SECONDS, QUOTA_CLOSED_SECONDS, QUOTA_SECONDS, QUOTA_UNWANTED_SECONDS

__all__ = ["QuotaKey", "Reserved", "Room", "SharedQuotas", "Spent"]


class QuotaKey(NamedTuple):
    """What a bank counts together."""

    bank: str
    operation: str
    client: str
    """As `gateway.client.client_of` gives it."""


class Reserved(Struct, frozen=True):
    """One call."""

    id: str
    over_by: float
    """When it is over at the latest."""
    ended: float | None = None
    """When it was answered; None while that is not known."""

    def counts_until(self) -> float:
        """The instant from which it leaves room for another."""
        return (self.over_by if self.ended is None else self.ended) + QUOTA_SECONDS

    def hoped_until(self, now: float) -> float:
        """The earliest instant at which it can leave room."""
        return (min(now, self.over_by) if self.ended is None else self.ended) + QUOTA_SECONDS


class Room(Struct, frozen=True, kw_only=True):
    """Whether a call may be sent. All figures are seconds from now."""

    granted: bool
    reservation: str | None = None
    """The id to end the call with; None where the operation has no limit."""
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

    def at(self, now: float) -> "Spent":
        """What still counts now, with no instant further ahead than it can be meant."""
        calls = tuple(
            replace(
                call,
                over_by=min(call.over_by, now + QUOTA_CALL_SECONDS),
                ended=None if call.ended is None else min(call.ended, now),
            )
            for call in self.calls
            if call.counts_until() > now
        )
        closed = min(self.closed_until, now + QUOTA_CLOSED_SECONDS) if self.closed_until > now else 0.0
        unwanted = min(self.unwanted_until, now + QUOTA_UNWANTED_SECONDS) if self.unwanted_until > now else 0.0
        return Spent(calls, closed, unwanted)

    def reserve(self, name: str, limit: int, now: float) -> tuple["Spent", Room]:
        """A call more, where there is room for one.

        Args:
            name: the id of the reservation.
            limit: calls in a minute; 0 where the bank names no limit.
            now: the present instant.
        """
        kept = self.at(now)
        if kept.closed_until > now:
            return kept, Room(granted=False, closed=kept.closed_until - now, unwanted=kept.unwanted_until - now)
        if not limit:
            return kept, Room(granted=True)
        if len(kept.calls) >= limit:
            ends = sorted(call.hoped_until(now) for call in kept.calls)
            return kept, Room(granted=False, wait=ends[len(ends) - limit] - now)
        call = Reserved(name, now + QUOTA_CALL_SECONDS)
        return replace(kept, calls=(*kept.calls, call)), Room(granted=True, reservation=name)

    def settled(self, name: str | None, now: float, *, sent: bool, closed: float | None) -> "Spent":
        """A reserved call has ended now.

        Args:
            name: the id of the reservation; None where there was none.
            now: the instant of its end.
            sent: whether it may have been sent; only a call that certainly was not counts no more.
            closed: seconds for which the bank wants no call, or None when it has not said so.
        """
        kept = self.at(now)
        calls = tuple(call for call in kept.calls if call.id != name)
        if name is not None and sent:
            calls = (*calls, Reserved(name, now, now))
        if closed is None:
            return replace(kept, calls=calls)
        return Spent(
            calls,
            max(kept.closed_until, now + min(closed, QUOTA_CLOSED_SECONDS)),
            max(kept.unwanted_until, now + min(closed, QUOTA_UNWANTED_SECONDS)),
        )


class SharedQuotas(Protocol):
    """Where reservations are kept for all processes, and for the next start."""

    async def reserve(self, key: QuotaKey, limit: int) -> Room:
        """Reserve a call, where there is room for one. Whoever is cancelled meanwhile has reserved nothing.

        Raises:
            Exception: it is not known whether there is room; the call must not be sent.
        """
        ...

    def settle(self, key: QuotaKey, reservation: str | None, *, sent: bool, closed: float | None) -> None:
        """Have the end of a call noted soon; the arguments are those of `Spent.settled`. Nobody waits for it."""
        ...
