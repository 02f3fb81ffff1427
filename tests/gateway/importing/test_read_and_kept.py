"""What an import reads and keeps: the days that are due, in parts where they are many, and those that changes lack."""

import asyncio
from datetime import timedelta
from itertools import pairwise

import httpx
import pytest
from msgspec.structs import replace

from gateway.accounts.recording.entry_changes import cursor_of
from gateway.calendar import is_business_day
from gateway.errors import CallerError
from gateway.importing.days import hour_of
from gateway.model import Period
from gateway.storage.statements.kept_entries import KeptEntries, delete_kept
from tests.gateway.api.test_continuity import Ledger
from tests.gateway.importing.town import BEGIN, HOUR, INTER
from tests.gateway.storage.support import inserts_fail, inserts_work

pytestmark = pytest.mark.anyio


async def test_entries_that_could_not_be_kept_are_read_again(town, tenant, process):
    """The import is not done before changes know of it."""
    await town.accounts(process, "1234567-8", tenant=tenant)
    town.clock.moment = hour_of(BEGIN.date(), INTER)
    inserts_fail(town.database, "kept_entries")
    await process.work()
    assert not await town.told()
    inserts_work(town.database, "kept_entries")
    town.clock.moment += HOUR
    await process.work()
    assert list((await town.ready()).values()) == [1]


async def test_an_import_waits_for_entries_that_are_kept_late(town, tenant, monkeypatch):
    """A slow database makes no second reading. An answer would not have waited for it."""
    monkeypatch.setattr("gateway.importing.account.IMPORT_KEPT_LOOK_SECONDS", 0.01)
    process = town.process(kept_seconds=30)
    await town.accounts(process, "1234567-8", tenant=tenant)
    process.parts.readings.recording._notes._wait_seconds = 0
    outcomes, database_works, keeping = process.parts.readings.recording.outcomes, asyncio.Event(), asyncio.Event()
    succeeded = outcomes.succeeded

    async def late(*given):
        keeping.set()
        await database_works.wait()
        return await succeeded(*given)

    monkeypatch.setattr(outcomes, "succeeded", late)
    town.clock.moment = hour_of(BEGIN.date(), INTER)
    working = asyncio.create_task(process.work())
    await keeping.wait()
    assert not await town.told()
    database_works.set()
    await working
    assert list((await town.ready()).values()) == [1]
    assert list(town.asked.values()) == [1]
    await process.die()


async def test_an_import_reads_what_changes_lack(town, tenant, process):
    """Also days long before the last import, when what was kept of them is gone."""
    (record,) = await town.accounts(process, "1234567-8", tenant=tenant)
    town.clock.moment = hour_of(BEGIN.date(), INTER)
    await process.work()
    kept = KeptEntries(town.database, town.vault)
    before = await kept.kept(tenant, record.id)
    await town.database.transact(lambda connection: delete_kept(connection, tenant, record.id))
    town.clock.moment = hour_of(BEGIN.date() + timedelta(days=1), INTER)
    await process.work()
    after = await kept.kept(tenant, record.id)
    assert after.days.first == before.days.first
    assert after.days.last == BEGIN.date()


async def test_a_period_of_too_many_entries_is_imported_in_parts(town, tenant, process, monkeypatch):
    """The days have no gap, and whoever is told of them is told once."""
    (record,) = await town.accounts(process, "1234567-8", tenant=tenant)
    read, parts = process.parts.readings.read, []

    async def limited(tenant_id, account_id, period, **more):
        if (period.last - period.first).days >= 20:
            raise CallerError("period_out_of_range", "too many", field="from", portuguese="demais")
        parts.append(period)
        return await read(tenant_id, account_id, period, **more)

    monkeypatch.setattr(process.parts.readings, "read", limited)
    town.clock.moment = hour_of(BEGIN.date(), INTER)
    await process.work()

    kept = await KeptEntries(town.database, town.vault).kept(tenant, record.id)
    assert len(parts) > 1
    assert kept.days == Period(parts[0].first, parts[-1].last)
    assert all(later.first == earlier.last + timedelta(days=1) for earlier, later in pairwise(parts))
    assert list((await town.ready()).values()) == [1]


async def test_a_part_that_is_not_complete_ends_an_import_in_parts(town, tenant, process, monkeypatch):
    """What is imported after it would have a gap before it."""
    await town.accounts(process, "1234567-8", tenant=tenant)
    read, parts = process.parts.readings.read, []

    async def limited(tenant_id, account_id, period, **more):
        if (period.last - period.first).days >= 20:
            raise CallerError("period_out_of_range", "too many", field="from", portuguese="demais")
        parts.append(period)
        found = await read(tenant_id, account_id, period, **more)
        return replace(found, complete_through=period.first - timedelta(days=1))

    monkeypatch.setattr(process.parts.readings, "read", limited)
    town.clock.moment = hour_of(BEGIN.date(), INTER)
    await process.work()

    assert len(parts) == 1
    assert not await town.told()


async def test_a_day_of_too_many_entries_is_refused(town, tenant, process, monkeypatch):
    """It has no parts."""
    await town.accounts(process, "1234567-8", tenant=tenant)
    asked = []

    async def refused(tenant_id, account_id, period, **more):
        asked.append(period)
        raise CallerError("period_out_of_range", "too many", field="from", portuguese="demais")

    monkeypatch.setattr(process.parts.readings, "read", refused)
    town.clock.moment = hour_of(BEGIN.date(), INTER)
    await process.work()

    assert asked[-1].first == asked[-1].last
    assert not await town.told()


async def test_a_change_before_the_days_of_an_import_reaches_those_who_follow_changes(town, tenant, process):
    """However long the bank gives no older days: the imports go on meanwhile, and the difference is not forgotten."""
    (record,) = await town.accounts(process, "1234567-8", tenant=tenant)
    town.bank.answer = ledger = Ledger({"2026-03-12": "10", "2026-03-13": "20", "2026-03-30": "30"}, town.clock)
    town.clock.moment = hour_of(BEGIN.date(), INTER)
    await process.work()
    _, before = await process.parts.entry_changes.since(tenant, record.id, "")
    cursor = cursor_of(before.after)

    del ledger.rows["2026-03-12"]
    ledger.rows["2026-03-13"] = "-77.77"

    def failing(request):
        """The bank gives no days but the last."""
        last = request.url.params.get("dataFim")
        is_old = last is not None and last < (town.clock.now().date() - timedelta(days=4)).isoformat()
        return httpx.Response(500) if is_old else ledger(request)

    town.bank.answer = failing
    for _ in range(15):
        town.clock.moment += timedelta(days=1)
        await process.work()
        if is_business_day(town.clock.now().date()):
            assert (await town.ready())[record.id, town.clock.now().date()] == 1
    town.bank.answer = ledger
    town.clock.moment += timedelta(days=4)
    await process.work()

    _, changes = await process.parts.entry_changes.since(tenant, record.id, cursor)
    assert [(each.date.isoformat(), str(each.amount)) for each in changes.added] == [("2026-03-13", "-77.77")]
    gone = [each.id for each in before.added if each.date.isoformat() in {"2026-03-12", "2026-03-13"}]
    assert sorted(changes.removed) == sorted(gone)
