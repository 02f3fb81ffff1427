"""The vault is encrypted anew while other processes go on writing."""

import threading

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import event, insert, select, update

from gateway.storage.accounts.tables import INTEGRATIONS
from gateway.storage.encryption.key_check import VaultKeyError, verify_key
from gateway.storage.encryption.vault import Vault
from gateway.storage.engine.database import Database
from gateway.storage.management.vault_rotation import rotate_vault
from gateway.storage.shared.tables import TOKENS
from tests.gateway.storage.accounts.test_names import active, record
from tests.gateway.storage.support import Stored, entry, settled, tenant_added, tenant_id_of
from tests.gateway.support import NOW, VAULT_KEY

pytestmark = pytest.mark.anyio

NEW = Fernet.generate_key().decode()
BLOCKED_SECONDS = 1.0
"""Time for another process's write while a value is being encrypted; one that has to wait goes on after it."""


class Watched(Vault):
    """A vault that lets something happen after a value was read and before it is written."""

    def __init__(self, during) -> None:
        super().__init__([NEW, VAULT_KEY])
        self._during = during

    def rotate(self, sealed: str) -> str:
        self._during(sealed)
        return super().rotate(sealed)


@pytest.mark.parametrize("column", [INTEGRATIONS.c.sealed, TOKENS.c.sealed], ids=["credentials", "token"])
async def test_what_another_process_writes_meanwhile_is_not_lost(database: Database, column) -> None:
    """Else the successor of a refresh token would be replaced with the token that was spent for it."""
    plain = Vault([NEW, VAULT_KEY])
    account = record(await tenant_added(database, "a"), "1")
    await Stored(database, Vault([VAULT_KEY])).accounts.add(account, active(account))
    old = Vault([VAULT_KEY]).encrypt(account.id, "token", {"value": "a"})
    new = plain.encrypt(account.id, "token", {"value": "b"})
    with database.engine.begin() as connection:
        row = {"version": 1, "touched_at": NOW, "sealed": old}
        connection.execute(insert(TOKENS).values(account_id=account.id, slot="active", **row))
        connection.execute(update(column.table).values(sealed=old))

    def write() -> None:
        with database.engine.begin() as connection:
            connection.execute(update(column.table).values(sealed=new))

    writing = threading.Thread(target=write)

    def during(sealed: str) -> None:
        if sealed == old and not writing.ident and reading == column.table.name:
            writing.start()
            writing.join(BLOCKED_SECONDS)

    reading = ""

    def note(_connection, _cursor, statement, *_more) -> None:
        nonlocal reading
        if statement.startswith("SELECT") and threading.current_thread() is not writing:
            reading = statement.partition("FROM ")[2].split()[0]

    event.listen(database.engine, "before_cursor_execute", note)
    await rotate_vault(database, Watched(during))
    writing.join()

    with database.engine.connect() as connection:
        kept = connection.scalar(select(column))
    assert kept is not None
    assert plain.decrypt(account.id, "token", kept) == {"value": "b"}


async def test_everything_that_is_encrypted_anew_is_locked_before_it_is_read(database: Database) -> None:
    """PostgreSQL locks the rows that are read; SQLite the whole file, as each transaction begins."""
    statements: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda _c, _u, statement, *_: statements.append(statement))

    await rotate_vault(database, Vault([NEW, VAULT_KEY]))

    reads = [each for each in statements if each.startswith("SELECT") and "sealed" in each]
    assert len(reads) >= 8
    if database.embedded:
        begins = [number for number, each in enumerate(statements) if each.startswith("BEGIN")]
        assert [statements[number] for number in begins] == ["BEGIN IMMEDIATE"] * len(begins)
        assert begins[0] == 0
    else:
        assert [each for each in reads if "UPDATE" not in each] == []


class Counted(Vault):
    """A vault that counts what is encrypted anew, and fails when so many were."""

    def __init__(self, fails_after: int | None = None) -> None:
        super().__init__([NEW, VAULT_KEY])
        self.rotated = 0
        self._fails_after = fails_after

    def rotate(self, sealed: str) -> str:
        if self.rotated == self._fails_after:
            raise KilledError
        self.rotated += 1
        return super().rotate(sealed)


class KilledError(Exception):
    """The process ends."""


@pytest.fixture
async def kept(database: Database, monkeypatch) -> dict[str, list[str]]:
    """Entries of two accounts, by account, as a vault of the old key has stored them; parts are of two rows."""
    monkeypatch.setattr("gateway.storage.encryption.rotation.REENCRYPTED_AT_ONCE", 2)
    tenant, tables = await tenant_added(database, "a"), Stored(database, Vault([VAULT_KEY]))
    ids = {}
    for number, names in (("1", "abcde"), ("2", "fg")):
        account = record(tenant, number)
        await tables.accounts.add(account, active(account, account_id=f"bank-{number}"))
        enabled = await tables.integrations.integration(tenant, account.id)
        entries = [entry(name, NOW.date()) for name in names]
        assert await tables.kept.keep(tenant, enabled, settled(NOW.date(), *entries), NOW)
        ids[account.id] = list(names)
    return ids


async def opened(database: Database, vault: Vault, kept) -> dict[str, list[str]]:
    """The entries that a vault opens."""
    tables, tenant = Stored(database, vault), tenant_id_of("a")
    pages = {account_id: await tables.kept.changes(tenant, account_id, None, 10) for account_id in kept}
    return {account_id: [each.id for each in page.added] for account_id, page in pages.items()}


async def test_what_banks_have_told_is_encrypted_anew_in_parts(database: Database, kept) -> None:
    """A writer waits for one part at most, and the memory of one is used."""
    vault, by_transaction, before = Counted(), [], 0

    def committed(_connection) -> None:
        nonlocal before
        by_transaction.append(vault.rotated - before)
        before = vault.rotated

    event.listen(database.engine, "commit", committed)
    await rotate_vault(database, vault)

    assert by_transaction[1:6] == [2, 2, 2, 1, 0]
    assert await opened(database, Vault([NEW]), kept) == kept


@pytest.mark.parametrize("values", range(9))
async def test_a_rotation_that_is_broken_off_is_run_again(database: Database, kept, values) -> None:
    """Until it has come to its end, no process starts that has only the new key."""
    await verify_key(database, Vault([VAULT_KEY]))
    with pytest.raises(KilledError):
        await rotate_vault(database, Counted(fails_after=values))
    with pytest.raises(VaultKeyError):
        await verify_key(database, Vault([NEW]))
    assert await opened(database, Vault([NEW, VAULT_KEY]), kept) == kept

    assert await rotate_vault(database, Vault([NEW, VAULT_KEY])) == (2, [])

    await verify_key(database, Vault([NEW]))
    assert await opened(database, Vault([NEW]), kept) == kept
