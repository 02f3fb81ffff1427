"""The queues before a bank's quotas in this process: whose turn has come, and when it comes at the earliest."""

import math
from collections.abc import Sequence
from itertools import count

from msgspec.structs import replace

from gateway.limits import QUOTA_FULL_SECONDS
from gateway.line.timing import WakeUp
from gateway.quotas.reservations import CallEnd, Reserved, Spent, Window

__all__ = ["CountedCalls", "Turn"]

TURNS = count()
"""Numbers; each turn takes the next one."""


class CountedCalls:
    """The calls of this process that one quota counts, and the queue before it.

    Instants are seconds on one monotonic clock.

    Args:
        quota: its name in the contract.
        window: how it counts.
    """

    def __init__(self, quota: str, window: Window) -> None:
        self.quota = quota
        self.window = window
        self._spent = Spent()
        self._count = 0
        self._next_leaves_at = math.inf
        """When the first of the calls leaves its room."""
        self._full_until = 0.0
        """The instant before which calls of other processes leave no room."""
        self._full_known_until = 0.0
        """The instant until which that is believed."""
        self._queue: list[Turn] = []

    @property
    def closed_until(self) -> float:
        """The instant until which no call is sent because the bank wants none."""
        return self._spent.closed_until

    @property
    def unwanted_until(self) -> float:
        """The instant until which the bank wants no call, which may be later."""
        return self._spent.unwanted_until

    def idle(self, now: float) -> bool:
        """Whether forgetting this quota would change nothing."""
        self._forget(now)
        return not (self._count or self._queue) and self.closed_until <= now

    def queue(self, turn: "Turn") -> None:
        """A turn at the end of the queue; it is ended by `enter` or `give_up`."""
        self._queue.append(turn)

    def has_room(self, turn: "Turn", now: float) -> bool:
        """Whether there is room for this turn, and for all that wait before it."""
        if not self.window.calls:
            return True
        self._forget(now)
        return self._count + self._queue.index(turn) < self.window.calls and not self._full(now)

    def earliest(self, turn: "Turn", now: float) -> float:
        """The instant before which there is no room for this turn.

        The instant is exact if no turn before it is given up and no call is under way. Otherwise it may move, and the
        waiting call looks again.
        """
        if not self.window.calls:
            return now
        self._forget(now)
        rounds, place = divmod(self._queue.index(turn), self.window.calls)
        opens = self._spent.opens(self.window, place + 1, now) + rounds * self.window.seconds
        return max(opens, self._full_until) if self._full(now) else opens

    def before(self, turn: "Turn") -> Sequence["Turn"]:
        """The turns that wait before this one."""
        return self._queue[: self._queue.index(turn)]

    def enter(self, turn: "Turn") -> None:
        """Count the call of this turn as under way, until its end."""
        self._queue.remove(turn)
        if self.window.calls:
            self._keep(replace(self._spent, calls=(*self._spent.calls, Reserved(turn.id, math.inf))))

    def give_up(self, turn: "Turn") -> None:
        """Remove a turn that is not waited for any more."""
        self._queue.remove(turn)

    def ended(self, turn: "Turn", now: float, end: CallEnd) -> None:
        """Count the end of the call of this turn."""
        self._keep(self._spent.settled(turn.id, self.window, now, end))
        if end is CallEnd.NOT_SENT or not self.window.seconds:
            # There may be room at once, with other processes too.
            self._full_known_until = now

    def fill(self, now: float, seconds: float) -> None:
        """Note that calls of other processes leave no room for so many seconds."""
        self._full_until = now + seconds
        self._full_known_until = now + min(seconds, QUOTA_FULL_SECONDS)

    def close(self, now: float, seconds: float, unwanted: float | None = None) -> None:
        """Note that the bank refuses calls for so many seconds; see `Spent.closed`."""
        self._spent = self._spent.closed(now, seconds, unwanted)

    def wake_all(self) -> None:
        """Let all calls that wait here look again."""
        for turn in self._queue:
            turn.wake_up.wake_all()

    def ring_next(self, now: float) -> None:
        """Let the first call whose turn has come look again."""
        following = next((turn for turn in self._queue if turn.has_come(now)), None)
        if following is not None:
            following.wake_up.wake_all()

    def _forget(self, now: float) -> None:
        if now >= self._next_leaves_at:
            self._keep(self._spent.at(self.window, now))

    def _keep(self, spent: Spent) -> None:
        self._spent, self._count = spent, spent.count
        self._next_leaves_at = min((call.counts_until(self.window) for call in spent.calls), default=math.inf)

    def _full(self, now: float) -> bool:
        return now < self._full_known_until


class Turn:
    """A call's place in the queues of all quotas that count it.

    Args:
        quotas: these quotas, the operation's own first.
        wake_up: wakes the call when something has changed in one of them.
    """

    def __init__(self, quotas: Sequence[CountedCalls], wake_up: WakeUp) -> None:
        self.id = str(next(TURNS))
        self.quotas = quotas
        self.wake_up = wake_up
        for quota in quotas:
            quota.queue(self)

    def has_come(self, now: float) -> bool:
        """Whether all quotas have room."""
        return all(quota.has_room(self, now) for quota in self.quotas)

    def is_first(self, now: float) -> bool:
        """Whether no earlier turn has come that is only waiting to be sent."""
        return not any(other.has_come(now) for quota in self.quotas for other in quota.before(self))

    def tightest(self, now: float) -> tuple[float, CountedCalls]:
        """The instant before which the turn cannot come, and the quota that has no room until then."""
        instants = [(quota.earliest(self, now), quota) for quota in self.quotas]
        full = [each for each in instants if not each[1].has_room(self, now)]
        return max(full or instants, key=lambda each: each[0])

    def enter(self, now: float) -> None:
        """Count the call as under way; let calls that wait for that look again."""
        for quota in self.quotas:
            quota.enter(self)
        for quota in self.quotas:
            quota.ring_next(now)

    def give_up(self) -> None:
        """Drop the call, which is not sent; let those behind it look again."""
        for quota in self.quotas:
            quota.give_up(self)
        self.wake_all()

    def ended(self, now: float, end: CallEnd) -> None:
        """Count the end of the call; let waiting calls look again."""
        for quota in self.quotas:
            quota.ended(self, now, end)
        self.wake_all()

    def wake_all(self) -> None:
        """Let all calls that wait in one of the queues look again."""
        for quota in self.quotas:
            quota.wake_all()
