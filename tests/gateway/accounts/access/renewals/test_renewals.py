"""Renewals of tokens that no statement uses, and their limits."""

import asyncio
from contextlib import suppress
from itertools import pairwise

import pytest
from msgspec.structs import replace
from sqlalchemy import select, update

from gateway.errors import BankFailure
from gateway.limits import RENEWALS_PER_TENANT
from gateway.storage.accounts.outcomes import Outcomes
from gateway.storage.accounts.pauses import Mode, Pause
from gateway.storage.accounts.records import State
from gateway.storage.accounts.remembered import RememberedFailure
from gateway.storage.management.all_tenants import AllTenants
from gateway.storage.shared.tables import TOKENS
from gateway.storage.shared.tokens import ACTIVE, TokenRows
from tests.gateway.accounts.access.renewals.town import (
    FORTNIGHT,
    HOUR,
    LIFE,
    Town,
    counted,
    happens,
    queries_of,
)
from tests.gateway.support import NOW

pytestmark = pytest.mark.anyio


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("slug", LIFE)
async def test_a_life_and_a_half_without_statements(database, vault, tenant, slug):
    """One renewal each third of the refresh token's life, nothing else is asked, and then the account is read.

    Longer than any one refresh token lives, in rounds as close together as tell one third from the next.
    """
    step = LIFE[slug] / 48
    steps = 72
    town = Town(slug, database, vault)
    town.tenant = tenant
    gateway, _ = town.process()
    _, record = await town.enrol(gateway)
    reads, renewed = len(town.calls("statement")), counted("renewed", slug)

    for _ in range(steps):
        town.clock.advance(step)
        await gateway.renewals.keep_alive()

    asked = town.calls()
    third = LIFE[slug] / 3
    gaps = [later - earlier for earlier, later in pairwise(asked)]
    assert len(gaps) == counted("renewed", slug) - renewed == steps * step // third
    assert all(third <= gap < third + step for gap in gaps)
    assert len(town.calls("statement")) == reads
    assert (await town.read(gateway, record)).complete_through is not None


@pytest.mark.parametrize("slug", LIFE)
async def test_a_fortnight_without_rounds(database, vault, tenant, slug):
    """The authorization has ended, as it does at the bank."""
    town = Town(slug, database, vault)
    town.tenant = tenant
    gateway, _ = town.process()
    _, record = await town.enrol(gateway)

    town.clock.advance(FORTNIGHT * HOUR)

    with pytest.raises(BankFailure, match="consent_expired"):
        await town.read(gateway, record)


async def test_a_statement_counts_as_a_renewal(town):
    """A token that a reading has just renewed is not renewed again."""
    gateway, _ = town.process()
    _, record = await town.enrol(gateway)
    town.clock.advance(17 * HOUR)
    await town.read(gateway, record)
    asked = town.calls()

    await gateway.renewals.keep_alive()

    assert town.calls() == asked


async def test_an_authorization_that_has_ended_needs_action(town):
    """The state shows it before the next import, and the bank is not asked again."""
    gateway, _ = town.process()
    simulated, record = await town.enrol(gateway)
    town.bank.enter(simulated, "consent_revoked")
    town.clock.advance(17 * HOUR)
    before = counted("consent_revoked")

    await gateway.renewals.keep_alive()

    integration = await town.integration(gateway, record)
    assert (integration.state, integration.last_failure.code, integration.failures_in_a_row) == (
        State.NEEDS_ACTION,
        "consent_revoked",
        1,
    )
    assert counted("consent_revoked") - before == 1
    asked = town.calls()
    town.clock.advance(17 * HOUR)
    await gateway.renewals.keep_alive()
    with pytest.raises(BankFailure, match="consent_revoked"):
        await town.read(gateway, record)
    assert town.calls() == asked


@pytest.mark.parametrize("slug", sorted(LIFE))
@pytest.mark.parametrize("by_round", [True, False])
async def test_one_refusal_at_the_token_host_ends_no_chain(database, vault, tenant, slug, by_round):
    """Neither for the next reading nor for the next round; the refresh token is still the one to go on with."""
    town = Town(slug, database, vault)
    town.tenant = tenant
    gateway, _ = town.process()
    simulated, record = await town.enrol(gateway)
    town.clock.advance(LIFE[slug] * 0.7)
    town.world.inject(slug, simulated.number, "token", "status", {"status": 401}, times=1)

    if by_round:
        await gateway.renewals.keep_alive()
    else:
        with pytest.raises(BankFailure):
            await town.read(gateway, record)

    assert (await town.integration(gateway, record)).state is State.BANK_FAILING
    assert await town.read(gateway, record)
    assert (await town.integration(gateway, record)).state is State.ACTIVE


