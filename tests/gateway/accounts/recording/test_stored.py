"""A stored answer equals a fresh one byte for byte, at every bank, for the same period and for parts of it."""

import asyncio
import tempfile
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

import contracts
from gateway.accounts.access.tokens import Tokens
from gateway.accounts.recording.stored import Wanted, Whole
from gateway.calendar import settled_through
from gateway.errors import CallerError, IntegrationInactive
from gateway.model import Period, Stability, Verdict
from gateway.parts import Resources, composed
from gateway.render.formats import FORMATS
from gateway.storage.accounts.records import NewAccount
from gateway.storage.encryption.vault import Vault
from gateway.storage.engine.database import Database
from gateway.storage.shared.tokens import TokenRows
from simulators.world import Parameters
from tests.clocks import FixedClock
from tests.gateway.api.simulated import SimulatedBanks, body_of
from tests.gateway.storage.support import tenant_added
from tests.gateway.support import NOW, VAULT_KEY

pytestmark = pytest.mark.anyio

DAY = timedelta(days=1)
REACH = 20
"""Days of the widest statement."""
ONLY_STORED = Wanted(most_seconds=3600, asks_bank=False)
WITHOUT_BALANCES = {"btg_pactual", "santander"}
"""Banks whose statements are not proved, so that no part of one is answered."""

periods = st.tuples(st.integers(0, REACH - 1), st.integers(0, REACH - 1)).map(sorted)


class Place:
    """An account at a simulated bank and a gateway that reads it."""

    def __init__(self, parts, line, tenant, account, last):
        self.parts, self.line, self.tenant, self.account, self.last = parts, line, tenant, account, last

    def days(self, first, last):
        """The days of these numbers; the last number of all is the last settled day."""
        return Period(self.last - (REACH - 1 - first) * DAY, self.last - (REACH - 1 - last) * DAY)

    async def fresh(self, period):
        """The statement that the bank gives now."""
        return await self.parts.readings.read(self.tenant, self.account, period)

    async def stored(self, period, wanted=ONLY_STORED):
        """The stored statement, or None; no bank is asked."""
        sent = self.line.sent.copy()
        try:
            answer = await self.parts.readings.answer(self.tenant, self.account, period, wanted)
        except CallerError as refused:
            assert refused.code == "not_stored"
            return None
        assert answer.is_stored
        assert self.line.sent == sent
        return answer.statement


@asynccontextmanager
async def place(slug, **parameters):
    """An account of a bank, enabled, in a database of its own; nothing is stored of it."""
    with tempfile.TemporaryDirectory() as folder:
        database, vault = Database(f"sqlite:///{Path(folder) / 'gateway.sqlite'}"), Vault([VAULT_KEY])
        await database.migrate()
        line, clock = SimulatedBanks(), FixedClock(NOW)
        bank = line.bank(slug)
        simulated = bank.open_account(
            bank.number("72943816"),
            parameters=Parameters(**{"opened_days_ago": 60, "busy_day_entries": 0, **parameters}),
        )
        tokens = Tokens(TokenRows(database, vault), clock)
        parts = composed(Resources(database, vault, line, clock, tokens))
        tenant = await tenant_added(database, "tenant")
        record, _ = await parts.enrolment.register(tenant, NewAccount(**body_of(simulated)))
        try:
            yield Place(parts, line, tenant, record.id, settled_through(NOW, contracts.load(slug).period))
        finally:
            await parts.readings.aclose()
            await tokens.aclose()
            await database.aclose()


def rendered(statement, *, texts_only=False):
    """The statement in every format; where a format cannot hold it, why."""
    found = {}
    for form in FORMATS:
        if not (texts_only and form.is_binary):
            try:
                found[form.name] = b"".join(form.render(statement))
            except CallerError as error:
                found[form.name] = str(error)
    return found


def texts(statement):
    """The statement in all formats but those that take long to make: the law is about hundreds of statements."""
    return rendered(statement, texts_only=True)


@settings(max_examples=24)
@given(
    slug=st.sampled_from(contracts.banks()),
    entries_per_day=st.sampled_from([0.1, 1, 4]),
    publication=st.sampled_from(["", "restated", "grouped_on_its_day"]),
    asked=st.lists(periods, min_size=1, max_size=4),
)
@example(slug="inter", entries_per_day=4, publication="", asked=[[3, 9], [0, 19], [19, 19]])
def test_the_law(slug, entries_per_day, publication, asked):
    """A whole that was read, then parts of it; each part that is answered is what the bank gives a moment later."""
    asyncio.run(_compare(slug, asked, entries_per_day=entries_per_day, publication=publication))


async def _compare(slug, asked, **parameters):
    async with place(slug, **parameters) as here:
        whole = here.days(0, REACH - 1)
        first = await here.fresh(whole)
        again = await here.stored(whole)
        assert texts(again) == texts(first)
        for numbers in asked:
            period = here.days(*numbers)
            found = await here.stored(period)
            fresh = await here.fresh(period)
            if found is not None:
                assert texts(found) == texts(fresh)
            assert texts(await here.stored(period)) == texts(fresh)


