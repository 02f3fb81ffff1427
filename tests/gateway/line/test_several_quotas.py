"""Several quotas count one call: it goes when there is room by all of them, and none is broken at the bank."""

import asyncio
from itertools import pairwise

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.schema import Contract
from gateway.errors import BankFailure
from gateway.limits import QUOTA_CALL_SECONDS, QUOTA_FULL_SECONDS, QUOTA_MARGIN_SECONDS, QUOTA_ROOM_LOOK_SECONDS
from gateway.line.judge import Judge
from gateway.line.quota import Quota
from gateway.line.timing import loop_time
from gateway.quotas.reservations import QuotaKey, Reserved, Spent
from tests.gateway.line.support import INTER, VIRTUAL, Script, Shared, now, request, run

pytestmark = pytest.mark.anyio

KNOWN = {"evidence": "documented", "source": "test"}
HOURS_12 = 43_200


@pytest.fixture
def anyio_backend():
    return VIRTUAL


def bank(per_minute=0, **quotas):
    """Inter with these quotas, and so many calls of each operation by the minute."""
    stated = msgspec.to_builtins(INTER)
    for operation in stated["operations"].values():
        operation["per_minute"] = per_minute
    stated["limits"] = {**KNOWN, "quotas": {name: {**KNOWN, "by": "account", **each} for name, each in quotas.items()}}
    return msgspec.convert(stated, Contract)


def ask(quota, contract, operation="statement", seconds=300.0, **extensions):
    known = {"client": "c", "bank_account": "a", "deadline": now() + seconds, **extensions}
    return quota.handle_async_request(request(contract=contract, operation=operation, extensions=known))


def process(wire, shared=None):
    """The quota of one process, as it is after a start."""
    return Quota(Judge(wire), loop_time, asyncio.sleep, shared)


async def answered(*calls):
    """How many of these calls are answered by the bank; the others are refused by us."""
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert all(isinstance(each, httpx.Response) or each.code == "rate_limited" for each in outcomes)
    return sum(isinstance(each, httpx.Response) for each in outcomes)


class Call:
    """One call: what it counts by, when it was sent and reached the bank, and when the bank was done with it."""

    def __init__(self, operation, account):
        self.operation, self.account = operation, account
        self.came = now()
        self.sent = self.arrived = self.done = self.over = None


class Distant(httpx.AsyncBaseTransport):
    """A bank at a distance, which goes on with a call that was given up."""

    async def handle_async_request(self, request):
        call, there, back, fate = request.extensions["record"]
        call.sent = now()
        try:
            if fate == "unsent":
                await asyncio.sleep(there)
                raise httpx.ConnectError("refused")
            await asyncio.sleep(there)
            # A call that has reached the bank is worked on, also when its caller has gone.
            call.arrived, call.done = now(), now() + back
            await asyncio.sleep(back / 2)
            if fate == "cut":
                raise httpx.ReadError("cut")
            await asyncio.sleep(back / 2)
            return httpx.Response(200)
        finally:
            call.over = now()


gaps = st.sampled_from([0.0, 0.0, 0.25, 1.0, 20.0]) | st.integers(0, 160).map(lambda n: n / 4)
travels = st.sampled_from([0.0, 0.25, 1.0]) | st.integers(0, 80).map(lambda n: n / 4)
fates = st.sampled_from(["answered", "answered", "answered", "cut", "unsent", "cancelled"])
calls = st.lists(
    st.tuples(gaps, st.sampled_from(["statement", "balance"]), st.sampled_from("ab"), travels, travels, fates),
    min_size=1,
    max_size=14,
)
limits = st.tuples(st.integers(1, 4), st.integers(1, 6), st.sampled_from([10, 90, 400]), st.integers(1, 3))


@given(limits, calls, st.booleans(), st.integers(0, 1))
def test_no_quota_is_ever_broken_at_the_bank(limits, calls, is_shared, seconds):
    """A limit of each operation by the minute, one of an account over both, and one of calls under way: whatever the
    arrivals, latencies, cuts and cancellations, none holds more than its limit, in one process or in two.
    """
    per_minute, most, span, at_once = limits
    contract = bank(per_minute, window={"calls": most, "seconds": span}, busy={"at_once": at_once})
    shared = Shared(seconds * 0.5) if is_shared else None

    made = run(_story(contract, calls, shared))

    reached = [call for call in made if call.arrived is not None]
    for operation in ("statement", "balance"):
        # One client reads both accounts.
        assert not crowded([call.arrived for call in reached if call.operation == operation], per_minute, 60)
    for account in "ab":
        own = [call for call in reached if call.account == account]
        assert not crowded([call.arrived for call in own], most, span)
        for call in own:
            assert sum(other.arrived <= call.arrived < other.done for other in own) <= at_once


