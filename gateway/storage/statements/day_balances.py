"""The table of closing balances of proved days, as the ERP was given them (`gateway.accounts.recording.continuity`)."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import structlog
from msgspec import Struct
from sqlalchemy import Connection, Row, bindparam, delete, insert, select

from gateway.limits import DAYS_REMEMBERED, RESTATEMENT_SHOWN_FOR
from gateway.storage.accounts.tables import OWNED, owner
from gateway.storage.encryption.vault import Vault, VaultError
from gateway.storage.engine.database import DATABASE_ERRORS
from gateway.storage.engine.stores import SealedStore
from gateway.storage.engine.transactions import reading, transaction
from gateway.storage.statements.tables import DAY_BALANCES

__all__ = ["DayBalances", "Kept", "balances_of", "erase_damaged_balance"]

PURPOSE = "day balance"
BALANCES = DAY_BALANCES.c
INSERT = insert(DAY_BALANCES)
DELETE = delete(DAY_BALANCES).where(
    BALANCES.account_id.in_(OWNED),
    BALANCES.day.in_(bindparam("days", expanding=True)) | (BALANCES.day < bindparam("oldest")),
)
KNOWN = select(BALANCES.day, BALANCES.sealed, BALANCES.changed_at).where(
    BALANCES.account_id.in_(OWNED),
    BALANCES.day.between(bindparam("first"), bindparam("last"))
    | ((BALANCES.day < bindparam("first")) & (BALANCES.changed_at > bindparam("shown_since"))),
)
"""The balances of some days, and of earlier ones that statements still name as changed."""

log = structlog.get_logger("gateway.accounts")


class Kept(Struct, frozen=True):
    """The stored balance of a day."""

    closing: Decimal
    changed_at: datetime | None = None
    """When a change of the day by the bank was detected, whoever has read it since; None where it no longer matters."""


class DayBalances(SealedStore):
    """Closing balances. An error of the database is logged, and the statement is given all the same."""

    async def known(self, tenant_id: str, account_id: str, first: date, last: date, now: datetime) -> dict[date, Kept]:
        """The balances of these days, and of earlier ones that statements still name as changed.

        Balances that cannot be decrypted are left out.
        """
        try:
            return await self._known(tenant_id, account_id, first, last, now)
        except DATABASE_ERRORS as error:
            log.warning("day_balances_not_read", account=account_id, kind=type(error).__name__)
            return {}

    @reading
    def _known(
        self, connection: Connection, tenant_id: str, account_id: str, first: date, last: date, now: datetime
    ) -> dict[date, Kept]:
        days = {"first": first, "last": last, "shown_since": now - RESTATEMENT_SHOWN_FOR}
        return balances_of(self._vault, account_id, connection.execute(KNOWN, {**owner(tenant_id, account_id), **days}))

    async def keep(
        self,
        tenant_id: str,
        account_id: str,
        days: Mapping[date, Kept],
        known: Mapping[date, Kept],
        now: datetime,
    ) -> None:
        """Store the balances that differ from the known ones; without a difference nothing is written."""
        news = {day: kept for day, kept in days.items() if known.get(day) != kept}
        if not news:
            return
        try:
            await self._keep(tenant_id, account_id, news, now)
        except DATABASE_ERRORS as error:
            log.warning("day_balances_not_kept", account=account_id, kind=type(error).__name__)

    @transaction
    def _keep(
        self, connection: Connection, tenant_id: str, account_id: str, news: Mapping[date, Kept], now: datetime
    ) -> None:
        # Also where nothing is outdated: this takes the lock before anything is read.
        whose = owner(tenant_id, account_id)
        connection.execute(DELETE, {**whose, "days": list(news), "oldest": now.date() - DAYS_REMEMBERED})
        if connection.scalar(OWNED, whose) is not None:
            connection.execute(INSERT, [self._row(account_id, *one) for one in news.items()])

    def _row(self, account_id: str, day: date, kept: Kept) -> dict[str, object]:
        sealed = self._vault.encrypt(account_id, PURPOSE, [day.isoformat(), str(kept.closing)])
        return {"account_id": account_id, "day": day, "sealed": sealed, "changed_at": kept.changed_at}


def balances_of(vault: Vault, account_id: str, rows: Iterable[Row[Any]]) -> dict[date, Kept]:
    """The balances of rows that `KNOWN` has given, without those that cannot be decrypted."""
    return {row.day: kept for row in rows if (kept := _opened(vault, account_id, row)) is not None}


def _opened(vault: Vault, account_id: str, row: Row[Any]) -> Kept | None:
    try:
        day, amount = vault.decrypt(account_id, PURPOSE, row.sealed)
    except VaultError:
        log.warning("day_balance_does_not_open", account=account_id, day=row.day.isoformat())
        return None
    return Kept(Decimal(amount), row.changed_at) if day == row.day.isoformat() else None


def erase_damaged_balance(connection: Connection, row: Row[Any]) -> None:
    """Within a transaction: erase a balance that no key decrypts, given its key."""
    connection.execute(delete(DAY_BALANCES).where(BALANCES.account_id == row.account_id, BALANCES.day == row.day))
