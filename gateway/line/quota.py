"""Keeps the limits that a bank documents, so that the bank never has to refuse a call because of them.

Several quotas may count one call: its operation's of the minute, one of the account over all operations, one of the
calls under way. It is sent when there is room by all of them. What counts together, and for how long, the contract
says (`gateway.quotas.reservations`): a call counts from when it is sent until its window and a margin have passed after
its answer, so that no window at the bank holds more calls than its limit, whatever the latencies.

A call that finds no room waits in order of arrival, if the wait ends before its deadline; else it is refused at once
and told when there will be room. It keeps its place in the queue of each quota that counts it, also while it waits for
room by another one: those behind it go before it only into room that it does not need. Attempts that are repeated count
like any other. A bank that says itself that it has had enough (429) is believed: until the time it names nothing more
is sent by that client to that operation. That time is cut to five minutes, because a mistaken one would shut out an
account for as long as it says.

What is counted here are the calls of this process since its start. At banks that document a limit a call is also
reserved with `SharedQuotas`, which knows those of all processes and of those before them: when its turn has come here,
and before it is sent. Of several whose turn has come only the first reserves, so that calls are sent in order of
arrival. Without an answer from there nothing is sent. At the other banks only what they have said themselves is shared
(`SharedHolds`), and nothing is waited for.

`limits` was considered: it reads the machine's clock itself, answers only yes or no, and knows nothing of a call that
is still under way.
"""

from collections.abc import Mapping
from typing import Protocol

import httpx

from contracts.schema import CountedBy
from gateway.concurrency.waiting import waiting
from gateway.judgement import judgement_of
from gateway.limits import QUOTA_LOOK_SECONDS, QUOTA_SWEEP_SECONDS
from gateway.line.call import Call, call_of, refused
from gateway.line.timing import Monotonic, Sleep, WakeUp
from gateway.line.turns import CountedCalls, Turn
from gateway.quotas.reservations import UNLIMITED, CallEnd, QuotaKey, Room, Window
from gateway.statement.bank_time import held_back

__all__ = ["Quota", "SharedHolds", "SharedQuotas"]


class SharedQuotas(Protocol):
    """Where reservations are kept for all processes, and for the next start."""

    async def reserve(self, windows: Mapping[QuotaKey, Window]) -> Room:
        """Reserve a call by each of these quotas, or by none. Whoever is cancelled meanwhile has reserved nothing.

        Raises:
            Exception: it is not known whether there is room; the call must not be sent.
        """
        ...

    def settle(
        self, windows: Mapping[QuotaKey, Window], reservation: str | None, end: CallEnd, closed: float | None = None
    ) -> None:
        """Have the end of a call noted soon; nobody waits for it.

        Args:
            windows: by which it was reserved.
            reservation: its id; None where it has none.
            end: how it has ended.
            closed: seconds for which the bank wants no call by the first of the quotas; None when it has not said so.
        """
        ...


class SharedHolds(Protocol):
    """The pauses that banks without a documented limit have asked for, for all processes."""

    def note(self, key: QuotaKey, seconds: float) -> None:
        """Have it noted soon that a bank wants no call by this quota for so many seconds."""
        ...

    def in_force(self, key: QuotaKey) -> Room | None:
        """How long nothing is to be sent that this quota counts; None where no bank has said so."""
        ...


