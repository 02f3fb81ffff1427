"""The law of the daily import, in virtual time: once on each business day, whatever stops between."""

import asyncio
import random
from collections import Counter
from datetime import date, timedelta

import httpx
import pytest
from msgspec.structs import replace

from gateway.calendar import is_business_day
from gateway.errors import BankFailure
from gateway.importing.days import hour_of
from gateway.importing.now import import_all
from gateway.limits import IMPORT_CLAIM_STALE, IMPORT_LOOK_SECONDS, IMPORT_LOOKS
from gateway.metrics import REGISTRY
from gateway.storage.accounts.pauses import Mode, Pause, Pauses
from gateway.storage.imports.due import Selection
from gateway.storage.imports.outcomes import DONE, Imports
from tests.gateway.importing.town import BEGIN, HOUR, INTER, LOOK_SECONDS
from tests.gateway.storage.support import tenant_added
from tests.gateway.support import credentials

pytestmark = pytest.mark.anyio


async def test_once_on_each_business_day_whatever_crashes(town, tenant, process):
    """Hour by hour for a month; rounds come late or not at all, queues are lost, and the bank fails at times."""
    chance = random.Random(1)  # noqa: S311 - no secret
    records = await town.accounts(process, "1234567-8", "2234567-8", tenant=tenant)
    for _ in range(24 * 31):
        town.clock.moment += HOUR
        outage = BankFailure("bank_unavailable", bank="inter", at="statement", detail="away")
        town.bank.failure = outage if town.clock.now().hour < 21 and chance.random() < 0.2 else None
        if town.clock.now().hour < 21 and chance.random() < 0.3:
            # The process ends with its queue full; another one begins.
            await process.imports.round(process.new_queue())
            process.new_queue()
        elif town.clock.now().hour >= 21 or chance.random() < 0.6:
            await process.work()

    days = [BEGIN.date() + timedelta(days=n) for n in range(31)]
    wanted = {(record.id, day) for record in records for day in days if is_business_day(day)}
    assert await town.ready() == Counter(dict.fromkeys(wanted, 1))
    assert {day for _, day in town.asked} <= {day for day in days if is_business_day(day)}
    assert date(2026, 4, 3) not in {day for _, day in town.asked}, "Good Friday"


async def test_nothing_before_the_hour_and_no_second_reading(town, tenant, process):
    """However many rounds are made."""
    await town.accounts(process, "1234567-8", tenant=tenant)
    await process.work()
    assert not town.asked
    town.clock.moment = hour_of(BEGIN.date(), INTER)
    for _ in range(3):
        await process.work()
    assert list(town.asked.values()) == [1]
    assert [each["data"]["through"] for each in await town.told()] == ["2026-03-31"]


async def test_a_process_that_dies_in_the_middle_is_followed_by_another(town, tenant, process):
    """The other one waits until the claim has grown old, and imports then."""
    (record,) = await town.accounts(process, "1234567-8", tenant=tenant)
    town.clock.moment = hour_of(BEGIN.date(), INTER)
    assert await Imports(town.database).begin(tenant, record.id, town.clock.now()) is not None
    other = town.process()
    await other.work()
    assert not town.asked
    town.clock.moment += IMPORT_CLAIM_STALE
    await other.work()
    assert list((await town.ready()).values()) == [1]
    await other.die()


async def test_a_process_that_slept_too_long_leaves_the_import_to_the_other(town, tenant, process):
    """It wakes up in the middle: its outcome is older, the other's claim stays, and nobody is told twice."""
    (record,) = await town.accounts(process, "1234567-8", tenant=tenant)
    town.clock.moment = hour_of(BEGIN.date(), INTER)
    town.gate.clear()
    town.arrived.clear()
    working, imports = asyncio.create_task(process.work()), Imports(town.database)
    await town.arrived.wait()
    town.clock.moment += IMPORT_CLAIM_STALE
    others = await imports.begin(tenant, record.id, town.clock.now())
    town.gate.set()
    await working

    assert await town.claimed_at() == town.clock.moment
    assert not await town.told()
    done = replace(others.imported, through=BEGIN.date(), outcome=DONE, attempted_at=town.clock.now())
    assert await imports.keep(tenant, record.id, others.claimed_at, done)
    assert list((await town.ready()).values()) == [1]


async def test_a_claim_that_is_lost_is_neither_renewed_nor_handed_back(town, tenant, process):
    """What belongs to another process stays as it is."""
    (record,) = await town.accounts(process, "1234567-8", tenant=tenant)
    town.clock.moment = hour_of(BEGIN.date(), INTER)
    imports = Imports(town.database)
    first = await imports.begin(tenant, record.id, town.clock.now())
    town.clock.moment += IMPORT_CLAIM_STALE
    second = await imports.begin(tenant, record.id, town.clock.now())
    town.clock.moment += IMPORT_CLAIM_STALE / 2

    assert await imports.renew(tenant, record.id, first.claimed_at) is None
    await imports.hand_back(tenant, record.id, first.claimed_at)
    assert await town.claimed_at() == second.claimed_at
    renewed = await imports.renew(tenant, record.id, second.claimed_at)
    assert await town.claimed_at() == renewed == town.clock.moment
    await imports.hand_back(tenant, record.id, renewed)
    assert await town.claimed_at() is None


