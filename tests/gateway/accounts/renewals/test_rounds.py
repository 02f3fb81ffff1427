"""Rounds of renewals: when they are made, how many renewals at a time, and what they cost."""

import asyncio
from datetime import timedelta

import pytest

from gateway.accounts.renewals import Renewals, hourly
from gateway.app import create_app
from gateway.clock import FixedClock, SystemClock
from gateway.limits import RENEWAL_LOOK_SECONDS
from gateway.storage.all_tenants import AllTenants
from gateway.storage.records import NewAccount
from gateway.storage.tokens import ACTIVE, TokenRows
from tests.gateway.accounts.renewals.town import (
    HOUR,
    LIFE,
    counted,
    happens,
    put_trial,
    queries_of,
    slots,
)
from tests.gateway.support import NOW

pytestmark = pytest.mark.anyio


async def test_one_round_at_a_time(town, vault):
    """A call during a round makes another round after it."""
    listed = 0

    class Counting(AllTenants):
        """Counts rounds."""

        async def everything(self, banks=None):
            nonlocal listed
            listed += 1
            return await super().everything(banks)

    gateway, _ = town.process(all_tenants=Counting(town.database, vault))
    await town.enrol(gateway)
    town.clock.advance(17 * HOUR)
    town.line.gate.clear()
    town.line.answered.clear()
    rounds = [asyncio.create_task(gateway.renewals.keep_alive()) for _ in range(2)]
    await happens(town.line.answered)
    assert listed == 1

    town.line.gate.set()
    await asyncio.gather(*rounds)

    assert listed == 2


async def test_a_round_does_not_wait_for_ever(town):
    """What takes too long goes on without it, and is not lost."""
    gateway, tokens = town.process()
    _, record = await town.enrol(gateway)
    town.clock.advance(17 * HOUR)
    town.line.gate.clear()
    before = counted("deadline_exceeded")
    known = gateway.renewals._all_tenants, town.integrations, town.rows, gateway.renewals._changes, town.pauses
    parts = *known, gateway.readings, gateway.readings._reader, town.clock

    async with asyncio.timeout(30):
        await Renewals(*parts, wait_seconds=0.0).round()

    assert counted("deadline_exceeded") - before == 1
    town.line.gate.set()
    await tokens.aclose()
    assert town.clock.now() - (await town.rows.load(record.id, ACTIVE)).obtained_at < HOUR


async def test_a_round_costs_three_queries_where_there_is_nothing_to_keep_alive(town):
    """Rows left behind are purged; accounts of banks whose authorizations do not end are not listed."""
    gateway, _ = town.process()
    new = NewAccount(bank="inter", kind="PJ", branch="0001", number="1234567-8", holder_tax_id="11222333000181")
    await gateway.service.register(town.tenant, new)
    queries = queries_of(town)

    await gateway.renewals.keep_alive()

    assert len(queries) == 3
    assert [record.bank for _, record, _ in await town.all_tenants.everything()] == ["inter"]
    assert await town.all_tenants.everything(LIFE) == []


async def test_trials_are_purged_with_each_hourly_round(town):
    """A gateway that runs on for weeks forgets them too, after a day; the active token stays."""
    gateway, _ = town.process()
    _, record = await town.enrol(gateway)
    now = SystemClock().now()
    for slot, age in (("left behind", 25 * HOUR), ("of today", 23 * HOUR)):
        await put_trial(town, record, slot, now - age)
    ended, found = asyncio.Event(), []

    async def look(seconds):
        """The rows after the first round, after a look without a round, and after the second round."""
        found.append(await slots(town))
        if len(found) == 1:
            await put_trial(town, record, "grown old", now - 25 * HOUR)
        town.clock.advance(HOUR / 2)
        if len(found) == 3:
            ended.set()
            await asyncio.Event().wait()

    async with hourly(gateway.renewals.keep_alive, town.clock, sleep=look):
        await happens(ended)

    kept = {ACTIVE, "of today"}
    assert found == [kept, kept | {"grown old"}, kept]


async def test_tokens_are_renewed_where_trials_cannot_be_purged(town, monkeypatch):
    """The one must not hang on the other."""
    gateway, _ = town.process()
    await town.enrol(gateway)
    town.clock.advance(17 * HOUR)
    asked = len(town.calls())

    async def refuse(rows, before):
        raise OSError("the database is locked")

    monkeypatch.setattr(TokenRows, "purge_trials", refuse)
    with pytest.raises(OSError, match="locked"):
        await gateway.renewals.keep_alive()

    assert len(town.calls()) == asked + 1


async def test_a_running_gateway_makes_rounds_by_itself(town, settings):
    """Tokens that were due while it stood still are renewed as soon as it runs again."""
    gateway, _ = town.process()
    _, record = await town.enrol(gateway)
    asked = len(town.calls())
    town.clock.advance(17 * HOUR)
    town.line.answered.clear()
    app = create_app(settings, line=town.line, clock=town.clock)

    async with app.lifespan():
        await happens(town.line.answered)

    assert len(town.calls()) == asked + 1
    assert town.clock.now() - (await town.rows.load(record.id, ACTIVE)).obtained_at < HOUR


class Machine:
    """A machine whose every sleep moves the gateway's clock by the next step, and then lasts for ever."""

    def __init__(self, clock, *steps):
        self.clock = clock
        self.steps = list(steps)
        self.rounds_at = []
        self.at_the_end = asyncio.Event()

    async def sleep(self, seconds):
        """One of the sleeps between two looks."""
        assert seconds == RENEWAL_LOOK_SECONDS
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

    async with hourly(machine.begin, clock, sleep=machine.sleep):
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

    async with hourly(machine.begin, clock, refresh=refresh, sleep=machine.sleep):
        await happens(machine.at_the_end)

    assert len(refreshed_at) == 2
    assert machine.rounds_at == [0 * HOUR, HOUR, 2 * HOUR]


async def test_rounds_go_on_after_a_failure(logged):
    """It is logged; the next round comes with the next hour."""
    clock = FixedClock(NOW)
    machine = Machine(clock, HOUR / 2, HOUR / 2)

    async def begin():
        await machine.begin()
        if len(machine.rounds_at) == 1:
            raise OSError("the database is away")

    async with hourly(begin, clock, sleep=machine.sleep):
        await happens(machine.at_the_end)

    assert machine.rounds_at == [0 * HOUR, HOUR]
    assert logged.getvalue().count("round_of_renewals_failed") == 1


async def test_stopping_does_not_wait_for_a_round():
    """A round that would never end is cancelled."""
    begun, cancelled = asyncio.Event(), asyncio.Event()

    async def begin():
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    async with asyncio.timeout(30), hourly(begin, FixedClock(NOW)):
        await happens(begun)

    assert cancelled.is_set()
