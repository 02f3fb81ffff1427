"""The processor's time, shared by tenants."""

import asyncio
import contextlib
import time

import pytest

from gateway import limits
from gateway.concurrency import shares
from gateway.concurrency.shares import TENANT, Shares, metered

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return "asyncio"


class Now:
    """An instant that stands still until it is moved."""

    def __init__(self):
        self.seconds = 100.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def now():
    return Now()


@pytest.fixture
def shared(now):
    return Shares(now)


def waiting(shared, tenant):
    """A turn of this tenant that is being waited for."""
    token = TENANT.set(tenant)
    try:
        return asyncio.create_task(shared.turn())
    finally:
        TENANT.reset(token)


async def ticks(count=5):
    await asyncio.sleep(count * limits.PROCESSOR_TICK_SECONDS)


async def test_who_is_alone_never_waits(shared):
    """It may use the whole processor."""
    shared.spent("alone", 10.0)
    await asyncio.wait_for(waiting(shared, "alone"), 1)


async def test_a_tenant_that_used_more_than_its_part_waits_while_another_is_at_work(shared, now):
    """The other does not, and the first goes on when its use is long enough ago."""
    shared.spent("greedy", 0.9)
    shared.spent("modest", 0.1)
    waiter = waiting(shared, "greedy")
    await asyncio.wait_for(waiting(shared, "modest"), 1)
    await ticks()
    assert not waiter.done()

    now.seconds += 1.0
    await asyncio.wait_for(waiter, 1)


async def test_who_waits_goes_on_when_the_other_has_gone(shared, now):
    """A tenant gets the time that no other needs, however much it has used."""
    shared.spent("greedy", 100.0)
    shared.spent("modest", 0.02)
    waiter = waiting(shared, "greedy")
    await ticks()
    assert not waiter.done()

    now.seconds += 2.0
    await asyncio.wait_for(waiter, 1)


async def test_a_light_neighbour_leaves_the_most(shared):
    """Not half of what there is for all, but nearly all of it."""
    shared.spent("light", 0.01)
    shared.spent("heavy", limits.PROCESSOR_MOST_PART - 0.05)
    await asyncio.wait_for(waiting(shared, "heavy"), 1)
    shared.spent("heavy", 0.1)
    waiter = waiting(shared, "heavy")
    await ticks()
    assert not waiter.done()
    waiter.cancel()


async def test_a_crowd_that_comes_at_once_begins_one_by_one(shared, now):
    """What each of it will use is not known yet; alone it would begin at once."""
    shared.spent("modest", 0.1)
    crowd = [waiting(shared, "crowd") for _ in range(3 + limits.PROCESSOR_STARTS_AT_ONCE)]
    await asyncio.sleep(0)
    assert [turn.done() for turn in crowd] == [True] * limits.PROCESSOR_STARTS_AT_ONCE + [False] * 3
    await asyncio.wait_for(asyncio.gather(*crowd), 5)

    now.seconds += 10.0
    await asyncio.wait_for(asyncio.gather(*(waiting(shared, "crowd") for _ in range(40))), 1)


async def test_the_calls_of_one_statement_wait_for_no_tick(shared, now):
    """One that begins something now and then is no crowd; one that keeps beginning is."""
    shared.spent("modest", 0.1)
    for _ in range(3):
        calls = [waiting(shared, "calm") for _ in range(limits.PROCESSOR_STARTS_AT_ONCE)]
        await asyncio.sleep(0)
        assert all(call.done() for call in calls)
        now.seconds += limits.PROCESSOR_STARTS_AT_ONCE * limits.PROCESSOR_TICK_SECONDS
    for _ in range(limits.PROCESSOR_STARTS_AT_ONCE):
        await waiting(shared, "calm")
    now.seconds += limits.PROCESSOR_TICK_SECONDS
    calls = [waiting(shared, "calm") for _ in range(2)]
    await asyncio.sleep(0)
    assert [call.done() for call in calls] == [True, False]
    await asyncio.wait_for(calls[1], 1)