async def test_a_long_import_stays_with_its_process(town, tenant, process, monkeypatch):
    """However old its beginning is."""
    monkeypatch.setattr("gateway.importing.account.IMPORT_CLAIM_RENEWAL_SECONDS", 0.01)
    await town.accounts(process, "1234567-8", tenant=tenant)
    town.clock.moment = hour_of(BEGIN.date(), INTER)
    town.gate.clear()
    working, other = asyncio.create_task(process.work()), town.process()
    await town.arrived.wait()
    for _ in range(4):
        town.clock.moment += IMPORT_CLAIM_STALE / 2
        while await town.claimed_at() != town.clock.moment:  # noqa: ASYNC110 - the database tells nobody
            await asyncio.sleep(0.01)
        await other.work()
    town.gate.set()
    await working
    assert list(town.asked.values()) == [1]
    await other.die()


async def test_two_processes_import_once(town, tenant, process):
    """Both have the job at the same time."""
    await town.accounts(process, "1234567-8", "2234567-8", tenant=tenant)
    town.clock.moment = hour_of(BEGIN.date(), INTER)
    other = town.process()
    await asyncio.gather(process.work(), other.work())
    assert list((await town.ready()).values()) == [1, 1]
    assert list(town.asked.values()) == [1, 1]
    await other.die()


async def test_an_import_that_is_stopped_is_handed_back(town, tenant, process):
    """Another process imports it at once."""
    await town.accounts(process, "1234567-8", tenant=tenant)
    town.clock.moment = hour_of(BEGIN.date(), INTER)
    town.gate.clear()
    working = asyncio.create_task(process.work(stop_seconds=0))
    await town.arrived.wait()
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    town.gate.set()
    assert not await town.told()
    other = town.process()
    await other.work()
    assert list((await town.ready()).values()) == [1]
    await other.die()


async def test_a_paused_bank_is_caught_up(town, tenant, process):
    """No call during the pause; afterwards the days without an import are read too."""
    await town.accounts(process, "1234567-8", tenant=tenant)
    town.clock.moment = hour_of(BEGIN.date(), INTER)
    await process.work()
    pauses = Pauses(town.database)
    await pauses.begin(Pause(bank="inter", mode=Mode.ALL, since=town.clock.now()))
    town.asked.clear()
    for _ in range(12):
        town.clock.moment += timedelta(days=1)
        await process.work()
    assert not town.asked
    await pauses.end(bank="inter", now=town.clock.now())
    (due,) = [each async for page in process.imports.pages(town.clock.now()) for each in page]
    imported = await process.imports.accounts.import_now(due.tenant_id, due.account_id)
    assert imported is not None
    assert imported.through == town.clock.now().date() - timedelta(days=1)


async def test_a_refusal_is_not_repeated_until_the_integration_changes(town, tenant, process):
    """An integration that a person has to mend is not due; enabled anew it is due at once."""
    (record,) = await town.accounts(process, "1234567-8", tenant=tenant)
    town.clock.moment = hour_of(BEGIN.date(), INTER)
    town.bank.failure = BankFailure("consent_revoked", bank="inter", at="statement", detail="revoked")
    town.bank.failure.conclusive = True
    await process.work()
    asked = town.asked.total()
    for _ in range(4):
        town.clock.moment += timedelta(days=1)
        await process.work()
    assert town.asked.total() == asked
    town.bank.failure = None
    form = credentials(client_id="client-1234567-8")
    await process.parts.enrolment.enable(tenant, record.id, form)
    town.clock.moment = hour_of(date(2026, 4, 7), INTER)
    await process.work()
    assert list((await town.ready()).values()) == [1]


async def test_what_fails_is_tried_again_on_the_same_day(town, tenant, process):
    """After the time that the failure names, and not before."""
    await town.accounts(process, "1234567-8", tenant=tenant)
    town.clock.moment = hour_of(BEGIN.date(), INTER)
    town.bank.failure = BankFailure("rate_limited", bank="inter", at="statement", detail="slow", retry_after=1800)
    await process.work()
    asked = len(town.bank.requests)
    town.bank.failure = None
    town.clock.moment += timedelta(minutes=29)
    await process.work()
    assert len(town.bank.requests) == asked
    town.clock.moment += timedelta(minutes=1)
    await process.work()
    assert list((await town.ready()).values()) == [1]


async def test_accounts_are_spread_over_the_hour(town, tenant):
    """Each always at the same minute; all of them within it."""
    process = town.process(spread_seconds=3600)
    numbers = [f"{n}234567-8" for n in range(1, 7)]
    await town.accounts(process, *numbers, tenant=tenant)
    town.clock.moment = hour_of(BEGIN.date(), INTER)
    began = []
    async with process.queue.running():
        for _ in range(61):
            await process.imports.round(process.queue)
            await asyncio.sleep(20 * LOOK_SECONDS)
            while process.queue._running:  # noqa: ASYNC110 - the queue tells nobody
                await asyncio.sleep(LOOK_SECONDS)
            began.append(len(await town.ready()))
            town.clock.moment += timedelta(minutes=1)
    assert began[-1] == 6
    assert len(set(began)) > 3
    await process.die()