def crowded(instants, most, span):
    """Whether some window holds more than it may."""
    ordered = sorted(instants)
    return any(late - early < span for early, late in zip(ordered, ordered[most:], strict=False))


async def _story(contract, calls, shared):
    meters = [process(Distant(), shared) for _ in range(2 if shared is not None else 1)]
    made, tasks = [], []

    async def one(call, meter, there, back, fate):
        known = {"bank_account": call.account, "record": (call, there, back, fate)}
        task = asyncio.ensure_future(ask(meter, contract, call.operation, 100_000.0, **known))
        if fate == "cancelled":
            await asyncio.sleep(there + back / 2)
            task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    for number, (gap, operation, account, there, back, fate) in enumerate(calls):
        await asyncio.sleep(gap)
        made.append(Call(operation, account))
        tasks.append(asyncio.create_task(one(made[-1], meters[number % len(meters)], there, back, fate)))
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    assert all(call.sent is not None for call, asked in zip(made, calls, strict=True) if asked[-1] != "cancelled")
    return made


@given(st.integers(1, 3), st.integers(1, 5), calls)
def test_whoever_waits_does_so_because_one_of_the_quotas_has_no_room(per_minute, most, calls):
    """A moment before a call was sent, one of its quotas was used up by calls that count and those that came before."""
    contract = bank(per_minute, window={"calls": most, "seconds": 90})

    made = run(_story(contract, [(*call[:-1], "answered") for call in calls], None))

    for number, call in enumerate(made):
        moment = call.sent - 0.01
        if call.came >= moment:
            continue
        same = [other for other in made if other.operation == call.operation]
        own = [other for other in made if other.account == call.account]
        assert any(
            held(members, call, moment, made[:number], span) >= limit
            for members, span, limit in ((same, 60, per_minute), (own, 90, most))
        )
    for operation in ("statement", "balance"):
        sent = [call.sent for call in made if (call.operation, call.account) == (operation, "a")]
        assert all(before <= after for before, after in pairwise(sent))


def held(members, call, moment, earlier, span):
    """What left no room for a call at a moment: calls that count, and calls that came before it and were waiting."""
    counting = [each for each in members if each.sent <= moment < each.over + span + QUOTA_MARGIN_SECONDS]
    waiting = [each for each in members if each in earlier and each.sent > moment]
    return len(counting) + len(waiting)


async def test_an_account_over_all_operations_has_one_window_in_all_processes():
    """Whatever the client and the operation; another account has its own, and a start forgets nothing."""
    contract = bank(daily={"calls": 30, "seconds": HOURS_12})
    wire, shared = Script(200), Shared()
    first, second = process(wire, shared), process(wire, shared)

    assert await answered(*(ask(first, contract, client=f"{n}") for n in range(20))) == 20
    assert await answered(*(ask(second, contract, "balance") for _ in range(20))) == 10
    assert await answered(*(ask(second, contract, bank_account="b") for _ in range(20))) == 20
    await asyncio.sleep(HOURS_12 / 2)
    with pytest.raises(BankFailure) as caught:
        await ask(process(wire, shared), contract)
    assert caught.value.retry_after == HOURS_12 / 2 + QUOTA_MARGIN_SECONDS
    assert caught.value.detail.endswith("documents 30 calls in 12 hours for one account, and we keep to that")
    await asyncio.sleep(HOURS_12 / 2 + QUOTA_MARGIN_SECONDS)
    assert await answered(*(ask(process(wire, shared), contract) for _ in range(40))) == 30


async def test_a_call_that_one_quota_refuses_uses_up_nothing_of_the_other():
    """Ten that find no room by the minute leave the window of the account as it was."""
    contract = bank(5, daily={"calls": 8, "seconds": HOURS_12})
    wire, shared = Script(200), Shared()
    quota = process(wire, shared)

    assert await answered(*(ask(quota, contract, seconds=0) for _ in range(15))) == 5
    assert await answered(*(ask(quota, contract, "balance", seconds=0) for _ in range(15))) == 3


