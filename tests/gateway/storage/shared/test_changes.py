"""Two processes that change one account: one after the other, and a typed refresh token is spent once."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy import delete, insert, select, update

from gateway.accounts.changes import Changes
from gateway.errors import BankFailure, CallerError, GatewayError
from gateway.limits import CHANGE_STALE, CHANGE_WAIT_SECONDS
from gateway.storage.accounts.records import NewAccount, State, account_id_of
from gateway.storage.shared.changes import ChangeRows
from gateway.storage.shared.tables import CHANGES
from tests.clocks import FixedClock
from tests.gateway.accounts.access.renewals.town import Town
from tests.gateway.storage.support import tenant_added
from tests.gateway.support import NOW, YOUNG

pytestmark = pytest.mark.anyio


@pytest.fixture
async def town(database, vault):
    """BS2, whose refresh tokens are valid once."""
    town = Town("bs2", database, vault)
    town.tenant = await tenant_added(database, "a")
    return town


def typed_in(town, number="12345678", **changed):
    """A new account, as a caller registers it."""
    simulated = town.bank.open_account(number, "ok", YOUNG)
    return NewAccount(
        bank=simulated.bank,
        kind=simulated.kind,
        branch=simulated.branch,
        number=simulated.number,
        holder_tax_id=simulated.holder_tax_id,
        credentials=simulated.form | changed,
    )


async def rows(database):
    """The changes under way."""
    return await database.transact(lambda connection: connection.execute(select(CHANGES)).all())


def race(town, processes):
    """Gateways of which one waits for another's renewal until that one has done all it wants, and what starts them."""
    ended = asyncio.Event()

    async def until_another_has_ended(seconds):
        await ended.wait()

    async def run(change):
        try:
            return await change
        finally:
            ended.set()

    return [town.process(sleep=until_another_has_ended)[0] for _ in range(processes)], run


async def test_two_registrations_at_once_spend_the_token_once(town, database):
    """One account is registered; the other caller gets its id, and nothing else is done."""
    services, run = race(town, 3)
    new = typed_in(town)

    outcomes = await asyncio.gather(
        *(run(each.enrolment.register(town.tenant, new)) for each in services), return_exceptions=True
    )

    refused = [each for each in outcomes if isinstance(each, CallerError)]
    ((record, integration),) = [each for each in outcomes if not isinstance(each, Exception)]
    assert [each.code for each in refused] == ["account_exists"] * 2
    assert all(record.id in each.detail for each in refused)
    assert integration.state is State.ACTIVE
    assert len(town.calls()) == 1
    assert await rows(database) == []
    await town.read(services[0], record)


async def test_two_processes_that_enable_at_once_spend_the_token_once(town):
    """The second finds its credentials enabled, and goes on with the token that came of them."""
    services, run = race(town, 2)
    new = typed_in(town)
    record, _ = await services[0].enrolment.register(town.tenant, NewAccount(**_fields(new) | {"credentials": None}))

    integrations = await asyncio.gather(
        *(run(each.enrolment.enable(town.tenant, record.id, new.credentials)) for each in services)
    )

    assert [each.state for _, each in integrations] == [State.ACTIVE] * 2
    assert len(town.calls()) == 1


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("how", ["register", "enable"])
async def test_two_accounts_with_one_name_spend_the_token_once(town, database, processes, how):
    """The number does not travel at this bank: the second learns that the first has it, and the bank does not."""
    services, run = race(town, processes)
    new = typed_in(town)
    named = [replace(new, number=number) for number in ("12345678", "87654321")]
    asked = []
    for index, each in enumerate(named):
        gateway = services[index % processes]
        if how == "register":
            asked.append(gateway.enrolment.register(town.tenant, each))
        else:
            record, _ = await gateway.enrolment.register(town.tenant, replace(each, credentials=None))
            asked.append(gateway.enrolment.enable(town.tenant, record.id, each.credentials))

    outcomes = await asyncio.gather(*map(run, asked), return_exceptions=True)

    (refused,) = [each for each in outcomes if isinstance(each, CallerError)]
    ((record, integration),) = [each for each in outcomes if not isinstance(each, Exception)]
    assert refused.code == "credentials_in_use"
    assert record.id in refused.detail
    assert integration.state is State.ACTIVE
    assert len(town.calls()) == 1
    assert await rows(database) == []
    await town.read(services[0], record)


async def test_accounts_with_other_names_do_not_wait_for_each_other(town, database):
    """Each is enabled while the answer for the other is held back."""
    gateway, _ = town.process()
    town.line.gate.clear()
    both = [
        asyncio.create_task(gateway.enrolment.register(town.tenant, typed_in(town, number)))
        for number in ("12345678", "87654321")
    ]
    while len(town.calls()) < len(both):
        await rows(database)  # the query lets the others go on
    town.line.gate.set()

    assert [integration.state for _, integration in await asyncio.gather(*both)] == [State.ACTIVE] * 2


