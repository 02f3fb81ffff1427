"""The tables of an empty database, which are made at once, and those that the migrations make."""

from collections.abc import Iterator
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect, text
from sqlalchemy.pool import NullPool

from gateway.storage.engine.database import Database, DatabaseError
from gateway.storage.engine.schema import MIGRATIONS, NEWEST, bring_up_to_date
from gateway.storage.engine.tables import METADATA

ACCOUNT = "id, tenant_id, bank, kind, branch, number, holder_tax_id, description, is_default, created_at"


@pytest.fixture
def connection(empty_url: str) -> Iterator[Connection]:
    """A connection to an empty database."""
    with create_engine(empty_url, poolclass=NullPool).connect() as opened:
        yield opened


def config(connection: Connection) -> Config:
    found = Config()
    found.set_main_option("script_location", str(MIGRATIONS))
    found.attributes["connection"] = connection
    return found


def described(connection: Connection) -> dict[str, Any]:
    """All that a database says about its tables."""
    inspector = inspect(connection)
    parts = ("columns", "pk_constraint", "foreign_keys", "unique_constraints", "indexes", "check_constraints")
    return {
        table: {part: _in_order(getattr(inspector, f"get_{part}")(table)) for part in parts}
        for table in inspector.get_table_names()
    }


def _in_order(found: Any) -> Any:
    """Order says nothing: a column that a migration adds is the last."""
    return sorted(map(repr, found)) if isinstance(found, list) else repr(found)


def test_migrations_make_exactly_the_tables_of_the_models(connection: Connection) -> None:
    """Models and migrations do not drift apart."""
    command.upgrade(config(connection), "head")

    context = MigrationContext.configure(connection, opts={"compare_type": True})

    assert list(compare_metadata(context, METADATA)) == []


def test_tables_made_at_once_are_those_of_the_migrations(connection: Connection) -> None:
    """Whichever way a database came to the newest revision, its tables are the same."""
    bring_up_to_date(connection)
    at_once, revision = described(connection), connection.scalar(text("SELECT version_num FROM alembic_version"))
    assert revision == NEWEST
    connection.rollback()
    for table in reversed(METADATA.sorted_tables):
        connection.execute(text(f"DROP TABLE IF EXISTS {table.name}"))
    connection.execute(text("DROP TABLE IF EXISTS alembic_version"))

    command.upgrade(config(connection), "head")

    assert described(connection) == at_once


def test_columns_that_nobody_reads_go_and_their_rows_stay(connection: Connection) -> None:
    """A database of the revision before has rows with values in them."""
    command.upgrade(config(connection), "0021")
    seen = "'2026-11-30 12:00:00'"
    for row in (
        f"tenants (id, name, created_at) VALUES ('t', 't', {seen})",
        f"accounts ({ACCOUNT}) VALUES ('a', 't', 'inter', 'PJ', '1', '2', '3', '', false, {seen})",
        f"day_seals (account_id, day, seal, count, noted_at) VALUES ('a', '2026-11-27', 'digest', 3, {seen})",
        f"connect_settings (tenant_id, return_addresses, frame_ancestors, changed_at) VALUES ('t', '[]', '[]', {seen})",
    ):
        connection.execute(text(f"INSERT INTO {row}"))

    bring_up_to_date(connection)

    assert connection.execute(text("SELECT account_id, seal, restated_at FROM day_seals")).all() == [
        ("a", "digest", None)
    ]
    assert connection.scalar(text("SELECT count(*) FROM connect_settings")) == 1


def test_the_newest_revision_is_that_of_the_migrations(connection: Connection) -> None:
    """Files are named after their revisions."""
    assert ScriptDirectory.from_config(config(connection)).get_heads() == [NEWEST]


def test_a_current_database_is_left_alone(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither made nor altered again."""
    bring_up_to_date(connection)
    monkeypatch.setattr("gateway.storage.engine.schema._alter", lambda _: pytest.fail("altered"))

    bring_up_to_date(connection)

    assert connection.scalar(text("SELECT count(*) FROM alembic_version")) == 1


@pytest.mark.anyio
async def test_a_database_of_a_newer_version_is_refused_and_left_alone(empty_url: str) -> None:
    """Whoever goes back to an older version is told so, and nothing is lost for the newer one."""
    database = Database(empty_url)
    await database.migrate()
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(DatabaseError, match=f"a newer version .* revision 9999; this one knows no later than {NEWEST}"):
        await database.migrate()

    with database.engine.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "9999"
    await database.aclose()
