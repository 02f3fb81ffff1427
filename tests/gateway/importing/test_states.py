"""How a tenant's imports stand, and what is imported because it is asked for."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from gateway.clock import SystemClock
from gateway.errors import BankFailure
from gateway.importing.days import hour_of
from gateway.limits import IMPORT_ATTEMPTS, IMPORT_LATE
from gateway.parts import Resources, composed
from gateway.storage.accounts.pauses import Mode, Pause, Pauses
from gateway.storage.engine.database import Database
from gateway.storage.engine.listing import Cursor
from gateway.storage.imports.due import DueImports
from gateway.storage.imports.outcomes import Imports
from gateway.storage.imports.states import ImportState
from gateway.storage.imports.tables import IMPORTS
from tests.gateway.importing.town import BEGIN, HOUR, INTER, LOOK_SECONDS, Town
from tests.gateway.storage.support import tenant_added
from tests.gateway.support import credentials

pytestmark = pytest.mark.anyio

AT_THE_HOUR = hour_of(BEGIN.date(), INTER)
NUMBERS = ("1234567-8", "2234567-8", "3234567-8")
AWAY = BankFailure("bank_unavailable", bank="inter", at="statement", detail="away")


@pytest.fixture
async def town(database, vault):
    return Town(database, vault)


@pytest.fixture
async def process(town):
    made = town.process(spread_seconds=3600)
    yield made
    await made.die()


@pytest.fixture
async def states(process):
    return process.parts.import_states


async def shown(states, tenant, **chosen):
    """The state of each account's import, in the order of the list, which has them all on small parts too."""
    found, after = [], None
    while True:
        part, after = await states.page(tenant, 2, after, **chosen)
        found += part
        if after is None:
            break
        after = Cursor.read(after.text("imports"), "imports")
    assert found == (await states.page(tenant, 1000, **chosen))[0]
    return [each.state for each in found]


async def counted(states, tenant):
    """The numbers of Inter: enabled, done, running, due, failed, late."""
    ((each, late),) = await states.by_bank(tenant)
    return each.enabled, each.done, each.running, each.due, each.failed, late


async def test_states_of_a_day(town, process, states):
    """Counted and listed alike, for the tenant alone, and as the operator sees them of all."""
    tenant, other = await tenant_added(town.database, "a"), await tenant_added(town.database, "b")
    first, second, third = await town.accounts(process, *NUMBERS, tenant=tenant)
    assert await states.by_bank(other) == []
    assert await shown(states, other) == []
    (theirs,) = await town.accounts(process, "4234567-8", tenant=other)

    assert await counted(states, tenant) == (3, 0, 0, 0, 0, 0)
    assert await shown(states, tenant) == [ImportState.LATER] * 3
    town.clock.moment = AT_THE_HOUR
    assert await counted(states, tenant) == (3, 0, 0, 3, 0, 0)
    await process.parts.imports.accounts.import_now(tenant, first.id)
    town.bank.failure = AWAY
    await process.parts.imports.accounts.import_now(tenant, second.id)
    town.bank.failure = None
    assert await Imports(town.database).begin(tenant, third.id, town.clock.now()) is not None
    assert await shown(states, tenant) == [ImportState.DONE, ImportState.FAILED, ImportState.RUNNING]
    assert await counted(states, tenant) == (3, 1, 1, 0, 1, 0)
    assert await counted(states, other) == (1, 0, 0, 1, 0, 0)
    for state, record in zip(await shown(states, tenant), (first, second, third), strict=True):
        (only,) = (await states.page(tenant, 10, state=state))[0]
        assert only.account_id == record.id
    assert await shown(states, tenant, bank="cora") == []

    done, failed, _ = (await states.page(tenant, 10))[0]
    assert (done.outcome, done.through, done.done_on) == ("done", BEGIN.date() - timedelta(days=1), BEGIN.date())
    assert (failed.outcome, failed.attempts, failed.done_on) == ("bank_unavailable", 1, None)
    assert failed.next_attempt_at > town.clock.now()
    together = await process.parts.imports.status()
    assert [(each.enabled, each.done, each.running, each.due, each.failed) for each in together] == [(4, 1, 1, 1, 1)]
    town.clock.moment = AT_THE_HOUR + IMPORT_LATE
    assert (await counted(states, tenant))[-1] == 2
    assert (await counted(states, other))[-1] == 1

    await Pauses(town.database).begin(Pause(bank="inter", account_id=theirs.id, mode=Mode.ALL, since=AT_THE_HOUR))
    assert await states.by_bank(other) == []
    town.clock.moment = hour_of(BEGIN.date() + timedelta(days=3), INTER) + HOUR
    assert await shown(states, tenant) == [ImportState.LATER] * 3, "a Saturday"
    assert (await states.page(tenant, 10))[0][1].attempts == 0


