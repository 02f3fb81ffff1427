"""The queries: one tenant sees nothing of another, and races between processes end well."""

import asyncio
from datetime import UTC, timedelta
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import update

from gateway.accounts.states.suspension import cycle_at
from gateway.errors import CallerError
from gateway.events import Event, EventType
from gateway.limits import FAILED_CYCLES_ALLOWED
from gateway.model import DAY, Credentials, Period
from gateway.storage.accounts.records import AccountRecord, Integration, NewAccount, State
from gateway.storage.accounts.remembered import RememberedFailure
from gateway.storage.encryption.vault import Vault, VaultError
from gateway.storage.engine.database import Database
from gateway.storage.webhooks.deliveries import DELIVERED, PENDING, note_event
from gateway.storage.webhooks.registry import Secret, Target, Webhook
from gateway.storage.webhooks.tables import DELIVERIES
from tests.gateway.storage.support import Stored, account_of, tenant_added
from tests.gateway.support import NOW, SECRET

pytestmark = pytest.mark.anyio

FAILURE = RememberedFailure(code="invalid_credentials", at="token", detail="no", since=NOW)


@pytest.fixture
def store(database: Database, vault: Vault) -> Stored:
    """The store of one process."""
    return Stored(database, vault)


@pytest.fixture
async def tenant(database: Database) -> str:
    """The id of a tenant."""
    return await tenant_added(database, "a")


def record(tenant: str, number: str = "1", **changed: Any) -> AccountRecord:
    return account_of(tenant, number, **{"holder_tax_id": "CANARY-tax", **changed})


def integration(account: AccountRecord, **changed: Any) -> Integration:
    active = Integration(
        account_id=account.id,
        state=State.ACTIVE,
        credentials=Credentials({"client_secret": SECRET}),
        enabled_at=NOW,
        first_import=Period(NOW.date(), NOW.date()),
        last_success_at=NOW,
    )
    return msgspec.structs.replace(active, **changed)


async def test_an_account_of_another_spelling_is_found_by_its_id(store: Stored, tenant: str) -> None:
    """Else registering it would ask the bank, and only then find that there is one."""
    older = replace(record(tenant, "2"), number="02")
    await store.accounts.add(older)

    assert await store.accounts.find(record(tenant, "2")) == older
    assert await store.accounts.find(replace(record(tenant, "2"), id="another")) is None
    assert await store.accounts.find(replace(record(tenant, "2"), tenant_id="b")) is None
    holder = replace(record(tenant, "3"), number="2")
    await store.accounts.add(holder)
    assert await store.accounts.find(record(tenant, "2")) == holder


async def test_an_account_is_found_with_other_zeros_in_its_branch(store: Stored, tenant: str) -> None:
    """Accounts of an older version may have fewer; of two the one of the same spelling is found."""
    former, other = record(tenant, "1", branch="1"), record(tenant, "1", branch="0011")
    await store.accounts.add(former)
    await store.accounts.add(other)

    assert await store.accounts.find(record(tenant, "1", branch="0001")) == former
    assert await store.accounts.find(record(tenant, "1", branch="0011")) == other
    assert await store.accounts.find(record(tenant, "1", branch="0010")) is None
    same = record(tenant, "1", branch="0001")
    await store.accounts.add(same)
    assert await store.accounts.find(same) == same
    assert await store.accounts.find(former) == former


async def test_of_several_branches_the_account_of_the_first_is_found(store: Stored, tenant: str) -> None:
    """Where the branch is left out and the holder has the number at several, the answer is always the same."""
    late, early = (record(tenant, "1", branch=f"000{n}", created_at=NOW - n * DAY) for n in (1, 2))
    await store.accounts.add(late)
    await store.accounts.add(early)

    assert await store.accounts.find(record(tenant, "1", branch="")) == early


async def test_an_account_without_its_branch_is_found_with_it(store: Stored, tenant: str) -> None:
    """And the other way round: where a branch may be left out it is not another account of the holder's."""
    without, with_branch = record(tenant, "1", branch=""), record(tenant, "2", branch="0001")
    await store.accounts.add(without)
    await store.accounts.add(with_branch)

    assert await store.accounts.find(record(tenant, "1", branch="0001")) == without
    assert await store.accounts.find(record(tenant, "2", branch="")) == with_branch
    assert await store.accounts.find(record(tenant, "2", branch="0002")) is None
    assert await store.accounts.find(record(tenant, "1", branch="0001", holder_tax_id="another")) is None
    assert await store.accounts.find(record(tenant, "1", branch="0001", bank="itau")) is None