class Quota(httpx.AsyncBaseTransport):
    """Sends requests on at the pace that the contract documents.

    Args:
        inner: the next transport.
        monotonic: tells the present instant, by which deadlines are kept.
        sleep: waits for so many seconds of the banks' time.
        shared: the calls of all processes; None where there is only this one and nothing before it.
        holds: what banks without limits have said to all processes; None where there is only this one.
        window_time: tells the instant by which windows are counted, where the banks' time is not ours; never goes back.
    """

    def __init__(
        self,
        inner: httpx.AsyncBaseTransport,
        monotonic: Monotonic,
        sleep: Sleep,
        shared: SharedQuotas | None = None,
        holds: SharedHolds | None = None,
        window_time: Monotonic | None = None,
    ) -> None:
        self._inner = inner
        self._monotonic = monotonic
        self._window_time = window_time or monotonic
        self._sleep = sleep
        self._shared = shared
        self._holds = holds
        self._quotas: dict[QuotaKey, CountedCalls] = {}
        self._next_sweep = 0.0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request on when its turn has come.

        Raises:
            BankFailure: `rate_limited`: its turn does not come before its deadline.
            httpx.TransportError: there is no answer.
            Exception: what `SharedQuotas.reserve` raises; nothing was sent.
        """
        call = call_of(request)
        windows = _windows_of(call)
        shared = self._shared if call.contract.limited else None
        holds = self._holds if shared is None else None
        turn = Turn(self._counting(windows), WakeUp(self._sleep))
        if holds is not None and (held := holds.in_force(next(iter(windows)))) is not None:
            self._note(held)
        with held_back(request, self._monotonic):
            reservation = await self._come(call, turn, windows, shared)
        end, closed = CallEnd.GIVEN_UP, None
        try:
            response = await self._inner.handle_async_request(request)
            end = CallEnd.ANSWERED
            if (closed := judgement_of(response).closed_seconds) is not None:
                turn.quotas[0].close(self._window_time(), closed)
                if holds is not None:
                    holds.note(next(iter(windows)), closed)
        except httpx.TransportError as error:
            if judgement_of(error).nothing_sent:
                end = CallEnd.NOT_SENT
            raise
        else:
            return response
        finally:
            if shared is not None:
                shared.settle(windows, reservation, end, closed)
            turn.ended(self._window_time(), end)

    async def _come(
        self, call: Call, turn: Turn, windows: Mapping[QuotaKey, Window], shared: SharedQuotas | None
    ) -> str | None:
        """Wait until the call may be sent; the id of its reservation, where it has one.

        Raises:
            BankFailure: `rate_limited`.
        """
        reservation = None
        try:
            while True:
                if (wait := self._wait(call, turn, alone=shared is None)) is not None:
                    with waiting("quota"):
                        await turn.wake_up.wait(wait)
                    continue
                if shared is None:
                    break
                room = await shared.reserve(windows)
                if not room.granted:
                    self._note(room)
                    turn.wake_all()
                elif self._window_time() < turn.quotas[0].closed_until:
                    # The bank has said so to another call while this one was being reserved.
                    shared.settle(windows, room.reservation, CallEnd.NOT_SENT)
                else:
                    reservation = room.reservation
                    break
        except BaseException:
            turn.give_up()
            raise
        turn.enter(self._window_time())
        return reservation

    def _note(self, room: Room) -> None:
        """Remember what others have used up, or a bank has said to them."""
        if room.full is None:
            return
        quota, now = self._quotas[room.full], self._window_time()
        if room.closed:
            quota.close(now, room.closed, room.unwanted)
        else:
            quota.fill(now, room.wait)

    def _wait(self, call: Call, turn: Turn, *, alone: bool) -> float | None:
        """Seconds until it makes sense to look again whether the turn has come; None when it has.

        Args:
            call: what is to be sent.
            turn: its place in the queues.
            alone: whether nobody else has to be asked before it is sent.

        Raises:
            BankFailure: `rate_limited`: that is too late.
        """
        now, own, left = self._window_time(), turn.quotas[0], call.deadline - self._monotonic()
        if now < own.closed_until:
            why = "has said that this client has asked often enough for now"
            raise refused(call, "rate_limited", by="quota", why=why, seconds=own.unwanted_until - now)
        has_come = turn.has_come(now)
        if has_come and (alone or turn.is_first(now)):
            return None
        earliest, full = (now, own) if has_come else turn.tightest(now)
        if has_come:
            # Others are being reserved before it.
            late, wait = left < 0, QUOTA_LOOK_SECONDS
        elif earliest <= now:
            # Calls under way leave no room: one of them may end at any moment.
            late, wait = left <= 0 or call.is_probe, min(QUOTA_LOOK_SECONDS, left)
        else:
            # While a probe lasts, everybody else is refused: it is not spent on waiting.
            late, wait = earliest - now > left or call.is_probe, earliest - now
        if late:
            quota = call.contract.quotas_of(call.operation).get(full.quota, "limits of calls")
            why = f"documents {quota}, and we keep to that"
            raise refused(call, "rate_limited", by="quota", why=why, seconds=wait)
        return wait

    def _counting(self, windows: Mapping[QuotaKey, Window]) -> list[CountedCalls]:
        """All that counts a call."""
        now = self._window_time()
        if now >= self._next_sweep:
            self._next_sweep = now + QUOTA_SWEEP_SECONDS
            self._quotas = {known: kept for known, kept in self._quotas.items() if not kept.idle(now)}
        for key, window in windows.items():
            if key not in self._quotas:
                self._quotas[key] = CountedCalls(key.quota, window)
        return [self._quotas[key] for key in windows]


def _windows_of(call: Call) -> dict[QuotaKey, Window]:
    """All that counts a call. The first is the operation's own, with or without a limit: a 429 closes that one."""
    windows = {QuotaKey(call.bank, call.operation, call.client): UNLIMITED}
    for name, quota in call.contract.quotas_of(call.operation).items():
        caller = call.client if quota.by is CountedBy.CLIENT else call.bank_account
        windows[QuotaKey(call.bank, name, caller)] = Window.of(quota)
    return windows
