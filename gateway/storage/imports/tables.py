"""The table of daily imports (see `gateway.storage.imports.outcomes`)."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from gateway.storage.engine.tables import Base

__all__ = ["ImportRow"]


class ImportRow(Base):
    """What became of the daily imports of an account."""

    __tablename__ = "imports"
    __table_args__ = (Index("ix_imports_next", "done_on", "next_attempt_at"),)

    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    claimed_at: Mapped[datetime | None]
    """When the process that imports has last shown that it is alive; None where no import is under way."""
    enabled_at: Mapped[datetime | None]
    """When the integration was enabled that the rest speaks of; for one that was enabled since, it says nothing."""
    through: Mapped[date | None]
    """The last day that was imported."""
    done_on: Mapped[date | None]
    """The business day of the last import that succeeded."""
    tried_on: Mapped[date | None]
    """The business day that the attempts belong to."""
    attempts: Mapped[int]
    attempted_at: Mapped[datetime | None]
    """When the last attempt ended."""
    outcome: Mapped[str] = mapped_column(String(64))
    """`done`, or the code of the failure; empty before the first one ends."""
    next_attempt_at: Mapped[datetime | None]
    """Before it nothing is due; None where nothing but the day and the integration's state decides."""
