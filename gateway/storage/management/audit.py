"""The record of management actions (see `gateway.actions`), newest first."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Select, delete, insert, select

from gateway.actions import ACTING, DONE, Action, RecordedAction, about
from gateway.storage.accounts.tables import ACCOUNTS
from gateway.storage.engine.listing import Cursor, part_of
from gateway.storage.engine.rows import struct_of
from gateway.storage.engine.stores import Store
from gateway.storage.engine.transactions import reading, shared_now, transaction
from gateway.storage.management.tables import ACTIONS, TENANTS

__all__ = ["ALL", "ActionFilter", "AllActions", "Audit", "note_action", "tenant_of_account"]


TRIES = (Action.INTEGRATION_ENABLED, Action.INTEGRATION_CREDENTIALS_REPLACED)
"""The actions for which new credentials are tried at the bank."""


class ActionFilter(Struct, frozen=True, kw_only=True):
    """Which actions are wanted; each condition is left out where it is None."""

    account_id: str | None = None
    action: Action | None = None
    first: datetime | None = None
    """The earliest instant."""
    end: datetime | None = None
    """The instant before which they happened."""

    def applied(self, query: Select[Any]) -> Select[Any]:
        """The query for these only."""
        conditions: list[ColumnElement[bool]] = []
        if self.account_id is not None:
            conditions.append(ACTIONS.c.about == about("account", self.account_id))
        if self.action is not None:
            conditions.append(ACTIONS.c.action == self.action.value)
        if self.first is not None:
            conditions.append(ACTIONS.c.at >= self.first)
        if self.end is not None:
            conditions.append(ACTIONS.c.at < self.end)
        return query.where(*conditions)


ALL = ActionFilter()


class Audit(Store):
    """The recorded actions of a tenant."""

    @reading
    def page(
        self,
        connection: Connection,
        tenant_id: str,
        limit: int,
        after: Cursor | None = None,
        wanted: ActionFilter = ALL,
    ) -> tuple[list[RecordedAction], Cursor | None]:
        """A part of the tenant's actions that are wanted, newest first, and the cursor of the next part.

        Actions that are recorded meanwhile come before the first part, so that no other is left out or listed twice.
        """
        query = wanted.applied(select(ACTIONS).where(ACTIONS.c.tenant_id == tenant_id))
        order = ACTIONS.c.at, ACTIONS.c.id
        rows, following = part_of(connection, query, order, limit, after, newest_first=True)
        return [struct_of(RecordedAction, row) for row in rows], following

    @reading
    def refusal_age(self, connection: Connection, tenant_id: str, account_id: str, number: int) -> timedelta | None:
        """How long ago the bank refused new credentials of an account.

        Args:
            number: of the refusal, counted back from the newest, which is 1.

        Returns:
            None where there are not so many.
        """
        now = shared_now(connection)
        query = select(ACTIONS.c.at).where(
            ACTIONS.c.tenant_id == tenant_id,
            ACTIONS.c.about == about("account", account_id),
            ACTIONS.c.action.in_([action.value for action in TRIES]),
            ACTIONS.c.outcome != DONE,
            # One that lies ahead is from before the clock was set back.
            ACTIONS.c.at <= now,
        )
        at = connection.scalar(query.order_by(ACTIONS.c.at.desc()).offset(number - 1).limit(1))
        return None if at is None else now - at

    @transaction
    def note(
        self, connection: Connection, tenant_id: str | None, action: Action, what: str, outcome: str = DONE
    ) -> None:
        """Record an action that changes nothing that is stored: a request, a refusal."""
        note_action(connection, tenant_id, action, what, outcome)


class AllActions(Store):
    """The recorded actions of all tenants, for the operator and for their removal."""

    @reading
    def newest(
        self, connection: Connection, limit: int, tenant: str | None = None, wanted: ActionFilter = ALL
    ) -> list[tuple[str, RecordedAction]]:
        """The newest actions that are wanted, those of the tenant of that name where it is given, newest first.

        Returns:
            Each with the name of its tenant, which is empty where it has none.
        """
        query = wanted.applied(select(ACTIONS))
        if tenant is not None:
            query = query.where(ACTIONS.c.tenant_id.in_(select(TENANTS.c.id).where(TENANTS.c.name == tenant)))
        query = query.order_by(ACTIONS.c.at.desc(), ACTIONS.c.id.desc()).limit(limit)
        rows = connection.execute(
            query.outerjoin(TENANTS, TENANTS.c.id == ACTIONS.c.tenant_id).add_columns(TENANTS.c.name.label("tenant"))
        )
        return [(row.tenant or "", struct_of(RecordedAction, row)) for row in rows]

    @transaction
    def purge(self, connection: Connection, before: datetime) -> None:
        """Delete what was recorded before an instant."""
        connection.execute(delete(ACTIONS).where(ACTIONS.c.at < before))


def note_action(connection: Connection, tenant_id: str | None, action: Action, what: str, outcome: str = DONE) -> None:
    """Within the transaction of a management action: record it, with who acts in this context.

    Args:
        tenant_id: whose it is; None for what concerns no tenant, or all of them.
        action: what is done.
        what: what it is about, from `gateway.actions.about`; empty for everything.
        outcome: from `gateway.actions.refused`, unless it was done.
    """
    acting = ACTING.get()
    connection.execute(
        insert(ACTIONS).values(
            id=str(uuid.uuid4()),
            # Never the simulators' time: people act in their own.
            at=shared_now(connection),
            tenant_id=tenant_id,
            actor=acting.actor,
            action=action.value,
            about=what,
            outcome=outcome,
            request_id=acting.request_id,
        )
    )


def tenant_of_account(connection: Connection, account_id: str | None) -> str | None:
    """Within a transaction of the operator's: whose account it is; None without one."""
    if account_id is None:
        return None
    return connection.scalar(select(ACCOUNTS.c.tenant_id).where(ACCOUNTS.c.id == account_id))
