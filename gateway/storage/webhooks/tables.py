"""The tables of webhooks and of their deliveries."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gateway.storage.engine.column_types import Json
from gateway.storage.engine.tables import Base

__all__ = ["DeliveryRow", "WebhookRow"]


class WebhookRow(Base):
    """An address that a tenant wants to be called at."""

    __tablename__ = "webhooks"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"), index=True)
    events: Mapped[list[str]] = mapped_column(Json)
    """The types that it wants; all where it names none."""
    description: Mapped[str] = mapped_column(String(200))
    sealed: Mapped[str] = mapped_column(Text)
    """Address and secrets, encrypted: an address often has a secret in it."""
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    """When the receiver said that it is gone."""


class DeliveryRow(Base):
    """One event for one webhook. Its id is the same at every attempt."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        UniqueConstraint("webhook_id", "occasion"),
        Index("ix_webhook_deliveries_due", "state", "next_at"),
        Index("ix_webhook_deliveries_listed", "webhook_id", "created_at", "id"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"), index=True)
    webhook_id: Mapped[str] = mapped_column(ForeignKey("webhooks.id", ondelete="CASCADE"))
    type: Mapped[str] = mapped_column(String(32))
    occasion: Mapped[str | None] = mapped_column(String(200))
    """What it is about, where several processes may see the same: of one occasion there is one delivery."""
    happened_at: Mapped[datetime]
    body: Mapped[dict[str, Any]] = mapped_column(Json)
    state: Mapped[str] = mapped_column(String(16))
    """`pending`, `delivered` or `dead`."""
    attempts: Mapped[int]
    created_at: Mapped[datetime]
    next_at: Mapped[datetime]
    """Of a pending one: not before then; while one process sends it, until then by no other."""
    ended_at: Mapped[datetime | None]
    last_outcome: Mapped[str] = mapped_column(String(200))
    """The receiver's status, or what went wrong at the last attempt."""