async def test_what_is_stored_comes_back(store: Stored, tenant: str) -> None:
    """Account and integration, with the credentials opened."""
    account = record(tenant)

    await store.accounts.add(account, integration(account))

    assert await store.accounts.account(tenant, account.id) == account
    assert await store.accounts.find(replace(account, id="another")) == account
    assert await store.integrations.integration(tenant, account.id) == integration(account)
    assert (await store.integrations.of_accounts(tenant, [account.id]))[account.id].credentials is None


async def test_two_processes_that_register_the_same_account_make_one(store: Stored, tenant: str) -> None:
    """The second gets the id of the first, although it had not seen that."""
    account = record(tenant)
    await store.accounts.add(account)

    with pytest.raises(CallerError) as raised:
        await store.accounts.add(account)

    assert raised.value.code == "account_exists"
    assert account.id in raised.value.detail


async def test_another_tenant_sees_and_changes_nothing(store: Stored, tenant: str) -> None:
    """Every query takes the tenant's id and means it."""
    account = record(tenant)
    await store.accounts.add(account, integration(account))
    seen = await store.integrations.integration(tenant, account.id)

    for query in (
        store.accounts.account("b", account.id),
        store.integrations.integration("b", account.id),
        store.accounts.change("b", account.id, description="x", default=True),
        store.integrations.enable(replace(account, tenant_id="b"), integration(account), None),
        store.integrations.disable("b", account.id),
        store.accounts.remove("b", account.id),
    ):
        with pytest.raises(CallerError, match="unknown_account"):
            await query
    await store.outcomes.failed("b", seen, State.NEEDS_ACTION, FAILURE)
    await store.outcomes.succeeded("b", seen, Period(NOW.date(), NOW.date()), NOW + timedelta(days=1))

    assert await store.accounts.find(replace(account, tenant_id="b")) is None
    assert await store.accounts.page("b", NOW, 10, 0) == ([], 0, None)
    assert (await store.integrations.of_accounts("b", [account.id]))[account.id].state is State.DISABLED
    assert await store.accounts.account(tenant, account.id) == account
    assert await store.integrations.integration(tenant, account.id) == seen


async def test_outcomes_are_noted_only_for_the_integration_they_belong_to(store: Stored, tenant: str) -> None:
    """After new credentials or a disabling, a late outcome changes nothing."""
    account = record(tenant)
    await store.accounts.add(account, integration(account))
    old = await store.integrations.integration(tenant, account.id)
    await store.integrations.enable(account, integration(account, enabled_at=NOW + timedelta(seconds=1)), None)

    await store.outcomes.failed(tenant, old, State.NEEDS_ACTION, FAILURE)
    assert (await store.integrations.integration(tenant, account.id)).state is State.ACTIVE

    current = await store.integrations.integration(tenant, account.id)
    await store.integrations.disable(tenant, account.id)
    await store.outcomes.succeeded(tenant, current, Period(NOW.date(), NOW.date()), NOW)
    assert (await store.integrations.integration(tenant, account.id)).state is State.DISABLED


async def test_failures_are_counted_and_forgotten(store: Stored, tenant: str) -> None:
    """A success ends the row of failures."""
    account = record(tenant)
    await store.accounts.add(account, integration(account))
    seen = await store.integrations.integration(tenant, account.id)

    await store.outcomes.failed(tenant, seen, State.BANK_FAILING, FAILURE)
    await store.outcomes.failed(tenant, seen, State.BANK_FAILING, FAILURE)
    stored = await store.integrations.integration(tenant, account.id)
    assert (stored.failures_in_a_row, stored.last_failure, stored.state) == (2, FAILURE, State.BANK_FAILING)

    await store.outcomes.succeeded(tenant, seen, Period(NOW.date(), NOW.date()), NOW)
    stored = await store.integrations.integration(tenant, account.id)
    assert (stored.failures_in_a_row, stored.last_failure, stored.state) == (0, None, State.ACTIVE)


async def test_cycles_are_counted_once_a_business_day(store: Stored, tenant: str) -> None:
    """By the database, whatever each process has seen; instants stand for themselves in any offset. NOW is a Monday."""
    account = record(tenant)
    await store.accounts.add(account, integration(account))
    seen = await store.integrations.integration(tenant, account.id)

    for hours in (0, 13, 14, 37, 38, 5 * 24, 6 * 24):
        failure = replace(FAILURE, since=(NOW + timedelta(hours=hours)).astimezone(UTC))
        await store.outcomes.failed(tenant, seen, State.BANK_FAILING, failure, cycle=cycle_at(failure.since))
    await store.outcomes.failed(tenant, seen, State.BANK_FAILING, replace(FAILURE, since=NOW + timedelta(days=3)))

    stored = await store.integrations.integration(tenant, account.id)
    assert (stored.failures_in_a_row, stored.failed_cycles, stored.failing_since) == (8, 3, NOW)
    assert stored.state is State.BANK_FAILING


