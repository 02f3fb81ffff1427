"""The tables of tenants, of their API keys and of management actions.

The columns of actions are open: they hold ids and codes of our own, and instants.
"""

from datetime import datetime

from sqlalchemy import Column, ForeignKey, Index, Named, String, Table, TypedColumns

from gateway.storage.engine.column_types import Instant
from gateway.storage.engine.tables import METADATA

__all__ = ["ACTIONS", "API_KEYS", "TENANTS"]


class _Tenants(TypedColumns):
    """The owner of accounts and keys."""

    id: Named[str] = Column(String(36), primary_key=True)
    name: Named[str] = Column(String(200), unique=True)
    created_at: Named[datetime] = Column(Instant)


TENANTS = Table("tenants", METADATA, _Tenants)


class _ApiKeys(TypedColumns):
    """One API key of a tenant: its hash, and a prefix by which people can tell keys apart."""

    id: Named[str] = Column(String(36), primary_key=True)
    tenant_id: Named[str] = Column(String(36), ForeignKey("tenants.id", ondelete="CASCADE"), index=True)
    prefix: Named[str] = Column(String(16), unique=True)
    key_hash: Named[str] = Column(String(64))
    created_at: Named[datetime] = Column(Instant)
    revoked_at: Named[datetime | None] = Column(Instant)
    name: Named[str] = Column(String(200), default="", server_default="")
    """By which people tell the keys of a tenant apart."""
    scopes: Named[str] = Column(String(64), default="read manage", server_default="read manage")
    """Names of scopes, with a space between them (see `gateway.storage.management.api_keys`)."""
    expires_at: Named[datetime | None] = Column(Instant)
    last_used_at: Named[datetime | None] = Column(Instant)
    """To the hour: a use soon after another is not noted."""
    replaced_by: Named[str | None] = Column(String(16))
    """Prefix of the key that has taken its place; it ends at `expires_at`, if not before."""


API_KEYS = Table("api_keys", METADATA, _ApiKeys)


class _Actions(TypedColumns):
    """One management action. What it was about may be gone since, so that no foreign key names it."""

    id: Named[str] = Column(String(36), primary_key=True)
    at: Named[datetime] = Column(Instant)
    tenant_id: Named[str | None] = Column(String(36), ForeignKey("tenants.id", ondelete="CASCADE"))
    """None for what concerns no tenant, or all of them."""
    actor: Named[str] = Column(String(32))
    action: Named[str] = Column(String(40))
    about: Named[str] = Column(String(80))
    outcome: Named[str] = Column(String(64))
    request_id: Named[str | None] = Column(String(64))


ACTIONS = Table(
    "audit_actions",
    METADATA,
    _Actions,
    Index("ix_audit_actions_listed", "tenant_id", "at", "id"),
    Index("ix_audit_actions_about", "about", "at", "id"),
    Index("ix_audit_actions_at", "at", "id"),
)
