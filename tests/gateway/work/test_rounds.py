"""Rounds follow the clock, whatever it does, and go on after a failure."""

import asyncio
from datetime import timedelta

import pytest

from gateway.limits import ROUND_LOOK_SECONDS
from gateway.work.rounds import repeated
from tests.clocks import FixedClock
from tests.gateway.support import NOW

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)
FAILED = "round_of_something_failed"


async def happens(event):
    """Wait for an event, but not for ever."""
    async with asyncio.timeout(30):
        await event.wait()


class Machine:
    """A machine whose every sleep moves the gateway's clock by the next step, and then lasts for ever."""

    def __init__(self, clock, *steps):
        self.clock = clock
        self.steps = list(steps)
        self.rounds_at = []
        self.at_the_end = asyncio.Event()

    async def sleep(self, seconds):
        """One of the sleeps between two looks."""
        assert seconds == ROUND_LOOK_SECONDS
        if not self.steps:
            self.at_the_end.set()
            await asyncio.Event().wait()
        self.clock.moment += self.steps.pop(0)

    async def begin(self):
        """A round."""
        self.rounds_at.append(self.clock.now() - NOW)


async def test_rounds_follow_the_clock():
    """One at the beginning, then one an hour after the last began; a clock put back begins anew."""
    clock = FixedClock(NOW)
    machine = Machine(clock, 59 * HOUR / 60, HOUR / 60, HOUR / 2, 3 * HOUR, -9 * HOUR, HOUR / 2)

    async with repeated(machine.begin, clock, HOUR, failed=FAILED, sleep=machine.sleep):
        await happens(machine.at_the_end)

    assert machine.rounds_at == [0 * HOUR, HOUR, 4.5 * HOUR, -4.5 * HOUR]


async def test_a_clock_that_does_not_run_is_refreshed_before_each_look():
    """Except at the beginning, when it has just been refreshed."""
    clock = FixedClock(NOW)
    machine = Machine(clock, timedelta(0), timedelta(0))
    refreshed_at = []

    async def refresh():
        refreshed_at.append(clock.now())
        clock.moment += HOUR

    async with repeated(machine.begin, clock, HOUR, failed=FAILED, refresh=refresh, sleep=machine.sleep):
        await happens(machine.at_the_end)

    assert len(refreshed_at) == 2
    assert machine.rounds_at == [0 * HOUR, HOUR, 2 * HOUR]


async def test_rounds_go_on_after_a_failure(logged):
    """It is logged; the next round comes in its time."""
    clock = FixedClock(NOW)
    machine = Machine(clock, HOUR / 2, HOUR / 2)

    async def begin():
        await machine.begin()
        if len(machine.rounds_at) == 1:
            raise OSError("the database is away")

    async with repeated(begin, clock, HOUR, failed=FAILED, sleep=machine.sleep):
        await happens(machine.at_the_end)

    assert machine.rounds_at == [0 * HOUR, HOUR]
    assert logged.getvalue().count(FAILED) == 1


async def test_stopping_does_not_wait_for_a_round():
    """A round that would never end is cancelled."""
    begun, cancelled = asyncio.Event(), asyncio.Event()

    async def begin():
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    async with asyncio.timeout(30), repeated(begin, FixedClock(NOW), HOUR, failed=FAILED):
        await happens(begun)

    assert cancelled.is_set()
