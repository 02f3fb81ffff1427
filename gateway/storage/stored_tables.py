"""The tables of stored statements (see `gateway.storage.stored_statements`)."""

from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.storage.tables import Base

__all__ = ["StoredDayRow", "StoredStatementRow"]


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
