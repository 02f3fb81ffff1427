"""The operator's: API keys of tenants, kept as hashes. Of a caller's key only its owner can be looked up.

What a tenant does with keys of its own: `gateway.storage.management.tenant_keys`.
"""

import uuid
from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from sqlalchemy import Connection, bindparam, insert, or_, select, update

from gateway.actions import Action, about
from gateway.limits import KEY_USE_NOTED_EVERY
from gateway.storage.connect.sessions import end_connect_of_key
from gateway.storage.engine.rows import struct_of
from gateway.storage.engine.stores import Store
from gateway.storage.engine.transactions import reading, transaction
from gateway.storage.management.audit import note_action
from gateway.storage.management.tables import API_KEYS, TENANTS

__all__ = ["DEFAULT_SCOPES", "ApiKey", "ApiKeys", "LivingKey", "Scope", "scopes_of", "scopes_text"]

KEYS = API_KEYS.c
LIVING = select(KEYS.key_hash, KEYS.tenant_id, KEYS.scopes, KEYS.expires_at, KEYS.last_used_at).where(
    KEYS.prefix == bindparam("prefix"), KEYS.revoked_at.is_(None)
)


class Scope(StrEnum):
    """What a key is for."""

    READ = "read"
    """Statements, and what `operate` shows."""
    MANAGE = "manage"
    """Registering, changing and removing accounts and integrations; webhooks; keys."""
    OPERATE = "operate"
    """The states of accounts, banks and imports, and importing now: for support, which sees no statements."""


DEFAULT_SCOPES = frozenset({Scope.READ, Scope.MANAGE})
"""The scopes of a key that was made without naming any."""


class ApiKey(Struct, frozen=True, kw_only=True):
    """The parts of a key that may be shown."""

    prefix: str
    tenant_id: str
    tenant: str
    created_at: datetime
    revoked_at: datetime | None
    name: str
    scopes: frozenset[Scope]
    expires_at: datetime | None
    last_used_at: datetime | None
    """To the hour."""
    replaced_by: str | None
    """Prefix of the key that has taken its place."""


class LivingKey(Struct, frozen=True, kw_only=True):
    """A key that is not revoked; it may have expired."""

    prefix: str
    key_hash: str
    tenant_id: str
    scopes: frozenset[Scope]
    expires_at: datetime | None
    last_used_at: datetime | None


class ApiKeys(Store):
    """The table of keys."""

    @transaction
    def create(
        self,
        connection: Connection,
        tenant: str,
        prefix: str,
        key_hash: str,
        now: datetime,
        *,
        name: str = "",
        scopes: frozenset[Scope] = DEFAULT_SCOPES,
        expires_at: datetime | None = None,
    ) -> None:
        """Add a key of the tenant of that name; the tenant is created when there is none."""
        tenant_id = _tenant_named(connection, tenant, now)
        connection.execute(
            insert(API_KEYS).values(
                id=str(uuid.uuid4()),
                tenant_id=tenant_id,
                prefix=prefix,
                key_hash=key_hash,
                created_at=now,
                revoked_at=None,
                name=name,
                scopes=scopes_text(scopes),
                expires_at=expires_at,
                last_used_at=None,
            )
        )
        note_action(connection, tenant_id, Action.KEY_CREATED, about("key", prefix))

    @reading
    def owner_of(self, connection: Connection, prefix: str) -> LivingKey | None:
        """The living key of that prefix."""
        row = connection.execute(LIVING, {"prefix": prefix}).one_or_none()
        if row is None:
            return None
        return struct_of(LivingKey, row, prefix=prefix, scopes=scopes_of(row.scopes))

    @transaction
    def note_use(self, connection: Connection, prefix: str, now: datetime) -> None:
        """Keep that a key was used now, unless a use of the last hour is noted already."""
        long_ago = or_(API_KEYS.c.last_used_at.is_(None), API_KEYS.c.last_used_at <= now - KEY_USE_NOTED_EVERY)
        connection.execute(update(API_KEYS).where(API_KEYS.c.prefix == prefix, long_ago).values(last_used_at=now))

    @reading
    def all(self, connection: Connection) -> list[ApiKey]:
        """All keys of all tenants, oldest first."""
        query = (
            select(API_KEYS, TENANTS.c.name.label("tenant"))
            .join(TENANTS)
            .order_by(API_KEYS.c.created_at, API_KEYS.c.prefix)
        )
        return [struct_of(ApiKey, row, scopes=scopes_of(row.scopes)) for row in connection.execute(query)]

    @transaction
    def revoke(self, connection: Connection, prefix: str, now: datetime) -> bool:
        """Revoke a key at once; False when there is no living key of that prefix."""
        statement = (
            update(API_KEYS)
            .where(API_KEYS.c.prefix == prefix, API_KEYS.c.revoked_at.is_(None))
            .values(revoked_at=now)
            .returning(API_KEYS.c.tenant_id)
        )
        tenant_id = connection.scalar(statement)
        if tenant_id is None:
            return False
        note_action(connection, tenant_id, Action.KEY_REVOKED, about("key", prefix))
        end_connect_of_key(connection, tenant_id, prefix, now)
        return True


def scopes_text(scopes: frozenset[Scope]) -> str:
    """Scopes as they are stored."""
    return " ".join(scope for scope in Scope if scope in scopes)


def scopes_of(stored: str) -> frozenset[Scope]:
    """The scopes that this version knows: one that a newer version has stored allows nothing here."""
    names = stored.split()
    return frozenset(scope for scope in Scope if scope in names)


def _tenant_named(connection: Connection, name: str, now: datetime) -> str:
    """Within a transaction: the id of the tenant of that name, who is created when there is none."""
    tenant_id = connection.scalar(select(TENANTS.c.id).where(TENANTS.c.name == name))
    if tenant_id is None:
        tenant_id = str(uuid.uuid4())
        connection.execute(insert(TENANTS).values(id=tenant_id, name=name, created_at=now))
    return tenant_id
