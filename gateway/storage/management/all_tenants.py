"""Queries over all tenants: for the operator's commands, the rounds of renewals, and the start; never for a caller."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, select, update

from gateway.actions import Action, about
from gateway.limits import FAILED_CYCLES_ALLOWED
from gateway.storage.accounts.integrations import unknown_account
from gateway.storage.accounts.names import fill_names
from gateway.storage.accounts.outcomes import NO_CYCLES
from gateway.storage.accounts.records import AccountRecord, Integration, State, account_of, integration_of
from gateway.storage.accounts.tables import ACCOUNTS, INTEGRATIONS
from gateway.storage.connect.sessions import purge_connect
from gateway.storage.engine.stores import SealedStore
from gateway.storage.engine.transactions import reading, shared_now, transaction
from gateway.storage.management.audit import note_action, tenant_of_account
from gateway.storage.management.tables import TENANTS
from gateway.storage.shared.tokens import unbury_tokens
from gateway.storage.statements.stored import purge_stored

__all__ = ["AllTenants"]


class AllTenants(SealedStore):
    """Accounts and integrations of all tenants."""

    @reading
    def everything(
        self, connection: Connection, banks: Iterable[str] | None = None
    ) -> list[tuple[str, AccountRecord, Integration]]:
        """All accounts, or those at these banks, with the tenant's name and the integration without credentials."""
        query: Select[Any] = (
            select(ACCOUNTS, TENANTS.c.name.label("tenant"), INTEGRATIONS)
            .join(TENANTS, TENANTS.c.id == ACCOUNTS.c.tenant_id)
            .outerjoin(INTEGRATIONS, INTEGRATIONS.c.account_id == ACCOUNTS.c.id)
            .order_by(TENANTS.c.name, ACCOUNTS.c.created_at, ACCOUNTS.c.id)
        )
        if banks is not None:
            query = query.where(ACCOUNTS.c.bank.in_(banks))
        rows = connection.execute(query).all()
        return [
            (row.tenant, account_of(row), integration_of(row) if row.account_id else Integration(account_id=row.id))
            for row in rows
        ]

    @transaction
    def banks(self, connection: Connection, most: int) -> dict[str, str]:
        """The banks of the `most` newest accounts, by account id."""
        query = select(ACCOUNTS.c.id, ACCOUNTS.c.bank).order_by(ACCOUNTS.c.created_at.desc()).limit(most)
        return {row.id: row.bank for row in connection.execute(query)}

    @reading
    def owner_of(self, connection: Connection, account_id: str) -> str:
        """The id of the tenant that registered an account.

        Raises:
            CallerError: `unknown_account`.
        """
        owner = connection.scalar(select(ACCOUNTS.c.tenant_id).where(ACCOUNTS.c.id == account_id))
        if owner is None:
            raise unknown_account()
        return owner

    @transaction
    def revive(self, connection: Connection, bank: str | None = None, account_id: str | None = None) -> int:
        """Let stopped and suspended integrations, all or these, be tried again; give their number.

        They keep their credentials, and refused refresh tokens may be sent once more.
        """
        at_rest = (INTEGRATIONS.c.state == State.NEEDS_ACTION.value) | INTEGRATIONS.c.suspicion.is_not(None)
        failing = INTEGRATIONS.c.failed_cycles >= FAILED_CYCLES_ALLOWED
        where: list[ColumnElement[bool]] = [at_rest | failing, INTEGRATIONS.c.sealed.is_not(None)]
        if bank is not None:
            where.append(INTEGRATIONS.c.account_id.in_(select(ACCOUNTS.c.id).where(ACCOUNTS.c.bank == bank)))
        if account_id is not None:
            where.append(INTEGRATIONS.c.account_id == account_id)
        found = connection.scalars(select(INTEGRATIONS.c.account_id).where(*where)).all()
        for revived in found:
            mine = INTEGRATIONS.c.account_id == revived
            values = {"state": State.BANK_FAILING.value, "suspicion": None, **NO_CYCLES}
            connection.execute(update(INTEGRATIONS).where(mine).values(values))
            unbury_tokens(connection, revived)
        if found:
            what = about("bank", bank) if bank is not None else ""
            what = about("account", account_id) if account_id is not None else what
            note_action(connection, tenant_of_account(connection, account_id), Action.INTEGRATION_REVIVED, what)
        return len(found)

    @transaction
    def purge_stored(self, connection: Connection, oldest: date) -> None:
        """Delete stored days before the oldest one, and the stored statements that begin before it."""
        purge_stored(connection, oldest)

    @transaction
    def purge_connect(self, connection: Connection, now: datetime, before: datetime) -> None:
        """Erase what was typed in expired sessions of the connect page, and delete those that expired before."""
        purge_connect(connection, now, before)

    @transaction
    def fill_in(self, connection: Connection) -> None:
        """Add to integrations what an older version did not store: the digests of their names, the ends of flows.

        It forgot the end of a consent flow before the outcome was stored; where its process died in between, the
        integration would wait for ever.
        """
        fill_names(connection, self._vault)
        endless = INTEGRATIONS.c.authorization_expires_at.is_(None)
        connection.execute(
            update(INTEGRATIONS)
            .where(INTEGRATIONS.c.state == State.PENDING_AUTHORIZATION.value, endless)
            .values(authorization_expires_at=shared_now(connection))
        )
