"""Changes of accounts that are under way in some process (see `gateway.accounts.changes`).

An account may be about to be registered, so no tenant has it yet. Its id is made of the tenant's
(`gateway.storage.accounts.records.account_id_of`), so that two tenants never claim the same row.
"""

from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, delete, insert, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gateway.storage.engine.database import Database
from gateway.storage.engine.transactions import transaction
from gateway.storage.shared.tables import ChangeRow

__all__ = ["ChangeRows"]


class ChangeRows:
    """The table of changes.

    Args:
        database: holds the table.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.clock = database.clock

    async def claim(self, account_id: str, owner: str, now: datetime, *, stale_before: datetime) -> bool:
        """Claim the account if it is free or its claim was last renewed before `stale_before`; True when it is ours."""
        try:
            return await self._claim(account_id, owner, now, stale_before)
        except IntegrityError:
            return False

    @transaction
    def _claim(self, session: Session, account_id: str, owner: str, now: datetime, stale_before: datetime) -> bool:
        row = session.get(ChangeRow, account_id)
        if row is None:
            session.execute(insert(ChangeRow).values(account_id=account_id, owner=owner, since=now))
            return True
        if row.since >= stale_before:
            return False
        unchanged = (ChangeRow.account_id == account_id, ChangeRow.owner == row.owner, ChangeRow.since == row.since)
        return _renewed(session, *unchanged, owner=owner, since=now)

    @transaction
    def renew(self, session: Session, account_id: str, owner: str, now: datetime) -> bool:
        """Show that the owner of a claim is alive; False where it is no longer this owner's."""
        return _renewed(session, ChangeRow.account_id == account_id, ChangeRow.owner == owner, since=now)

    @transaction
    def release(self, session: Session, account_id: str, owner: str) -> None:
        """Release a claim."""
        session.execute(delete(ChangeRow).where(ChangeRow.account_id == account_id, ChangeRow.owner == owner))

    @transaction
    def purge(self, session: Session, before: datetime) -> None:
        """Remove the claims that were last renewed before that instant."""
        session.execute(delete(ChangeRow).where(ChangeRow.since < before))


def _renewed(session: Session, *conditions: Any, **values: Any) -> bool:
    statement = update(ChangeRow).where(*conditions).values(values).execution_options(synchronize_session=False)
    return cast("CursorResult[Any]", session.execute(statement)).rowcount == 1
