"""Accounts and integrations as frozen structs, and their conversion from and to rows."""

import uuid
from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import Row

from gateway.entry_ids import ID_VERSION
from gateway.model import Account, Credentials, Period
from gateway.storage.accounts.remembered import RememberedFailure, Suspicion
from gateway.storage.engine.rows import struct_of

__all__ = [
    "ERASED",
    "READ_STATES",
    "AccountRecord",
    "Integration",
    "NewAccount",
    "State",
    "account_id_of",
    "account_of",
    "account_values",
    "integration_of",
    "integration_values",
]


ERASED = {
    "sealed": None,
    "name_digest": None,
    "certificate_expires_at": None,
    "consent_expires_at": None,
    "authorization_hash": None,
    "authorization_sealed": None,
    "authorization_expires_at": None,
}
"""Columns that are emptied when an integration is disabled."""


class State(StrEnum):
    """The state of an integration (design section 6)."""

    PENDING_AUTHORIZATION = "pending_authorization"
    ACTIVE = "active"
    NEEDS_ACTION = "needs_action"
    BANK_FAILING = "bank_failing"
    PAUSED = "paused"
    DISABLED = "disabled"


READ_STATES = frozenset({State.ACTIVE, State.BANK_FAILING, State.PAUSED})
"""States of integrations that are read, imported, and whose tokens are renewed. The bank ends its own pause, and nobody
tells: so it is asked again."""


class AccountRecord(Struct, frozen=True, kw_only=True):
    """An account as registered. Its text shows no tax id."""

    id: str
    tenant_id: str
    bank: str
    kind: str
    branch: str
    number: str
    holder_tax_id: str
    description: str
    default: bool
    created_at: datetime
    external_id: str | None = None
    """By which the caller knows the account; no two of a tenant have the same."""

    def with_credentials(self, credentials: Credentials, environment: str) -> Account:
        """The account with what is needed to read it."""
        return Account(
            id=self.id,
            bank=self.bank,
            kind=self.kind,
            branch=self.branch,
            number=self.number,
            holder_tax_id=self.holder_tax_id,
            credentials=credentials,
            environment=environment,
            tenant=self.tenant_id,
        )

    def __repr__(self) -> str:
        return f"AccountRecord({self.id}, {self.bank})"


class Integration(Struct, frozen=True, kw_only=True):
    """An account's enabled connection, or the last known values of one that was disabled."""

    account_id: str
    state: State = State.DISABLED
    credentials: Credentials | None = None
    enabled_at: datetime | None = None
    first_import: Period | None = None
    last_success_at: datetime | None = None
    last_failure: RememberedFailure | None = None
    failures_in_a_row: int = 0
    failed_cycles: int = 0
    """Business days in a row on which the bank failed (see `gateway.accounts.states.suspension`)."""
    failing_since: datetime | None = None
    """Time of the first of these failures."""
    suspicion: Suspicion | None = None
    """A refusal that has not stopped the integration yet."""
    id_version: int = ID_VERSION
    """The rule of the ids that the ERP has stored since the integration was enabled."""
    certificate_expires_at: datetime | None = None
    consent_expires_at: datetime | None = None
    authorization_page: str | None = None
    """Address of the bank's page for the account holder; shown only to the caller that has just started the flow."""
    authorization_expires_at: datetime | None = None

    @property
    def enabled(self) -> bool:
        """Whether it has been enabled and not disabled since; its credentials may have been refused."""
        return self.enabled_at is not None and self.state is not State.DISABLED


class NewAccount(Struct, frozen=True, kw_only=True):
    """An account to register, as the caller describes it. Its text shows none of it."""

    bank: str
    kind: str
    branch: str
    number: str
    holder_tax_id: str
    description: str = ""
    default: bool = False
    external_id: str | None = None
    credentials: Mapping[str, Any] | None = None

    def __repr__(self) -> str:
        return "NewAccount()"


def account_id_of(tenant_id: str, bank: str, branch: str, number: str) -> str:
    """The id of an account: the same whenever the tenant registers it.

    So a registration that failed half-way can be repeated and finds the tokens of its first attempt.
    """
    return str(uuid.uuid5(uuid.UUID(tenant_id), f"{bank}|{branch}|{number}"))


def account_of(row: Row[Any]) -> AccountRecord:
    """A row as a record."""
    return struct_of(AccountRecord, row, default=row.is_default)


def account_values(record: AccountRecord) -> dict[str, Any]:
    """A record as the columns of a new row."""
    values = asdict(record)
    return {"is_default": values.pop("default"), **values}


def integration_of(row: Row[Any], credentials: Credentials | None = None) -> Integration:
    """A row as a struct, with its credentials when they were decrypted."""
    period = None
    if row.first_import_from is not None and row.first_import_to is not None:
        period = Period(date.fromisoformat(row.first_import_from), date.fromisoformat(row.first_import_to))
    return struct_of(
        Integration,
        row,
        state=State(row.state),
        credentials=credentials,
        first_import=period,
        last_failure=RememberedFailure.read(row.last_failure) if row.last_failure is not None else None,
        suspicion=Suspicion.read(row.suspicion) if row.suspicion is not None else None,
        authorization_page=None,
    )


def integration_values(integration: Integration, sealed: str, name_digest: str) -> dict[str, Any]:
    """A struct as the columns of a new row, with its encrypted credentials and the digest of its account's name."""
    period, failure = integration.first_import, integration.last_failure
    return {
        "account_id": integration.account_id,
        "state": integration.state.value,
        "sealed": sealed,
        "name_digest": name_digest,
        "enabled_at": integration.enabled_at,
        "first_import_from": period.first.isoformat() if period else None,
        "first_import_to": period.last.isoformat() if period else None,
        "last_success_at": integration.last_success_at,
        "last_failure": failure.to_json() if failure else None,
        "failures_in_a_row": integration.failures_in_a_row,
        "id_version": integration.id_version,
        "failed_cycles": integration.failed_cycles,
        "failing_since": integration.failing_since,
        "certificate_expires_at": integration.certificate_expires_at,
        "consent_expires_at": integration.consent_expires_at,
    }