async def test_the_hourly_round_removes_what_died(town, database):
    """A stale change of an account that is not changed again is removed; a fresh one stays."""
    gateway, _ = town.process()
    long_ago = NOW - CHANGE_STALE - timedelta(seconds=1)
    with database.engine.begin() as connection:
        for name, at in (("a", long_ago), ("b", NOW)):
            connection.execute(insert(CHANGES).values(account_id=name, owner="o", since=at))

    await gateway.renewals.keep_alive()

    assert [row.account_id for row in await rows(database)] == ["b"]


async def test_after_a_registration_that_failed_the_other_has_its_turn(town, database):
    """It is no account that exists."""
    first, second = (town.process()[0] for _ in range(2))
    wrong, right = typed_in(town, api_secret="mistyped"), typed_in(town)

    failing = asyncio.create_task(first.enrolment.register(town.tenant, wrong))
    while not failing.done() and not await rows(database):
        pass  # the query lets the other go on
    _, integration = await second.enrolment.register(town.tenant, right)

    with pytest.raises(BankFailure):
        await failing
    assert integration.state is State.ACTIVE
    assert await rows(database) == []


@pytest.mark.parametrize("taken", ["the account", "the account without a branch", "its name"])
async def test_an_enrolment_that_slept_spends_nothing_once_another_has_taken_over(town, database, taken):
    """Whoever has taken over may have spent what was typed in; each claim counts, until the request leaves."""
    service, _ = town.process()
    typed = typed_in(town)
    sleeping = town.transport

    @asynccontextmanager
    async def transport(host, certificate, *, new=False):
        async with sleeping(host, certificate, new=new) as bank:
            with_branch, without = (account_id_of(town.tenant, typed.bank, b, typed.number) for b in (typed.branch, ""))
            accounts = {with_branch: "the account", without: "the account without a branch"}
            (ours,) = [row for row in await rows(database) if accounts.get(row.account_id, "its name") == taken]
            with database.engine.begin() as connection:
                connection.execute(update(CHANGES).where(CHANGES.c.account_id == ours.account_id).values(owner="b"))
            yield bank

    town.transport = transport
    with pytest.raises(GatewayError, match="another one has taken over") as lost:
        await service.enrolment.register(town.tenant, typed)

    assert lost.value.code == "deadline_exceeded"
    assert lost.value.retryable
    assert town.calls() == []
    town.transport = sleeping
    with database.engine.begin() as connection:
        connection.execute(delete(CHANGES))
    _, integration = await service.enrolment.register(town.tenant, typed)
    assert integration.state is State.ACTIVE
    assert len(town.calls()) == 1


async def test_a_change_of_a_process_that_died_is_taken_over(database):
    """Once its claim is stale, and not before."""
    wall = FixedClock(NOW)
    waits = []

    async def sleep(seconds):
        waits.append(seconds)
        wall.moment += timedelta(seconds=seconds)

    with database.engine.begin() as connection:
        connection.execute(insert(CHANGES).values(account_id="a", owner="dead", since=NOW))

    async with Changes(ChangeRows(database), wall=wall, sleep=sleep).one("a"):
        (row,) = await rows(database)
        assert row.owner != "dead"

    assert sum(waits) == pytest.approx(CHANGE_STALE.total_seconds(), abs=0.5)
    assert await rows(database) == []


@pytest.mark.slow
async def test_waiting_for_another_process_is_bounded(database):
    """An endless change is not waited for."""
    wall = FixedClock(NOW)
    waits = []

    async def sleep(seconds):
        waits.append(seconds)

    changes = [Changes(ChangeRows(database), wall=wall, sleep=sleep) for _ in range(2)]
    async with changes[0].one("a"):
        with pytest.raises(GatewayError) as raised:
            async with changes[1].one("a"):
                raise AssertionError("two changes at once")
        async with changes[1].one("b"):
            assert len(await rows(database)) == 2

    assert raised.value.code == "deadline_exceeded"
    assert sum(waits) == pytest.approx(CHANGE_WAIT_SECONDS)


async def test_a_caller_who_goes_away_leaves_nothing_behind(database):
    """While waiting, or while changing."""
    first, second = Changes(ChangeRows(database)), Changes(ChangeRows(database))
    reached = asyncio.Event()

    async def change(changes):
        async with changes.one("a"):
            reached.set()
            await asyncio.Event().wait()

    changing = asyncio.create_task(change(first))
    await reached.wait()
    waiting = asyncio.create_task(change(second))
    await asyncio.sleep(0)
    for task in (waiting, changing):
        task.cancel()
    await asyncio.gather(waiting, changing, return_exceptions=True)

    async with Changes(ChangeRows(database)).one("a"):
        assert len(await rows(database)) == 1
    assert await rows(database) == []


def _fields(struct):
    return {name: getattr(struct, name) for name in struct.__struct_fields__}
