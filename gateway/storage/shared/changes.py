"""Changes of accounts that are under way in some process (see `gateway.accounts.changes`).

An account may be about to be registered, so no tenant has it yet. Its id is made of the tenant's
(`gateway.storage.accounts.records.account_id_of`), so that two tenants never claim the same row.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from gateway.storage.engine.stores import Store
from gateway.storage.engine.transactions import transaction
from gateway.storage.shared.tables import CHANGES

__all__ = ["ChangeRows"]


class ChangeRows(Store):
    """The table of changes."""

    @transaction
    def claim(
        self, connection: Connection, account_id: str, owner: str, now: datetime, *, stale_before: datetime
    ) -> bool:
        """Claim the account if it is free or its claim was last renewed before `stale_before`; True when it is ours."""
        row = connection.execute(select(CHANGES).where(CHANGES.c.account_id == account_id)).one_or_none()
        if row is None:
            connection.execute(insert(CHANGES).values(account_id=account_id, owner=owner, since=now))
            return True
        if row.since >= stale_before:
            return False
        unchanged = (CHANGES.c.account_id == account_id, CHANGES.c.owner == row.owner, CHANGES.c.since == row.since)
        return _renewed(connection, *unchanged, owner=owner, since=now)

    @transaction
    def renew(self, connection: Connection, account_id: str, owner: str, now: datetime) -> bool:
        """Show that the owner of a claim is alive; False where it is no longer this owner's."""
        return _renewed(connection, CHANGES.c.account_id == account_id, CHANGES.c.owner == owner, since=now)

    @transaction
    def release(self, connection: Connection, account_id: str, owner: str) -> None:
        """Release a claim."""
        connection.execute(delete(CHANGES).where(CHANGES.c.account_id == account_id, CHANGES.c.owner == owner))

    @transaction
    def purge(self, connection: Connection, before: datetime) -> None:
        """Remove the claims that were last renewed before that instant."""
        connection.execute(delete(CHANGES).where(CHANGES.c.since < before))


def _renewed(connection: Connection, *conditions: Any, **values: Any) -> bool:
    statement = update(CHANGES).where(*conditions).values(values)
    return connection.execute(statement).rowcount == 1
