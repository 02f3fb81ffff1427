"""The state of one tenant's daily imports, for those who operate its accounts. Every query names the tenant."""

from collections.abc import Collection
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from gateway.actions import Action, about
from gateway.storage.accounts.tables import ACCOUNTS, INTEGRATIONS
from gateway.storage.engine.column_types import Instant
from gateway.storage.engine.listing import Cursor, part_of
from gateway.storage.engine.rows import struct_of
from gateway.storage.engine.stores import Store
from gateway.storage.engine.transactions import reading, transaction
from gateway.storage.imports.due import BankImports, imports_by_bank
from gateway.storage.imports.outcomes import is_done, not_under_way, of_integration, readable, under_way, was_tried
from gateway.storage.imports.tables import IMPORTS
from gateway.storage.management.audit import note_action

__all__ = ["AccountState", "ImportState", "TenantImports", "Today"]


class ImportState(StrEnum):
    """How the import of an account stands today."""

    LATER = "later"
    """Its bank's hour has not come, or the day is no business day."""
    DUE = "due"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    """The last attempt of the day has failed, or the bank was not ready."""


class Today(Struct, frozen=True, kw_only=True):
    """What is due at an instant."""

    day: date
    """The day in Brasília."""
    now: datetime
    banks: Collection[str]
    """Those whose accounts are due on this day."""


class AccountState(Struct, frozen=True, kw_only=True):
    """The import of one account, and what became of it with the present integration."""

    account_id: str
    created_at: datetime
    bank: str
    external_id: str | None
    state: ImportState
    through: date | None
    """The last day that was imported."""
    done_on: date | None
    """The business day of the last import that was done."""
    attempts: int
    """Attempts of today."""
    attempted_at: datetime | None
    outcome: str | None
    """`done`, or the code of the failure; None before the first attempt ends."""
    next_attempt_at: datetime | None
    """Before it nothing is tried; None where the bank's hour or the day decides."""


class TenantImports(Store):
    """The imports of a tenant's enabled accounts."""

    @reading
    def by_bank(self, connection: Connection, tenant_id: str, today: Today) -> list[BankImports]:
        """The tenant's imports, by bank; where nothing is due yet, nothing is due, done or failed."""
        states = _states(connection, tenant_id, today).subquery()
        query = select(states.c.bank, states.c.state, func.count()).group_by(states.c.bank, states.c.state)
        return imports_by_bank(connection.execute(query))

    @reading
    def page(
        self,
        connection: Connection,
        tenant_id: str,
        today: Today,
        limit: int,
        after: Cursor | None = None,
        *,
        bank: str | None = None,
        state: ImportState | None = None,
        account_ids: Collection[str] | None = None,
    ) -> tuple[list[AccountState], Cursor | None]:
        """A part of the tenant's enabled accounts, oldest first, with the next cursor.

        Args:
            today: what is due now.
            limit: most accounts to give.
            after: the cursor of the part before.
            bank: only accounts at this bank.
            state: only accounts whose import stands so.
            account_ids: only these accounts; None for all.
        """
        query = _states(connection, tenant_id, today)
        if account_ids is not None:
            query = query.where(ACCOUNTS.c.id.in_(account_ids))
        if bank is not None:
            query = query.where(ACCOUNTS.c.bank == bank)
        if state is not None:
            query = query.where(_state(connection, today) == state.value)
        rows, following = part_of(connection, query, (ACCOUNTS.c.created_at, ACCOUNTS.c.id), limit, after)
        listed = [
            struct_of(
                AccountState,
                row,
                account_id=row.id,
                state=ImportState(row.state),
                attempts=row.attempts if row.tried_on == today.day else 0,
                outcome=row.outcome or None,
            )
            for row in rows
        ]
        return listed, following

    @transaction
    def ask(
        self,
        connection: Connection,
        tenant_id: str,
        today: Today,
        *,
        bank: str | None = None,
        account_id: str | None = None,
    ) -> int:
        """Let the next round import what is not imported yet, also what has failed; give the number of accounts.

        Args:
            today: what is due now.
            bank: only accounts at this bank.
            account_id: only this account.
        """
        mine = ACCOUNTS.c.tenant_id == tenant_id
        wanted = _states(connection, tenant_id, today).where(
            mine, _state(connection, today).in_([ImportState.DUE.value, ImportState.FAILED.value])
        )
        if bank is not None:
            wanted = wanted.where(ACCOUNTS.c.bank == bank)
        if account_id is not None:
            wanted = wanted.where(ACCOUNTS.c.id == account_id)
        ids = wanted.with_only_columns(ACCOUNTS.c.id).subquery()
        # What a row says of an integration before the present one is worth nothing any more.
        outdated = exists(
            select(INTEGRATIONS.c.account_id).where(
                INTEGRATIONS.c.account_id == IMPORTS.c.account_id,
                or_(IMPORTS.c.enabled_at.is_(None), IMPORTS.c.enabled_at != INTEGRATIONS.c.enabled_at),
            )
        )
        free = (IMPORTS.c.account_id.in_(select(ids.c.id)), not_under_way(connection))
        connection.execute(delete(IMPORTS).where(*free, outdated))
        marked = update(IMPORTS).where(*free).values(next_attempt_at=today.now).returning(IMPORTS.c.account_id)
        number = len(connection.execute(marked).all())
        any_row = IMPORTS.alias()
        fresh = wanted.where(~exists(select(any_row.c.account_id).where(any_row.c.account_id == ACCOUNTS.c.id)))
        rows = fresh.with_only_columns(
            ACCOUNTS.c.id, INTEGRATIONS.c.enabled_at, literal(0), literal(""), literal(today.now, Instant())
        )
        columns = ("account_id", "enabled_at", "attempts", "outcome", "next_attempt_at")
        added = insert(IMPORTS).from_select(columns, rows).returning(IMPORTS.c.account_id)
        number += len(connection.execute(added).all())
        if number:
            what = about("bank", bank) if bank is not None else ""
            if account_id is not None:
                what = about("account", account_id)
            note_action(connection, tenant_id, Action.IMPORT_REQUESTED, what)
        return number


def _state(connection: Connection, today: Today) -> ColumnElement[str]:
    running = ACCOUNTS.c.id.in_(under_way(connection))
    return case(
        (running, ImportState.RUNNING.value),
        (ACCOUNTS.c.bank.not_in(sorted(today.banks)), ImportState.LATER.value),
        (is_done(today.day), ImportState.DONE.value),
        (was_tried(today.day), ImportState.FAILED.value),
        else_=ImportState.DUE.value,
    )


def _states(connection: Connection, tenant_id: str, today: Today) -> Select[*tuple[Any, ...]]:
    """The tenant's accounts that are to be imported, each with what became of that."""
    return (
        select(
            ACCOUNTS.c.id,
            ACCOUNTS.c.created_at,
            ACCOUNTS.c.bank,
            ACCOUNTS.c.external_id,
            IMPORTS.c.through,
            IMPORTS.c.done_on,
            IMPORTS.c.tried_on,
            IMPORTS.c.attempts,
            IMPORTS.c.attempted_at,
            IMPORTS.c.outcome,
            IMPORTS.c.next_attempt_at,
            _state(connection, today).label("state"),
        )
        .join(INTEGRATIONS, INTEGRATIONS.c.account_id == ACCOUNTS.c.id)
        .outerjoin(IMPORTS, of_integration())
        .where(ACCOUNTS.c.tenant_id == tenant_id, *readable(today.now))
    )
