"""The tables of what the processes agree on: tokens, quotas, changes, and readings that are under way."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Named, String, Table, Text, TypedColumns

from gateway.storage.engine.column_types import Instant, Json
from gateway.storage.engine.tables import METADATA

__all__ = ["CHANGES", "LEASES", "QUOTAS", "TOKENS"]


class _Tokens(TypedColumns):
    """The token of an account, encrypted. `slot` is `active`, or a fingerprint of credentials that are being verified.

    There is no foreign key: a row may belong to an account that is about to be registered, and must outlive a
    registration that failed after the bank had already exchanged a refresh token.
    """

    account_id: Named[str] = Column(String(36), primary_key=True)
    slot: Named[str] = Column(String(64), primary_key=True)
    version: Named[int] = Column(BigInteger)
    sealed: Named[str] = Column(Text)
    renewing_since: Named[datetime | None] = Column(Instant)
    dead: Named[dict[str, Any] | None] = Column(Json)
    touched_at: Named[datetime] = Column(Instant)


TOKENS = Table("tokens", METADATA, _Tokens)


class _Quotas(TypedColumns):
    """The calls that one quota of a bank counts for one caller, of all processes."""

    bank: Named[str] = Column(String(64), primary_key=True)
    operation: Named[str] = Column(String(64), primary_key=True)
    """The quota's name: that of the operation for what it alone is counted by."""
    client: Named[str] = Column(String(64), primary_key=True)
    """Of the client, or of the account where the bank counts by account: a digest under the vault's key."""
    version: Named[int] = Column(BigInteger)
    spent: Named[dict[str, Any]] = Column(Json)
    """A `gateway.quotas.reservations.Spent`."""
    touched_at: Named[datetime] = Column(Instant)


QUOTAS = Table("quotas", METADATA, _Quotas)


class _Changes(TypedColumns):
    """A change of an account that is under way in some process. The account may be about to be registered."""

    account_id: Named[str] = Column(String(36), primary_key=True)
    """The id of the account, or a part of the digest of the name that the change gives it."""
    owner: Named[str] = Column(String(32))
    """A random name of the change, so that no change releases another's claim."""
    since: Named[datetime] = Column(Instant)
    """When the claim was last renewed."""


CHANGES = Table("changes", METADATA, _Changes)


class _Leases(TypedColumns):
    """The lease of an account's credentials for the reading of one period. It goes with the reading."""

    account_id: Named[str] = Column(String(36), primary_key=True)
    first: Named[date] = Column(primary_key=True)
    last: Named[date] = Column(primary_key=True)
    owner: Named[str] = Column(String(32))
    """A random name of the reading: whoever takes the lease over gives it another, and the former has lost it."""
    enabled_at: Named[datetime] = Column(Instant)
    """Of the integration that is read with."""
    wanted: Named[bool]
    """Whether another process waits for its statement."""
    sealed: Named[str | None] = Column(Text)
    """The statement, when it has been read and is wanted; anybody may take the lease then."""
    renewed_at: Named[datetime] = Column(Instant)
    """When its process was last alive, by the database's clock."""


LEASES = Table("leases", METADATA, _Leases)