@pytest.mark.parametrize("failure", [None, AWAY], ids=["done", "failed"])
async def test_what_a_wrong_clock_dated_far_ahead_delays_no_import(town, process, states, failure):
    """After the clock was set back an account is due on its day, and what is told of it is true."""
    tenant = await tenant_added(town.database, "a")
    (record,) = await town.accounts(process, NUMBERS[0], tenant=tenant)
    town.clock.moment = ahead = AT_THE_HOUR + timedelta(days=7)
    town.bank.failure = failure
    first = await process.parts.imports.accounts.import_now(tenant, record.id)
    assert (first.tried_on, first.next_attempt_at is not None) == (ahead.date(), failure is not None)
    town.bank.failure = None

    town.clock.moment = AT_THE_HOUR
    assert await counted(states, tenant) == (1, 0, 0, 1, 0, 0)
    assert await shown(states, tenant) == [ImportState.DUE]
    (due,) = await DueImports(town.database).page(["inter"], BEGIN.date(), town.clock.now(), limit=9)
    assert due.account_id == record.id
    imported = await process.parts.imports.accounts.import_now(tenant, record.id)

    yesterday = BEGIN.date() - timedelta(days=1)
    assert (imported.outcome, imported.done_on, imported.through) == ("done", BEGIN.date(), yesterday)
    assert await shown(states, tenant) == [ImportState.DONE]
    assert await DueImports(town.database).page(["inter"], BEGIN.date(), town.clock.now(), limit=9) == []
    assert await process.parts.imports.accounts.import_now(tenant, record.id) is None


class WrongClock(SystemClock):
    """A machine's own clock, which is days off that of the database."""

    def __init__(self, right, days):
        self._right, self._days = right, timedelta(days=days)

    def now(self):
        return self._right.now() + self._days


@pytest.mark.parametrize("failure", [None, AWAY])
async def test_machines_whose_clocks_are_days_apart_repeat_no_import(town, process, failure):
    """They go by the database's clock: what one has done, or put off, is so for the others."""
    tenant = await tenant_added(town.database, "a")
    (record,) = await town.accounts(process, NUMBERS[0], tenant=tenant)
    machines = [
        composed(Resources(town.database, town.vault, town, WrongClock(town.clock, days), process.tokens))
        for days in (3, 0, -3)
    ]
    town.clock.moment = AT_THE_HOUR
    town.bank.failure = failure

    attempts = []
    for _ in range(3):
        for parts in machines:
            attempts += [await parts.imports.accounts.import_now(tenant, record.id)]
            assert await counted(parts.import_states, tenant) == (
                1,
                int(failure is None),
                0,
                0,
                int(failure is not None),
                0,
            )

    (imported,) = filter(None, attempts)
    assert imported.tried_on == BEGIN.date()
    assert sum(town.asked.values()) == int(failure is None)
    for parts in machines:
        await parts.readings.aclose()


async def test_a_machine_whose_clock_is_behind_does_not_end_a_days_import(town, process):
    """It asks for days that are past by its own clock; those that are missing then are looked for again."""
    tenant = await tenant_added(town.database, "a")
    (record,) = await town.accounts(process, NUMBERS[0], tenant=tenant)
    late = composed(Resources(town.database, town.vault, town, WrongClock(town.clock, -3), process.tokens))
    town.clock.moment = AT_THE_HOUR

    first = await late.imports.accounts.import_now(tenant, record.id)
    assert (first.outcome, first.done_on) == ("statement_not_ready", None)
    town.clock.moment += HOUR
    then = await process.parts.imports.accounts.import_now(tenant, record.id)

    assert (then.outcome, then.done_on) == ("done", BEGIN.date())
    assert then.through == BEGIN.date() - timedelta(days=1)
    assert await late.imports.accounts.import_now(tenant, record.id) is None
    await late.readings.aclose()


