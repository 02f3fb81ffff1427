"""The table of closing balances of days that were proved: what the ERP was given of them (see `continuity`)."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

import structlog
from msgspec import Struct
from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.limits import DAYS_REMEMBERED, RESTATEMENT_SHOWN_FOR
from gateway.storage.database import DATABASE_ERRORS, Database
from gateway.storage.tables import DayBalanceRow, owned, select_owned
from gateway.storage.vault import Vault, VaultError

__all__ = ["DayBalances", "Kept", "reseal_balances"]

PURPOSE = "day balance"

log = structlog.get_logger("gateway.accounts")


class Kept(Struct, frozen=True):
    """What is kept of a day."""

    closing: Decimal
    changed_at: datetime | None = None
    """When the bank was found to have changed it, unless a statement has held it since."""


class DayBalances:
    """Keeps closing balances, sealed. A database that fails costs a line in the log and never a statement.

    Args:
        database: where the table is.
        vault: seals them.
    """

    def __init__(self, database: Database, vault: Vault) -> None:
        self._sessions = database.sessions
        self._vault = vault

    async def known(self, tenant_id: str, account_id: str, first: date, last: date, now: datetime) -> dict[date, Kept]:
        """What is kept of these days, and of earlier ones that are still to be shown as changed.

        What does not open is as good as not kept.
        """
        mine = owned(DayBalanceRow.account_id, tenant_id, account_id)
        shown_again = DayBalanceRow.changed_at > now - RESTATEMENT_SHOWN_FOR
        wanted = DayBalanceRow.day.between(first, last) | ((DayBalanceRow.day < first) & shown_again)
        try:
            async with self._sessions() as session:
                rows = (await session.scalars(select(DayBalanceRow).where(mine, wanted))).all()
        except DATABASE_ERRORS as error:
            log.warning("day_balances_not_read", account=account_id, kind=type(error).__name__)
            return {}
        return {row.day: kept for row in rows if (kept := self._opened(row)) is not None}

    async def keep(
        self,
        tenant_id: str,
        account_id: str,
        days: Mapping[date, Kept],
        known: Mapping[date, Kept],
        now: datetime,
    ) -> None:
        """Put these days in the place of those that are known; nothing is written where nothing is new."""
        news = {day: kept for day, kept in days.items() if known.get(day) != kept}
        if not news:
            return
        try:
            async with self._sessions.begin() as session:
                # Also where nothing is outdated: this takes the lock before anything is read.
                outdated = DayBalanceRow.day.in_(news) | (DayBalanceRow.day < now.date() - DAYS_REMEMBERED)
                mine = owned(DayBalanceRow.account_id, tenant_id, account_id)
                await session.execute(delete(DayBalanceRow).where(mine, outdated))
                if await session.scalar(select_owned(tenant_id, account_id)) is not None:
                    await session.execute(insert(DayBalanceRow), [self._row(account_id, *one) for one in news.items()])
        except DATABASE_ERRORS as error:
            log.warning("day_balances_not_kept", account=account_id, kind=type(error).__name__)

    def _opened(self, row: DayBalanceRow) -> Kept | None:
        try:
            day, amount = self._vault.open(row.account_id, PURPOSE, row.sealed)
        except VaultError:
            log.warning("day_balance_does_not_open", account=row.account_id, day=row.day.isoformat())
            return None
        return Kept(Decimal(amount), row.changed_at) if day == row.day.isoformat() else None

    def _row(self, account_id: str, day: date, kept: Kept) -> dict[str, object]:
        sealed = self._vault.seal(account_id, PURPOSE, [day.isoformat(), str(kept.closing)])
        return {"account_id": account_id, "day": day, "sealed": sealed, "changed_at": kept.changed_at}


async def reseal_balances(session: AsyncSession, vault: Vault) -> None:
    """Within a transaction: seal every balance anew with the newest key; what does not open is forgotten."""
    for row in (await session.scalars(select(DayBalanceRow))).all():
        try:
            row.sealed = vault.rotate(row.sealed)
        except VaultError:
            await session.delete(row)
