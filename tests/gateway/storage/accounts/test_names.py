"""What names an account at its bank: one enabled account of a tenant for each name."""

from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from msgspec.structs import replace
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError

import contracts
from gateway.errors import CallerError
from gateway.model import Credentials
from gateway.quotas.clients import names_of
from gateway.storage.accounts.consents import StartedConsent
from gateway.storage.accounts.records import AccountRecord, Integration, State
from gateway.storage.accounts.tables import INTEGRATIONS
from gateway.storage.encryption.vault import Vault
from gateway.storage.engine.database import Database
from gateway.storage.management.vault_rotation import rotate_vault
from simulators.certify.harnesses.logged import captured_lines
from tests.gateway.storage.support import Stored, account_of, inserts_fail, tenant_added
from tests.gateway.support import NOW, VAULT_KEY

pytestmark = pytest.mark.anyio

ACCOUNT_ID = "5e0b8f0c-2f39-4c5e-8c57-3d1f4a9b6c10"
SOMEBODY = "7c0c2c6e-3c50-4d0e-9c55-2f0f6b1f6a11"
READS = {"account_id": ACCOUNT_ID, "client_id": "CANARY", "private_key": "CANARY"}


@pytest.fixture
def store(database: Database, vault: Vault) -> Stored:
    """The store of one process."""
    return Stored(database, vault)


@pytest.fixture
async def tenant(database: Database) -> str:
    """The id of a tenant."""
    return await tenant_added(database, "a")


def record(tenant: str, number: str, *, bank: str = "stone", branch: str = "0001", days: int = 0) -> AccountRecord:
    return account_of(tenant, number, bank=bank, branch=branch, created_at=NOW + timedelta(days=days))


def active(account: AccountRecord, **credentials: str) -> Integration:
    return Integration(
        account_id=account.id, state=State.ACTIVE, credentials=Credentials(READS | credentials), enabled_at=NOW
    )


async def digests(database: Database) -> dict[str, str | None]:
    with database.engine.connect() as connection:
        rows = connection.execute(select(INTEGRATIONS.c.account_id, INTEGRATIONS.c.name_digest))
        return {row.account_id: row.name_digest for row in rows}


async def in_use(coroutine: object, by: AccountRecord) -> None:
    with pytest.raises(CallerError) as raised:
        await coroutine  # type: ignore[misc]
    assert raised.value.code == "credentials_in_use"
    assert by.id in raised.value.detail
    assert "CANARY" not in raised.value.detail


@pytest.mark.parametrize("slug", contracts.banks())
def test_every_contract_declares_the_names_of_an_account(slug: str) -> None:
    """A contract without it would take whatever was typed for the name."""
    identity = contracts.load(slug).enrolment.identity
    assert identity is not None
    required = {field.name for field in contracts.load(slug).enrolment.fields if field.required}
    assert set(identity.account_named_by) <= required | {"branch", "number", "holder"}
    # Each rule about names needs a source.
    assert identity.source.strip()


def test_the_name_is_what_travels_however_it_is_written() -> None:
    """Credentials where requests do not contain the number, otherwise the typed fields; zeros and case do not count."""
    credentials = Credentials({**READS, "account_id": ACCOUNT_ID.upper()})
    assert names_of(contracts.load("stone"), record(SOMEBODY, "1"), credentials) == (ACCOUNT_ID,)
    itau = names_of(contracts.load("itau"), record(SOMEBODY, "00123456", bank="itau"), credentials)
    assert itau == names_of(contracts.load("itau"), record(SOMEBODY, "123456", bank="itau"), credentials)
    # A credential that was left empty names nothing.
    assert names_of(contracts.load("stone"), record(SOMEBODY, "7"), Credentials({})) == ("1", "7")


async def test_the_store_takes_one_of_two_accounts(store: Stored, database: Database, tenant: str) -> None:
    """Whether the second is registered or enabled; nothing of it is left, and the first is as it was."""
    first, second, third = (record(tenant, number) for number in ("1", "2", "3"))
    await store.accounts.add(first, active(first))

    await in_use(store.accounts.add(second, active(second)), first)
    await store.accounts.add(third, active(third, account_id=ACCOUNT_ID.replace("5", "6")))
    before = await store.integrations.integration(tenant, third.id)
    await in_use(store.integrations.enable(third, active(third), None), first)

    assert (await store.accounts.page(tenant, NOW, 10, 0))[1] == 2
    assert await store.integrations.integration(tenant, third.id) == before
    assert len(set((await digests(database)).values())) == 2
    assert not any(ACCOUNT_ID in str(digest) for digest in (await digests(database)).values())


