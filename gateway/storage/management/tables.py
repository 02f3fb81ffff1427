"""The tables of tenants, of their API keys and of management actions.

The columns of actions are open: they hold ids and codes of our own, and instants.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from gateway.storage.engine.tables import Base

__all__ = ["ActionRow", "ApiKeyRow", "TenantRow"]


class TenantRow(Base):
    """The owner of accounts and keys."""

    __tablename__ = "tenants"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    created_at: Mapped[datetime]


class ApiKeyRow(Base):
    """One API key of a tenant: its hash, and a prefix by which people can tell keys apart."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"), index=True)
    prefix: Mapped[str] = mapped_column(String(16), unique=True)
    key_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    name: Mapped[str] = mapped_column(String(200), default="", server_default="")
    """By which people tell the keys of a tenant apart."""
    scopes: Mapped[str] = mapped_column(String(64), default="read manage", server_default="read manage")
    """Names of scopes, with a space between them (see `gateway.storage.management.api_keys`)."""
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    """To the hour: a use soon after another is not noted."""
    replaced_by: Mapped[str | None] = mapped_column(String(16))
    """Prefix of the key that has taken its place; it ends at `expires_at`, if not before."""


class ActionRow(Base):
    """One management action. What it was about may be gone since, so that no foreign key names it."""

    __tablename__ = "audit_actions"
    __table_args__ = (
        Index("ix_audit_actions_listed", "tenant_id", "at", "id"),
        Index("ix_audit_actions_about", "about", "at", "id"),
        Index("ix_audit_actions_at", "at", "id"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    at: Mapped[datetime]
    tenant_id: Mapped[str | None] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"))
    """None for what concerns no tenant, or all of them."""
    actor: Mapped[str] = mapped_column(String(32))
    action: Mapped[str] = mapped_column(String(40))
    about: Mapped[str] = mapped_column(String(80))
    outcome: Mapped[str] = mapped_column(String(64))
    request_id: Mapped[str | None] = mapped_column(String(64))
