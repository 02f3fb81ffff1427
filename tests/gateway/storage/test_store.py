"""The queries: one tenant sees nothing of another, and races between processes end well."""

import asyncio
from datetime import UTC, timedelta
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from gateway.accounts.service import NewAccount
from gateway.errors import CallerError
from gateway.limits import FAILED_CYCLES_ALLOWED
from gateway.model import Credentials, Period
from gateway.storage.api_keys import Keys
from gateway.storage.database import Database
from gateway.storage.records import AccountRecord, Integration, State
from gateway.storage.remembered import RememberedFailure
from gateway.storage.store import Store, account_id_of
from gateway.storage.vault import Vault, VaultError
from tests.gateway.support import NOW, SECRET

pytestmark = pytest.mark.anyio

FAILURE = RememberedFailure(code="invalid_credentials", at="token", detail="no", since=NOW)


@pytest.fixture
def store(database: Database, vault: Vault) -> Store:
    """The store of one process."""
    return Store(database, vault)


@pytest.fixture
async def tenant(database: Database) -> str:
    """The id of a tenant."""
    keys = Keys(database)
    found = await keys.tenant_of(await keys.create("a", NOW))
    assert found is not None
    return found


def record(tenant: str, number: str = "1", **changed: Any) -> AccountRecord:
    account = AccountRecord(
        id=account_id_of(tenant, "inter", "0001", number),
        tenant_id=tenant,
        bank="inter",
        kind="PJ",
        branch="0001",
        number=number,
        holder_tax_id="CANARY-tax",
        description="",
        default=False,
        created_at=NOW,
    )
    return msgspec.structs.replace(account, **changed)


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


async def test_an_account_of_another_spelling_is_found_by_its_id(store: Store, tenant: str) -> None:
    """Else registering it would ask the bank, and only then find that there is one."""
    older = replace(record(tenant, "2"), number="02")
    await store.add(older)

    assert await store.find(tenant, "inter", "0001", "2", older.id) == older
    assert await store.find(tenant, "inter", "0001", "2") is None
    assert await store.find("b", "inter", "0001", "2", older.id) is None
    holder = replace(record(tenant, "3"), number="2")
    await store.add(holder)
    assert await store.find(tenant, "inter", "0001", "2", older.id) == holder


async def test_what_is_stored_comes_back(store: Store, tenant: str) -> None:
    """Account and integration, with the credentials opened."""
    account = record(tenant)

    await store.add(account, integration(account))

    assert await store.account(tenant, account.id) == account
    assert await store.find(tenant, "inter", "0001", "1") == account
    assert await store.integration(tenant, account.id) == integration(account)
    assert (await store.integrations(tenant, [account.id]))[account.id].credentials is None


async def test_two_processes_that_register_the_same_account_make_one(store: Store, tenant: str) -> None:
    """The second is told the id, although it had not seen the first."""
    account = record(tenant)
    await store.add(account)

    with pytest.raises(CallerError) as raised:
        await store.add(account)

    assert raised.value.code == "account_exists"
    assert account.id in raised.value.detail


async def test_another_tenant_sees_and_changes_nothing(store: Store, tenant: str) -> None:
    """Every query takes the tenant's id and means it."""
    account = record(tenant)
    await store.add(account, integration(account))
    seen = await store.integration(tenant, account.id)

    for query in (
        store.account("b", account.id),
        store.integration("b", account.id),
        store.change("b", account.id, description="x", default=True),
        store.enable("b", integration(account), None),
        store.disable("b", account.id),
        store.remove("b", account.id),
    ):
        with pytest.raises(CallerError, match="unknown_account"):
            await query
    await store.failed("b", seen, State.NEEDS_ACTION, FAILURE)
    await store.succeeded("b", seen, NOW + timedelta(days=1))

    assert await store.find("b", "inter", "0001", "1") is None
    assert await store.accounts("b", 10, 0) == ([], 0, None)
    assert (await store.integrations("b", [account.id]))[account.id].state is State.DISABLED
    assert await store.account(tenant, account.id) == account
    assert await store.integration(tenant, account.id) == seen


async def test_outcomes_are_noted_only_for_the_integration_they_belong_to(store: Store, tenant: str) -> None:
    """After new credentials or a disabling, a late outcome changes nothing."""
    account = record(tenant)
    await store.add(account, integration(account))
    old = await store.integration(tenant, account.id)
    await store.enable(tenant, integration(account, enabled_at=NOW + timedelta(seconds=1)), None)

    await store.failed(tenant, old, State.NEEDS_ACTION, FAILURE)
    assert (await store.integration(tenant, account.id)).state is State.ACTIVE

    current = await store.integration(tenant, account.id)
    await store.disable(tenant, account.id)
    await store.succeeded(tenant, current, NOW)
    assert (await store.integration(tenant, account.id)).state is State.DISABLED