async def test_what_is_asked_for_does_not_wait_for_its_minute(town, process, states):
    """Neither the first attempt of the day, whose job waits already, nor one that has failed for the day."""
    tenant = await tenant_added(town.database, "a")
    await town.accounts(process, *NUMBERS, tenant=tenant)
    town.clock.moment = AT_THE_HOUR
    queue = process.new_queue()

    async def round_of() -> None:
        await process.imports.round(queue)
        async with queue.running():
            while queue._running or queue._ready:  # noqa: ASYNC110 - the queue tells nobody
                await asyncio.sleep(LOOK_SECONDS)
        queue._stopping = False

    await round_of()
    assert not town.asked
    town.bank.failure = BankFailure("bank_unavailable", bank="inter", at="statement", detail="away")
    assert await states.ask(tenant) == 3
    await round_of()
    assert await shown(states, tenant) == [ImportState.FAILED] * 3
    await round_of()
    attempts = [each.attempts for each in (await states.page(tenant, 10))[0]]
    assert attempts == [1, 1, 1]
    town.bank.failure = None
    assert await states.ask(tenant) == 3
    assert await states.ask(tenant) == 3
    await round_of()
    assert await shown(states, tenant) == [ImportState.DONE] * 3
    assert await states.ask(tenant) == 0
    assert set((await town.ready()).values()) <= {1}


async def test_only_what_is_meant_is_asked_for(town, process, states):
    """One account, one bank, never another tenant's; nothing while it is imported, nor on a day without business."""
    tenant, other = await tenant_added(town.database, "a"), await tenant_added(town.database, "b")
    first, second, third = await town.accounts(process, *NUMBERS, tenant=tenant)
    (theirs,) = await town.accounts(process, "4234567-8", tenant=other)
    town.clock.moment = AT_THE_HOUR - HOUR
    assert await states.ask(tenant) == 0
    town.clock.moment = AT_THE_HOUR
    assert await Imports(town.database).begin(tenant, third.id, town.clock.now()) is not None
    for chosen, number in (
        ({"account_id": theirs.id}, 0),
        ({"bank": "cora"}, 0),
        ({"account_id": first.id}, 1),
        ({"account_id": third.id}, 0),
        ({"bank": "inter"}, 2),
    ):
        assert await states.ask(tenant, **chosen) == number, chosen

    marked = await asked_for(town.database)
    assert marked == {first.id, second.id}


async def asked_for(database: Database) -> set[str]:
    """Accounts with a next attempt."""
    query = select(IMPORTS.c.account_id).where(IMPORTS.c.next_attempt_at.is_not(None))
    return set(await database.transact(lambda connection: list(connection.scalars(query))))


async def test_a_new_integration_is_asked_for_like_any_other(town, process, states):
    """What is known of the one before counts for nothing."""
    tenant = await tenant_added(town.database, "a")
    (record,) = await town.accounts(process, NUMBERS[0], tenant=tenant)
    town.clock.moment = AT_THE_HOUR
    await process.parts.imports.accounts.import_now(tenant, record.id)
    town.clock.moment += HOUR / 10
    await process.parts.enrolment.enable(tenant, record.id, credentials(client_id=f"client-{NUMBERS[0]}"))
    (shown_now,) = (await states.page(tenant, 10))[0]
    assert (shown_now.state, shown_now.outcome, shown_now.through) == (ImportState.DUE, None, None)

    assert await states.ask(tenant) == 1
    await process.work()

    assert await shown(states, tenant) == [ImportState.DONE]


async def test_asking_at_once_from_several_processes_marks_each_once(town, process, states):
    """While imports begin too: whoever is first, no account is lost and none is imported twice."""
    tenant = await tenant_added(town.database, "a")
    records = await town.accounts(process, *NUMBERS, tenant=tenant)
    town.clock.moment = AT_THE_HOUR
    other = town.process()
    asking = [each.parts.import_states.ask(tenant) for each in (process, other) for _ in range(3)]
    begun = [process.parts.imports.accounts.import_now(tenant, each.id) for each in records]
    await asyncio.gather(*asking, *begun)
    await asyncio.gather(process.work(), other.work())

    assert await shown(states, tenant) == [ImportState.DONE] * 3
    assert list(town.asked.values()) == [1, 1, 1]
    await other.die()


async def test_one_that_has_used_up_its_attempts_is_tried_once_more(town, process, states):
    """It would wait for the next business day."""
    tenant = await tenant_added(town.database, "a")
    (record,) = await town.accounts(process, NUMBERS[0], tenant=tenant)
    town.clock.moment = AT_THE_HOUR
    town.bank.failure = AWAY
    for _ in range(IMPORT_ATTEMPTS):
        await process.parts.imports.accounts.import_now(tenant, record.id, at_once=True)
    town.bank.failure = None
    town.clock.moment += 2 * HOUR
    await process.work()
    assert await shown(states, tenant) == [ImportState.FAILED]

    assert await states.ask(tenant) == 1
    await process.work()

    assert await shown(states, tenant) == [ImportState.DONE]
