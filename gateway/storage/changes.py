"""Changes of accounts that are under way in some process (see `gateway.accounts.changes`).

An account may be about to be registered, so no tenant has it yet. Its id is made of the tenant's
(`gateway.storage.records.account_id_of`), so that two tenants never claim the same row.
"""

from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, delete, insert, update
from sqlalchemy.exc import IntegrityError

from gateway.storage.database import Database
from gateway.storage.tables import ChangeRow

__all__ = ["ChangeRows"]


class ChangeRows:
    """The table of changes.

    Args:
        database: holds the table.
    """

    def __init__(self, database: Database) -> None:
        self._sessions = database.sessions

    async def claim(self, account_id: str, owner: str, now: datetime, *, stale_before: datetime) -> bool:
        """Claim the account if it is free or its claim was last renewed before `stale_before`; whether it is ours."""
        async with self._sessions() as session:
            row = await session.get(ChangeRow, account_id)
        if row is not None:
            if row.since >= stale_before:
                return False
            unchanged = (ChangeRow.account_id == account_id, ChangeRow.owner == row.owner, ChangeRow.since == row.since)
            return await self._renewed(*unchanged, owner=owner, since=now)
        try:
            async with self._sessions.begin() as session:
                await session.execute(insert(ChangeRow).values(account_id=account_id, owner=owner, since=now))
        except IntegrityError:
            return False
        return True

    async def renew(self, account_id: str, owner: str, now: datetime) -> None:
        """Show that the owner of a claim is alive."""
        await self._renewed(ChangeRow.account_id == account_id, ChangeRow.owner == owner, since=now)

    async def release(self, account_id: str, owner: str) -> None:
        """Release a claim."""
        mine = (ChangeRow.account_id == account_id, ChangeRow.owner == owner)
        async with self._sessions.begin() as session:
            await session.execute(delete(ChangeRow).where(*mine))

    async def purge(self, before: datetime) -> None:
        """Remove the claims that were last renewed before that instant."""
        async with self._sessions.begin() as session:
            await session.execute(delete(ChangeRow).where(ChangeRow.since < before))

    async def _renewed(self, *conditions: Any, **values: Any) -> bool:
        statement = update(ChangeRow).where(*conditions).values(values).execution_options(synchronize_session=False)
        async with self._sessions.begin() as session:
            result = cast("CursorResult[Any]", await session.execute(statement))
        return result.rowcount == 1
