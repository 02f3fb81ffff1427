"""The tables. Only `gateway.storage` uses them: queries return frozen structs.

Credentials and tokens are stored only encrypted (see `vault`), in columns named `sealed`; API keys only as a hash.

SQLAlchemy is used directly: importing advanced-alchemy 1.12 under SQLAlchemy 2.1 raises deprecation warnings, which
are errors here, and of all it offers only two column types were wanted.
"""

from datetime import date, datetime
from typing import Any, ClassVar, cast

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    ForeignKey,
    Index,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    select,
)
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, Mapped, mapped_column

from gateway.storage.column_types import Instant, Json

__all__ = [
    "ACCOUNTS",
    "OWNED",
    "AccountRow",
    "ApiKeyRow",
    "Base",
    "ChangeRow",
    "DayBalanceRow",
    "DayDigestRow",
    "GatewayStateRow",
    "Instant",
    "IntegrationRow",
    "Json",
    "PauseRow",
    "QuotaRow",
    "TenantRow",
    "TokenRow",
    "owned",
    "owner",
    "table_of",
]


class Base(DeclarativeBase):
    """Base of the gateway's tables."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: Instant, dict[str, Any]: Json}


class TenantRow(Base):
    """The owner of accounts and keys."""

    __tablename__ = "tenants"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    created_at: Mapped[datetime]


class ApiKeyRow(Base):
    """One API key of a tenant: its hash, and a prefix by which people can tell keys apart."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"), index=True)
    prefix: Mapped[str] = mapped_column(String(16), unique=True)
    key_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    name: Mapped[str] = mapped_column(String(200), default="", server_default="")
    """By which people tell the keys of a tenant apart."""
    scopes: Mapped[str] = mapped_column(String(64), default="read manage", server_default="read manage")
    """Names of scopes, with a space between them (see `gateway.storage.api_keys`)."""
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    """To the hour: a use soon after another is not noted."""
    replaced_by: Mapped[str | None] = mapped_column(String(16))
    """Prefix of the key that has taken its place; it ends at `expires_at`, if not before."""


class AccountRow(Base):
    """A bank account registered by a tenant; branch and number as normalised at registration."""

    __tablename__ = "accounts"
    __table_args__ = (
        UniqueConstraint("tenant_id", "bank", "branch", "number"),
        Index("ix_accounts_tenant_created", "tenant_id", "created_at", "id"),
        Index("ix_accounts_tenant_external", "tenant_id", "external_id", unique=True),
        Index("ix_accounts_tenant_holder", "tenant_id", "holder_tax_id"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"))
    bank: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(2))
    branch: Mapped[str] = mapped_column(String(16))
    number: Mapped[str] = mapped_column(String(32))
    holder_tax_id: Mapped[str] = mapped_column(String(14))
    description: Mapped[str] = mapped_column(String(200))
    is_default: Mapped[bool]
    created_at: Mapped[datetime]
    external_id: Mapped[str | None] = mapped_column(String(128))
    """By which the caller knows the account."""


class IntegrationRow(Base):
    """An account's enabled connection. A row without `sealed` remembers one that was disabled."""

    __tablename__ = "integrations"

    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    state: Mapped[str] = mapped_column(String(32))
    sealed: Mapped[str | None] = mapped_column(Text)
    enabled_at: Mapped[datetime | None]
    first_import_from: Mapped[str | None] = mapped_column(String(10))
    first_import_to: Mapped[str | None] = mapped_column(String(10))
    last_success_at: Mapped[datetime | None]
    last_failure: Mapped[dict[str, Any] | None]
    failures_in_a_row: Mapped[int]
    failed_cycles: Mapped[int] = mapped_column(default=0, server_default="0")
    """Business days in a row on which the bank failed (see `gateway.accounts.states.suspension`)."""
    failing_since: Mapped[datetime | None]
    """Time of the first of these failures."""
    cycle_failed_at: Mapped[datetime | None]
    """Time at which the last failed cycle was counted."""
    suspicion: Mapped[dict[str, Any] | None]
    """A refusal that has not stopped the integration yet (see `gateway.accounts.states.refusals`)."""
    id_version: Mapped[int] = mapped_column(default=1, server_default="1")
    """The rule of the ids that the ERP has stored (see `gateway.entry_ids`)."""
    certificate_expires_at: Mapped[datetime | None]
    consent_expires_at: Mapped[datetime | None]
    name_digest: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Digest of the account's name at its bank (see `gateway.storage.names`)."""
    authorization_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Hash of the state of a consent flow that is under way."""
    authorization_sealed: Mapped[str | None] = mapped_column(Text)
    authorization_expires_at: Mapped[datetime | None]


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


class PauseRow(Base):
    """A pause of the operator. `account_id` is empty for a pause of the whole bank, so that it can be a key."""

    __tablename__ = "pauses"

    bank: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    mode: Mapped[str] = mapped_column(String(32))
    reason: Mapped[str] = mapped_column(String(200))
    since: Mapped[datetime]
    until: Mapped[datetime | None]


class DayDigestRow(Base):
    """A digest of the entries of a day that the bank gave as final. No entry can be read from it."""

    __tablename__ = "day_seals"

    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column("seal", String(64))
    count: Mapped[int]
    noted_at: Mapped[datetime]
    restated_at: Mapped[datetime | None]


class GatewayStateRow(Base):
    """Values about the gateway itself, by name: the encrypted check of the vault key, and the probe of readiness."""

    __tablename__ = "gateway_state"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class DayBalanceRow(Base):
    """The encrypted closing balance of a proved day, as the ERP was given it."""

    __tablename__ = "day_balances"

    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    sealed: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime | None]
    """When a change of the day by the bank was detected."""


def owned(account: InstrumentedAttribute[str], tenant_id: str, account_id: str) -> ColumnElement[bool]:
    """The condition that a row belongs to this account, and the account to this tenant."""
    mine = select(AccountRow.id).where(AccountRow.tenant_id == tenant_id, AccountRow.id == account_id)
    return account.in_(mine)


def table_of(row: type[Base]) -> Table:
    """The table of a row class, for statements that are composed once.

    Composing a statement takes longer than asking it, and so does all that the mapper does for one that is not about
    rows as objects. What each reading needs is therefore composed once, of tables.
    """
    return cast("Table", row.__table__)


ACCOUNTS = table_of(AccountRow)
OWNED = select(ACCOUNTS.c.id).where(
    ACCOUNTS.c.tenant_id == bindparam("of_tenant"), ACCOUNTS.c.id == bindparam("of_account")
)
"""The id of an account, if it is the tenant's: for conditions as `owned` makes them, in statements that are composed
once. Its parameters come from `owner`."""


def owner(tenant_id: str, account_id: str) -> dict[str, Any]:
    """The parameters of a statement that holds `OWNED`."""
    return {"of_tenant": tenant_id, "of_account": account_id}
