"""Consent flows that are under way: the hash of a state that nobody can guess, and the credentials, sealed."""

from datetime import datetime

import msgspec
from msgspec import Struct
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.model import Credentials
from gateway.storage.database import Database
from gateway.storage.records import AccountRecord, State, account_of
from gateway.storage.remembered import RememberedFailure
from gateway.storage.tables import AccountRow, IntegrationRow, owned
from gateway.storage.vault import Vault

__all__ = ["WORKING", "Consents", "PendingConsent", "StartedConsent", "start_consent"]

PURPOSE = "authorization"
WORKING = frozenset({State.ACTIVE, State.BANK_FAILING})
"""States in which an integration is left alone until its successor has been accepted."""


class StartedConsent(Struct, frozen=True, kw_only=True):
    """A consent flow to be kept. Its text shows nothing."""

    state_hash: str
    sealed: str
    expires_at: datetime

    def __repr__(self) -> str:
        return "StartedConsent()"

    __str__ = __repr__


class PendingConsent(Struct, frozen=True, kw_only=True):
    """A consent flow as it was kept, now taken up again."""

    record: AccountRecord
    credentials: Credentials
    redirect_uri: str
    expires_at: datetime


class _Kept(Struct, frozen=True):
    """What is sealed."""

    credentials: dict[str, str]
    redirect_uri: str


class Consents:
    """Keeps consent flows and takes them up again.

    Args:
        database: where they are kept.
        vault: seals the credentials.
    """

    def __init__(self, database: Database, vault: Vault) -> None:
        self._sessions = database.sessions
        self._vault = vault

    def sealed(self, account_id: str, credentials: Credentials, redirect_uri: str) -> str:
        """What is kept of the form, sealed for this account."""
        kept = _Kept(credentials.values, redirect_uri)
        return self._vault.seal(account_id, PURPOSE, msgspec.to_builtins(kept))

    async def owner_of(self, state_hash: str) -> AccountRecord | None:
        """The account, and with it the tenant, of a flow: a browser that comes back brings nothing but the state."""
        query = (
            select(AccountRow)
            .join(IntegrationRow, IntegrationRow.account_id == AccountRow.id)
            .where(IntegrationRow.authorization_hash == state_hash)
        )
        async with self._sessions() as session:
            found = await session.scalar(query)
        return account_of(found) if found is not None else None

    async def take(self, record: AccountRecord, state_hash: str) -> PendingConsent | None:
        """The flow of a state, which from now on is used up; None where there is none, or no longer.

        Raises:
            VaultError: it does not open.
        """
        mine = owned(IntegrationRow.account_id, record.tenant_id, record.id)
        # The first statement writes: of two browsers with the same state only one finds it.
        use_up = (
            update(IntegrationRow)
            .where(mine, IntegrationRow.authorization_hash == state_hash)
            .values(authorization_hash=None)
            .returning(IntegrationRow.authorization_sealed, IntegrationRow.authorization_expires_at)
            .execution_options(synchronize_session=False)
        )
        forget = update(IntegrationRow).where(mine).values(authorization_sealed=None, authorization_expires_at=None)
        async with self._sessions.begin() as session:
            taken = (await session.execute(use_up)).one_or_none()
            if taken is None:
                return None
            await session.execute(forget.execution_options(synchronize_session=False))
        kept = msgspec.convert(self._vault.open(record.id, PURPOSE, taken.authorization_sealed or ""), _Kept)
        return PendingConsent(
            record=record,
            credentials=Credentials(kept.credentials),
            redirect_uri=kept.redirect_uri,
            expires_at=taken.authorization_expires_at,
        )

    async def fail(self, tenant_id: str, account_id: str, failure: RememberedFailure) -> None:
        """Note that a flow has ended badly, unless something else has happened to the integration meanwhile."""
        # Another flow may have begun meanwhile, and an integration that works is none of this one's business.
        still_waiting = (
            owned(IntegrationRow.account_id, tenant_id, account_id),
            IntegrationRow.state == State.PENDING_AUTHORIZATION.value,
            IntegrationRow.authorization_hash.is_(None),
        )
        statement = (
            update(IntegrationRow)
            .where(*still_waiting)
            .values(
                state=State.NEEDS_ACTION.value,
                last_failure=failure.to_json(),
                failures_in_a_row=IntegrationRow.failures_in_a_row + 1,
            )
            .execution_options(synchronize_session=False)
        )
        async with self._sessions.begin() as session:
            await session.execute(statement)


async def start_consent(session: AsyncSession, tenant_id: str, account_id: str, started: StartedConsent) -> None:
    """Within a transaction that has found the account to be the tenant's: keep a flow, in the place of the former."""
    mine = owned(IntegrationRow.account_id, tenant_id, account_id)
    row = await session.scalar(select(IntegrationRow).where(mine))
    flow = {
        "authorization_hash": started.state_hash,
        "authorization_sealed": started.sealed,
        "authorization_expires_at": started.expires_at,
    }
    if row is None:
        pending = State.PENDING_AUTHORIZATION.value
        session.add(IntegrationRow(account_id=account_id, state=pending, failures_in_a_row=0, **flow))
        return
    if State(row.state) not in WORKING:
        # One that needs action is being renewed: that it was enabled stays known. One that was disabled starts anew.
        enabled_at = None if row.state == State.DISABLED else row.enabled_at
        flow |= {
            "state": State.PENDING_AUTHORIZATION.value,
            "sealed": None,
            "name_digest": None,
            "enabled_at": enabled_at,
        }
    await session.execute(update(IntegrationRow).where(mine).values(flow).execution_options(synchronize_session=False))
