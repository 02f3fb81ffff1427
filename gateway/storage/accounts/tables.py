"""The tables of accounts, of their integrations and of pauses, and the condition that an account is the tenant's."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, String, Text, UniqueConstraint, bindparam, select
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from gateway.storage.engine.tables import Base, table_of

__all__ = ["ACCOUNTS", "OWNED", "AccountRow", "IntegrationRow", "PauseRow", "owned", "owner"]


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
    """Digest of the account's name at its bank (see `gateway.storage.accounts.names`)."""
    authorization_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Hash of the state of a consent flow that is under way."""
    authorization_sealed: Mapped[str | None] = mapped_column(Text)
    authorization_expires_at: Mapped[datetime | None]


class PauseRow(Base):
    """A pause of the operator. `account_id` is empty for a pause of the whole bank, so that it can be a key."""

    __tablename__ = "pauses"

    bank: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    mode: Mapped[str] = mapped_column(String(32))
    reason: Mapped[str] = mapped_column(String(200))
    since: Mapped[datetime]
    until: Mapped[datetime | None]


def owned(account: InstrumentedAttribute[str], tenant_id: str, account_id: str) -> ColumnElement[bool]:
    """The condition that a row belongs to this account, and the account to this tenant."""
    mine = select(AccountRow.id).where(AccountRow.tenant_id == tenant_id, AccountRow.id == account_id)
    return account.in_(mine)


ACCOUNTS = table_of(AccountRow)
OWNED = select(ACCOUNTS.c.id).where(
    ACCOUNTS.c.tenant_id == bindparam("of_tenant"), ACCOUNTS.c.id == bindparam("of_account")
)
"""The id of an account, if it is the tenant's: for conditions as `owned` makes them, in statements that are composed
once. Its parameters come from `owner`."""


def owner(tenant_id: str, account_id: str) -> dict[str, Any]:
    """The parameters of a statement that holds `OWNED`."""
    return {"of_tenant": tenant_id, "of_account": account_id}
