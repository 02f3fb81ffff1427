"""A database that tests use again is as good as a new one, and one that is not so is not used again."""

import psycopg
import pytest


@pytest.fixture
def used(postgresql_server):
    """A database of the test's own, which it gives back."""
    return postgresql_server.database()


def contents(url):
    """All rows of the tables and their names."""
    with psycopg.connect(url) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        return {name: connection.execute(f"SELECT * FROM {name}").fetchall() for (name,) in sorted(tables)}  # noqa: S608


def test_rows_of_one_test_are_not_seen_by_the_next(postgresql_server, used):
    """Added, changed and deleted ones; the last test's database is taken."""
    new = contents(used)
    with psycopg.connect(used) as connection:
        connection.execute("INSERT INTO tenants (id, name, created_at) VALUES ('a', 'a', now())")
        connection.execute("UPDATE alembic_version SET version_num = 'another'")
    assert contents(used) != new

    assert postgresql_server.drop(used)
    again = postgresql_server.database()

    assert contents(again) == new
    postgresql_server.drop(again)


def test_clients_of_the_last_test_find_no_database(postgresql_server, used):
    """They lose their connection and do not come into the next test's database."""
    with psycopg.connect(used) as left:
        assert postgresql_server.drop(used)

        with pytest.raises(psycopg.OperationalError):
            left.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(used)


@pytest.mark.parametrize(
    "done",
    [
        "CREATE TABLE another (number int)",
        "CREATE SCHEMA another",
        "ALTER TABLE tenants ADD COLUMN another int",
        "DROP TABLE day_seals",
        "CREATE FUNCTION another() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE INDEX another ON tenants (name)",
        "INSERT INTO tenants (id, name, created_at) SELECT n, n, now() FROM generate_series(1, 9999) AS n",
    ],
)
def test_what_differs_from_a_new_one_is_removed(postgresql_server, used, done):
    """A definition that was added, changed or dropped, or tables that have grown."""
    with psycopg.connect(used) as connection:
        connection.execute(done)

    assert not postgresql_server.drop(used)
