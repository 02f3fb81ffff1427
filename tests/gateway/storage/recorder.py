"""Records the statements of a database, and finds those that ask for a tenant's rows without naming the tenant."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from gateway.storage.accounts.tables import ACCOUNTS
from gateway.storage.engine.database import Database
from gateway.storage.engine.tables import METADATA

__all__ = ["OF_TENANTS", "OF_THE_GUARD", "Recorder", "recorded"]

OF_TENANTS = {ACCOUNTS.name} | {
    table.name
    for table in METADATA.sorted_tables
    if any(key.column.table.name == ACCOUNTS.name for key in table.foreign_keys) or "tenant_id" in table.columns
}
"""Every table whose rows belong to a tenant or to an account."""
TABLE = re.compile(r"\b(?:from|join|update|into)\s+(\w+)", re.IGNORECASE)
NAMED = re.compile(
    r"\b(?:accounts|api_keys|webhooks|webhook_deliveries|audit_actions|connect_sessions|connect_settings)\.tenant_id = "
)

OF_THE_GUARD = re.compile(
    r"SELECT api_keys\.key_hash,[^;]*\sWHERE api_keys\.prefix = |UPDATE api_keys SET last_used_at=[^,]* WHERE"
)
"""What is asked in order to know the tenant of a caller, and to note that a key was used."""
ADDED = tuple(f"INSERT INTO {table}" for table in ("ACCOUNTS", "API_KEYS", "WEBHOOK", "AUDIT", "CONNECT_"))
"""Rows that name their tenant themselves."""


class Recorder:
    """Records the statements of a database.

    Args:
        tenant_id: the tenant whose rows may be queried.
    """

    def __init__(self, tenant_id: str) -> None:
        self.tenant_id = tenant_id
        self.of_tenants: list[str] = []
        """Statements that concern rows of tenants."""
        self.without_tenant: list[str] = []
        """The statements among them that do not name the tenant."""
        self._named_in: set[int] = set()
        """Connections whose transaction has named the tenant."""

    def execute(self, connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        """Record a statement that goes to the database."""
        tables = {name for name in TABLE.findall(statement) if name in OF_TENANTS}
        if not tables:
            return
        rows = parameters if isinstance(parameters, list) else [parameters]
        given = [{*(row.values() if isinstance(row, dict) else row)} for row in rows]
        bound = all(self.tenant_id in values for values in given)
        if statement.upper().startswith(ADDED):
            names = bound
        elif statement.upper().startswith("INSERT"):
            # It has no condition: the transaction must have found the account to be the tenant's, or added it.
            names = id(connection) in self._named_in
        else:
            names = bound and NAMED.search(statement) is not None
        self.of_tenants.append(statement)
        if names:
            self._named_in.add(id(connection))
        else:
            self.without_tenant.append(statement)

    def ended(self, connection: Any) -> None:
        """A transaction has ended."""
        self._named_in.discard(id(connection))


@contextmanager
def recorded(database: Database, tenant_id: str) -> Iterator[Recorder]:
    """Everything that is asked of a database meanwhile."""
    recorder, engine = Recorder(tenant_id), database.engine
    listened = (
        ("before_cursor_execute", recorder.execute),
        ("commit", recorder.ended),
        ("rollback", recorder.ended),
    )
    for name, listener in listened:
        event.listen(engine, name, listener)
    try:
        yield recorder
    finally:
        for name, listener in listened:
            event.remove(engine, name, listener)
