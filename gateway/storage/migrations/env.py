"""Alembic's entry: migrations run on the connection they are given, inside its transaction."""

from alembic import context

from gateway.storage import import_tables as _import_tables  # noqa: F401 - its tables belong to the metadata
from gateway.storage import kept_tables as _kept_tables  # noqa: F401 - its tables belong to the metadata
from gateway.storage import lease_tables as _lease_tables  # noqa: F401
from gateway.storage import stored_tables as _stored_tables  # noqa: F401 - its tables belong to the metadata
from gateway.storage import webhook_tables as _webhook_tables  # noqa: F401 - its tables belong to the metadata
from gateway.storage.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite alters a table by copying it
)
context.run_migrations()
