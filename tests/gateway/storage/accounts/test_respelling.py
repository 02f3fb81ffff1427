"""Accounts of an older version get their one spelling, and keep their ids."""

import pytest
from alembic import command
from sqlalchemy import Connection, text

from gateway.storage.accounts.respelling import respelled
from gateway.storage.engine.database import Database
from gateway.storage.engine.schema import MIGRATIONS
from simulators.certify.harnesses.logged import captured_lines

pytestmark = pytest.mark.anyio


def row(account_id: str, bank: str, branch: str, number: str, tenant: str = "t") -> dict[str, str]:
    return {"id": account_id, "tenant_id": tenant, "bank": bank, "branch": branch, "number": number}


def test_what_has_its_spelling_stays() -> None:
    """Nothing is written that does not change, and what cannot be an account of its bank is left alone."""
    assert respelled([row("a", "inter", "0001", "12345678"), row("b", "nowhere", "1", "2")]) == {}
    assert respelled([row("a", "bradesco", "3750", "755570")]) == {}


def test_each_bank_is_respelled_by_its_own_rules() -> None:
    """Zeros, branch digits and the letter that was typed as a digit."""
    assert respelled(
        [
            row("a", "banco_do_brasil", "551", "0000050876"),
            row("b", "bradesco", "37507", "49251360"),
            row("c", "santander", "4177", "000130045678"),
            row("d", "stone", "1", "0123"),
            row("e", "pagseguro", "1", "12345678"),
        ]
    ) == {
        "a": ("0551", "50876"),
        "b": ("3750", "4925136P"),
        "c": ("4177", "130045678"),
        "d": ("0001", "123"),
        "e": ("0001", "12345678"),
    }


def test_of_two_rows_of_one_account_the_older_gets_the_spelling() -> None:
    """The newer is left as it is, or takes the spelling that the older had; another tenant's is another account."""
    older, newer = row("a", "itau", "1500", "00123456"), row("b", "itau", "1500", "000123456")
    with captured_lines() as lines:
        assert respelled([older, newer]) == {"a": ("1500", "123456")}
    (line,) = lines
    assert (line["event"], line["account"], line["other_account"]) == ("account_registered_twice", "b", "a")

    assert respelled([older, row("b", "itau", "1500", "123456")]) == {
        "a": ("1500", "123456"),
        "b": ("1500", "00123456"),
    }
    assert respelled([row("b", "itau", "1500", "123456"), older]) == {}
    assert respelled([older, row("b", "itau", "1500", "123456", tenant="u")]) == {"a": ("1500", "123456")}


async def test_the_database_is_migrated(empty_url: str) -> None:
    """Rows that change places do so although no two may be alike; ids and all else stay."""
    database = Database(empty_url)
    await moved(database, command.upgrade, "0003")
    insert = text(
        "INSERT INTO accounts VALUES (:id, 't', 'santander', 'PJ', '4177', :number, '11222333000181', '', false, :at)"
    )
    with database.engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO tenants VALUES ('t', 'n', '2026-03-16 13:00:00+00')")
        for account_id, number, at in (
            ("11111111-1111-5111-8111-111111111111", "000130045678", "2026-01-01 00:00:00"),
            ("22222222-2222-5222-8222-222222222222", "130045678", "2026-01-02 00:00:00"),
            ("33333333-3333-5333-8333-333333333333", "0007", "2026-01-03 00:00:00"),
        ):
            connection.execute(insert, {"id": account_id, "number": number, "at": at})

    await database.migrate()

    with database.engine.connect() as connection:
        found = (connection.execute(text("SELECT id, number FROM accounts ORDER BY id"))).all()
    assert [(account_id[0], number) for account_id, number in found] == [
        ("1", "130045678"),
        ("2", "000130045678"),
        ("3", "7"),
    ]
    await database.aclose()


async def test_a_branch_that_ids_of_entries_are_made_of_stays(empty_url: str) -> None:
    """Since the ids of version 2 no row is respelled: an ERP would post all its entries again under other ids."""
    database = Database(empty_url)
    await moved(database, command.upgrade, "0005")
    with database.engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO tenants (id, name, created_at) VALUES ('t', 'n', '2026-03-16 13:00:00+00')"
        )
        connection.exec_driver_sql(
            "INSERT INTO accounts (id, tenant_id, bank, kind, branch, number, holder_tax_id, description, is_default,"
            " created_at) VALUES"
            " ('a', 't', 'pagseguro', 'PJ', '1', '12345678', '11222333000181', '', false, '2026-01-01 00:00:00')"
        )

    await database.migrate()

    with database.engine.connect() as connection:
        assert connection.execute(text("SELECT branch FROM accounts")).scalar_one() == "1"
    await database.aclose()


async def moved(database: Database, move: object, revision: str) -> None:
    """Bring the tables to a revision."""
    from alembic.config import Config  # noqa: PLC0415 - only here

    def run(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        move(config, revision)  # type: ignore[operator]
        connection.commit()

    with database.engine.connect() as connection:
        run(connection)
