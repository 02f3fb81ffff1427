"""Which accounts are due for the daily import, of all tenants: for the rounds and the operator.

An account is due at its bank on a business day when its integration can be read, no pause is in force, this day's
import has not been done, and the time of the next attempt has come. That follows from the tables alone, so that a
process that dies leaves nothing to be mended.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import date, datetime

from msgspec import Struct
from sqlalchemy import Connection, Row, case, func, select

from gateway.storage.accounts.tables import ACCOUNTS, INTEGRATIONS
from gateway.storage.engine.rows import struct_of
from gateway.storage.engine.stores import Store
from gateway.storage.engine.transactions import reading
from gateway.storage.imports.outcomes import is_done, is_put_off, of_integration, readable, under_way, was_tried
from gateway.storage.imports.tables import IMPORTS
from gateway.storage.management.tables import TENANTS

__all__ = ["EVERY_ACCOUNT", "BankImports", "Due", "DueImports", "Selection", "imports_by_bank"]


class Selection(Struct, frozen=True, kw_only=True):
    """What the accounts to import have in common; None for anything."""

    bank: str | None = None
    """Slug."""
    tenant: str | None = None
    """The name of their tenant."""
    account_id: str | None = None


EVERY_ACCOUNT = Selection()


class Due(Struct, frozen=True, kw_only=True):
    """An account that is due."""

    tenant_id: str
    account_id: str
    bank: str
    lock: str
    """Equal for integrations that read the same account of the bank: a keyed digest, or the account's id."""
    next_attempt_at: datetime | None
    """The time of a further attempt that has come; None for the first one of the day."""


class BankImports(Struct, frozen=True, kw_only=True):
    """The imports of a bank on a business day, in numbers of accounts."""

    bank: str
    enabled: int
    """All that are to be imported, whatever became of it."""
    done: int
    running: int
    """Being imported now, whatever became of the attempt before."""
    due: int
    """Not done, not being imported, and not failed either."""
    failed: int
    """Not done, not being imported, and the last attempt of the day has failed."""


class DueImports(Store):
    """Lists what is due, of all tenants; for the rounds and the operator."""

    @reading
    def page(
        self,
        connection: Connection,
        banks: Collection[str],
        today: date,
        now: datetime,
        *,
        after: str = "",
        limit: int,
        selection: Selection = EVERY_ACCOUNT,
        at_once: bool = False,
    ) -> list[Due]:
        """Accounts that are due, in the order of their ids, which is none of tenants or banks.

        Args:
            banks: those whose accounts are due on this day.
            today: the business day.
            after: the id of the last account of the page before.
            limit: accounts of one page.
            selection: only these accounts, of those at these banks.
            at_once: whether accounts are due that have failed and whose next attempt is later.
        """
        query = (
            select(
                ACCOUNTS.c.tenant_id,
                ACCOUNTS.c.id,
                ACCOUNTS.c.bank,
                INTEGRATIONS.c.name_digest,
                IMPORTS.c.next_attempt_at,
            )
            .join(INTEGRATIONS, INTEGRATIONS.c.account_id == ACCOUNTS.c.id)
            .outerjoin(IMPORTS, of_integration())
            .where(
                ACCOUNTS.c.id > after,
                ACCOUNTS.c.bank.in_(banks),
                *readable(now),
                ~is_done(today),
                ACCOUNTS.c.id.not_in(under_way(connection)),
            )
            .order_by(ACCOUNTS.c.id)
            .limit(limit)
        )
        if not at_once:
            query = query.where(~is_put_off(now))
        if selection.bank is not None:
            query = query.where(ACCOUNTS.c.bank == selection.bank)
        if selection.tenant is not None:
            query = query.join(TENANTS, TENANTS.c.id == ACCOUNTS.c.tenant_id).where(TENANTS.c.name == selection.tenant)
        if selection.account_id is not None:
            query = query.where(ACCOUNTS.c.id == selection.account_id)
        return [
            struct_of(Due, row, account_id=row.id, lock=row.name_digest or row.id) for row in connection.execute(query)
        ]

    @reading
    def by_bank(self, connection: Connection, today: date, now: datetime) -> list[BankImports]:
        """The imports of a business day, by bank."""
        running = ACCOUNTS.c.id.in_(under_way(connection))
        what = case((running, "running"), (is_done(today), "done"), (was_tried(today), "failed"), else_="due")
        query = (
            select(ACCOUNTS.c.bank, what, func.count())
            .join(INTEGRATIONS, INTEGRATIONS.c.account_id == ACCOUNTS.c.id)
            .outerjoin(IMPORTS, of_integration())
            .where(*readable(now))
            .group_by(ACCOUNTS.c.bank, what)
        )
        return imports_by_bank(connection.execute(query))


def imports_by_bank(counted: Iterable[Row[str, str, int]]) -> list[BankImports]:
    """The imports by bank, of rows that have each a bank, what became of its accounts, and their number."""
    found: dict[str, Counter[str]] = {}
    for bank, what, count in counted:
        found.setdefault(bank, Counter())[what] += count
    return [
        BankImports(
            bank=bank,
            enabled=counts.total(),
            done=counts["done"],
            running=counts["running"],
            due=counts["due"],
            failed=counts["failed"],
        )
        for bank, counts in sorted(found.items())
    ]