async def test_who_waits_for_the_one_quota_does_not_hold_up_who_needs_only_the_other():
    """As long as there is room for both in what they share."""
    contract = bank(1, daily={"calls": 8, "seconds": HOURS_12})
    for shared in (None, Shared(), Shared(seconds=0.25)):
        quota = process(Script(200), shared)
        await ask(quota, contract)
        began = now()
        waiting = asyncio.create_task(ask(quota, contract))
        await asyncio.sleep(0)

        await ask(quota, contract, "balance")

        assert now() - began < 1
        assert not waiting.done()
        await waiting


async def test_the_place_of_who_came_first_is_kept_in_what_they_share():
    """The last room of the account goes to the call that waits for the minute, not to one that came after it."""
    contract = bank(1, daily={"calls": 2, "seconds": HOURS_12})
    quota = process(Script(200))
    await ask(quota, contract)
    waiting = asyncio.create_task(ask(quota, contract))
    await asyncio.sleep(0)

    with pytest.raises(BankFailure):
        await ask(quota, contract, "balance")
    assert (await waiting).status_code == 200


@pytest.mark.parametrize("is_shared", [False, True])
async def test_no_more_calls_are_under_way_than_the_bank_allows(is_shared):
    """The next one is sent as soon as one is answered, without a wait for a window."""
    contract = bank(busy={"at_once": 5})
    wire = Script(200, seconds=2.0)
    quota = process(wire, Shared() if is_shared else None)
    began = now()

    assert await answered(*(ask(quota, contract) for _ in range(20))) == 20

    assert wire.most_under_way == 5
    assert now() - began == pytest.approx(8.0)


async def test_calls_under_way_are_counted_in_all_processes_together():
    """Another process sees within half a second that one has ended."""
    contract = bank(busy={"at_once": 5})
    wire, shared = Script(200, seconds=2.0), Shared()
    meters = [process(wire, shared) for _ in range(2)]
    began = now()

    assert await answered(*(ask(meter, contract) for meter in meters for _ in range(10))) == 20

    assert wire.most_under_way == 5
    assert now() - began <= 8.0 + 4 * QUOTA_ROOM_LOOK_SECONDS


async def test_whoever_finds_all_places_taken_until_his_deadline_is_refused_then():
    """Not before: a call under way may end at any moment."""
    contract = bank(busy={"at_once": 1})
    quota = process(Script(200, seconds=20.0))
    first = asyncio.create_task(ask(quota, contract))
    await asyncio.sleep(0)
    began = now()

    with pytest.raises(BankFailure) as caught:
        await ask(quota, contract, seconds=7)

    assert (caught.value.code, caught.value.retry_after, now() - began) == ("rate_limited", 1, 7)
    assert "documents 1 calls at once for one account" in caught.value.detail
    await first


@pytest.mark.parametrize("is_shared", [False, True])
async def test_a_call_that_was_given_up_may_still_be_under_way_at_the_bank(is_shared):
    """It keeps its place for as long as any call can last; one that was never sent leaves it at once."""
    contract = bank(busy={"at_once": 1})
    wire = Script(httpx.ConnectError("refused"), httpx.ReadError("cut"), 200)
    quota = process(wire, Shared() if is_shared else None)
    began = now()

    with pytest.raises(httpx.ConnectError):
        await ask(quota, contract)
    with pytest.raises(httpx.ReadError):
        await ask(quota, contract)
    assert now() == began
    await ask(quota, contract)

    assert QUOTA_CALL_SECONDS <= now() - began <= QUOTA_CALL_SECONDS + QUOTA_ROOM_LOOK_SECONDS


async def test_room_that_turned_out_not_to_be_taken_is_found_within_a_minute():
    """Another process has reserved the last call of twelve hours and never sent it: no call is refused for hours."""
    contract = bank(daily={"calls": 2, "seconds": HOURS_12})
    shared = Shared()
    unlucky, other = process(Script(httpx.ConnectError("refused"), seconds=5.0), shared), process(Script(200), shared)
    await ask(other, contract)
    trying = asyncio.create_task(ask(unlucky, contract))
    await asyncio.sleep(1)
    with pytest.raises(BankFailure):
        await ask(other, contract)
    with pytest.raises(httpx.ConnectError):
        await trying

    await asyncio.sleep(QUOTA_FULL_SECONDS)

    assert await answered(ask(other, contract, seconds=0)) == 1


