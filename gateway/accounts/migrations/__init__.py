"""Alembic migrations, run by `gateway.accounts.database` over a connection that it has already locked."""
