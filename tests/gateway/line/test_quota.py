"""Quotas: the documented limit is never broken at the bank, and nobody waits longer than that takes."""

import asyncio
from itertools import pairwise

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import BankFailure
from gateway.limits import QUOTA_CLOSED_SECONDS
from gateway.line.judge import Judge
from gateway.line.quota import Quota
from gateway.line.timing import WakeUp, loop_time
from gateway.line.turns import CountedCalls, Turn
from gateway.quotas.reservations import CallEnd, Window
from tests.gateway.line.support import INTER, QUOTA_SECONDS, VIRTUAL, Script, now, request, run

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return VIRTUAL


def limited(per_minute):
    """Inter with another limit of statement calls."""
    operation = msgspec.structs.replace(INTER.operations["statement"], per_minute=per_minute)
    return msgspec.structs.replace(INTER, operations={**INTER.operations, "statement": operation})


def metered(wire):
    return Quota(Judge(wire), loop_time, asyncio.sleep)


def ask(quota, limit=2, **extensions):
    return quota.handle_async_request(request(contract=limited(limit), extensions=extensions))


class Record:
    """One call: when it came, was sent, reached the bank, was over."""

    def __init__(self, came):
        self.came = came
        self.sent = self.arrived = self.over = None


class Slow(httpx.AsyncBaseTransport):
    """A bank at a distance: each request takes its time to arrive, and its answer to come back."""

    async def handle_async_request(self, request):
        record, there, back, fate = request.extensions["record"]
        record.sent = now()
        try:
            if fate == "unsent":
                await asyncio.sleep(there)
                raise httpx.ConnectError("refused")
            await asyncio.sleep(there)
            record.arrived = now()
            await asyncio.sleep(back)
            if fate == "cut":
                raise httpx.ReadError("cut")
            return httpx.Response(200)
        finally:
            record.over = now()


seconds = st.sampled_from([0.0, 0.25, 1.0, 20.0, 59.75, 61.0]) | st.integers(0, 280).map(lambda n: n / 4)
calls = st.lists(
    st.tuples(seconds, seconds, seconds, st.sampled_from(["answered", "answered", "cut", "unsent", "cancelled"])),
    min_size=1,
    max_size=14,
)


@given(st.integers(1, 4), calls)
def test_no_minute_at_the_bank_holds_more_than_the_limit(limit, calls):
    """Whatever the arrivals, latencies, cut and cancelled calls: the limit holds at the bank, calls are sent in order,
    and whoever waited did so because there was no room a moment before.
    """
    records = run(_story(limit, calls))

    arrivals = sorted(record.arrived for record in records if record.arrived is not None)
    assert all(late - early >= 60 for early, late in zip(arrivals, arrivals[limit:], strict=False))
    sent = [record for record in records if record.sent is not None]
    assert all(before.sent <= after.sent for before, after in pairwise(sent))
    for record in sent:
        just_before = record.sent - 0.01
        if record.came < just_before:
            held = [
                other
                for other in sent
                if other.sent <= just_before < other.over + (QUOTA_SECONDS if other.counts else 0.0)
            ]
            assert len(held) == limit


