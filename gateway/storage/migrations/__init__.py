"""Alembic migrations, run by `gateway.storage.database` over a connection that it has already locked."""