async def test_the_name_goes_with_the_credentials(store: Stored, database: Database, tenant: str) -> None:
    """The name of a disabled or removed account is free, and the account is enabled again like any other."""
    first, second = record(tenant, "1"), record(tenant, "2")
    await store.accounts.add(first, active(first))
    await store.integrations.enable(first, active(first), None)
    await store.integrations.disable(tenant, first.id)
    assert await digests(database) == {first.id: None}

    await store.accounts.add(second, active(second))
    await in_use(store.integrations.enable(first, active(first), None), second)
    await store.accounts.remove(tenant, second.id)
    await store.integrations.enable(first, active(first), None)


async def test_another_tenant_has_names_of_its_own(store: Stored, database: Database, tenant: str) -> None:
    """The same account may be read for two tenants, whose digests say nothing of it."""
    other = await tenant_added(database, "b")
    for owner in (tenant, other):
        await store.accounts.add(record(owner, "1"), active(record(owner, "1")))
    assert len(set((await digests(database)).values())) == 2


async def test_a_rotation_of_keys_keeps_the_names(database: Database, tenant: str) -> None:
    """Before it, digests by the former key are found; after it, the former key may be thrown away."""
    newest = Fernet.generate_key().decode()
    first, second = record(tenant, "1"), record(tenant, "2")
    await Stored(database, Vault([VAULT_KEY])).accounts.add(first, active(first))

    both = Vault([newest, VAULT_KEY])
    await in_use(Stored(database, both).integrations.check_name(second, Credentials(READS)), first)
    await rotate_vault(database, both)

    await in_use(Stored(database, Vault([newest])).accounts.add(second, active(second)), first)


async def test_integrations_of_an_older_version_get_their_names(store: Stored, database: Database, tenant: str) -> None:
    """Of two with one name the older account has it; the newer goes on working, with a line in the log."""
    first, second = record(tenant, "1"), record(tenant, "2", days=1)
    for account in (second, first):
        await store.accounts.add(account, active(account))
        with database.engine.begin() as connection:
            connection.execute(update(INTEGRATIONS).values(name_digest=None))

    with captured_lines() as lines:
        await store.all_tenants.fill_in()

    found = await digests(database)
    assert (found[first.id] is not None, found[second.id]) == (True, None)
    (line,) = lines
    assert (line["event"], line["account"], line["other_account"]) == ("account_enabled_twice", second.id, first.id)
    assert (await store.integrations.integration(tenant, second.id)).state is State.ACTIVE
    await store.all_tenants.fill_in()
    assert await digests(database) == found
    await store.integrations.disable(tenant, first.id)
    await store.all_tenants.fill_in()
    assert (await digests(database))[second.id] == found[first.id]


async def test_a_newer_key_gives_no_name_to_two(store: Stored, database: Database, tenant: str) -> None:
    """Else neither of the two could be enabled anew, because of the other."""
    first, second = record(tenant, "1"), record(tenant, "2", days=1)
    for account in (second, first):
        await store.accounts.add(account, active(account))
        with database.engine.begin() as connection:
            connection.execute(update(INTEGRATIONS).values(name_digest=None))
    await store.all_tenants.fill_in()
    newer = Stored(database, Vault([Fernet.generate_key().decode(), VAULT_KEY]))

    await newer.all_tenants.fill_in()

    assert (await digests(database))[second.id] is None
    await newer.integrations.check_name(first, Credentials(READS))
    await in_use(newer.integrations.check_name(second, Credentials(READS)), first)


async def test_what_does_not_open_has_no_name(database: Database, tenant: str) -> None:
    """A lost key does not stop this step: a use of the integration reports it."""
    first = record(tenant, "1")
    await Stored(database, Vault([VAULT_KEY])).accounts.add(first, active(first))
    with database.engine.begin() as connection:
        connection.execute(update(INTEGRATIONS).values(name_digest=None))

    await Stored(database, Vault([Fernet.generate_key().decode()])).all_tenants.fill_in()

    assert await digests(database) == {first.id: None}


async def test_a_flow_that_begins_anew_gives_the_name_back(store: Stored, database: Database, tenant: str) -> None:
    """Credentials that were erased name nothing."""
    first = record(tenant, "1", bank="btg_pactual")
    await store.accounts.add(first, replace(active(first), state=State.NEEDS_ACTION))
    consent = StartedConsent(state_hash="x", sealed="y", expires_at=NOW)

    await store.integrations.start_consent(tenant, first.id, consent)

    assert await digests(database) == {first.id: None}


async def test_what_is_refused_for_another_reason_is_not_taken_for_stored(
    store: Stored, database: Database, tenant: str
) -> None:
    """No other account has its name, and the integration stays as it was."""
    account = record(tenant, "1")
    await store.accounts.add(account, active(account))
    inserts_fail(database, "integrations")

    with pytest.raises(DBAPIError):
        await store.integrations.enable(account, active(account, client_id="another"), None)

    kept = await store.integrations.integration(tenant, account.id)
    assert kept.credentials == Credentials(READS)
