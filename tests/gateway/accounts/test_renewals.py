"""Renewals of tokens that no statement uses, and their limits."""

import asyncio
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from itertools import pairwise

import pytest
from msgspec.structs import replace
from sqlalchemy import event, select, update

import contracts
from gateway.accounts.changes import Changes
from gateway.accounts.renewals import Renewals, hourly
from gateway.accounts.tokens import Tokens
from gateway.app import create_app
from gateway.clock import FixedClock, SystemClock
from gateway.errors import BankFailure
from gateway.limits import RENEWAL_LOOK_SECONDS, RENEWALS_PER_TENANT
from gateway.line import build_line
from gateway.metrics import REGISTRY
from gateway.model import Period
from gateway.parts import composed
from gateway.storage.all_tenants import AllTenants
from gateway.storage.changes import ChangeRows
from gateway.storage.integrations import Integrations
from gateway.storage.outcomes import Outcomes
from gateway.storage.pauses import Mode, Pause, Pauses
from gateway.storage.records import NewAccount, State
from gateway.storage.remembered import RememberedFailure
from gateway.storage.tables import TokenRow
from gateway.storage.tokens import ACTIVE, TokenRows
from simulators.banks import bank_class
from simulators.certify.line_harness import VirtualTime
from simulators.clock import FrozenClock
from simulators.inprocess import InProcess
from simulators.pki import Authority
from simulators.world import World
from tests.gateway.storage.support import tenant_added
from tests.gateway.support import NOW, YOUNG

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)
FORTNIGHT = 14 * 24
LIFE = {"bs2": timedelta(hours=48), "btg_pactual": timedelta(days=10)}


class Held:
    """A line behind which answers of the bank are held back as long as its gate is shut."""

    def __init__(self, line):
        self._line = line
        self.gate = asyncio.Event()
        self.gate.set()
        self.answered = asyncio.Event()
        self.full = asyncio.Event()
        self.under_way = 0

    async def send(self, request, *, account, certificate):
        """Hold the answer back after the bank has given it."""
        self.under_way += 1
        if self.under_way == RENEWALS_PER_TENANT:
            self.full.set()
        try:
            answer = await self._line.send(request, account=account, certificate=certificate)
            self.answered.set()
            await self.gate.wait()
            return answer
        finally:
            self.under_way -= 1

    async def aclose(self):
        """It belongs to the test."""


class Town:
    """One simulated bank, and gateways in front of it that share a database."""

    def __init__(self, slug, database, vault):
        self.clock = FrozenClock(NOW)
        self.time = VirtualTime(self.clock)
        self.world = World(1, self.clock, Authority())
        self.bank = bank_class(slug)(contracts.load(slug), self.world)
        self.database = database
        self.vault = vault
        self.integrations, self.rows = Integrations(database, vault), TokenRows(database, vault)
        self.pauses, self.all_tenants = Pauses(database), AllTenants(database, vault)
        line = build_line(self, self.clock, monotonic=self.time.monotonic, sleep=self.time.sleep, random=lambda: 0.5)
        self.line = Held(line)
        self.tenant = ""

    def addressed(self, request):
        """The request as it is."""
        return request

    @asynccontextmanager
    async def transport(self, host, certificate, *, new=False):
        """The bank."""
        self.time.pass_by(0.05)
        yield InProcess(lambda: [self.bank])

    def process(self, sleep=None, all_tenants=None):
        """A gateway of its own; claims grow stale by the world's clock."""
        tokens = Tokens(self.rows, self.clock, wall=self.clock, sleep=sleep or self.time.sleep)
        changes = Changes(ChangeRows(self.database), wall=self.clock, sleep=lambda seconds: asyncio.sleep(0.01))
        gateway = composed(
            self.database, self.vault, self.line, self.clock, tokens, all_tenants=all_tenants, changes=changes
        )
        return gateway, tokens

    async def enrol(self, gateway, number="12345678"):
        """A new account of the bank, enabled at the gateway: the simulated account and the gateway's record."""
        simulated = self.bank.open_account(number, "ok", YOUNG)
        new = NewAccount(
            bank=simulated.bank,
            kind=simulated.kind,
            branch=simulated.branch,
            number=simulated.number,
            holder_tax_id=simulated.holder_tax_id,
            credentials=simulated.form,
        )
        record, integration = await gateway.service.register(self.tenant, new)
        assert integration.state is State.ACTIVE
        return simulated, record

    def calls(self, operation="token"):
        """When the bank was asked."""
        return [record.at for record in self.world.journal.records if record.operation == operation]

    async def read(self, gateway, record):
        """The statement of yesterday."""
        yesterday = self.clock.now().date() - timedelta(days=1)
        return await gateway.readings.read(self.tenant, record.id, Period(yesterday, yesterday))

    async def integration(self, gateway, record):
        """As callers see it."""
        return (await gateway.service.integrations(self.tenant, [record]))[record.id]


@pytest.fixture
async def tenant(database):
    """The id of a tenant."""
    return await tenant_added(database, "a")


@pytest.fixture
def town(database, vault, tenant):
    """BS2, whose refresh tokens live for two days."""
    town = Town("bs2", database, vault)
    town.tenant = tenant
    return town


async def put_trial(town, record, slot, touched_at):
    """A token of credentials that are not enabled, last touched then."""
    row = {"account_id": record.id, "slot": slot, "version": 1, "sealed": "", "touched_at": touched_at}
    with town.database.sessions.begin() as session:
        session.add(TokenRow(**row))


async def slots(town):
    """The slots in which tokens are kept."""
    with town.database.sessions() as session:
        return {*(session.scalars(select(TokenRow.slot))).all()}


async def happens(what):
    """Wait until it does."""
    async with asyncio.timeout(30):
        await what.wait()


def queries_of(town):
    """The queries from now on."""
    queries = []
    event.listen(town.database.engine, "before_cursor_execute", lambda *arguments: queries.append(arguments[2]))
    return queries


def counted(outcome, bank="bs2"):
    """The metric."""
    return REGISTRY.get_sample_value("gateway_token_renewals_total", {"bank": bank, "outcome": outcome}) or 0.0


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
    await gateway.service.disable(town.tenant, disabled.id)
    await gateway.service.remove(town.tenant, removed.id)
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
    with town.database.sessions.begin() as session:
        row = session.get(TokenRow, (record.id, ACTIVE))
        content = vault.decrypt(record.id, "token", row.sealed)
        del content["obtained_at"]
        row.sealed = vault.encrypt(record.id, "token", content)
    asked = len(town.calls())

    for _ in range(2):
        await gateway.renewals.keep_alive()

    assert len(town.calls()) == asked + 1


async def test_one_broken_account_leaves_the_others_alone(town):
    """It is counted, and the round goes on."""
    gateway, _ = town.process()
    (_, broken), (well, _) = await town.enrol(gateway), await town.enrol(gateway, "22345678")
    with town.database.sessions.begin() as session:
        session.execute(update(TokenRow).where(TokenRow.account_id == broken.id).values(sealed="no seal"))
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