async def test_equal_parts_are_for_all(shared):
    """Of many equally busy tenants none waits for the others."""
    for number in range(10):
        shared.spent(f"t{number}", limits.PROCESSOR_MOST_PART / 10)
    await asyncio.gather(*(asyncio.wait_for(waiting(shared, f"t{number}"), 1) for number in range(10)))


async def test_turns_of_a_tenant_come_in_order_and_one_at_a_time(shared, now):
    """Also when one that waited has gone away meanwhile."""
    shared.spent("greedy", 0.9)
    shared.spent("modest", 0.1)
    turns = [waiting(shared, "greedy") for _ in range(4)]
    await ticks(1)
    turns[1].cancel()
    ended = []
    for number, turn in enumerate(turns):
        turn.add_done_callback(lambda task, number=number: ended.append((number, task.cancelled())))
    now.seconds += 1.0
    await asyncio.wait(turns, timeout=5)

    assert sorted(ended[:1]) == [(1, True)]
    assert ended[1:] == [(0, False), (2, False), (3, False)]


async def test_many_small_steps_make_a_large_part(shared, now):
    """Also when the parts are updated often."""
    shared.spent("modest", 0.1)
    for number in range(500):
        now.seconds += 0.002
        shared.spent("greedy", 0.0019)
        await asyncio.wait_for(waiting(shared, f"another{number}"), 1)
    waiter = waiting(shared, "greedy")
    await ticks()
    assert not waiter.done()
    waiter.cancel()


async def test_others_that_have_gone_are_no_crowd(shared, now):
    """Also when the parts have not been updated since."""
    shared.spent("modest", 0.1)
    await waiting(shared, "greedy")
    assert shared.crowded("greedy")
    assert not shared.crowded("modest")
    now.seconds += 5.0
    assert not shared.crowded("greedy")


async def test_a_task_without_a_tenant_never_waits(shared):
    """What belongs to no tenant is not counted."""
    shared.spent("", 10.0)
    shared.spent("somebody", 0.1)
    await asyncio.wait_for(waiting(shared, ""), 1)


def test_an_event_loop_that_has_ended_leaves_no_task_waiting(now):
    """Tasks that waited in it are forgotten, and in the next one turns come."""
    shared = Shares(now)

    async def waiter():
        shared.spent("greedy", 0.9)
        shared.spent("modest", 0.1)
        waiting(shared, "greedy")
        await asyncio.sleep(0)

    async def later():
        turn = waiting(shared, "greedy")
        await ticks(1)
        now.seconds += 1.0
        await asyncio.wait_for(turn, 5)

    asyncio.run(waiter())
    asyncio.run(later())


def burn(seconds):
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


async def test_steps_count_for_the_tenant_that_is_known_by_then(monkeypatch):
    """Waiting counts for no tenant."""
    seen = {}
    monkeypatch.setattr(
        shares.SHARES, "spent", lambda tenant, seconds: seen.update({tenant: seen.get(tenant, 0.0) + seconds})
    )

    async def work():
        burn(0.02)
        await asyncio.sleep(0.05)
        TENANT.set("known")
        burn(0.02)
        await asyncio.sleep(0)
        burn(0.02)
        return "done"

    assert await asyncio.create_task(metered(work())) == "done"
    assert 0.04 <= seen["known"] < 1
    assert sum(seen.values()) >= 0.06


async def test_metered_work_is_what_it_was(monkeypatch):
    """Errors, timeouts and cancellation go both ways."""
    cleaned = []

    async def failing():
        await asyncio.sleep(0)
        raise KeyError("it")

    async def patient():
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0)
            cleaned.append(True)

    async def timed():
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.01):
                await asyncio.sleep(60)
        return "later"

    with pytest.raises(KeyError):
        await metered(failing())
    assert await metered(timed()) == "later"
    task = asyncio.create_task(metered(patient()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert cleaned == [True]
