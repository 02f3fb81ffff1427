"""Vault keys that are not those of the database are found at the start, and single damaged values later."""

import httpx
import pytest
from cryptography.fernet import Fernet
from litestar import Litestar
from msgspec.structs import replace
from sqlalchemy import delete, select, update

from gateway.parts.opening import opened
from gateway.settings import Secrets, Settings
from gateway.state_folder import SECRETS
from gateway.storage.accounts.tables import INTEGRATIONS
from gateway.storage.encryption.key_check import VaultKeyError, key_opens, verify_key
from gateway.storage.encryption.secret_columns import SECRET_COLUMNS
from gateway.storage.encryption.vault import Vault
from gateway.storage.engine.database import Database
from gateway.storage.engine.schema import METADATA
from gateway.storage.engine.tables import GATEWAY_STATE
from gateway.storage.management.vault_rotation import rotate_vault
from gateway.storage.shared.tables import TOKENS
from gateway.storage.webhooks.registry import opened_target
from gateway.storage.webhooks.tables import WEBHOOKS
from tests.clocks import FixedClock
from tests.gateway.support import CNPJ, NOW, VAULT_KEY, FakeInter, credentials, enabled

pytestmark = pytest.mark.anyio

PERIOD = "from=2026-03-09&to=2026-03-13"
OTHER = Fernet.generate_key().decode()


async def damage(database: Database, *columns: str) -> None:
    """These columns hold something that does not open."""
    with database.engine.begin() as connection:
        for column in columns:
            row, name = {"credentials": (INTEGRATIONS, "sealed"), "token": (TOKENS, "sealed")}[column]
            connection.execute(update(row).values({name: "é damaged"}))


async def test_other_keys_are_refused_beside_sealed_values(
    settings: Settings, app: Litestar, client: httpx.AsyncClient, bank: FakeInter
) -> None:
    """At the start, in one line; the right key among others is accepted."""
    await enabled(client)
    wrong = replace(settings, secret_keys=Secrets((OTHER,)))

    with pytest.raises(VaultKeyError, match="sealed with another key"):
        async with opened(wrong, line=bank, clock=FixedClock(NOW)):
            pytest.fail("it started")

    both = replace(settings, secret_keys=Secrets((OTHER, VAULT_KEY)))
    async with opened(both, line=bank, clock=FixedClock(NOW)) as parts:
        assert await key_opens(parts.database, parts.vault)


async def test_secrets_of_webhooks_are_sealed_values_too(
    settings: Settings, app: Litestar, client: httpx.AsyncClient, bank: FakeInter
) -> None:
    """With another key no delivery could be signed, and receivers would hear nothing more."""
    await client.post("/v1/webhooks", json={"url": "https://erp.example/hook"})
    wrong = replace(settings, secret_keys=Secrets((OTHER,)))

    with pytest.raises(VaultKeyError, match="sealed with another key"):
        async with opened(wrong, line=bank, clock=FixedClock(NOW)):
            pytest.fail("it started")


async def test_a_database_of_an_earlier_version_is_checked_by_what_is_sealed_in_it(
    app: Litestar, client: httpx.AsyncClient
) -> None:
    """It has no check yet. One damaged value does not make the keys wrong."""
    await enabled(client)
    database: Database = app.state["parts"].database
    await damage(database, "credentials")
    with database.engine.begin() as connection:
        connection.execute(delete(GATEWAY_STATE))

    with pytest.raises(VaultKeyError):
        await verify_key(database, Vault([OTHER]))
    await verify_key(database, Vault([VAULT_KEY]))

    assert await key_opens(database, Vault([VAULT_KEY]))


def test_a_lost_key_file_is_noticed_beside_the_same_secrets() -> None:
    """Before there is a key, the embedded database is searched without the application's tables."""
    assert {(column.table.name, column.name) for column in SECRET_COLUMNS} == set(SECRETS)