async def test_a_refusal_that_lasts_is_met_in_two_rounds(town):
    """Then the integration is stopped; the operator may let it be tried again once the bank has come to itself."""
    gateway, _ = town.process()
    simulated, record = await town.enrol(gateway)
    town.clock.advance(30 * HOUR)
    fault = town.world.inject("bs2", simulated.number, "token", "status", {"status": 401})
    for state in (State.BANK_FAILING, State.NEEDS_ACTION):
        await gateway.renewals.keep_alive()
        assert (await town.integration(gateway, record)).state is state
        town.clock.advance(HOUR)
    asked = town.calls()
    await gateway.renewals.keep_alive()
    assert town.calls() == asked

    town.world.faults.remove(fault)
    assert await town.all_tenants.revive("bs2") == 1

    assert await town.read(gateway, record)
    assert (await town.integration(gateway, record)).state is State.ACTIVE


async def test_a_failure_that_passes_is_tried_again_in_the_next_round(town):
    """It changes nothing that callers see, and stops nothing however long it lasts."""
    gateway, _ = town.process()
    simulated, record = await town.enrol(gateway)
    before = await town.integration(gateway, record)
    fault = town.world.inject("bs2", simulated.number, "token", "status", {"status": 503})
    town.clock.advance(16 * HOUR)
    asked, failed = len(town.calls()), counted("bank_server_error")

    for _ in range(24):
        town.clock.advance(HOUR)
        await gateway.renewals.keep_alive()

    assert len(town.calls()) - asked == counted("bank_server_error") - failed == 24
    assert await town.integration(gateway, record) == before
    town.world.faults.remove(fault)
    town.clock.advance(HOUR)
    await gateway.renewals.keep_alive()
    assert len(town.calls()) - asked == 25
    assert await town.read(gateway, record)


async def test_what_the_operator_has_paused_is_left_alone(town):
    """Until the pause ends; one that holds up new enrolments only holds up no renewal."""
    gateway, _ = town.process()
    _, record = await town.enrol(gateway)
    asked = len(town.calls())
    pause = Pause(bank="bs2", account_id=record.id, since=NOW, until=NOW + 20 * HOUR)
    await town.pauses.begin(pause)

    town.clock.advance(19 * HOUR)
    await gateway.renewals.keep_alive()
    assert len(town.calls()) == asked

    await town.pauses.begin(replace(pause, mode=Mode.NEW_ENROLMENTS_ONLY))
    await gateway.renewals.keep_alive()
    assert len(town.calls()) == asked + 1


async def test_what_the_bank_has_paused_is_kept_alive(town):
    """Its own pause of a connection does not stop the clock of the refresh token."""
    gateway, _ = town.process()
    simulated, record = await town.enrol(gateway)
    town.bank.enter(simulated, "integration_paused")
    with pytest.raises(BankFailure, match="integration_paused"):
        await town.read(gateway, record)
    assert (await town.integration(gateway, record)).state is State.PAUSED
    asked = len(town.calls())

    town.clock.advance(17 * HOUR)
    await gateway.renewals.keep_alive()

    assert len(town.calls()) == asked + 1


async def test_what_is_not_enabled_is_left_alone(town):
    """Neither a disabled integration nor a removed account is renewed, or even looked at."""
    gateway, _ = town.process()
    (_, disabled), (_, removed) = await town.enrol(gateway), await town.enrol(gateway, "22345678")
    await gateway.registered.disable(town.tenant, disabled.id)
    await gateway.registered.remove(town.tenant, removed.id)
    asked, queries = len(town.calls()), queries_of(town)

    town.clock.advance(17 * HOUR)
    await gateway.renewals.keep_alive()

    assert len(town.calls()) == asked
    assert len(queries) == 3
    assert (await town.integration(gateway, disabled)).state is State.DISABLED


async def test_an_integration_that_is_stopped_after_it_was_listed_is_left_alone(town, vault):
    """Each one is looked at again when its turn has come."""
    failure = RememberedFailure(code="statement_access_denied", at="statement", detail="no", since=NOW)

    class Slow(AllTenants):
        """Has listed an integration that is stopped meanwhile."""

        async def everything(self, banks=None):
            listed = await super().everything(banks)
            integration = await town.integrations.integration(town.tenant, record.id)
            await Outcomes(town.database, town.vault).failed(town.tenant, integration, State.NEEDS_ACTION, failure)
            return listed

    gateway, _ = town.process(all_tenants=Slow(town.database, vault))
    _, record = await town.enrol(gateway)
    asked = len(town.calls())

    town.clock.advance(17 * HOUR)
    await gateway.renewals.keep_alive()

    assert len(town.calls()) == asked


