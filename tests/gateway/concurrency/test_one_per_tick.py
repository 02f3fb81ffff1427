"""Events that come at once are worked on one by one, those of different groups in turn."""

import asyncio

import pytest

from gateway.concurrency.one_per_tick import OnePerTick
from gateway.limits import TICKS_TO_CATCH_UP

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return "asyncio"


TICK = 0.001


async def ended(turns, group):
    """Until everything of a group that waits now is done."""
    last = asyncio.Event()
    turns.call(group, last.set)
    await last.wait()


def counted(turns):
    """The ticks of these turns, one number for each that has been."""
    ticks, one_tick = [], turns._next

    def tick():
        ticks.append(len(ticks))
        one_tick()

    turns._next = tick
    return ticks


async def test_one_in_each_tick():
    """The first is done at once, the others one by one and in order."""
    turns, done = OnePerTick(TICK), []
    ticks = counted(turns)
    for number in range(4):
        turns.call("a", lambda number=number: done.append((number, len(ticks))))
    assert done == [(0, 0)]
    await ended(turns, "a")

    assert done == [(0, 0), (1, 1), (2, 2), (3, 3)]


async def test_groups_take_turns():
    """One that comes after a crowd of another group waits for one of them."""
    turns, done = OnePerTick(TICK), []
    for number in range(50):
        turns.call("crowd", lambda number=number: done.append(number))
    turns.call("one", lambda: done.append("one"))
    await ended(turns, "crowd")

    assert done.index("one") <= 2
    assert [each for each in done if each != "one"] == list(range(50))


async def test_alone_it_waits_for_nothing():
    """Whatever comes a tick after the last is done at once."""
    turns, done = OnePerTick(TICK), []
    for number in range(3):
        turns.call("a", lambda number=number: done.append(number))
        assert done == list(range(number + 1))
        await asyncio.sleep(3 * TICK)


async def test_a_large_crowd_is_caught_up_with():
    """More of it is worked on in each tick, so that what waits cannot grow for as long as callers come."""
    turns, done, crowd = OnePerTick(TICK), [], 20 * TICKS_TO_CATCH_UP
    ticks = counted(turns)
    for number in range(crowd):
        turns.call("crowd", lambda number=number: done.append(number))
    await ended(turns, "crowd")

    assert done == list(range(crowd))
    assert len(ticks) < crowd / 4


async def test_work_that_fails_stops_no_other():
    """The next one has its turn all the same."""
    turns, done, failed = OnePerTick(TICK), [], []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: failed.append(context["exception"]))

    def fail():
        raise ValueError

    turns.call("a", lambda: done.append(1))
    turns.call("a", fail)
    turns.call("a", lambda: done.append(2))
    await ended(turns, "a")

    assert done == [1, 2]
    assert [type(each) for each in failed] == [ValueError]


def test_a_loop_that_has_ended_leaves_nothing_behind():
    """In the next loop everything begins anew."""
    turns, done = OnePerTick(TICK), []

    async def crowd(name):
        for number in range(100):
            turns.call("a", lambda number=number: done.append((name, number)))

    for name in ("first", "second"):
        loop = asyncio.new_event_loop()
        loop.run_until_complete(crowd(name))
        loop.close()

    names = [name for name, _ in done]
    assert names == ["first"] * names.count("first") + ["second"] * names.count("second")
    assert 0 < names.count("first") < 100
    assert names.count("second")


async def test_a_queue_that_does_not_catch_up_keeps_its_pace():
    """However many wait."""
    turns, done = OnePerTick(0.0, catches_up=False), []
    ticks = counted(turns)
    for number in range(3 * TICKS_TO_CATCH_UP):
        turns.call("a", lambda number=number: done.append((number, len(ticks))))
    await ended(turns, "a")

    assert done == [(number, number) for number in range(3 * TICKS_TO_CATCH_UP)]
