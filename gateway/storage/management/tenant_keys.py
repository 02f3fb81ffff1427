"""API keys of one tenant, for those who manage them with one of them. Every query names the tenant."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Row, delete, insert, select, update

from gateway.actions import Action, about
from gateway.errors import CallerError
from gateway.storage.connect.sessions import end_connect_of_key
from gateway.storage.engine.listing import Cursor, part_of
from gateway.storage.engine.rows import struct_of
from gateway.storage.engine.stores import Store
from gateway.storage.engine.transactions import reading, transaction
from gateway.storage.management.api_keys import Scope, scopes_of, scopes_text
from gateway.storage.management.audit import note_action
from gateway.storage.management.tables import API_KEYS
from gateway.storage.management.tenants import lock_tenant

__all__ = ["Alteration", "NewKey", "TenantKey", "TenantKeys", "unknown_key"]


class TenantKey(Struct, frozen=True, kw_only=True):
    """The parts of a tenant's key that it may see."""

    prefix: str
    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None = None
    """From then on it is refused."""
    last_used_at: datetime | None = None
    """To the hour."""
    revoked_at: datetime | None = None
    replaced_by: str | None = None
    """Prefix of the key that has taken its place."""

    def lives(self, now: datetime) -> bool:
        """Whether it is accepted at an instant."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)


class NewKey(Struct, frozen=True):
    """A key to store. Its text does not show the hash."""

    key: TenantKey
    key_hash: str

    def __repr__(self) -> str:
        return f"NewKey({self.key.prefix!r})"


class Alteration(Struct, frozen=True, kw_only=True):
    """What becomes of the keys of a tenant."""

    added: Sequence[NewKey] = ()
    revoked: Mapping[str, datetime] = {}
    """Keys by prefix, with the instant from which each is refused."""
    replaced: TenantKey | None = None
    """A key with its new end and the prefix of the one that is added."""
    erased: Sequence[str] = ()
    """Prefixes of keys that are forgotten."""


class TenantKeys(Store):
    """The keys of a tenant."""

    @reading
    def page(
        self, connection: Connection, tenant_id: str, limit: int, after: Cursor | None = None
    ) -> tuple[list[TenantKey], Cursor | None]:
        """A part of the tenant's keys, oldest first, those that have ended too, and the next cursor."""
        mine = select(API_KEYS).where(API_KEYS.c.tenant_id == tenant_id)
        rows, following = part_of(connection, mine, (API_KEYS.c.created_at, API_KEYS.c.prefix), limit, after)
        return [_key(row) for row in rows], following

    @reading
    def one(self, connection: Connection, tenant_id: str, prefix: str) -> TenantKey:
        """One key of the tenant.

        Raises:
            CallerError: `not_found`.
        """
        row = connection.execute(
            select(API_KEYS).where(API_KEYS.c.tenant_id == tenant_id, API_KEYS.c.prefix == prefix)
        ).first()
        if row is None:
            raise unknown_key()
        return _key(row)

    @transaction
    def alter(
        self, connection: Connection, tenant_id: str, decide: Callable[[Sequence[TenantKey]], Alteration]
    ) -> list[TenantKey]:
        """Alter the tenant's keys as is decided from all of them, which nobody else alters meanwhile.

        Gives the keys that were added.

        Args:
            decide: a pure function of the keys, oldest first; if it raises, nothing is altered.
        """
        lock_tenant(connection, tenant_id)
        mine = API_KEYS.c.tenant_id == tenant_id
        # Locked too: the operator, who names no tenant, revokes a key before this or after it.
        rows = connection.execute(
            select(API_KEYS).where(mine).order_by(API_KEYS.c.created_at, API_KEYS.c.prefix).with_for_update()
        )
        change = decide([_key(row) for row in rows])
        for prefix, revoked_at in change.revoked.items():
            if _changed(connection, tenant_id, prefix, Action.KEY_REVOKED, revoked_at=revoked_at):
                end_connect_of_key(connection, tenant_id, prefix, revoked_at)
        if (old := change.replaced) is not None:
            values = {"expires_at": old.expires_at, "replaced_by": old.replaced_by}
            _changed(connection, tenant_id, old.prefix, Action.KEY_ROTATED, **values)
        if change.erased:
            connection.execute(delete(API_KEYS).where(mine, API_KEYS.c.prefix.in_(change.erased)))
        if change.added:
            connection.execute(insert(API_KEYS), [_row(tenant_id, new) for new in change.added])
        if change.replaced is None:
            for new in change.added:
                note_action(connection, tenant_id, Action.KEY_CREATED, about("key", new.key.prefix))
        return [new.key for new in change.added]


def _changed(connection: Connection, tenant_id: str, prefix: str, action: Action, **values: Any) -> bool:
    """Change a key of the tenant, and record it; whether there is such a key."""
    changes = update(API_KEYS).where(API_KEYS.c.tenant_id == tenant_id, API_KEYS.c.prefix == prefix).values(values)
    if connection.scalar(changes.returning(API_KEYS.c.prefix)) is None:
        return False
    note_action(connection, tenant_id, action, about("key", prefix))
    return True


def _row(tenant_id: str, new: NewKey) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid4()),
        "tenant_id": tenant_id,
        "prefix": new.key.prefix,
        "key_hash": new.key_hash,
        "created_at": new.key.created_at,
        "name": new.key.name,
        "scopes": scopes_text(new.key.scopes),
        "expires_at": new.key.expires_at,
    }


def unknown_key() -> CallerError:
    """The error about a key that the tenant does not have, whether or not another tenant has it."""
    return CallerError("not_found", "there is no key of that prefix")


def _key(row: Row[Any]) -> TenantKey:
    return struct_of(TenantKey, row, scopes=scopes_of(row.scopes))
