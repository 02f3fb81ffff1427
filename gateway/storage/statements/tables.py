"""The tables of what was read: kept entries, stored statements, and the digests and balances of days."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Named, String, Table, Text, TypedColumns

from gateway.storage.engine.column_types import Instant
from gateway.storage.engine.tables import METADATA

__all__ = ["DAY_BALANCES", "DAY_DIGESTS", "KEPT_ACCOUNTS", "KEPT_ENTRIES", "STATEMENTS", "STORED_DAYS"]


class _KeptAccounts(TypedColumns):
    """What is kept of an account."""

    account_id: Named[str] = Column(String(36), ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    generation: Named[str] = Column(String(16))
    """A random name; another one when everything begins anew, so that no older place is taken for one of now."""
    number: Named[int] = Column(BigInteger)
    """The number of the last change."""
    forgotten: Named[int] = Column(BigInteger)
    """The highest number of a row that was forgotten."""
    first: Named[date]
    last: Named[date]
    """The last day that is kept; the day before `first` where the first days are still being stored."""
    fetched_at: Named[datetime] = Column(Instant)
    announced: Named[int] = Column(BigInteger, server_default="0")
    """The number of the last change that webhooks were told."""


KEPT_ACCOUNTS = Table("kept_accounts", METADATA, _KeptAccounts)


class _KeptEntries(TypedColumns):
    """An entry, or what is left of one that a day has lost."""

    account_id: Named[str] = Column(String(36), ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    entry_id: Named[str] = Column(String(64), primary_key=True)
    day: Named[date]
    digest: Named[str] = Column(String(32))
    """Of the content; empty where the entry was removed."""
    sealed: Named[str | None] = Column(Text)
    added: Named[int] = Column(BigInteger)
    changed: Named[int] = Column(BigInteger)


KEPT_ENTRIES = Table(
    "kept_entries",
    METADATA,
    _KeptEntries,
    Index("ix_kept_entries_changed", "account_id", "changed", "entry_id"),
    Index("ix_kept_entries_day", "account_id", "day"),
)


class _StoredDays(TypedColumns):
    """The entries of one day of an account, as they were last read."""

    account_id: Named[str] = Column(String(36), ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    day: Named[date] = Column(primary_key=True)
    digest: Named[str] = Column(String(64))
    """Of the entries; empty where the day has none."""
    number: Named[int] = Column(BigInteger)
    """The number of the statement that has last changed the day."""
    sealed: Named[str | None] = Column(Text)
    """The entries, compressed; None where there are none."""


STORED_DAYS = Table("stored_days", METADATA, _StoredDays, Index("ix_stored_days_day", "day"))


class _Statements(TypedColumns):
    """A statement without its entries."""

    account_id: Named[str] = Column(String(36), ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    first: Named[date] = Column(primary_key=True)
    last: Named[date] = Column(primary_key=True)
    enabled_at: Named[datetime] = Column(Instant)
    """When the integration was enabled that it was read with."""
    fetched_at: Named[datetime] = Column(Instant)
    imported_at: Named[datetime | None] = Column(Instant)
    """When the daily import has last read this period."""
    number: Named[int] = Column(BigInteger)
    """Statements of an account are numbered as they are stored."""
    divisible: Named[bool]
    """Whether a part of its days is answered from it."""
    sealed: Named[str] = Column(Text)


STATEMENTS = Table("stored_statements", METADATA, _Statements, Index("ix_stored_statements_first", "first"))


class _DayDigests(TypedColumns):
    """A digest of the entries of a day that the bank gave as final. No entry can be read from it."""

    account_id: Named[str] = Column(String(36), ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    day: Named[date] = Column(primary_key=True)
    seal: Named[str] = Column(String(64))
    restated_at: Named[datetime | None] = Column(Instant)
    """When it took the place of another one."""


DAY_DIGESTS = Table("day_seals", METADATA, _DayDigests)


class _DayBalances(TypedColumns):
    """The encrypted closing balance of a proved day, as the ERP was given it."""

    account_id: Named[str] = Column(String(36), ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    day: Named[date] = Column(primary_key=True)
    sealed: Named[str] = Column(Text)
    changed_at: Named[datetime | None] = Column(Instant)
    """When a change of the day by the bank was detected."""


DAY_BALANCES = Table("day_balances", METADATA, _DayBalances)