async def test_two_processes_that_fail_at_once_fail_one_cycle(store: Stored, tenant: str) -> None:
    """However many there are, the credentials are kept."""
    account = record(tenant)
    await store.accounts.add(account, integration(account))
    seen = await store.integrations.integration(tenant, account.id)

    days = [NOW + timedelta(days=n) for n in range(14) if (NOW + timedelta(days=n)).weekday() < 5]
    for cycle, moment in enumerate(days):
        failure = replace(FAILURE, since=moment)
        failing = State.BANK_FAILING
        both = [store.outcomes.failed(tenant, seen, failing, failure, cycle=cycle_at(moment)) for _ in range(2)]
        await asyncio.gather(*both)
        stored = await store.integrations.integration(tenant, account.id)
        assert stored.failed_cycles == cycle + 1

    assert (stored.state, stored.failures_in_a_row) == (State.BANK_FAILING, 2 * FAILED_CYCLES_ALLOWED)
    assert stored.credentials is not None
    await store.outcomes.succeeded(tenant, seen, Period(NOW.date(), NOW.date()), NOW)
    stored = await store.integrations.integration(tenant, account.id)
    assert (stored.state, stored.failed_cycles, stored.failing_since) == (State.ACTIVE, 0, None)


async def test_credentials_moved_to_another_row_do_not_open(store: Stored, tenant: str, vault: Vault) -> None:
    """A value encrypted for one account cannot be decrypted in the row of another."""
    with pytest.raises(VaultError, match="belong to something else"):
        vault.decrypt("other", "credentials", vault.encrypt("one", "credentials", {"client_secret": SECRET}))


async def test_the_operator_sees_all_and_finds_owners(store: Stored, tenant: str) -> None:
    """Only these two queries look across tenants."""
    account = record(tenant)
    await store.accounts.add(account)

    assert await store.all_tenants.everything() == [("a", account, Integration(account_id=account.id))]
    assert await store.all_tenants.owner_of(account.id) == tenant
    with pytest.raises(CallerError, match="unknown_account"):
        await store.all_tenants.owner_of("nothing")


async def test_an_integration_is_enabled_only_with_credentials(store: Stored, tenant: str) -> None:
    """A defect of ours, not of a caller."""
    account = record(tenant)

    with pytest.raises(TypeError, match="without credentials"):
        await store.accounts.add(account, Integration(account_id=account.id))


def test_texts_show_nothing_of_the_holder() -> None:
    """Records and requests may end up in a log."""
    account = record("11111111-1111-4111-8111-111111111111")
    new = NewAccount(bank="inter", kind="PJ", branch="1", number="1", holder_tax_id="CANARY-tax")

    for text in (repr(account), str(account), repr(new), str(new)):
        assert "CANARY" not in text


async def test_webhooks_are_told_nothing_more_of_an_account_that_was_removed(
    store: Stored, database: Database, tenant: str
) -> None:
    """Whoever has removed it may know it no longer, and would refuse the call for days; what was told stays."""
    target = Target("https://example.com/", [Secret("whsec_a")])
    webhook = Webhook(id="w", tenant_id=tenant, events=[], description="", target=target, created_at=NOW)
    await store.webhooks.add(tenant, webhook, 10)
    removed, other = record(tenant, "1"), record(tenant, "2")
    for each in (removed, other):
        await store.accounts.add(each, integration(each))
    with database.engine.begin() as connection:
        for told in (removed, other):
            values = {"type": EventType.STATEMENT_READY, "tenant_id": tenant, "account_id": told.id, "at": NOW}
            note_event(connection, Event(**values), NOW)
        ended = update(DELIVERIES).where(DELIVERIES.c.type == EventType.STATEMENT_READY)
        connection.execute(ended.values(state=DELIVERED, ended_at=NOW))

    await store.accounts.remove(tenant, removed.id)

    pending, _ = await store.deliveries.page(tenant, "w", PENDING, None, 10)
    assert [each.type for each in pending] == [EventType.INTEGRATION_ACTIVE]
    assert len((await store.deliveries.page(tenant, "w", DELIVERED, None, 10))[0]) == 2
    await store.accounts.remove(tenant, other.id)
    assert await store.deliveries.page(tenant, "w", PENDING, None, 10) == ([], None)
