"""Keeping the limits that a bank documents, so that it never has to refuse us for them.

A quota for each client and operation holds the calls of the last minute. What a client is, the contract says: the same
application may be typed in many forms. Nobody can know when a call reaches the
bank, only that it is between being sent and being answered. So a call counts from when it is sent, and until a minute
and a margin after its answer came: then no minute at the bank holds more calls than its limit, whatever the latencies.

Who finds no room waits in order of arrival, if the wait ends before its deadline; else it is refused at once and told
when there will be room. Attempts that are repeated count like any other. A bank that says itself that it has had
enough (429) is believed: until the time it names nothing more is sent by that client to that operation. That
time is cut to five minutes, because a mistaken one would shut out an account for as long as it says.

A quota here knows the calls of this process since its start. At banks that document a limit a call is also reserved
with `SharedQuotas`, which knows those of all processes and of those before them: when its turn has come here, and
before it is sent. Only the first in the queue reserves, so that calls are sent in order of arrival. Without an answer
from there nothing is sent.

`limits` was considered: it reads the machine's clock itself, answers only yes or no, and knows nothing of a call that
is still under way.
"""

from collections import deque

import httpx

from gateway.client import limited
from gateway.concurrency.waiting import waiting
from gateway.judgement import judgement_of
from gateway.limits import QUOTA_CLOSED_SECONDS, QUOTA_LOOK_SECONDS, QUOTA_SECONDS
from gateway.line.call import Call, call_of, refused
from gateway.line.reservations import QuotaKey, SharedQuotas
from gateway.line.timing import Monotonic, Sleep, WakeUp, held_back

__all__ = ["ClientCalls", "Quota", "Turn"]


class Turn:
    """A call's turn in the queue of a quota."""


