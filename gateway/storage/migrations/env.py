"""Alembic's entry: migrations run on the connection they are given, inside its transaction."""

from alembic import context

from gateway.storage.engine.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,  # SQLite alters a table by copying it
)
context.run_migrations()
