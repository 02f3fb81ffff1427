"""The tables of webhooks and of their deliveries."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, Named, String, Table, Text, TypedColumns, UniqueConstraint, false

from gateway.storage.engine.column_types import Instant, Json
from gateway.storage.engine.tables import METADATA

__all__ = ["DELIVERIES", "WEBHOOKS"]


class _Webhooks(TypedColumns):
    """An address that a tenant wants to be called at."""

    id: Named[str] = Column(String(36), primary_key=True)
    tenant_id: Named[str] = Column(String(36), ForeignKey("tenants.id", ondelete="CASCADE"), index=True)
    events: Named[list[str]] = Column(Json)
    """The types that it wants; all where it names none."""
    description: Named[str] = Column(String(200))
    sealed: Named[str] = Column(Text)
    """Address and secrets, encrypted: an address often has a secret in it."""
    created_at: Named[datetime] = Column(Instant)
    disabled_at: Named[datetime | None] = Column(Instant)
    """When the receiver said that it is gone."""
    failing: Named[bool] = Column(server_default=false())
    """Whether it did not take what was sent last."""


WEBHOOKS = Table("webhooks", METADATA, _Webhooks)


class _Deliveries(TypedColumns):
    """One event for one webhook. Its id is the same at every attempt."""

    id: Named[str] = Column(String(36), primary_key=True)
    tenant_id: Named[str] = Column(String(36), ForeignKey("tenants.id", ondelete="CASCADE"), index=True)
    webhook_id: Named[str] = Column(String(36), ForeignKey("webhooks.id", ondelete="CASCADE"))
    type: Named[str] = Column(String(32))
    occasion: Named[str | None] = Column(String(200))
    """What it is about, where several processes may see the same: of one occasion there is one delivery."""
    body: Named[dict[str, Any]] = Column(Json)
    state: Named[str] = Column(String(16))
    """`pending`, `delivered` or `dead`."""
    attempts: Named[int]
    created_at: Named[datetime] = Column(Instant)
    next_at: Named[datetime] = Column(Instant)
    """Of a pending one: not before then; while one process sends it, until then by no other."""
    ended_at: Named[datetime | None] = Column(Instant)
    last_outcome: Named[str] = Column(String(200))
    """The receiver's status, or what went wrong at the last attempt."""


DELIVERIES = Table(
    "webhook_deliveries",
    METADATA,
    _Deliveries,
    UniqueConstraint("webhook_id", "occasion"),
    Index("ix_webhook_deliveries_due", "state", "next_at"),
    Index("ix_webhook_deliveries_listed", "webhook_id", "created_at", "id"),
)