def test_each_sealed_column_is_a_secret_or_can_be_made_again() -> None:
    """What is read from a bank can be read again, and a session of the connect page holds no secret."""
    sealed = {
        (table.name, column.name)
        for table in METADATA.tables.values()
        for column in table.columns
        if column.name.endswith("sealed")
    }
    kept = ("day_balances", "kept_entries", "stored_statements", "stored_days", "leases")

    assert sealed == set(SECRETS) | {(name, "sealed") for name in (*kept, "connect_sessions")}


async def test_webhooks_are_encrypted_anew_counted_and_named_like_all_secrets(
    app: Litestar, client: httpx.AsyncClient
) -> None:
    """The operator is told how many secrets have the new key; a webhook with a damaged one has to be made anew."""
    whole = (await client.post("/v1/webhooks", json={"url": "https://erp.example/hook"})).json()["id"]
    broken = (await client.post("/v1/webhooks", json={"url": "https://erp.example/other"})).json()["id"]
    database: Database = app.state["parts"].database
    with database.engine.begin() as connection:
        connection.execute(update(WEBHOOKS).where(WEBHOOKS.c.id == broken).values(sealed="damaged"))

    count, damaged = await rotate_vault(database, Vault([OTHER, VAULT_KEY]))

    assert (count, damaged) == (1, [f"webhook {broken}"])
    with database.engine.connect() as connection:
        sealed = connection.scalar(select(WEBHOOKS.c.sealed).where(WEBHOOKS.c.id == whole))
    assert opened_target(Vault([OTHER]), whole, sealed or "").url == "https://erp.example/hook"


async def test_where_nothing_is_sealed_any_key_will_do(database: Database) -> None:
    """The check is made anew."""
    await verify_key(database, Vault([VAULT_KEY]))
    await verify_key(database, Vault([OTHER]))

    assert await key_opens(database, Vault([OTHER]))


async def test_readiness_knows_that_the_keys_were_changed_by_another(app: Litestar, client: httpx.AsyncClient) -> None:
    """Another process has rotated to a key that this one does not have."""
    with app.state["parts"].database.engine.begin() as connection:
        sealed = Vault([OTHER]).encrypt("gateway", "vault_key", "x")
        connection.execute(update(GATEWAY_STATE).where(GATEWAY_STATE.c.name == "vault_key").values(value=sealed))

    ready = await client.get("/health/ready")

    assert (ready.status_code, ready.json()["code"]) == (503, "not_ready")
    assert "vault keys" in ready.json()["detail"]


@pytest.mark.parametrize("what", [("credentials",), ("token",), ("credentials", "token")])
async def test_damaged_values_have_a_code_and_new_credentials_take_their_place(
    app: Litestar, client: httpx.AsyncClient, what: tuple[str, ...]
) -> None:
    """The same credentials too: damaged values do not prevent it."""
    account = await enabled(client)
    app.state["parts"].registered.tokens.forget(account)
    await damage(app.state["parts"].database, *what)

    broken = await client.get(f"/v1/accounts/{account}/statement?{PERIOD}")
    mended = await client.put(f"/v1/accounts/{account}/integration", json={"credentials": credentials()})
    read = await client.get(f"/v1/accounts/{account}/statement?{PERIOD}")

    assert (broken.status_code, broken.json()["code"]) == (409, "credentials_unreadable")
    assert broken.json()["actor"] == "user"
    assert mended.status_code == 200, mended.text
    assert read.status_code == 200


async def test_rotation_names_what_is_damaged_and_goes_on(app: Litestar, client: httpx.AsyncClient) -> None:
    """Values that can be decrypted are encrypted anew, the check too; others stay."""
    account = await enabled(client)
    database: Database = app.state["parts"].database
    await damage(database, "token")

    count, damaged = await rotate_vault(database, Vault([OTHER, VAULT_KEY]))

    assert (count, damaged) == (1, [f"token of account {account}"])
    with database.engine.connect() as connection:
        sealed = connection.scalar(select(INTEGRATIONS.c.sealed))
    assert Vault([OTHER]).decrypt(account, "credentials", sealed or "")["client_id"] == "a-client-id"
    assert await key_opens(database, Vault([OTHER]))
    assert CNPJ not in str(damaged)
