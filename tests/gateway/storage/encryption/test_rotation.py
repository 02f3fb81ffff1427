"""The vault is encrypted anew while other processes go on writing."""

import threading

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import event, insert, select, update

from gateway.storage.accounts.tables import INTEGRATIONS
from gateway.storage.encryption.vault import Vault
from gateway.storage.engine.database import Database
from gateway.storage.shared.tables import TOKENS
from tests.gateway.storage.accounts.test_names import active, record
from tests.gateway.storage.support import Stored, tenant_added
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
    await Stored(database, Watched(during)).all_tenants.rotate()
    writing.join()

    with database.engine.connect() as connection:
        kept = connection.scalar(select(column))
    assert kept is not None
    assert plain.decrypt(account.id, "token", kept) == {"value": "b"}


async def test_everything_that_is_encrypted_anew_is_locked_before_it_is_read(database: Database) -> None:
    """PostgreSQL locks the rows that are read; SQLite the whole file, with the first statement."""
    statements: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda _c, _u, statement, *_: statements.append(statement))

    await Stored(database, Vault([NEW, VAULT_KEY])).all_tenants.rotate()

    if database.embedded:
        assert statements[0].startswith("INSERT")
        return
    reads = [each for each in statements if each.startswith("SELECT") and "sealed" in each]
    assert len(reads) >= 8
    assert [each for each in reads if "UPDATE" not in each] == []
