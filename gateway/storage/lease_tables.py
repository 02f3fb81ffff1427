"""The table of readings that are under way, for the processes that share a database."""

from datetime import date, datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.storage.tables import Base

__all__ = ["LeaseRow"]


class LeaseRow(Base):
    """The lease of an account's credentials for the reading of one period. It goes with the reading."""

    __tablename__ = "leases"

    account_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    first: Mapped[date] = mapped_column(primary_key=True)
    last: Mapped[date] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(String(32))
    """A random name of the reading: whoever takes the lease over gives it another, and the former has lost it."""
    enabled_at: Mapped[datetime]
    """Of the integration that is read with."""
    wanted: Mapped[bool]
    """Whether another process waits for its statement."""
    sealed: Mapped[str | None] = mapped_column(Text)
    """The statement, when it has been read and is wanted; anybody may take the lease then."""
    renewed_at: Mapped[datetime]
    """When its process was last alive, by the database's clock."""
