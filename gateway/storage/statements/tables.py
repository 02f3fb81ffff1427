"""The tables of what was read: kept entries, stored statements, and the digests and balances of days."""

from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.storage.engine.tables import Base

__all__ = ["DayBalanceRow", "DayDigestRow", "KeptAccountRow", "KeptEntryRow", "StoredDayRow", "StoredStatementRow"]


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


class StoredDayRow(Base):
    """The entries of one day of an account, as they were last read."""

    __tablename__ = "stored_days"
    __table_args__ = (Index("ix_stored_days_day", "day"),)

    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    """Of the entries; empty where the day has none."""
    number: Mapped[int] = mapped_column(BigInteger)
    """The number of the statement that has last changed the day."""
    sealed: Mapped[str | None] = mapped_column(Text)
    """The entries, compressed; None where there are none."""


class StoredStatementRow(Base):
    """A statement without its entries."""

    __tablename__ = "stored_statements"
    __table_args__ = (Index("ix_stored_statements_first", "first"),)

    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    first: Mapped[date] = mapped_column(primary_key=True)
    last: Mapped[date] = mapped_column(primary_key=True)
    enabled_at: Mapped[datetime]
    """When the integration was enabled that it was read with."""
    fetched_at: Mapped[datetime]
    imported_at: Mapped[datetime | None]
    """When the daily import has last read this period."""
    number: Mapped[int] = mapped_column(BigInteger)
    """Statements of an account are numbered as they are stored."""
    divisible: Mapped[bool]
    """Whether a part of its days is answered from it."""
    sealed: Mapped[str] = mapped_column(Text)


class DayDigestRow(Base):
    """A digest of the entries of a day that the bank gave as final. No entry can be read from it."""

    __tablename__ = "day_seals"

    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column("seal", String(64))
    count: Mapped[int]
    noted_at: Mapped[datetime]
    restated_at: Mapped[datetime | None]


class DayBalanceRow(Base):
    """The encrypted closing balance of a proved day, as the ERP was given it."""

    __tablename__ = "day_balances"

    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    sealed: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime | None]
    """When a change of the day by the bank was detected."""
