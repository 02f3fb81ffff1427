"""The operator's: the tenants, and the removal of one with everything of it."""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import Connection, delete, func, select, update

from gateway.actions import Action, about
from gateway.storage.accounts.tables import ACCOUNTS, PAUSES
from gateway.storage.engine.stores import Store
from gateway.storage.engine.transactions import reading, transaction
from gateway.storage.management.audit import note_action
from gateway.storage.management.tables import API_KEYS, TENANTS
from gateway.storage.shared.tables import CHANGES, LEASES, TOKENS

__all__ = ["Tenant", "Tenants", "lock_tenant"]

WITHOUT_KEY = (TOKENS.c.account_id, PAUSES.c.account_id, CHANGES.c.account_id, LEASES.c.account_id)
"""Columns that name an account without a foreign key: their rows do not go with the account by themselves."""


class Tenant(Struct, frozen=True, kw_only=True):
    """A tenant, with the numbers of its accounts and of its keys that are not revoked."""

    id: str
    name: str
    created_at: datetime
    accounts: int
    keys: int


class Tenants(Store):
    """The table of tenants."""

    @reading
    def all(self, connection: Connection) -> list[Tenant]:
        """All tenants, by name."""
        accounts = select(func.count()).where(ACCOUNTS.c.tenant_id == TENANTS.c.id).scalar_subquery()
        living = (API_KEYS.c.tenant_id == TENANTS.c.id, API_KEYS.c.revoked_at.is_(None))
        keys = select(func.count()).select_from(API_KEYS).where(*living).scalar_subquery()
        query = select(TENANTS.c.id, TENANTS.c.name, TENANTS.c.created_at, accounts, keys).order_by(TENANTS.c.name)
        return [
            Tenant(id=tenant_id, name=name, created_at=created_at, accounts=of_accounts, keys=of_keys)
            for tenant_id, name, created_at, of_accounts, of_keys in connection.execute(query)
        ]

    @transaction
    def remove(self, connection: Connection, name: str) -> bool:
        """Erase the tenant of that name with all its rows, its keys first of all; False when there is none.

        All of it is one transaction, so a removal that is stopped half-way has removed nothing. What is left is the
        record of the removal, with the tenant's id.
        """
        tenant_id = connection.scalar(select(TENANTS.c.id).where(TENANTS.c.name == name))
        if tenant_id is None:
            return False
        mine = select(ACCOUNTS.c.id).where(ACCOUNTS.c.tenant_id == tenant_id)
        for account_id in WITHOUT_KEY:
            connection.execute(delete(account_id.table).where(account_id.in_(mine)))
        # Every other row goes with the tenant, or with an account of it.
        connection.execute(delete(TENANTS).where(TENANTS.c.id == tenant_id))
        note_action(connection, None, Action.TENANT_REMOVED, about("tenant", tenant_id))
        return True


def lock_tenant(connection: Connection, tenant_id: str) -> None:
    """Within a transaction, before anything is read: make others that count rows of this tenant wait for its end.

    It writes, because SQLite locks nothing for `SELECT … FOR UPDATE`; what it writes changes nothing. The registration
    of an account does not wait for it.
    """
    connection.execute(update(TENANTS).where(TENANTS.c.id == tenant_id).values(created_at=TENANTS.c.created_at))
