"""Consent flows that are under way: the hash of an unguessable state, and the encrypted credentials."""

from datetime import datetime

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, insert, select, update

from gateway.actions import Action, about, refused
from gateway.model import Credentials
from gateway.storage.accounts.records import AccountRecord, State, account_of
from gateway.storage.accounts.remembered import RememberedFailure
from gateway.storage.accounts.tables import ACCOUNTS, INTEGRATIONS, owned
from gateway.storage.engine.stores import SealedStore
from gateway.storage.engine.transactions import reading, transaction
from gateway.storage.management.audit import note_action

__all__ = ["WORKING", "Consents", "PendingConsent", "StartedConsent", "start_consent"]

PURPOSE = "authorization"
WORKING = frozenset({State.ACTIVE, State.BANK_FAILING})
"""States in which an integration goes on working until its successor has been accepted."""


class StartedConsent(Struct, frozen=True, kw_only=True):
    """A consent flow to be stored. Its text shows nothing of it."""

    state_hash: str
    sealed: str
    expires_at: datetime

    def __repr__(self) -> str:
        return "StartedConsent()"


class PendingConsent(Struct, frozen=True, kw_only=True):
    """A stored consent flow, decrypted to be resumed."""

    record: AccountRecord
    credentials: Credentials
    redirect_uri: str
    expires_at: datetime


class _Kept(Struct, frozen=True):
    """The encrypted part of a flow."""

    credentials: dict[str, str]
    redirect_uri: str


class Consents(SealedStore):
    """Stores consent flows and resumes them."""

    def encrypted(self, account_id: str, credentials: Credentials, redirect_uri: str) -> str:
        """The form and the address to come back to, encrypted for this account."""
        kept = _Kept(credentials.values, redirect_uri)
        return self._vault.encrypt(account_id, PURPOSE, msgspec.to_builtins(kept))

    @reading
    def owner_of(self, connection: Connection, state_hash: str) -> AccountRecord | None:
        """The account of a flow, which also names the tenant: a browser that comes back brings only the state."""
        query = (
            select(ACCOUNTS)
            .join(INTEGRATIONS, INTEGRATIONS.c.account_id == ACCOUNTS.c.id)
            .where(INTEGRATIONS.c.authorization_hash == state_hash)
        )
        found = connection.execute(query).first()
        return account_of(found) if found is not None else None

    async def take(self, record: AccountRecord, state_hash: str) -> PendingConsent | None:
        """The flow of a state, which is used up by this call; None where there is none, or no longer.

        Its end stays until the outcome is stored, so that an integration whose process dies meanwhile does not wait
        for ever.

        Raises:
            VaultError: it cannot be decrypted; it is used up all the same.
        """
        if (taken := await self._use_up(record, state_hash)) is None:
            return None
        sealed, expires_at = taken
        kept = msgspec.convert(self._vault.decrypt(record.id, PURPOSE, sealed), _Kept)
        return PendingConsent(
            record=record,
            credentials=Credentials(kept.credentials),
            redirect_uri=kept.redirect_uri,
            expires_at=expires_at,
        )

    @transaction
    def _use_up(self, connection: Connection, record: AccountRecord, state_hash: str) -> tuple[str, datetime] | None:
        mine = owned(INTEGRATIONS.c.account_id, record.tenant_id, record.id)
        # The first statement writes: of two browsers with the same state only one finds it.
        use_up = (
            update(INTEGRATIONS)
            .where(mine, INTEGRATIONS.c.authorization_hash == state_hash)
            .values(authorization_hash=None)
            .returning(INTEGRATIONS.c.authorization_sealed, INTEGRATIONS.c.authorization_expires_at)
        )
        forget = update(INTEGRATIONS).where(mine).values(authorization_sealed=None)
        taken = connection.execute(use_up).one_or_none()
        if taken is None or taken.authorization_expires_at is None:
            return None
        connection.execute(forget)
        return taken.authorization_sealed or "", taken.authorization_expires_at

    @transaction
    def fail(self, connection: Connection, tenant_id: str, account_id: str, failure: RememberedFailure) -> None:
        """Store the failure of a flow, unless the integration has changed meanwhile; record that it has failed."""
        # Another flow may have begun meanwhile.
        own = owned(INTEGRATIONS.c.account_id, tenant_id, account_id), INTEGRATIONS.c.authorization_hash.is_(None)
        over = update(INTEGRATIONS).where(*own).values(authorization_expires_at=None)
        connection.execute(over)
        # An integration that works is not affected by this flow.
        statement = (
            update(INTEGRATIONS)
            .where(*own, INTEGRATIONS.c.state == State.PENDING_AUTHORIZATION.value)
            .values(
                state=State.NEEDS_ACTION.value,
                last_failure=failure.to_json(),
                failures_in_a_row=INTEGRATIONS.c.failures_in_a_row + 1,
            )
        )
        connection.execute(statement)
        mine = ACCOUNTS.c.tenant_id == tenant_id, ACCOUNTS.c.id == account_id
        if connection.scalar(select(ACCOUNTS.c.id).where(*mine)) is not None:
            what = about("account", account_id)
            note_action(connection, tenant_id, Action.CONSENT_FAILED, what, refused(failure.code))


def start_consent(connection: Connection, tenant_id: str, account_id: str, started: StartedConsent) -> None:
    """Within a transaction that has found the account to be the tenant's: store a flow, replacing the former one."""
    note_action(connection, tenant_id, Action.CONSENT_BEGUN, about("account", account_id))
    mine = owned(INTEGRATIONS.c.account_id, tenant_id, account_id)
    row = connection.execute(select(INTEGRATIONS).where(mine)).first()
    flow = {
        "authorization_hash": started.state_hash,
        "authorization_sealed": started.sealed,
        "authorization_expires_at": started.expires_at,
    }
    if row is None:
        pending = State.PENDING_AUTHORIZATION.value
        connection.execute(
            insert(INTEGRATIONS).values(account_id=account_id, state=pending, failures_in_a_row=0, **flow)
        )
        return
    if State(row.state) not in WORKING:
        # One that needs action keeps the instant at which it was enabled. One that was disabled starts anew.
        enabled_at = None if row.state == State.DISABLED else row.enabled_at
        flow |= {
            "state": State.PENDING_AUTHORIZATION.value,
            "sealed": None,
            "name_digest": None,
            "enabled_at": enabled_at,
        }
    connection.execute(update(INTEGRATIONS).where(mine).values(flow))
