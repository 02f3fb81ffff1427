"""Keeping the limits that a bank documents, so that it never has to refuse us for them.

A quota for each credential and operation holds the calls of the last minute. Nobody can know when a call reaches the
bank, only that it is between being sent and being answered. So a call counts from when it is sent, and until a minute
and a margin after its answer came: then no minute at the bank holds more calls than its limit, whatever the latencies.

Who finds no room waits in order of arrival, if the wait ends before its deadline; else it is refused at once and told
when there will be room. Attempts that are repeated count like any other. A bank that says itself that it has had
enough (429) is believed: until the time it names nothing more is sent with that credential to that operation. That
time is cut to five minutes, because a mistaken one would shut out an account for as long as it says.

`limits` was considered: it reads the machine's clock itself, answers only yes or no, and knows nothing of a call that
is still under way.
"""

from collections import deque

import httpx

from contracts.schema import Contract
from gateway.answers import failure_of
from gateway.line.refusal import kind_of, refused
from gateway.line.timing import Bell, Monotonic, Sleep, deadline_of
from gateway.line.wire import NOTHING_SENT

__all__ = ["WINDOW", "Meter", "Quota", "Turn"]

WINDOW = 61.0
"""Seconds for which a call counts after its answer: the minute of the limits and a margin."""
LONGEST_CLOSED = 300.0
"""Seconds for which a credential is shut out of an operation at most, whatever the bank says."""


class Turn:
    """A call's turn in the queue of a quota."""


class Quota:
    """The calls with one credential at one operation. Instants are seconds on one monotonic clock.

    Args:
        limit: calls in a minute; 0 where the bank names no limit.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.closed_until = 0.0
        """The instant until which no call is sent because the bank wants none."""
        self.unwanted_until = 0.0
        """The instant until which the bank wants no call, which may be later."""
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
        ends = [now] * free + [at + WINDOW for at in self._answered] + [now + WINDOW] * self._under_way
        rounds, place = divmod(self._queue.index(turn), self.limit)
        return ends[place] + rounds * WINDOW

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

    def close(self, now: float, seconds: float) -> None:
        """The bank wants no call for so many seconds; it is believed as far as that is sensible."""
        self.unwanted_until = max(self.unwanted_until, now + seconds)
        self.closed_until = max(self.closed_until, now + min(seconds, LONGEST_CLOSED))

    def _expire(self, now: float) -> None:
        while self._answered and self._answered[0] + WINDOW <= now:
            self._answered.popleft()


class Meter(httpx.AsyncBaseTransport):
    """Sends requests on at the pace that the contract documents.

    Args:
        inner: the next transport.
        monotonic: tells the present instant.
        sleep: waits for so many seconds.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport, monotonic: Monotonic, sleep: Sleep) -> None:
        self._inner = inner
        self._monotonic = monotonic
        self._sleep = sleep
        self._quotas: dict[tuple[str, ...], tuple[Quota, Bell]] = {}
        self._next_sweep = 0.0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request on when its turn has come.

        Raises:
            BankFailure: `rate_limited`: its turn does not come before its deadline.
            httpx.TransportError: there is no answer.
        """
        quota, bell = self._quota_of(request)
        await self._turn_of(request, quota, bell)
        sent = True
        try:
            response = await self._inner.handle_async_request(request)
            if (seconds := _enough(request, response)) is not None:
                quota.close(self._monotonic(), seconds)
        except NOTHING_SENT:
            sent = False
            raise
        else:
            return response
        finally:
            quota.ended(self._monotonic(), sent=sent)
            bell.ring()

    async def _turn_of(self, request: httpx.Request, quota: Quota, bell: Bell) -> None:
        """Wait until the request may be sent.

        Raises:
            BankFailure: `rate_limited`.
        """
        turn = quota.queue()
        try:
            while (wait := self._wait(request, quota, turn)) > 0:
                await bell.wait(wait)
        except BaseException:
            quota.give_up(turn)
            bell.ring()
            raise
        quota.enter(turn)

    def _wait(self, request: httpx.Request, quota: Quota, turn: Turn) -> float:
        """Seconds until the turn may come; none or fewer when it has.

        Raises:
            BankFailure: `rate_limited`: that is too late.
        """
        now = self._monotonic()
        if now < quota.closed_until:
            why = "has said that this credential has asked often enough for now"
            raise refused(request, "rate_limited", by="meter", why=why, seconds=quota.unwanted_until - now)
        earliest = quota.earliest(turn, now)
        # While a probe lasts, everybody else is refused: it is not spent on waiting.
        if earliest > now and (earliest > deadline_of(request) or request.extensions.get("probe")):
            operation = request.extensions["operation"]
            why = f"documents {quota.limit} {operation} calls a minute for one credential, and we keep to that"
            raise refused(request, "rate_limited", by="meter", why=why, seconds=earliest - now)
        return earliest - now

    def _quota_of(self, request: httpx.Request) -> tuple[Quota, Bell]:
        now = self._monotonic()
        if now >= self._next_sweep:
            self._next_sweep = now + WINDOW
            self._quotas = {key: kept for key, kept in self._quotas.items() if not kept[0].idle(now)}
        contract: Contract = request.extensions["contract"]
        operation = request.extensions["operation"]
        who = request.extensions.get("environment", ""), request.extensions.get("credentials", "")
        key = (contract.slug, operation, *who)
        if key not in self._quotas:
            self._quotas[key] = Quota(contract.operations[operation].per_minute), Bell(self._sleep)
        return self._quotas[key]


def _enough(request: httpx.Request, response: httpx.Response) -> float | None:
    """Seconds for which the bank wants no more calls, or None when it does not say so."""
    if response.is_success:
        return None
    failure = failure_of(request.extensions["contract"], kind_of(request), response)
    if failure is None or failure.code != "rate_limited":
        return None
    return float(failure.retry_after or 0)
