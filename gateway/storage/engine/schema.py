"""Brings the tables of a database to the newest revision.

Alembic is loaded only where older tables must be altered: loading it takes longer than a whole start without it.
"""

from pathlib import Path

from sqlalchemy import Column, Connection, MetaData, PrimaryKeyConstraint, String, Table, insert, inspect, select

from gateway.storage.accounts import tables as _accounts  # noqa: F401 - its tables are among those that are made
from gateway.storage.connect import tables as _connect  # noqa: F401 - likewise
from gateway.storage.engine.tables import METADATA
from gateway.storage.imports import tables as _imports  # noqa: F401 - likewise
from gateway.storage.management import tables as _management  # noqa: F401 - likewise
from gateway.storage.shared import tables as _shared  # noqa: F401 - likewise
from gateway.storage.statements import tables as _statements  # noqa: F401 - likewise
from gateway.storage.webhooks import tables as _webhooks  # noqa: F401 - likewise

__all__ = ["METADATA", "MIGRATIONS", "NEWEST", "UnknownRevision", "bring_up_to_date"]

MIGRATIONS = Path(__file__).parents[1] / "migrations"
REVISIONS = frozenset(path.name[1:5] for path in MIGRATIONS.glob("versions/v*.py"))
"""Each migration is in a file that is named after its revision."""
NEWEST = max(REVISIONS)
"""The revision after all migrations."""
VERSION = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32)),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)
"""Alembic's own table. It is in no other metadata, because it belongs to no model."""


class UnknownRevision(Exception):
    """The tables are of a revision that no migration makes: a newer version of the gateway has altered them."""


def bring_up_to_date(connection: Connection) -> None:
    """Make the tables of an empty database, or alter older ones; nothing when they are of the newest revision.

    Args:
        connection: in a transaction that keeps other processes from doing the same.

    Raises:
        UnknownRevision: they are of a later revision.
    """
    tables = inspect(connection).get_table_names()
    if not tables:
        METADATA.create_all(connection)
        VERSION.create(connection)
        connection.execute(insert(VERSION).values(version_num=NEWEST))
        return
    revision = connection.scalar(select(VERSION.c.version_num)) if VERSION.name in tables else None
    if revision is not None and revision not in REVISIONS:
        raise UnknownRevision(revision)
    if revision != NEWEST:
        _alter(connection)


def _alter(connection: Connection) -> None:
    """Run the migrations that have not run yet."""
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
