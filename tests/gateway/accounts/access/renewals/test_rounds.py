"""Rounds of renewals: when they are made, how many renewals at a time, and what they cost."""

import asyncio

import pytest

from gateway.accounts.access.renewals import Renewals
from gateway.app import create_app
from gateway.clock import SystemClock
from gateway.storage.accounts.records import NewAccount
from gateway.storage.management.all_tenants import AllTenants
from gateway.storage.shared.tokens import ACTIVE, TokenRows
from gateway.work.rounds import repeated
from tests.gateway.accounts.access.renewals.town import (
    HOUR,
    LIFE,
    counted,
    happens,
    put_trial,
    queries_of,
    slots,
)

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
    its = gateway.renewals
    known = its.all_tenants, town.integrations, town.rows, its.changes, town.pauses
    parts = *known, its.recording, its.at_banks, its.reader, town.clock

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
    await gateway.enrolment.register(town.tenant, new)
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

    async with repeated(gateway.renewals.keep_alive, town.clock, HOUR, failed="failed", sleep=look):
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

    monkeypatch.setattr(TokenRows, "purge_unused", refuse)
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