class ClientCalls:
    """The calls of one client at one operation. Instants are seconds on one monotonic clock.

    Args:
        limit: calls in a minute; 0 where the bank names no limit.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.closed_until = 0.0
        """The instant until which no call is sent because the bank wants none."""
        self.unwanted_until = 0.0
        """The instant until which the bank wants no call, which may be later."""
        self.full_until = 0.0
        """The instant before which calls of other processes leave no room."""
        self._under_way = 0
        self._answered: deque[float] = deque()
        self._queue: list[Turn] = []

    def idle(self, now: float) -> bool:
        """Whether forgetting this quota would change nothing."""
        self._expire(now)
        return not (self._under_way or self._answered or self._queue) and self.closed_until <= now

    def queue(self) -> Turn:
        """A turn at the end of the queue; it is ended by `enter` or `give_up`."""
        turn = Turn()
        self._queue.append(turn)
        return turn

    def earliest(self, turn: Turn, now: float) -> float:
        """The instant before which this turn cannot come; it has come when that is not after `now`.

        The instant is exact if nobody before it gives up and no call is under way. Otherwise it may move, and whoever
        waits for it looks again.
        """
        if not self.limit:
            return now
        self._expire(now)
        free = self.limit - self._under_way - len(self._answered)
        ends = [now] * free + [at + QUOTA_SECONDS for at in self._answered] + [now + QUOTA_SECONDS] * self._under_way
        rounds, place = divmod(self._queue.index(turn), self.limit)
        return max(ends[place] + rounds * QUOTA_SECONDS, self.full_until)

    def first(self, turn: Turn) -> bool:
        """Whether nobody waits before this turn."""
        return self._queue[0] is turn

    def enter(self, turn: Turn) -> None:
        """The call of this turn, which has come, is sent."""
        self._queue.remove(turn)
        self._under_way += 1

    def give_up(self, turn: Turn) -> None:
        """Nobody waits for this turn any more."""
        self._queue.remove(turn)

    def ended(self, now: float, *, sent: bool) -> None:
        """A call has been answered or given up now; if it is certain that it was never sent, it does not count."""
        self._under_way -= 1
        if sent and self.limit:
            self._answered.append(now)
        if not sent:
            # There may be room at once, with other processes too.
            self.full_until = now

    def close(self, now: float, seconds: float, unwanted: float | None = None) -> None:
        """The bank wants no call for so many seconds; it is believed as far as that is sensible.

        Args:
            now: the present instant.
            seconds: how long.
            unwanted: how long it wants none, where less of it is to be believed.
        """
        self.unwanted_until = max(self.unwanted_until, now + (seconds if unwanted is None else unwanted))
        self.closed_until = max(self.closed_until, now + min(seconds, QUOTA_CLOSED_SECONDS))

    def _expire(self, now: float) -> None:
        while self._answered and self._answered[0] + QUOTA_SECONDS <= now:
            self._answered.popleft()


class Quota(httpx.AsyncBaseTransport):
    """Sends requests on at the pace that the contract documents.

    Args:
        inner: the next transport.
        monotonic: tells the present instant.
        sleep: waits for so many seconds.
        shared: the calls of all processes; None where there is only this one and nothing before it.
    """

    def __init__(
        self, inner: httpx.AsyncBaseTransport, monotonic: Monotonic, sleep: Sleep, shared: SharedQuotas | None = None
    ) -> None:
        self._inner = inner
        self._monotonic = monotonic
        self._sleep = sleep
        self._shared = shared
        self._quotas: dict[QuotaKey, tuple[ClientCalls, WakeUp]] = {}
        self._next_sweep = 0.0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request on when its turn has come.

        Raises:
            BankFailure: `rate_limited`: its turn does not come before its deadline.
            httpx.TransportError: there is no answer.
            Exception: what `SharedQuotas.reserve` raises; nothing was sent.
        """
        call = call_of(request)
        key = QuotaKey(call.bank, call.operation, call.client)
        shared = self._shared if limited(call.contract) else None
        quota, wake_up = self._quota_of(key, call)
        with held_back(request, self._monotonic):
            reservation = await self._turn_of(call, key, quota, wake_up, shared)
        sent, closed = True, None
        try:
            response = await self._inner.handle_async_request(request)
            if (closed := judgement_of(response).closed_seconds) is not None:
                quota.close(self._monotonic(), closed)
        except httpx.TransportError as error:
            sent = not judgement_of(error).nothing_sent
            raise
        else:
            return response
        finally:
            quota.ended(self._monotonic(), sent=sent)
            if shared is not None:
                shared.settle(key, reservation, sent=sent, closed=closed)
            wake_up.wake_all()

    async def _turn_of(
        self, call: Call, key: QuotaKey, quota: ClientCalls, wake_up: WakeUp, shared: SharedQuotas | None
    ) -> str | None:
        """Wait until the call may be sent; the id of its reservation, where it has one.

        Raises:
            BankFailure: `rate_limited`.
        """
        turn, reservation = quota.queue(), None
        try:
            while True:
                if (wait := self._wait(call, quota, turn, alone=shared is None)) > 0:
                    with waiting("quota"):
                        await wake_up.wait(wait)
                    continue
                if shared is None:
                    break
                room = await shared.reserve(key, quota.limit)
                now = self._monotonic()
                if not room.granted:
                    quota.full_until = now + room.wait
                    if room.closed:
                        quota.close(now, room.closed, room.unwanted)
                elif now < quota.closed_until:
                    # The bank has said so to another call while this one was being reserved.
                    shared.settle(key, room.reservation, sent=False, closed=None)
                else:
                    reservation = room.reservation
                    break
        except BaseException:
            quota.give_up(turn)
            wake_up.wake_all()
            raise
        quota.enter(turn)
        if shared is not None:
            wake_up.wake_all()
        return reservation

    def _wait(self, call: Call, quota: ClientCalls, turn: Turn, *, alone: bool) -> float:
        """Seconds until the turn may come; none or fewer when it has.

        Args:
            call: what is to be sent.
            quota: where it counts.
            turn: its place in the queue.
            alone: whether nobody else has to be asked before it is sent.

        Raises:
            BankFailure: `rate_limited`: that is too late.
        """
        now = self._monotonic()
        if now < quota.closed_until:
            why = "has said that this client has asked often enough for now"
            raise refused(call, "rate_limited", by="quota", why=why, seconds=quota.unwanted_until - now)
        earliest = quota.earliest(turn, now)
        if earliest <= now and not alone and not quota.first(turn):
            earliest = now + QUOTA_LOOK_SECONDS
            late = now > call.deadline
        else:
            # While a probe lasts, everybody else is refused: it is not spent on waiting.
            late = earliest > now and (earliest > call.deadline or call.is_probe)
        if late:
            why = f"documents {quota.limit} {call.operation} calls a minute for one client, and we keep to that"
            raise refused(call, "rate_limited", by="quota", why=why, seconds=earliest - now)
        return earliest - now

    def _quota_of(self, key: QuotaKey, call: Call) -> tuple[ClientCalls, WakeUp]:
        now = self._monotonic()
        if now >= self._next_sweep:
            self._next_sweep = now + QUOTA_SECONDS
            self._quotas = {known: kept for known, kept in self._quotas.items() if not kept[0].idle(now)}
        if key not in self._quotas:
            self._quotas[key] = ClientCalls(call.contract.operations[call.operation].per_minute), WakeUp(self._sleep)
        return self._quotas[key]
