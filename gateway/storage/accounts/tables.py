"""The tables of accounts, of their integrations and of pauses, and the condition that an account is the tenant's."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Named,
    String,
    Table,
    Text,
    TypedColumns,
    UniqueConstraint,
    bindparam,
    select,
)

from gateway.storage.engine.column_types import Instant, Json
from gateway.storage.engine.tables import METADATA

__all__ = ["ACCOUNTS", "INTEGRATIONS", "OWNED", "PAUSES", "owned", "owner"]


class _Accounts(TypedColumns):
    """A bank account registered by a tenant; branch and number as normalised at registration."""

    id: Named[str] = Column(String(36), primary_key=True)
    tenant_id: Named[str] = Column(String(36), ForeignKey("tenants.id", ondelete="CASCADE"))
    bank: Named[str] = Column(String(64))
    kind: Named[str] = Column(String(2))
    branch: Named[str] = Column(String(16))
    number: Named[str] = Column(String(32))
    holder_tax_id: Named[str] = Column(String(14))
    description: Named[str] = Column(String(200))
    is_default: Named[bool]
    created_at: Named[datetime] = Column(Instant)
    external_id: Named[str | None] = Column(String(128))
    """By which the caller knows the account."""


ACCOUNTS = Table(
    "accounts",
    METADATA,
    _Accounts,
    UniqueConstraint("tenant_id", "bank", "branch", "number"),
    Index("ix_accounts_tenant_created", "tenant_id", "created_at", "id"),
    Index("ix_accounts_tenant_external", "tenant_id", "external_id", unique=True),
    Index("ix_accounts_tenant_holder", "tenant_id", "holder_tax_id"),
)


class _Integrations(TypedColumns):
    """An account's enabled connection. A row without `sealed` remembers one that was disabled."""

    account_id: Named[str] = Column(String(36), ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    state: Named[str] = Column(String(32))
    sealed: Named[str | None] = Column(Text)
    enabled_at: Named[datetime | None] = Column(Instant)
    first_import_from: Named[str | None] = Column(String(10))
    first_import_to: Named[str | None] = Column(String(10))
    last_success_at: Named[datetime | None] = Column(Instant)
    last_failure: Named[dict[str, Any] | None] = Column(Json)
    failures_in_a_row: Named[int]
    failed_cycles: Named[int] = Column(default=0, server_default="0")
    """Business days in a row on which the bank failed (see `gateway.accounts.states.suspension`)."""
    failing_since: Named[datetime | None] = Column(Instant)
    """Time of the first of these failures."""
    cycle_failed_at: Named[datetime | None] = Column(Instant)
    """Time at which the last failed cycle was counted."""
    suspicion: Named[dict[str, Any] | None] = Column(Json)
    """A refusal that has not stopped the integration yet (see `gateway.accounts.states.refusals`)."""
    id_version: Named[int] = Column(default=1, server_default="1")
    """The rule of the ids that the ERP has stored (see `gateway.entry_ids`)."""
    certificate_expires_at: Named[datetime | None] = Column(Instant)
    consent_expires_at: Named[datetime | None] = Column(Instant)
    name_digest: Named[str | None] = Column(String(64), unique=True)
    """Digest of the account's name at its bank (see `gateway.storage.accounts.names`)."""
    authorization_hash: Named[str | None] = Column(String(64), unique=True)
    """Hash of the state of a consent flow that is under way."""
    authorization_sealed: Named[str | None] = Column(Text)
    authorization_expires_at: Named[datetime | None] = Column(Instant)


INTEGRATIONS = Table("integrations", METADATA, _Integrations)


class _Pauses(TypedColumns):
    """A pause of the operator. `account_id` is empty for a pause of the whole bank, so that it can be a key."""

    bank: Named[str] = Column(String(64), primary_key=True)
    account_id: Named[str] = Column(String(36), primary_key=True)
    mode: Named[str] = Column(String(32))
    reason: Named[str] = Column(String(200))
    since: Named[datetime] = Column(Instant)
    until: Named[datetime | None] = Column(Instant)


PAUSES = Table("pauses", METADATA, _Pauses)


def owned(account: ColumnElement[str], tenant_id: str, account_id: str) -> ColumnElement[bool]:
    """The condition that a row belongs to this account, and the account to this tenant."""
    mine = select(ACCOUNTS.c.id).where(ACCOUNTS.c.tenant_id == tenant_id, ACCOUNTS.c.id == account_id)
    return account.in_(mine)


OWNED = select(ACCOUNTS.c.id).where(
    ACCOUNTS.c.tenant_id == bindparam("of_tenant"), ACCOUNTS.c.id == bindparam("of_account")
)
"""The id of an account, if it is the tenant's: for conditions as `owned` makes them, in statements that are composed
once. Its parameters come from `owner`."""


def owner(tenant_id: str, account_id: str) -> dict[str, Any]:
    """The parameters of a statement that holds `OWNED`."""
    return {"of_tenant": tenant_id, "of_account": account_id}
