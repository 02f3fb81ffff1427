"""The tables of the connect page: a tenant's settings of it, and its sessions."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.storage.engine.column_types import Json
from gateway.storage.engine.tables import Base

__all__ = ["ConnectSessionRow", "ConnectSettingsRow"]


class ConnectSettingsRow(Base):
    """Where a tenant's connect pages may lead back to, and which pages may frame them."""

    __tablename__ = "connect_settings"

    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"), primary_key=True)
    return_addresses: Mapped[list[Any]] = mapped_column(Json)
    frame_ancestors: Mapped[list[Any]] = mapped_column(Json)
    changed_at: Mapped[datetime]


class ConnectSessionRow(Base):
    """One use of the connect page. Of its secrets only hashes are stored."""

    __tablename__ = "connect_sessions"
    __table_args__ = (Index("ix_connect_sessions_listed", "tenant_id", "expires_at"),)

    id: Mapped[str] = mapped_column(String(24), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"))
    created_by: Mapped[str] = mapped_column(String(32))
    """Prefix of the key that made it."""
    purpose: Mapped[str] = mapped_column(String(16))
    account_id: Mapped[str | None] = mapped_column(String(36))
    """Of the account that it is about; of a new one, once that is registered. The account may be gone."""
    stage: Mapped[str] = mapped_column(String(16))
    result: Mapped[str | None] = mapped_column(String(16))
    failure: Mapped[str | None] = mapped_column(String(64))
    """The code of the last failure that was shown; None after a success."""
    first_hash: Mapped[str] = mapped_column(String(64), unique=True)
    """Of the token in the address that was given to the tenant, used or not."""
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Of the one token that an address may bring now."""
    page_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Of the secret that the forms of the page hold."""
    back_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    """The same for the page that a bank's page has led back to, which may be in another window."""
    consent_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Of the state of the consent flow that has begun."""
    sealed: Mapped[str] = mapped_column(Text)
    """What was typed and what is to be shown, encrypted; empty once the session has ended for good."""
    attempts: Mapped[int]
    claimed_at: Mapped[datetime | None]
    """When work at the bank began that is under way."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
