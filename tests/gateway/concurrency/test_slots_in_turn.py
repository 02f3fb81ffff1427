"""Slots given to tenants in turn, and to the parts of each."""

import asyncio

import pytest

from gateway.concurrency.slots import Holder, Slots
from gateway.metrics import REGISTRY

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return "asyncio"


async def work(slots, group, name, log):
    async with slots.held(Holder(*group)):
        log.append(name)
        await asyncio.sleep(0)


async def test_a_crowd_does_not_hold_up_another_group():
    """The last caller, alone in its group, is served next but one."""
    slots, log = Slots(1, "test"), []
    async with slots.held(Holder("a")):
        crowd = [asyncio.create_task(work(slots, "a", f"a{n}", log)) for n in range(6)]
        await asyncio.sleep(0)
        late = asyncio.create_task(work(slots, "b", "b0", log))
        await asyncio.sleep(0)
    await asyncio.gather(*crowd, late)

    assert log.index("b0") <= 2
    assert [name for name in log if name[0] == "a"] == [f"a{n}" for n in range(6)]


async def test_never_more_than_there_are_places():
    """However many come, of however many groups."""
    slots, at_work, most = Slots(3, "test"), 0, 0

    async def one(group):
        nonlocal at_work, most
        async with slots.held(Holder(*group)):
            at_work += 1
            most = max(most, at_work)
            await asyncio.sleep(0)
            at_work -= 1

    await asyncio.gather(*(one(str(n % 4)) for n in range(40)))

    assert (at_work, most) == (0, 3)


@pytest.mark.parametrize("turns", range(6))
async def test_a_caller_that_goes_away_gives_its_slot_back(turns):
    """Cancelled while waiting, in the moment of being called, or at work: the others are served all the same."""
    slots, log = Slots(1, "test"), []
    tasks = [asyncio.create_task(work(slots, "a", str(n), log)) for n in range(4)]
    for _ in range(turns):
        await asyncio.sleep(0)
    for task in tasks[:3]:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    async with asyncio.timeout(1):
        await work(slots, "b", "last", log)

    assert log[-2:] == ["3", "last"]


async def test_only_a_crowd_is_paced():
    """One of the crowd at a time has been let in when the pause begins; others find a place at once."""
    slots, log = Slots(1, "test", pace_seconds=3600), []
    async with slots.held(Holder("a")):
        crowd = [asyncio.create_task(work(slots, "a", f"a{n}", log)) for n in range(3)]
        await asyncio.sleep(0)
    await asyncio.sleep(0.05)
    async with asyncio.timeout(5):
        await work(slots, "b", "b0", log)
        await work(slots, "c", "c0", log)

    assert log == ["a0", "b0", "c0"]
    for task in crowd:
        task.cancel()
    await asyncio.gather(*crowd, return_exceptions=True)


async def test_a_paced_crowd_comes_to_its_end():
    """All of it, in order of arrival; a caller that comes alone afterwards need not wait."""
    slots, log = Slots(1, "test", pace_seconds=0.001), []
    await asyncio.gather(*(work(slots, "a", n, log) for n in range(20)))
    assert log == list(range(20))

    slow = Slots(1, "test", pace_seconds=3600)
    async with asyncio.timeout(5):
        for n in range(3):
            await work(slow, "a", n, log)


async def test_groups_within_groups_take_turns_within_those_of_the_outer_one():
    """However many groups one of the outer ones has: half of the turns are for the other one."""
    slots, log = Slots(1, "test"), []
    async with slots.held(Holder("x", "x")):
        crowd = [asyncio.create_task(work(slots, ("a", str(n)), f"a{n}", log)) for n in range(6)]
        crowd += [asyncio.create_task(work(slots, ("a", "0"), "a0", log)) for n in range(3)]
        crowd += [asyncio.create_task(work(slots, ("b", "0"), f"b{n}", log)) for n in range(3)]
        await asyncio.sleep(0)
    await asyncio.gather(*crowd)

    assert log[:6] == ["a0", "b0", "a1", "b1", "a2", "b2"]
    assert log[6:] == ["a3", "a4", "a5", "a0", "a0", "a0"]


async def test_what_is_waited_is_counted_and_nothing_else():
    """By the name of the slots; a slot that is free is no wait."""

    def counted():
        return REGISTRY.get_sample_value("gateway_wait_seconds_count", {"wait": "counted"})

    slots = Slots(1, "counted")
    async with slots.held(Holder("a")):
        assert counted() is None
        late = asyncio.create_task(work(slots, "b", "b", []))
        await asyncio.sleep(0)
    await late

    assert counted() == 1


async def test_those_who_have_gone_are_forgotten():
    """A crowd that goes away while it waits leaves nothing behind in the queue."""
    slots = Slots(1, "test")
    async with slots.held(Holder("x", "x")):
        crowd = [asyncio.create_task(work(slots, ("a", str(n % 3)), n, [])) for n in range(50)]
        await asyncio.sleep(0)
        for task in crowd:
            task.cancel()
        await asyncio.gather(*crowd, return_exceptions=True)
        assert not slots._waiting
    assert slots.empty()