async def test_two_processes_renew_once(town):
    """The one that finds the renewal claimed waits for the other and asks nothing."""
    polls = 0

    async def sleep(seconds):
        nonlocal polls
        polls += 1
        if polls == 3:
            town.line.gate.set()
        await asyncio.sleep(0)

    (one, _), (other, _) = town.process(), town.process(sleep)
    _, record = await town.enrol(one)
    asked = len(town.calls())
    town.clock.advance(17 * HOUR)
    town.line.gate.clear()
    town.line.answered.clear()

    first = asyncio.create_task(one.renewals.keep_alive())
    await happens(town.line.answered)
    await other.renewals.keep_alive()
    await first

    assert len(town.calls()) == asked + 1
    assert polls >= 3
    for gateway in (one, other):
        assert await town.read(gateway, record)
    assert len(town.calls()) == asked + 1


async def test_a_round_that_is_stopped_in_the_middle_loses_nothing(town):
    """The bank has spent the refresh token: its successor is stored although no caller waits for it any more."""
    gateway, tokens = town.process()
    _, record = await town.enrol(gateway)
    town.clock.advance(17 * HOUR)
    town.line.gate.clear()
    town.line.answered.clear()
    round_under_way = asyncio.create_task(gateway.renewals.keep_alive())
    await happens(town.line.answered)

    round_under_way.cancel()
    with suppress(asyncio.CancelledError):
        await round_under_way
    assert round_under_way.cancelled()
    assert town.line.under_way == 1
    town.line.gate.set()
    await tokens.aclose()

    asked = len(town.calls())
    restarted, _ = town.process()
    await restarted.renewals.keep_alive()
    assert len(town.calls()) == asked
    town.clock.advance(40 * HOUR)
    assert await town.read(restarted, record)


async def test_a_refusal_without_a_waiting_caller_is_recorded_by_the_next_round(town):
    """It was remembered with the token; the bank is not asked for it again."""
    gateway, tokens = town.process()
    simulated, record = await town.enrol(gateway)
    town.bank.enter(simulated, "consent_revoked")
    town.clock.advance(17 * HOUR)
    town.line.gate.clear()
    town.line.answered.clear()
    round_under_way = asyncio.create_task(gateway.renewals.keep_alive())
    await happens(town.line.answered)
    round_under_way.cancel()
    town.line.gate.set()
    await tokens.aclose()
    assert (await town.integration(gateway, record)).state is State.ACTIVE
    asked = town.calls()

    restarted, _ = town.process()
    await restarted.renewals.keep_alive()

    assert (await town.integration(restarted, record)).state is State.NEEDS_ACTION
    assert town.calls() == asked


async def test_a_token_of_unknown_age_is_renewed(town, vault):
    """Rows of earlier versions do not say when their token was obtained; from the first renewal on they do."""
    gateway, _ = town.process()
    _, record = await town.enrol(gateway)
    with town.database.engine.begin() as connection:
        mine = TOKENS.c.account_id == record.id, TOKENS.c.slot == ACTIVE
        content = vault.decrypt(record.id, "token", connection.scalar(select(TOKENS.c.sealed).where(*mine)))
        del content["obtained_at"]
        sealed = vault.encrypt(record.id, "token", content)
        connection.execute(update(TOKENS).where(*mine).values(sealed=sealed))
    asked = len(town.calls())

    for _ in range(2):
        await gateway.renewals.keep_alive()

    assert len(town.calls()) == asked + 1


async def test_one_broken_account_leaves_the_others_alone(town):
    """It is counted, and the round goes on."""
    gateway, _ = town.process()
    (_, broken), (well, _) = await town.enrol(gateway), await town.enrol(gateway, "22345678")
    with town.database.engine.begin() as connection:
        connection.execute(update(TOKENS).where(TOKENS.c.account_id == broken.id).values(sealed="no seal"))
    town.clock.advance(17 * HOUR)
    before, spent = counted("credentials_unreadable"), well.credentials["refresh_token"]

    await gateway.renewals.keep_alive()

    assert counted("credentials_unreadable") - before == 1
    assert well.credentials["refresh_token"] != spent


@pytest.mark.slow
async def test_a_few_renewals_at_a_time(town, vault):
    """A round never takes more of the line than that, and gets through all the same."""
    looked_at = set()

    class Watched(TokenRows):
        """Tells whose token is looked at."""

        async def load(self, account_id, slot):
            looked_at.add(account_id)
            return await super().load(account_id, slot)

    town.rows = Watched(town.database, vault)
    gateway, _ = town.process()
    for number in range(RENEWALS_PER_TENANT + 3):
        await town.enrol(gateway, f"{number}2345678")
    asked = len(town.calls())
    town.clock.advance(17 * HOUR)
    town.line.gate.clear()
    town.line.full.clear()
    looked_at.clear()

    round_under_way = asyncio.create_task(gateway.renewals.keep_alive())
    await happens(town.line.full)
    assert len(looked_at) == RENEWALS_PER_TENANT
    town.line.gate.set()
    await round_under_way

    assert len(looked_at) == len(town.calls()) - asked == RENEWALS_PER_TENANT + 3
