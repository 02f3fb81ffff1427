"""Alembic migrations, run by `gateway.storage.engine.database` over a connection that it has already locked."""
