"""Limits hold across processes, restarts and crashes: what all processes know together."""

import asyncio

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import BankFailure
from gateway.limits import (
    QUOTA_CALL_SECONDS,
    QUOTA_CLOSED_SECONDS,
    QUOTA_GROUPS,
    QUOTA_MARGIN_SECONDS,
    QUOTA_UNWANTED_SECONDS,
)
from gateway.line.judge import Judge
from gateway.line.quota import Quota
from gateway.line.timing import loop_time
from gateway.quotas.clients import client_of
from gateway.quotas.reservations import CallEnd, Reserved, Room, Spent, Window
from tests.gateway.line.support import INTER, QUOTA_SECONDS, VIRTUAL, Script, Shared, account, now, request, run

pytestmark = pytest.mark.anyio

FATES = ["answered", "answered", "dies"]


@pytest.fixture
def anyio_backend():
    return VIRTUAL


def minute(limit):
    """A limit by the minute, as we keep to it."""
    return Window(limit, QUOTA_SECONDS)


def process(wire, shared):
    """The quota of one process, as it is after a start."""
    return Quota(Judge(wire), loop_time, asyncio.sleep, shared)


def ask(quota, operation="statement", deadline=0.0, client="a"):
    """A call that does not wait, unless it is given time."""
    return quota.handle_async_request(
        request(operation=operation, extensions={"client": client, "deadline": now() + deadline})
    )


async def answered(quota, calls, **more):
    """How many of so many calls are answered by the bank."""
    outcomes = await asyncio.gather(*(ask(quota, **more) for _ in range(calls)), return_exceptions=True)
    assert all(isinstance(each, httpx.Response) or each.code == "rate_limited" for each in outcomes)
    return sum(isinstance(each, httpx.Response) for each in outcomes)


