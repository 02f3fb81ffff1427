"""The tables of what the processes agree on: tokens, quotas, changes, and readings that are under way."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.storage.engine.tables import Base

__all__ = ["ChangeRow", "LeaseRow", "QuotaRow", "TokenRow"]


class TokenRow(Base):
    """The token of an account, encrypted. `slot` is `active`, or a fingerprint of credentials that are being verified.

    There is no foreign key: a row may belong to an account that is about to be registered, and must outlive a
    registration that failed after the bank had already exchanged a refresh token.
    """

    __tablename__ = "tokens"

    account_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    slot: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    sealed: Mapped[str] = mapped_column(Text)
    renewing_since: Mapped[datetime | None]
    dead: Mapped[dict[str, Any] | None]
    touched_at: Mapped[datetime]


class QuotaRow(Base):
    """The calls that one quota of a bank counts for one caller, of all processes."""

    __tablename__ = "quotas"

    bank: Mapped[str] = mapped_column(String(64), primary_key=True)
    operation: Mapped[str] = mapped_column(String(64), primary_key=True)
    """The quota's name: that of the operation for what it alone is counted by."""
    client: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Of the client, or of the account where the bank counts by account: a digest under the vault's key."""
    version: Mapped[int] = mapped_column(BigInteger)
    spent: Mapped[dict[str, Any]]
    """A `gateway.quotas.reservations.Spent`."""
    touched_at: Mapped[datetime]


class ChangeRow(Base):
    """A change of an account that is under way in some process. The account may be about to be registered."""

    __tablename__ = "changes"

    account_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    """The id of the account, or a part of the digest of the name that the change gives it."""
    owner: Mapped[str] = mapped_column(String(32))
    """A random name of the change, so that no change releases another's claim."""
    since: Mapped[datetime]
    """When the claim was last renewed."""


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
