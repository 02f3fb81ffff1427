"""The tables of kept entries (see `gateway.storage.kept_entries`)."""

from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.storage.tables import Base

__all__ = ["KeptAccountRow", "KeptEntryRow"]


class KeptAccountRow(Base):
    """What is kept of an account."""

    __tablename__ = "kept_accounts"

    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    generation: Mapped[str] = mapped_column(String(16))
    """A random name; another one when everything begins anew, so that no older place is taken for one of now."""
    number: Mapped[int] = mapped_column(BigInteger)
    """The number of the last change."""
    forgotten: Mapped[int] = mapped_column(BigInteger)
    """The highest number of a row that was forgotten."""
    first: Mapped[date]
    last: Mapped[date]
    """The last day that is kept; the day before `first` where the first days are still being stored."""
    fetched_at: Mapped[datetime]
    announced: Mapped[int] = mapped_column(BigInteger, server_default="0")
    """The number of the last change that webhooks were told."""


class KeptEntryRow(Base):
    """An entry, or what is left of one that a day has lost."""

    __tablename__ = "kept_entries"
    __table_args__ = (
        Index("ix_kept_entries_changed", "account_id", "changed", "entry_id"),
        Index("ix_kept_entries_day", "account_id", "day"),
    )

    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    entry_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    day: Mapped[date]
    digest: Mapped[str] = mapped_column(String(32))
    """Of the content; empty where the entry was removed."""
    sealed: Mapped[str | None] = mapped_column(Text)
    added: Mapped[int] = mapped_column(BigInteger)
    changed: Mapped[int] = mapped_column(BigInteger)
