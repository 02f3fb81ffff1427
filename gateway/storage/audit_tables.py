"""The table of management actions. Its columns are open: they hold ids and codes of our own, and instants."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from gateway.storage.tables import Base

__all__ = ["ActionRow"]


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