@pytest.mark.parametrize("slug", contracts.banks())
async def test_each_bank_is_answered_from_the_store(slug):
    """So that the law says something of each: the whole, and parts wherever the bank gives balances."""
    async with place(slug, entries_per_day=2) as here:
        whole = here.days(0, REACH - 1)
        fresh = await here.fresh(whole)
        assert fresh.entries
        assert rendered(await here.stored(whole)) == rendered(fresh)
        part = await here.stored(here.days(5, 12))
        if slug in WITHOUT_BALANCES or fresh.warnings:
            assert part is None
        else:
            assert part.proof.verdict is Verdict.PROVED
            assert rendered(part) == rendered(await here.fresh(here.days(5, 12)))


@pytest.mark.parametrize("slug", sorted(WITHOUT_BALANCES))
async def test_what_was_stored_before_the_available_balance_is_answered_too(slug, monkeypatch):
    """It says nothing of it; a statement that is stored now says what it said then."""
    async with place(slug) as here:
        period = here.days(0, REACH - 1)
        fresh = await here.fresh(period)
        assert fresh.available_balance is not None
        assert (await here.stored(period)).available_balance == fresh.available_balance

        plain = msgspec.to_builtins

        def of_old(value, **options):
            known = plain(value, **options)
            if isinstance(value, Whole):
                del known["available_balance"]
            return known

        monkeypatch.setattr(msgspec, "to_builtins", of_old)
        await here.fresh(period)
        monkeypatch.undo()

        assert await here.stored(period) == replace(fresh, available_balance=None)


async def test_a_statement_with_a_warning_says_nothing_of_its_parts():
    """Itaú's rows that stand for several entries are named without their days: a part may have none of them."""
    async with place("itau", entries_per_day=6) as here:
        whole = here.days(0, REACH - 1)
        fresh = await here.fresh(whole)
        assert [each.code for each in fresh.warnings] == ["grouped_entries"]
        assert rendered(await here.stored(whole)) == rendered(fresh)
        assert await here.stored(here.days(0, 0)) is None


async def test_without_an_age_only_the_import_s_settled_days_are_answered():
    """Since the bank's last hour; an age that is named counts alone."""
    async with place("inter") as here:
        period, wanted = here.days(0, 9), Wanted(asks_bank=False)
        await here.fresh(period)
        assert await here.stored(period, wanted) is None
        assert await here.stored(period) is not None

        await here.parts.readings.read(here.tenant, here.account, period, imported=True)
        assert await here.stored(period, wanted) is not None
        assert await here.stored(here.days(4, 4), wanted) is not None
        await here.fresh(period)
        assert await here.stored(period, wanted) is not None, "a caller's own reading is newer, and no worse"

        clock = here.parts.clock
        clock.moment = NOW + timedelta(hours=22)
        assert await here.stored(period, wanted) is not None
        assert await here.stored(period) is None
        clock.moment = NOW + timedelta(hours=23)
        assert contracts.load("inter").period.available_by == "09:00"
        assert await here.stored(period, wanted) is None


async def test_an_unsettled_period_is_answered_as_a_whole_and_only_for_an_age():
    """What its entries will be is not known."""
    async with place("inter", entries_per_day=60) as here:
        period = Period(here.last - DAY, NOW.date())
        fresh = await here.parts.readings.read(here.tenant, here.account, period, imported=True)
        assert any(entry.stability is Stability.PROVISIONAL for entry in fresh.entries)
        assert rendered(await here.stored(period)) == rendered(fresh)
        assert await here.stored(period, Wanted(asks_bank=False)) is None
        assert await here.stored(Period(here.last, here.last)) is None


async def test_a_disabled_integration_gives_nothing_and_nothing_is_left_for_the_next_one():
    """With the credentials everything that was read with them is erased."""
    async with place("inter") as here:
        period = here.days(0, 9)
        await here.fresh(period)
        await here.parts.registered.disable(here.tenant, here.account)
        with pytest.raises(IntegrationInactive):
            await here.stored(period)
        here.line.bank("inter").renew_credentials(here.line.account("inter"))
        form = here.line.account("inter").form
        await here.parts.enrolment.enable(here.tenant, here.account, form)
        assert await here.stored(period) is None


async def test_large_statements_are_not_stored():
    """And what was stored of their days is gone: it may be out of date."""
    async with place("inter", entries_per_day=300) as here:
        small = here.days(REACH - 2, REACH - 1)
        await here.fresh(small)
        assert await here.stored(small) is not None
        large = await here.fresh(here.days(0, REACH - 1))
        assert len(large.entries) > 2_000
        assert await here.stored(here.days(0, REACH - 1)) is None
        assert await here.stored(small) is None
