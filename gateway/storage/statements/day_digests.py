"""The table of digests of the days that a bank gave as final. No entry can be read from them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeAlias

import structlog
from sqlalchemy import Connection, bindparam, delete, insert, select

from gateway.limits import DAYS_REMEMBERED, RESTATEMENT_SHOWN_FOR
from gateway.storage.accounts.tables import ACCOUNTS, OWNED, owner
from gateway.storage.engine.database import DATABASE_ERRORS
from gateway.storage.engine.stores import Store
from gateway.storage.engine.transactions import transaction
from gateway.storage.statements.tables import DAY_DIGESTS

__all__ = ["DayDigests", "KnownDigest", "bring_nothing_new", "digests_of"]

DIGESTS = DAY_DIGESTS.c
INSERT = insert(DAY_DIGESTS)
DELETE = delete(DAY_DIGESTS).where(
    DIGESTS.account_id.in_(OWNED),
    DIGESTS.day.in_(bindparam("days", expanding=True)) | (DIGESTS.day < bindparam("oldest")),
)
KNOWN = (
    select(DIGESTS.day, DIGESTS.seal, DIGESTS.restated_at)
    .select_from(ACCOUNTS)
    .outerjoin(
        DAY_DIGESTS,
        (DIGESTS.account_id == ACCOUNTS.c.id) & DIGESTS.day.between(bindparam("first"), bindparam("last")),
    )
    .where(ACCOUNTS.c.tenant_id == bindparam("of_tenant"), ACCOUNTS.c.id == bindparam("of_account"))
)
"""The stored digests of some days of an account: at least one row where the tenant has it."""


log = structlog.get_logger("gateway.accounts")

KnownDigest: TypeAlias = tuple[str, datetime | None]
"""A day's digest, and when it replaced another one."""


class DayDigests(Store):
    """The table of digests."""

    async def renew(self, tenant_id: str, account_id: str, digests: Mapping[date, str], now: datetime) -> list[date]:
        """Store these digests; give the days whose digest has changed, oldest first.

        A changed day is given again for `RESTATEMENT_SHOWN_FOR`. An error of the
        database is logged; a change that could not be stored is found again with the next statement.
        """
        changed: list[date] = []
        try:
            if digests:
                await self._renew(tenant_id, account_id, digests, now, changed)
        except DATABASE_ERRORS as error:
            log.warning("day_digests_not_kept", account=account_id, kind=type(error).__name__)
        return changed

    @transaction
    def _renew(
        self,
        connection: Connection,
        tenant_id: str,
        account_id: str,
        digests: Mapping[date, str],
        now: datetime,
        changed: list[date],
    ) -> None:
        """Store the digests; put the changed days into `changed` before anything is written, which may fail."""
        days = {"first": min(digests), "last": max(digests)}
        known = digests_of(connection.execute(KNOWN, {**owner(tenant_id, account_id), **days}).all())
        if known is None:
            return
        news = {day: one for day, one in digests.items() if day not in known or known[day][0] != one}
        replaced = sorted(news.keys() & known.keys())
        changed[:] = sorted({*replaced, *(day for day in digests if _is_shown_again(known.get(day), now))})
        # Most statements bring nothing new; they write nothing.
        if news:
            outdated = {"days": replaced, "oldest": now.date() - DAYS_REMEMBERED}
            connection.execute(DELETE, {**owner(tenant_id, account_id), **outdated})
            rows = [
                {"account_id": account_id, "day": day, "seal": one, "restated_at": now if day in known else None}
                for day, one in news.items()
            ]
            connection.execute(INSERT, rows)


def digests_of(rows: Sequence[Sequence[Any]]) -> dict[date, KnownDigest] | None:
    """The digests of rows that `KNOWN` has given; None where the tenant has no such account."""
    if not rows:
        return None
    return {day: (digest, restated_at) for day, digest, restated_at, *_ in rows if day is not None}


def bring_nothing_new(digests: Mapping[date, str], known: Mapping[date, KnownDigest] | None, now: datetime) -> bool:
    """Whether `DayDigests.renew` would store nothing and give no day, the known digests being those of these days."""
    return known is not None and all(
        day in known and known[day][0] == one and not _is_shown_again(known[day], now) for day, one in digests.items()
    )


def _is_shown_again(known: KnownDigest | None, now: datetime) -> bool:
    return known is not None and known[1] is not None and now - known[1] < RESTATEMENT_SHOWN_FOR
