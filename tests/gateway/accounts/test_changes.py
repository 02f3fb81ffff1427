"""Two processes that change one account: one after the other, and what was typed in is spent once."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from gateway.accounts.changes import PATIENCE, STALE, Changes
from gateway.accounts.keys import Keys
from gateway.accounts.models import ChangeRow
from gateway.accounts.records import State
from gateway.accounts.service import NewAccount
from gateway.clock import FixedClock
from gateway.errors import BankFailure, CallerError, GatewayError
from tests.gateway.accounts.test_renewals import Town
from tests.gateway.support import NOW

pytestmark = pytest.mark.anyio


@pytest.fixture
async def town(database, vault):
    """BS2, whose refresh tokens are good for one use."""
    town = Town("bs2", database, vault)
    keys = Keys(database)
    town.tenant = await keys.tenant_of(await keys.create("a", NOW))
    return town


def typed_in(town, number="12345678", **changed):
    """What a caller registers."""
    held = town.bank.open_account(number, "ok")
    return NewAccount(
        bank=held.bank,
        kind=held.kind,
        branch=held.branch,
        number=held.number,
        holder_tax_id=held.holder_tax_id,
        credentials=held.form | changed,
    )


async def rows(database):
    """The changes under way."""
    async with database.sessions() as session:
        return (await session.scalars(select(ChangeRow))).all()


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
    """One account is registered; the other caller is told so, and that nothing else was done."""
    services, run = race(town, 3)
    new = typed_in(town)

    outcomes = await asyncio.gather(
        *(run(each.register(town.tenant, new)) for each in services), return_exceptions=True
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
    record, _ = await services[0].register(town.tenant, NewAccount(**_fields(new) | {"credentials": None}))

    integrations = await asyncio.gather(
        *(run(each.enable(town.tenant, record.id, new.credentials)) for each in services)
    )

    assert [each.state for _, each in integrations] == [State.ACTIVE] * 2
    assert len(town.calls()) == 1


async def test_after_a_registration_that_failed_the_other_has_its_turn(town, database):
    """It is no account that exists."""
    first, second = (town.process()[0] for _ in range(2))
    wrong, right = typed_in(town, api_secret="mistyped"), typed_in(town)

    failing = asyncio.create_task(first.register(town.tenant, wrong))
    while not failing.done() and not await rows(database):
        pass  # asking the database lets the other go on
    _, integration = await second.register(town.tenant, right)

    with pytest.raises(BankFailure):
        await failing
    assert integration.state is State.ACTIVE
    assert await rows(database) == []


async def test_a_change_of_a_process_that_died_is_taken_over(database):
    """Once it has not been heard of for long, and not before."""
    wall = FixedClock(NOW)
    waits = []

    async def sleep(seconds):
        waits.append(seconds)
        wall.moment += timedelta(seconds=seconds)

    async with database.sessions.begin() as session:
        session.add(ChangeRow(account_id="a", owner="dead", since=NOW))

    async with Changes(database, wall=wall, sleep=sleep).one("a"):
        (row,) = await rows(database)
        assert row.owner != "dead"

    assert sum(waits) == pytest.approx(STALE.total_seconds(), abs=0.5)
    assert await rows(database) == []


async def test_waiting_for_another_process_is_bounded(database):
    """A change that goes on for ever is not waited for."""
    wall = FixedClock(NOW)
    waits = []

    async def sleep(seconds):
        waits.append(seconds)

    changes = [Changes(database, wall=wall, sleep=sleep) for _ in range(2)]
    async with changes[0].one("a"):
        with pytest.raises(GatewayError) as raised:
            async with changes[1].one("a"):
                raise AssertionError("two changes at once")
        async with changes[1].one("b"):
            assert len(await rows(database)) == 2

    assert raised.value.code == "deadline_exceeded"
    assert sum(waits) == pytest.approx(PATIENCE)


async def test_a_caller_who_goes_away_leaves_nothing_behind(database):
    """While waiting, or while changing."""
    first, second = Changes(database), Changes(database)
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

    async with Changes(database).one("a"):
        assert len(await rows(database)) == 1
    assert await rows(database) == []


def _fields(struct):
    return {name: getattr(struct, name) for name in struct.__struct_fields__}