@pytest.mark.parametrize(("operation", "limit"), [("statement", 10), ("balance", 10), ("token", 5)])
async def test_a_restart_and_a_second_process_get_no_calls_of_their_own(operation, limit):
    """The documented calls of a minute are those of all of them; when it is over there is room again."""
    wire, shared = Script(200), Shared()
    first, second = process(wire, shared), process(wire, shared)

    assert await answered(first, limit // 2, operation=operation) == limit // 2
    assert await answered(second, 20, operation=operation) == limit - limit // 2
    assert await answered(process(wire, shared), 20, operation=operation) == 0
    await asyncio.sleep(QUOTA_SECONDS - 0.01)
    assert await answered(first, 20, operation=operation) == 0
    await asyncio.sleep(0.01)
    assert await answered(process(wire, shared), 20, operation=operation) == limit


async def test_who_waits_for_room_that_another_process_has_taken_waits_as_long_as_that_takes():
    """With time enough the call is sent when the other's first is a minute old; the failure tells others when."""
    wire, shared = Script(200), Shared()
    assert await answered(process(wire, shared), 10) == 10
    began = now()
    await asyncio.sleep(20)
    here = process(wire, shared)

    with pytest.raises(BankFailure) as caught:
        await ask(here, deadline=30)
    assert (caught.value.retry_after, caught.value.held_back, now() - began) == (41, True, 20)
    await ask(here, deadline=50)

    assert now() - began == pytest.approx(QUOTA_SECONDS)


async def test_calls_are_sent_in_the_order_in_which_they_came_though_each_has_to_be_reserved_first():
    """However long that takes; and as many at once as the limit allows."""
    sent = []

    class Noting(Script):
        async def handle_async_request(self, request):
            sent.append(request.extensions["number"])
            return await super().handle_async_request(request)

    wire = Noting(200, seconds=30.0)
    quota = process(wire, Shared(seconds=0.5))
    await asyncio.gather(
        *(
            quota.handle_async_request(request(extensions={"client": "a", "number": number, "deadline": now() + 300}))
            for number in range(14)
        )
    )

    assert sent == list(range(14))
    assert wire.most_under_way == 10


@pytest.mark.parametrize("told", [30, 600])
async def test_a_bank_that_has_had_enough_is_left_alone_by_all_processes_and_after_a_restart(told):
    """Until the instant it names, five minutes at most; what it says is told to all."""
    shared = Shared()
    await ask(process(Script(httpx.Response(429, headers={"retry-after": str(told)})), shared))
    wire = Script(200)
    other = process(wire, shared)

    await asyncio.sleep(10)
    with pytest.raises(BankFailure) as caught:
        await ask(other)
    assert (caught.value.code, caught.value.retry_after) == ("rate_limited", told - 10)
    await asyncio.sleep(min(told, QUOTA_CLOSED_SECONDS) - 10.01)
    assert await answered(process(wire, shared), 1) == 0
    await asyncio.sleep(0.01)
    assert await answered(other, 1) == 1


async def test_an_operation_without_a_limit_is_left_alone_too_at_a_bank_that_has_limits():
    """BS2 documents a limit of token calls alone; a 429 of its statement holds for every process as well."""
    bs2 = msgspec.structs.replace(
        INTER,
        operations={
            **INTER.operations,
            "statement": msgspec.structs.replace(INTER.operations["statement"], per_minute=0),
        },
    )
    shared, wire = Shared(), Script(429, 200)

    def call(quota):
        return quota.handle_async_request(request(contract=bs2, extensions={"client": "a", "deadline": now()}))

    await call(process(wire, shared))
    with pytest.raises(BankFailure):
        await call(process(wire, shared))
    await asyncio.sleep(60)
    assert [(await call(process(wire, shared))).status_code for _ in range(30)] == [200] * 30


async def test_a_bank_without_limits_costs_no_look_at_what_is_shared():
    """Only banks that document one are counted for all processes."""
    free = msgspec.structs.replace(
        INTER,
        operations={name: msgspec.structs.replace(each, per_minute=0) for name, each in INTER.operations.items()},
    )
    shared = Shared()

    await process(Script(200), shared).handle_async_request(request(contract=free))

    assert shared.asked == 0


class Told:
    """What banks without limits have said to all processes."""

    def __init__(self):
        self.rooms = {}

    def note(self, key, seconds):
        """Note it."""
        self.rooms[key] = Room(granted=False, full=key, closed=seconds, unwanted=seconds)

    def in_force(self, key):
        """It is known at once."""
        return self.rooms.get(key)


async def test_what_a_bank_without_limits_has_said_to_another_process_is_believed():
    """Its calls are refused here too, with the time that the bank has named; those of others are sent."""
    free = msgspec.structs.replace(
        INTER,
        operations={name: msgspec.structs.replace(each, per_minute=0) for name, each in INTER.operations.items()},
    )
    told, wire = Told(), Script(httpx.Response(429, headers={"retry-after": "30"}), 200)

    def call(client):
        quota = Quota(Judge(wire), loop_time, asyncio.sleep, None, told)
        asked = request(contract=free, extensions={"client": client, "deadline": now() + 60})
        return quota.handle_async_request(asked)

    assert (await call("a")).status_code == 429
    with pytest.raises(BankFailure) as caught:
        await call("a")
    assert (caught.value.code, caught.value.retry_after) == ("rate_limited", 30)
    assert (await call("b")).status_code == 200


async def test_a_call_that_cannot_be_reserved_is_not_sent():
    """Without knowing that there is room nothing is sent; when it is known again, nothing of it has stayed behind."""
    wire, shared = Script(200), Shared()
    quota = process(wire, shared)
    shared.failure = OSError("the disk is away")

    outcomes = await asyncio.gather(*(ask(quota) for _ in range(3)), return_exceptions=True)
    assert [type(each) for each in outcomes] == [OSError] * 3
    assert wire.calls == 0

    shared.failure = None
    assert await answered(quota, 20) == 10


async def test_a_call_that_was_never_sent_leaves_its_room_to_every_process():
    """A connection that was not made costs the bank nothing."""
    shared = Shared()
    broken = process(Script(httpx.ConnectError("refused")), shared)
    for _ in range(15):
        with pytest.raises(httpx.ConnectError):
            await ask(broken)

    assert await answered(process(Script(200), shared), 20) == 10


async def test_a_429_that_comes_while_a_call_is_being_reserved_stops_it():
    """Its reservation is given back."""
    wire, shared = Script(429, seconds=1.0), Shared(seconds=0.7)
    quota = process(wire, shared)

    outcomes = await asyncio.gather(ask(quota), ask(quota), ask(quota), return_exceptions=True)

    assert wire.calls == 2
    assert getattr(outcomes[2], "code", None) == "rate_limited"
    (spent,) = shared.spent.values()
    assert len(spent.calls) == 2


async def test_one_application_pasted_in_two_forms_has_one_quota():
    """Line ends of its certificate make no second client of it."""
    wire, shared = Script(200), Shared()
    quota = process(wire, shared)
    forms = [
        account("1", client_id="x", certificate="-----\nA\n-----\n"),
        account("2", client_id="x", certificate="-----\r\nA\r\n-----\r\n"),
    ]
    clients = [client_of(INTER, each) for each in forms]

    assert [await answered(quota, 20, client=client) for client in clients] == [10, 0]


seconds = st.sampled_from([0.0, 0.5, 15.0, 45.0, 60.0]) | st.integers(0, 200).map(lambda n: n / 2)
steps = st.lists(
    st.tuples(
        st.integers(0, 2), seconds, st.integers(0, 44), st.sampled_from(["answered", "answered", "unsent", "dies"])
    ),
    min_size=1,
    max_size=25,
)


@given(st.integers(1, 4), steps)
def test_no_minute_holds_more_calls_than_the_limit_whoever_dies_when(limit, story):
    """Calls of three processes, each of which may die at any moment of a call: at the moment at which it may have
    reached the bank, whenever that was, no minute holds more than the limit.
    """
    window, spent, clock, arrivals, ends = minute(limit), Spent(), 1000.0, [], []
    for number, (_, gap, lasts, fate) in enumerate(story):
        clock += gap
        for end in sorted(end for end in ends if end[0] <= clock):
            ends.remove(end)
            spent = spent.settled(end[1], window, end[0], end[2])
        spent, room = spent.reserve(str(number), window, clock)
        assert room.granted or room.wait > 0
        if not room.granted:
            continue
        if fate != "unsent":
            # It reaches the bank between its sending and its end, and nobody knows when.
            arrivals.append(clock + lasts)
        if fate != "dies":
            end = CallEnd.ANSWERED if fate == "answered" else CallEnd.NOT_SENT
            ends.append((clock + lasts, room.reservation, end))

    arrivals.sort()
    assert all(late - early >= 60 for early, late in zip(arrivals, arrivals[limit:], strict=False))


@given(st.integers(1, 4), st.lists(st.floats(0, 200), min_size=1, max_size=12))
def test_room_comes_when_it_is_promised(limit, gaps):
    """With every call answered, whoever waits as long as he is told finds room, and a moment before that none."""
    window, spent, clock = minute(limit), Spent(), 1000.0
    for number, gap in enumerate(gaps):
        clock += gap
        spent, room = spent.reserve(str(number), window, clock)
        if not room.granted:
            just_before = clock + room.wait - 0.001
            assert not spent.reserve("x", window, just_before)[1].granted
            clock += room.wait + 1e-6
            spent, room = spent.reserve(str(number), window, clock)
        assert room.granted
        spent = spent.settled(room.reservation, window, clock, CallEnd.ANSWERED)


spans = st.sampled_from([QUOTA_GROUPS + 1, 250]), st.sampled_from([10, 3600, 43_200])


@given(*spans, st.data())
def test_groups_never_let_a_call_too_many_through_and_stay_few(limit, span, data):
    """However the calls of a large window are spread, whoever dies: what is kept stays small, no window holds more than
    the limit, and no call waits a hundredth of the window longer than it would with each of them kept.
    """
    window = Window(limit, span + QUOTA_MARGIN_SECONDS)
    rarely = st.sampled_from([0.0, 0.0, 0.0, span / 500, span / 50, span / 3])
    bursts = data.draw(st.lists(st.tuples(rarely, st.integers(1, limit), st.sampled_from(FATES)), max_size=12))
    spent, clock, arrivals, leaves = Spent(), 1000.0, [], []
    for gap, calls, fate in bursts:
        clock += gap
        for number in range(calls):
            clock += span / 10_000
            spent, room = spent.reserve(f"{clock}-{number}", window, clock)
            if not room.granted:
                # Those that count longest leave no room, and with each call kept by itself it is no better.
                counting = sum(at + window.group_seconds > clock for at in leaves)
                assert counting >= limit
                break
            if fate == "dies":
                arrivals.append(clock + QUOTA_CALL_SECONDS)
                leaves.append(clock + QUOTA_CALL_SECONDS + window.seconds)
            else:
                arrivals.append(clock)
                leaves.append(clock + window.seconds)
                spent = spent.settled(room.reservation, window, clock, CallEnd.ANSWERED)
    dying = sum(at > clock for at in arrivals)
    assert len(spent.calls) <= QUOTA_GROUPS + 2 + dying

    arrivals.sort()
    assert all(late - early >= span for early, late in zip(arrivals, arrivals[limit:], strict=False))


def test_a_group_leaves_its_room_with_the_last_of_its_calls():
    """Not with the first: at that instant nearly all of them still count at the bank."""
    window, began = Window(QUOTA_GROUPS + 1, 43_201.0), 43_201.0
    spent = Spent()
    for number in range(window.calls):
        at = began + (300.0 if number else 0.0)
        spent, room = spent.reserve(str(number), window, at)
        spent = spent.settled(room.reservation, window, at, CallEnd.ANSWERED)
    assert len(spent.calls) == 1

    assert not spent.reserve("x", window, began + window.seconds + 299.0)[1].granted
    assert spent.reserve("x", window, began + window.seconds + 300.0)[1].granted


def test_a_small_window_keeps_each_call():
    """Up to a hundred of them, which is cheap: room comes at the very instant."""
    window, spent = Window(QUOTA_GROUPS, 3601.0), Spent()
    for number in range(QUOTA_GROUPS):
        spent, room = spent.reserve(str(number), window, 1000.0 + number)
        spent = spent.settled(room.reservation, window, 1000.0 + number, CallEnd.ANSWERED)

    assert spent.reserve("x", window, 1200.0)[1].wait == 1000.0 + 3601.0 - 1200.0


def test_what_an_earlier_version_has_written_still_counts():
    """A row without groups, and a group in a row: both come back as they were."""
    row = {"calls": [{"id": "a", "over_by": 1060.0, "ended": None}, {"id": "b", "over_by": 1000.0, "ended": 1000.0}]}
    spent = msgspec.convert(row, Spent)

    assert spent == Spent((Reserved("a", 1060.0), Reserved("b", 1000.0, 1000.0)))
    assert not spent.reserve("x", minute(2), 1030.0)[1].granted
    grouped = Spent((Reserved("", 1000.0, 1000.0, 500),))
    assert msgspec.convert(msgspec.to_builtins(grouped), Spent) == grouped


def test_a_clock_that_is_set_back_shuts_nobody_out_for_longer_than_was_meant():
    """What lies in the future then is cut to what it can have meant."""
    spent, _ = Spent().reserve("open", minute(1), 1_000_000.0)
    spent = spent.settled("done", minute(1), 1_000_000.0, CallEnd.ANSWERED).closed(1_000_000.0, 250.0)

    assert spent.believed(1_000_001.0) == spent
    kept = spent.believed(5000.0)

    assert kept.closed_until == 5000.0 + QUOTA_CLOSED_SECONDS
    assert kept.unwanted_until == 5000.0 + QUOTA_UNWANTED_SECONDS
    assert all(call.counts_until(minute(1)) <= 5000.0 + QUOTA_CALL_SECONDS + QUOTA_SECONDS for call in kept.calls)
    assert len(kept.calls) == 2


def test_what_a_bank_wants_is_believed_as_far_as_it_is_sensible():
    """A pause of years is told to nobody."""
    spent = Spent().closed(1000.0, 1e9)

    assert spent.closed_until == 1000.0 + QUOTA_CLOSED_SECONDS
    assert spent.unwanted_until == 1000.0 + QUOTA_UNWANTED_SECONDS


def test_an_end_that_is_noted_late_counts_from_the_end():
    """Though the reservation was given up meanwhile."""
    spent, _ = Spent().reserve("slow", minute(1), 1000.0)
    late = 1000.0 + QUOTA_CALL_SECONDS + QUOTA_SECONDS + 1

    spent = spent.at(minute(1), late).settled("slow", minute(1), late, CallEnd.ANSWERED)

    assert not spent.reserve("next", minute(1), late + 60)[1].granted
    assert spent.reserve("next", minute(1), late + QUOTA_SECONDS)[1].granted


def test_stories_of_processes_that_wait_in_virtual_time():
    """Three processes with more callers than room: every minute at the bank holds the limit, and no room is wasted."""

    async def story():
        wire, shared = Script(200, seconds=0.25), Shared(seconds=0.01)
        meters = [process(wire, shared) for _ in range(3)]
        outcomes = await asyncio.gather(
            *(ask(quota, deadline=300) for quota in meters for _ in range(12)), return_exceptions=True
        )
        return wire.times, outcomes

    times, outcomes = run(story())

    assert not [each for each in outcomes if not isinstance(each, httpx.Response)]
    assert all(late - early >= 60 for early, late in zip(times, times[10:], strict=False))
    assert times[-1] - times[0] < 3 * (QUOTA_SECONDS + 2)