async def test_tenants_take_turns(town, database, process):
    """A tenant with many accounts does not go before one with few."""
    first, second = await tenant_added(database, "a"), await tenant_added(database, "b")
    await town.accounts(process, *[f"{n}234567-8" for n in range(1, 6)], tenant=first)
    await town.accounts(process, "8234567-8", tenant=second)
    now = hour_of(BEGIN.date(), INTER)
    (page,) = [page async for page in process.imports.pages(now)]
    assert second in {each.tenant_id for each in page[:2]}


async def test_the_status_counts_by_bank(town, tenant, process):
    """Due, done, failed and late."""
    await town.accounts(process, "1234567-8", "2234567-8", tenant=tenant)
    (before,) = await process.imports.status()
    assert (before.enabled, before.due, before.done) == (2, 0, 0)
    town.clock.moment = hour_of(BEGIN.date(), INTER)
    (status,) = await process.imports.status()
    assert (status.due, process.imports.late(status)) == (2, 0)
    town.clock.moment += 3 * HOUR
    assert process.imports.late(status) == 2
    await process.work()
    (after,) = await process.imports.status()
    assert (after.due, after.done, after.failed, process.imports.late(after)) == (0, 2, 0, 0)


async def test_a_bank_whose_accounts_are_paused_or_gone_has_no_late_ones(town, tenant, process):
    """The gauges of a bank that the round does not find any more do not stay as they were."""
    await town.accounts(process, "1234567-8", tenant=tenant)
    town.clock.moment = hour_of(BEGIN.date(), INTER) + 3 * HOUR
    await process.imports.status()
    assert figures("inter") == {"due": 1, "done": 0, "failed": 0, "late": 1}

    await Pauses(town.database).begin(Pause(bank="inter", mode=Mode.ALL, since=town.clock.now()))
    assert await process.imports.status() == []
    assert figures("inter") == {"due": 0, "done": 0, "failed": 0, "late": 0}


def figures(bank):
    """The gauges of a bank's imports."""
    names = ("due", "done", "failed", "late")
    return {name: REGISTRY.get_sample_value(f"gateway_imports_{name}", {"bank": bank}) for name in names}


async def test_everything_is_imported_now(town, tenant, process):
    """By bank and outcome; what has failed is tried again, what was done is not."""
    first, second = await town.accounts(process, "1234567-8", "2234567-8", tenant=tenant)
    assert await import_all(process.imports) == Counter(), "before the hour of the bank"
    town.clock.moment = hour_of(BEGIN.date(), INTER)
    town.bank.failure = BankFailure("rate_limited", bank="inter", at="statement", detail="slow", retry_after=1800)
    told = []
    first_try = await import_all(
        process.imports,
        Selection(account_id=first.id),
        advance=lambda done, known: told.append((done, known)),
    )
    assert first_try == {("inter", "rate_limited"): 1}
    assert told == [(0, 1), (1, 1)]
    town.bank.failure = None
    assert await import_all(process.imports, until=town.clock.now() - HOUR) == Counter()
    assert await import_all(process.imports, Selection(bank="itau")) == Counter()
    assert await import_all(process.imports, Selection(tenant="another")) == Counter()
    assert await import_all(process.imports, Selection(tenant="a")) == {("inter", "done"): 2}
    assert await import_all(process.imports) == Counter()
    assert set(await town.ready()) == {(first.id, BEGIN.date()), (second.id, BEGIN.date())}


async def test_a_bank_that_is_late_is_asked_again(town, tenant, process):
    """Some times on the same day, until its statement is complete; the day is done in the end, whatever it gives."""
    await town.accounts(process, "1234567-8", tenant=tenant)
    town.clock.moment = hour_of(BEGIN.date(), INTER)
    disproving = httpx.Response(200, json={"disponivel": 1.0})
    late = True
    town.bank.answer = lambda request: disproving if late and request.extensions["operation"] == "balance" else None
    await process.work()
    assert not await town.told()
    (status,) = await process.imports.status()
    assert (status.done, status.failed) == (0, 1)
    late = False
    town.clock.moment += timedelta(seconds=IMPORT_LOOK_SECONDS)
    await process.work()
    assert [each["data"]["through"] for each in await town.told()] == ["2026-03-31"]

    late = True
    town.clock.moment = hour_of(BEGIN.date() + timedelta(days=1), INTER)
    town.asked.clear()
    asked = []
    for _ in range(2 * IMPORT_LOOKS):
        await process.work()
        town.clock.moment += timedelta(seconds=IMPORT_LOOK_SECONDS)
        asked.append(town.asked.total())
    assert asked == sorted(asked)
    assert len(set(asked)) == IMPORT_LOOKS
    assert asked[IMPORT_LOOKS - 1] == asked[-1]
    (status,) = await process.imports.status()
    assert (status.done, status.failed) == (1, 0)
