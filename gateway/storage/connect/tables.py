"""The tables of the connect page: a tenant's settings of it, and its sessions."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, Named, String, Table, Text, TypedColumns

from gateway.storage.engine.column_types import Instant, Json
from gateway.storage.engine.tables import METADATA

__all__ = ["CONNECT_SESSIONS", "CONNECT_SETTINGS"]


class _ConnectSettings(TypedColumns):
    """Where a tenant's connect pages may lead back to, and which pages may frame them."""

    tenant_id: Named[str] = Column(String(36), ForeignKey("tenants.id", ondelete="CASCADE"), primary_key=True)
    return_addresses: Named[list[Any]] = Column(Json)
    frame_ancestors: Named[list[Any]] = Column(Json)


CONNECT_SETTINGS = Table("connect_settings", METADATA, _ConnectSettings)


class _ConnectSessions(TypedColumns):
    """One use of the connect page. Of its secrets only hashes are stored."""

    id: Named[str] = Column(String(24), primary_key=True)
    tenant_id: Named[str] = Column(String(36), ForeignKey("tenants.id", ondelete="CASCADE"))
    created_by: Named[str] = Column(String(32))
    """Prefix of the key that made it."""
    purpose: Named[str] = Column(String(16))
    account_id: Named[str | None] = Column(String(36))
    """Of the account that it is about; of a new one, once that is registered. The account may be gone."""
    stage: Named[str] = Column(String(16))
    result: Named[str | None] = Column(String(16))
    failure: Named[str | None] = Column(String(64))
    """The code of the last failure that was shown; None after a success."""
    first_hash: Named[str] = Column(String(64), unique=True)
    """Of the token in the address that was given to the tenant, used or not."""
    token_hash: Named[str | None] = Column(String(64), unique=True)
    """Of the one token that an address may bring now."""
    page_hash: Named[str | None] = Column(String(64), unique=True)
    """Of the secret that the forms of the page hold."""
    back_hash: Named[str | None] = Column(String(64), unique=True)
    """The same for the page that a bank's page has led back to, which may be in another window."""
    consent_hash: Named[str | None] = Column(String(64), unique=True)
    """Of the state of the consent flow that has begun."""
    sealed: Named[str] = Column(Text)
    """What was typed and what is to be shown, encrypted; empty once the session has ended for good."""
    attempts: Named[int]
    claimed_at: Named[datetime | None] = Column(Instant)
    """When work at the bank began that is under way."""
    created_at: Named[datetime] = Column(Instant)
    expires_at: Named[datetime] = Column(Instant)
    ended_at: Named[datetime | None] = Column(Instant)


CONNECT_SESSIONS = Table(
    "connect_sessions", METADATA, _ConnectSessions, Index("ix_connect_sessions_listed", "tenant_id", "expires_at")
)
