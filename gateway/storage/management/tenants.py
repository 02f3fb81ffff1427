"""The operator's: the tenants, and the removal of one with everything of it."""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from gateway.actions import Action, about
from gateway.storage.accounts.tables import AccountRow, PauseRow
from gateway.storage.engine.database import Database
from gateway.storage.engine.transactions import reading, transaction
from gateway.storage.management.audit import note_action
from gateway.storage.management.tables import ApiKeyRow, TenantRow
from gateway.storage.shared.tables import ChangeRow, LeaseRow, TokenRow

__all__ = ["Tenant", "Tenants", "lock_tenant"]

WITHOUT_KEY = (TokenRow.account_id, PauseRow.account_id, ChangeRow.account_id, LeaseRow.account_id)
"""Columns that name an account without a foreign key: their rows do not go with the account by themselves."""


class Tenant(Struct, frozen=True, kw_only=True):
    """A tenant, with the numbers of its accounts and of its keys that are not revoked."""

    id: str
    name: str
    created_at: datetime
    accounts: int
    keys: int


class Tenants:
    """The table of tenants.

    Args:
        database: holds the table.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @reading
    def all(self, session: Session) -> list[Tenant]:
        """All tenants, by name."""
        accounts = select(func.count()).where(AccountRow.tenant_id == TenantRow.id).scalar_subquery()
        living = (ApiKeyRow.tenant_id == TenantRow.id, ApiKeyRow.revoked_at.is_(None))
        keys = select(func.count()).select_from(ApiKeyRow).where(*living).scalar_subquery()
        query = select(TenantRow.id, TenantRow.name, TenantRow.created_at, accounts, keys).order_by(TenantRow.name)
        return [
            Tenant(id=tenant_id, name=name, created_at=created_at, accounts=of_accounts, keys=of_keys)
            for tenant_id, name, created_at, of_accounts, of_keys in session.execute(query)
        ]

    @transaction
    def remove(self, session: Session, name: str) -> bool:
        """Erase the tenant of that name with all its rows, its keys first of all; False when there is none.

        All of it is one transaction, so a removal that is stopped half-way has removed nothing. What is left is the
        record of the removal, with the tenant's id.
        """
        tenant_id = session.scalar(select(TenantRow.id).where(TenantRow.name == name))
        if tenant_id is None:
            return False
        mine = select(AccountRow.id).where(AccountRow.tenant_id == tenant_id)
        for account_id in WITHOUT_KEY:
            session.execute(
                delete(account_id.class_).where(account_id.in_(mine)).execution_options(synchronize_session=False)
            )
        # Every other row goes with the tenant, or with an account of it.
        session.execute(delete(TenantRow).where(TenantRow.id == tenant_id))
        note_action(session, None, Action.TENANT_REMOVED, about("tenant", tenant_id))
        return True


def lock_tenant(session: Session, tenant_id: str) -> None:
    """Within a transaction, before anything is read: make others that count rows of this tenant wait for its end.

    It writes, because SQLite locks nothing for `SELECT … FOR UPDATE`; what it writes changes nothing. The registration
    of an account does not wait for it.
    """
    session.execute(update(TenantRow).where(TenantRow.id == tenant_id).values(created_at=TenantRow.created_at))
