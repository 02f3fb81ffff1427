"""The table of daily imports (see `gateway.storage.imports.outcomes`)."""

from datetime import date, datetime

from sqlalchemy import Column, ForeignKey, Index, Named, String, Table, TypedColumns

from gateway.storage.engine.column_types import Instant
from gateway.storage.engine.tables import METADATA

__all__ = ["IMPORTS"]


class _Imports(TypedColumns):
    """What became of the daily imports of an account."""

    account_id: Named[str] = Column(String(36), ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    claimed_at: Named[datetime | None] = Column(Instant)
    """When the process that imports has last shown that it is alive; None where no import is under way."""
    enabled_at: Named[datetime | None] = Column(Instant)
    """When the integration was enabled that the rest speaks of; for one that was enabled since, it says nothing."""
    through: Named[date | None]
    """The last day that was imported."""
    done_on: Named[date | None]
    """The business day of the last import that succeeded."""
    tried_on: Named[date | None]
    """The business day that the attempts belong to."""
    attempts: Named[int]
    attempted_at: Named[datetime | None] = Column(Instant)
    """When the last attempt ended."""
    outcome: Named[str] = Column(String(64))
    """`done`, or the code of the failure; empty before the first one ends."""
    next_attempt_at: Named[datetime | None] = Column(Instant)
    """Before it nothing is due; None where nothing but the day and the integration's state decides."""


IMPORTS = Table("imports", METADATA, _Imports, Index("ix_imports_next", "done_on", "next_attempt_at"))