async def test_failures_are_counted_and_forgotten(store: Store, tenant: str) -> None:
    """A success ends the row of failures."""
    account = record(tenant)
    await store.add(account, integration(account))
    seen = await store.integration(tenant, account.id)

    await store.failed(tenant, seen, State.BANK_FAILING, FAILURE)
    await store.failed(tenant, seen, State.BANK_FAILING, FAILURE)
    told = await store.integration(tenant, account.id)
    assert (told.failures_in_a_row, told.last_failure, told.state) == (2, FAILURE, State.BANK_FAILING)

    await store.succeeded(tenant, seen, NOW)
    told = await store.integration(tenant, account.id)
    assert (told.failures_in_a_row, told.last_failure, told.state) == (0, None, State.ACTIVE)


async def test_cycles_are_counted_once_a_business_day(store: Store, tenant: str) -> None:
    """By the database, whatever each process has seen; instants stand for themselves in any offset. NOW is a Monday."""
    account = record(tenant)
    await store.add(account, integration(account))
    seen = await store.integration(tenant, account.id)

    for hours in (0, 13, 14, 37, 38, 5 * 24, 6 * 24):
        failure = replace(FAILURE, since=(NOW + timedelta(hours=hours)).astimezone(UTC))
        await store.failed(tenant, seen, State.BANK_FAILING, failure, counts=True)
    await store.failed(tenant, seen, State.BANK_FAILING, replace(FAILURE, since=NOW + timedelta(days=3)))

    told = await store.integration(tenant, account.id)
    assert (told.failures_in_a_row, told.failed_cycles, told.failing_since) == (8, 3, NOW)
    assert told.state is State.BANK_FAILING


async def test_two_processes_that_fail_at_once_fail_one_cycle(store: Store, tenant: str) -> None:
    """However many there are, the credentials are kept."""
    account = record(tenant)
    await store.add(account, integration(account))
    seen = await store.integration(tenant, account.id)

    days = [NOW + timedelta(days=n) for n in range(14) if (NOW + timedelta(days=n)).weekday() < 5]
    for cycle, moment in enumerate(days):
        failure = replace(FAILURE, since=moment)
        both = [store.failed(tenant, seen, State.BANK_FAILING, failure, counts=True) for _ in range(2)]
        await asyncio.gather(*both)
        told = await store.integration(tenant, account.id)
        assert told.failed_cycles == cycle + 1

    assert (told.state, told.failures_in_a_row) == (State.BANK_FAILING, 2 * FAILED_CYCLES_ALLOWED)
    assert told.credentials is not None
    await store.succeeded(tenant, seen, NOW)
    told = await store.integration(tenant, account.id)
    assert (told.state, told.failed_cycles, told.failing_since) == (State.ACTIVE, 0, None)


async def test_credentials_moved_to_another_row_do_not_open(store: Store, tenant: str, vault: Vault) -> None:
    """What was sealed for one account is worthless in the row of another."""
    with pytest.raises(VaultError, match="belong to something else"):
        vault.open("other", "credentials", vault.seal("one", "credentials", {"client_secret": SECRET}))


async def test_the_operator_sees_all_and_finds_owners(store: Store, tenant: str) -> None:
    """Only these two queries look across tenants."""
    account = record(tenant)
    await store.add(account)

    assert await store.everything() == [("a", account, State.DISABLED)]
    assert await store.owner_of(account.id) == tenant
    with pytest.raises(CallerError, match="unknown_account"):
        await store.owner_of("nothing")


async def test_an_integration_is_enabled_only_with_credentials(store: Store, tenant: str) -> None:
    """A defect of ours, not of a caller."""
    account = record(tenant)

    with pytest.raises(TypeError, match="without credentials"):
        await store.add(account, Integration(account_id=account.id))


def test_texts_show_nothing_of_the_holder() -> None:
    """Records and requests may end up in a log."""
    account = record("11111111-1111-4111-8111-111111111111")
    new = NewAccount(bank="inter", kind="PJ", branch="1", number="1", holder_tax_id="CANARY-tax")

    for text in (repr(account), str(account), repr(new), str(new)):
        assert "CANARY" not in text