async def _story(limit, calls):
    quota = metered(Slow())
    records, tasks = [], []

    async def one(record, there, back, fate):
        call = asyncio.ensure_future(ask(quota, limit, record=(record, there, back, fate)))
        # Some callers lose patience: while they wait for their turn, or for the bank.
        if fate == "cancelled":
            await asyncio.sleep(there + back / 2)
            call.cancel()
        outcome = (await asyncio.gather(call, return_exceptions=True))[0]
        record.counts = not isinstance(outcome, httpx.ConnectError)

    for gap, *rest in calls:
        await asyncio.sleep(gap)
        records.append(Record(now()))
        tasks.append(asyncio.create_task(one(records[-1], *rest)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    assert all(record.sent is not None for record, call in zip(records, calls, strict=True) if call[3] != "cancelled")
    return records


@given(st.integers(1, 3), st.integers(0, 3), st.lists(st.floats(0, 60), max_size=3), st.integers(1, 9))
def test_a_turn_comes_no_earlier_than_told(limit, under_way, answered, waiting):
    """The instants told to a queue are in order, and each follows the one a whole round before it by a window."""
    calls = CountedCalls("statement", Window(limit, QUOTA_SECONDS))

    def turn():
        return Turn([calls], WakeUp(asyncio.sleep))

    for _ in range(min(limit, under_way)):
        turn().enter(0.0)
    for at in sorted(answered)[: limit - min(limit, under_way)]:
        sent = turn()
        sent.enter(at)
        sent.ended(at, CallEnd.ANSWERED)
    turns = [turn() for _ in range(waiting)]

    told = [calls.earliest(turn, 60.0) for turn in turns]

    assert told == sorted(told)
    assert all(
        later == pytest.approx(earlier + QUOTA_SECONDS) for earlier, later in zip(told, told[limit:], strict=False)
    )
    assert sum(at <= 60.0 for at in told) <= limit - min(limit, under_way)


async def test_who_cannot_be_served_in_time_is_told_at_once():
    """Beyond its deadline nobody waits: the failure says that it is our own keeping of the limit, and until when."""
    wire = Script(200)
    quota = metered(wire)
    for _ in range(2):
        await ask(quota)
    await asyncio.sleep(10.5)
    began = now()

    with pytest.raises(BankFailure) as caught:
        await ask(quota, deadline=began + 50)

    failure = caught.value
    assert (failure.code, failure.at, failure.nothing_sent, failure.retry_after) == (
        "rate_limited",
        "statement",
        True,
        51,
    )
    assert "documents 2 statement calls a minute" in failure.detail
    assert (now(), wire.calls) == (began, 2)


async def test_who_can_be_served_in_time_waits():
    """With the deadline beyond the end of the window the call is sent, exactly when there is room."""
    wire = Script(200)
    quota = metered(wire)
    began = now()
    for _ in range(3):
        await ask(quota, deadline=began + 61)

    assert wire.times == [began, began, pytest.approx(began + QUOTA_SECONDS)]


async def test_somebody_far_back_in_the_queue_is_refused_before_somebody_at_its_head():
    """With room for two a minute and two minutes left, the fifth to wait would come after the deadline."""
    quota = metered(Script(200))
    deadline = now() + 125

    outcomes = await asyncio.gather(*(ask(quota, deadline=deadline) for _ in range(8)), return_exceptions=True)

    assert [isinstance(outcome, BankFailure) for outcome in outcomes] == [False] * 6 + [True] * 2


async def test_a_call_under_way_for_long_ends_the_hope_of_who_waits_for_its_room():
    """When it becomes clear that room comes after the deadline, the wait ends there and then."""
    wire = Script(200, seconds=40)
    quota = metered(wire)
    began = now()
    first = asyncio.create_task(ask(quota, 1))
    await asyncio.sleep(1)

    with pytest.raises(BankFailure) as caught:
        await ask(quota, 1, deadline=began + 90)

    assert (caught.value.code, now() - began) == ("rate_limited", pytest.approx(40))
    await first


@pytest.mark.parametrize(
    ("headers", "told", "seconds"),
    [
        ({}, 60, 60),
        ({"retry-after": "30"}, 30, 30),
        ({"retry-after": "86400"}, 86_400, 300),
        ({"retry-after": "9" * 30}, 86_400, 300),
    ],
)
async def test_a_bank_that_has_had_enough_is_left_alone(headers, told, seconds):
    """After 429 nothing more is sent with that credential to that operation for as long as it says, five minutes at
    most; what it says is told to all who ask meanwhile, and the bank's answer itself goes through.
    """
    wire = Script(httpx.Response(429, headers=headers), 200)
    quota = metered(wire)
    who = {"client": "a"}

    assert (await ask(quota, 0, **who)).status_code == 429
    with pytest.raises(BankFailure) as caught:
        await ask(quota, 0, **who)
    assert (caught.value.code, caught.value.retry_after, wire.calls) == ("rate_limited", told, 1)
    await asyncio.sleep(seconds - 0.01)
    with pytest.raises(BankFailure):
        await ask(quota, 0, **who)
    await asyncio.sleep(0.01)
    assert (await ask(quota, 0, **who)).status_code == 200


async def test_whoever_waits_when_the_bank_has_had_enough_is_told_at_once():
    """A 429 ends the queue of that credential; it does not wait for its turn to be refused too."""
    quota = metered(Script(429, seconds=5))
    began = now()

    first, second = await asyncio.gather(ask(quota, 1), ask(quota, 1), return_exceptions=True)

    assert (first.status_code, second.code, now() - began) == (429, "rate_limited", pytest.approx(5))


@pytest.mark.parametrize(
    "other",
    [{"client": "b"}, {"operation": "balance"}],
)
async def test_other_clients_and_other_operations_are_not_held_back(other):
    """A quota belongs to one client at one operation."""
    wire = Script(429, 200)
    quota = metered(wire)
    who = {"client": "a"}
    await ask(quota, 1, **who)

    assert (await ask(quota, 1, **{**who, **other})).status_code == 200


async def test_a_probe_does_not_wait():
    """The call for whose end everybody else waits is refused rather than queued."""
    quota = metered(Script(200))
    await ask(quota, 1)

    with pytest.raises(BankFailure):
        await ask(quota, 1, is_probe=True)


async def test_cancelled_at_any_moment_a_call_leaves_nothing_behind():
    """Wherever a call is cancelled, those behind it go on as early as they can, and all is forgotten."""
    for moment in (0.0, 0.5, 1.5, 30.0, 61.0, 61.5, 62.5, 100.0):
        wire = Script(200, seconds=1)
        quota = metered(wire)
        began = now()
        first, second, third = (asyncio.create_task(ask(quota, 1)) for _ in range(3))
        await asyncio.sleep(moment)
        second.cancel()
        await asyncio.gather(first, second, third, return_exceptions=True)

        assert third.result().status_code == 200
        assert all(later - earlier >= QUOTA_SECONDS for earlier, later in pairwise(wire.times))
        if moment < 1 + QUOTA_SECONDS:
            assert wire.times == [began, pytest.approx(began + 1 + QUOTA_SECONDS)]
        await asyncio.sleep(2 * QUOTA_SECONDS)
        await ask(quota, 0, client="somebody else")
        assert len(quota._quotas) == 1


async def test_credentials_not_used_any_more_are_forgotten():
    """Memory holds who has called in the last two windows, and whom the bank has shut out."""
    wire = Script(200)
    quota = metered(wire)
    for number in range(500):
        await ask(quota, client=str(number))
    wire.outcomes = [httpx.Response(429, headers={"retry-after": "99999"}), 200]
    await ask(quota, client="shut out")
    assert len(quota._quotas) == 501

    await asyncio.sleep(2 * QUOTA_SECONDS)
    await ask(quota, client="new")
    assert len(quota._quotas) == 2

    await asyncio.sleep(QUOTA_CLOSED_SECONDS)
    await ask(quota, client="newer")
    assert len(quota._quotas) == 1


async def test_windows_pass_in_the_time_of_the_banks():
    """Where the banks live in a time of their own, a day that passes there makes room; deadlines stay in ours."""
    world = [0.0]
    wire = Script(200, 200, 200)
    quota = Quota(Judge(wire), loop_time, asyncio.sleep, window_time=lambda: world[0])
    for _ in range(3):
        await ask(quota, 1)
        with pytest.raises(BankFailure) as refused:
            await ask(quota, 1, deadline=now() + 5)
        assert refused.value.code == "rate_limited"
        world[0] += 86_400