async def test_who_finds_no_room_at_other_processes_lets_those_behind_go_on_at_once():
    """The first of the queue learns that the minute is used up elsewhere; who needs only what they share goes then."""
    contract = bank(1, daily={"calls": 8, "seconds": HOURS_12})
    shared = Shared(seconds=0.5)
    await ask(process(Script(200), shared), contract)
    quota = process(Script(200), shared)
    began = now()
    first = asyncio.create_task(ask(quota, contract))
    await asyncio.sleep(0)

    await ask(quota, contract, "balance")

    # Half a second for each of the two to be reserved.
    assert now() - began == pytest.approx(1.0)
    await first


async def test_of_those_whose_turn_has_come_the_first_is_sent_first_whatever_their_operations():
    """Though each is reserved first, which takes its time."""
    contract = bank(daily={"calls": 20, "seconds": HOURS_12})
    sent = []

    class Noting(Script):
        async def handle_async_request(self, request):
            sent.append(request.extensions["number"])
            return await super().handle_async_request(request)

    class Unsteady(Shared):
        async def reserve(self, windows):
            # The later ones would be faster.
            await asyncio.sleep(1 / (self.asked + 1))
            return await super().reserve(windows)

    quota = process(Noting(200), Unsteady())
    operations = ["statement", "balance"] * 4
    await asyncio.gather(*(ask(quota, contract, each, number=number) for number, each in enumerate(operations)))

    assert sent == list(range(8))


async def test_a_place_that_becomes_free_here_is_taken_at_once_though_all_seemed_taken_elsewhere():
    """The end of a call of this process is news, whatever the others had under way half a second ago."""
    contract = bank(busy={"at_once": 2})
    wire, shared = Script(200, seconds=0.6), Shared()
    other = asyncio.create_task(ask(process(Script(200, seconds=60.0), shared), contract))
    await asyncio.sleep(0)
    quota = process(wire, shared)
    began = now()

    await asyncio.gather(*(ask(quota, contract) for _ in range(3)))

    assert now() - began == pytest.approx(1.8)
    other.cancel()


async def test_a_429_closes_one_operation_of_one_client_and_leaves_the_account_its_others():
    """Also where no quota is the operation's own; in all processes."""
    contract = bank(daily={"calls": 30, "seconds": HOURS_12})
    wire, shared = Script(httpx.Response(429, headers={"retry-after": "30"}), 200), Shared()
    await ask(process(wire, shared), contract)
    other = process(wire, shared)

    with pytest.raises(BankFailure) as caught:
        await ask(other, contract)
    assert caught.value.retry_after == 30
    assert await answered(ask(other, contract, "balance"), ask(other, contract, client="another")) == 2


async def test_twelve_hours_of_an_account_and_calls_at_once_go_together():
    """25,000 calls in 12 hours by account over all operations, and 50 at once: the last of the window are sent, 50 at a
    time, and the first that finds none gets the hours that it takes.
    """
    contract = bank(daily={"calls": 25_000, "seconds": HOURS_12}, busy={"at_once": 50, "operations": ["statement"]})
    wire, shared = Script(200, seconds=2.0), Shared()
    began = now()
    shared.spent[QuotaKey("inter", "daily", "a")] = Spent((Reserved("", began, began, 24_880),))
    quota = process(wire, shared)
    await asyncio.sleep(HOURS_12 - 3600)

    calls = [ask(quota, contract) for _ in range(110)] + [ask(quota, contract, "balance") for _ in range(30)]
    assert await answered(*calls) == 120

    # Those of balances do not count at once.
    assert 50 <= wire.most_under_way <= 80
    assert max(len(spent.calls) for spent in shared.spent.values()) <= 110
    with pytest.raises(BankFailure) as caught:
        await ask(quota, contract)
    assert "documents 25000 calls in 12 hours for one account" in caught.value.detail
    assert 3500 < caught.value.retry_after <= 3600
