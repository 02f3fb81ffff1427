"""The law of the daily import, in virtual time: once on each business day, whatever stops between."""

import asyncio
import random
import uuid
from collections import Counter
from datetime import date, datetime, timedelta
from itertools import pairwise

import httpx
import pytest
from msgspec.structs import replace
from sqlalchemy import select

import contracts
from gateway.accounts.access.tokens import Tokens
from gateway.accounts.recording.entry_changes import cursor_of
from gateway.calendar import is_business_day
from gateway.errors import BankFailure, CallerError
from gateway.events import EventType
from gateway.importing.account import AccountImport
from gateway.importing.daily import DailyImport
from gateway.importing.days import hour_of
from gateway.importing.now import import_all
from gateway.limits import IMPORT_CLAIM_STALE, IMPORT_LOOK_SECONDS, IMPORT_LOOKS
from gateway.metrics import REGISTRY
from gateway.model import BRASILIA, Period
from gateway.parts import Resources, composed
from gateway.storage.accounts.pauses import Mode, Pause, Pauses
from gateway.storage.accounts.records import NewAccount
from gateway.storage.imports.due import DueImports, Selection
from gateway.storage.imports.outcomes import DONE, Imports
from gateway.storage.imports.tables import IMPORTS
from gateway.storage.shared.tokens import TokenRows
from gateway.storage.statements.kept_entries import KeptEntries, delete_kept
from gateway.storage.webhooks.registry import Secret, Target, Webhook, Webhooks
from gateway.storage.webhooks.tables import DELIVERIES
from gateway.work.embedded import EmbeddedQueue
from tests.clocks import FixedClock
from tests.gateway.api.test_continuity import Ledger
from tests.gateway.storage.support import inserts_fail, inserts_work, tenant_added
from tests.gateway.support import FakeInter, credentials, registration

pytestmark = pytest.mark.anyio

BEGIN = datetime(2026, 4, 1, 8, tzinfo=BRASILIA)
"""A Wednesday before Good Friday; on the 21st there is a holiday in the middle of the week."""
HOUR = timedelta(hours=1)
LOOK_SECONDS = 0.001
"""Between two looks at the queue. A loop that never rests would keep the interpreter from the database's threads."""
INTER = contracts.load("inter").period


class Town:
    """Processes that share a database and a bank that answers like Inter; time is moved by hand."""

    def __init__(self, database, vault):
        self.database, self.vault = database, vault
        self.clock = database.clock = FixedClock(BEGIN)
        self.bank = FakeInter()
        self.asked = Counter()
        """Readings that have reached the bank, by day."""
        self.gate = asyncio.Event()
        self.gate.set()
        self.arrived = asyncio.Event()

    async def send(self, request, *, account, certificate):
        """Carry a request to the bank; the bank holds it while its gate is shut."""
        if request.extensions["operation"] == "statement":
            self.asked[account.id, self.clock.now().date()] += 1
            self.arrived.set()
            await self.gate.wait()
        return await self.bank.send(request, account=account, certificate=certificate)

    async def aclose(self):
        """Nothing is open."""

    def process(self, **more):
        """A process of its own: its parts, its importer, its queue."""
        tokens = Tokens(TokenRows(self.database, self.vault), self.clock)
        parts = composed(Resources(self.database, self.vault, self, self.clock, tokens))
        return Process(self, parts, tokens, more)

    async def accounts(self, process, *numbers, tenant):
        """New enabled accounts."""
        found = []
        for number in numbers:
            form = registration(number=number)
            new = NewAccount(**form, credentials=credentials(client_id=f"client-{number}"))
            record, _ = await process.parts.enrolment.register(tenant, new)
            found.append(record)
        self.asked.clear()
        return found

    async def told(self):
        """What a webhook of each tenant was told of statements that are ready."""
        query = select(DELIVERIES.c.body).where(DELIVERIES.c.type == EventType.STATEMENT_READY)
        return await self.database.transact(lambda connection: list(connection.scalars(query)))

    async def claimed_at(self):
        """When the process of the only import has last shown that it is alive."""
        return await self.database.transact(lambda connection: connection.scalar(select(IMPORTS.c.claimed_at)))

    async def ready(self):
        """How often each account was said to be ready, by day."""
        told = await self.told()
        return Counter((each["data"]["account_id"], date.fromisoformat(each["timestamp"][:10])) for each in told)


class Process:
    """One process of the gateway."""

    def __init__(self, town, parts, tokens, more):
        self.town, self.parts, self.tokens = town, parts, tokens
        imports, kept = Imports(town.database), KeptEntries(town.database, town.vault)
        kept_seconds = more.pop("kept_seconds", 0)
        accounts = AccountImport(imports, kept, parts.readings, town.clock, kept_seconds=kept_seconds)
        more = {"spread_seconds": 0} | more
        self.imports = DailyImport(DueImports(town.database), accounts, town.clock, **more)
        self.queue = self.new_queue()

    def new_queue(self, stop_seconds=20.0):
        """An empty one; the former is lost."""
        tasks = {"import": self.imports.run}
        self.queue = EmbeddedQueue(
            tasks, self.town.clock, at_once=4, look_seconds=LOOK_SECONDS, stop_seconds=stop_seconds
        )
        return self.queue

    async def work(self, **more):
        """One round, and all that it finds."""
        queue = self.new_queue(**more)
        await self.imports.round(queue)
        async with queue.running():
            while queue._running or queue._ready:  # noqa: ASYNC110 - the queue tells nobody
                await asyncio.sleep(LOOK_SECONDS)

    async def die(self):
        """End without an end: what is under way is lost, and nothing is handed back."""
        await self.parts.readings.aclose()
        await self.tokens.aclose()


async def listening(town, name):
    """A new tenant with a webhook."""
    tenant = await tenant_added(town.database, name)
    target = Target("https://example.com/", [Secret("whsec_CANARY")])
    webhook = Webhook(
        id=str(uuid.uuid4()), tenant_id=tenant, events=[], description="", target=target, created_at=BEGIN
    )
    await Webhooks(town.database, town.vault).add(tenant, webhook, 10)
    return tenant


@pytest.fixture
async def town(database, vault):
    return Town(database, vault)


@pytest.fixture
async def tenant(town):
    """One that has a webhook."""
    return await listening(town, "a")


@pytest.fixture
async def process(town):
    made = town.process()
    yield made
    town.gate.set()
    await made.die()


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
    process.parts.readings._recording._notes._wait_seconds = 0
    outcomes, database_works, keeping = process.parts.readings._recording._outcomes, asyncio.Event(), asyncio.Event()
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
