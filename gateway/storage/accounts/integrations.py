"""The table of integrations. Every query names the tenant, and reads and changes only that tenant's rows."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Row, Select, bindparam, delete, exists, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from gateway.actions import Action, about
from gateway.errors import CallerError
from gateway.events import Event, EventType
from gateway.model import Credentials
from gateway.storage.accounts.consents import StartedConsent, start_consent
from gateway.storage.accounts.names import PURPOSE, check_name, claims, digest_of
from gateway.storage.accounts.pauses import Pause, of_account, pause_of
from gateway.storage.accounts.records import (
    ERASED,
    AccountRecord,
    Integration,
    State,
    account_of,
    integration_of,
    integration_values,
)
from gateway.storage.accounts.tables import ACCOUNTS, INTEGRATIONS, PAUSES, owned, owner
from gateway.storage.encryption.vault import Vault
from gateway.storage.engine.stores import SealedStore
from gateway.storage.engine.transactions import reading, shared_now, transaction
from gateway.storage.management.audit import note_action
from gateway.storage.shared.leases import delete_leases
from gateway.storage.shared.tokens import delete_tokens, promote_tokens
from gateway.storage.statements.kept_entries import delete_kept
from gateway.storage.statements.stored import delete_stored
from gateway.storage.statements.tables import STATEMENTS
from gateway.storage.webhooks.deliveries import note_event

__all__ = ["Integrations", "Known", "insert_integration", "own_account", "unknown_account"]

MINE = ACCOUNTS.c.tenant_id == bindparam("of_tenant"), ACCOUNTS.c.id == bindparam("of_account")
IN_FORCE = of_account(bindparam("now"))
KNOWN: Select[Any] = (
    select(
        *ACCOUNTS.c,
        *INTEGRATIONS.c,
        exists().where(IN_FORCE).correlate(ACCOUNTS).label("is_paused"),
        select(func.max(STATEMENTS.c.imported_at))
        .where(STATEMENTS.c.account_id == ACCOUNTS.c.id)
        .scalar_subquery()
        .label("imported_at"),
    )
    .outerjoin(INTEGRATIONS, INTEGRATIONS.c.account_id == ACCOUNTS.c.id)
    .where(*MINE)
)
"""The query of each statement: an account with its integration, if it has one, and what is known of its readings."""
MY_PAUSES = select(PAUSES).join(ACCOUNTS, IN_FORCE).where(*MINE)
"""The pauses that apply to an account, which few have."""


class Known(Struct, frozen=True):
    """What is known of an account that is to be read."""

    record: AccountRecord
    integration: Integration
    """With its credentials; a disabled one when it was never enabled."""
    pauses: list[Pause]
    """Those that apply to it."""
    imported_at: datetime | None
    """When the daily import has last read a statement that is stored; None where it has read none of them."""


class Integrations(SealedStore):
    """The table of integrations."""

    def claims(self, record: AccountRecord, credentials: Credentials) -> list[str]:
        """The keys by which enabling an account with these credentials claims its name, in order."""
        return claims(self._vault, record, credentials)

    @reading
    def check_name(self, connection: Connection, record: AccountRecord, credentials: Credentials) -> None:
        """Check that these credentials do not read another account that the tenant has enabled.

        Raises:
            CallerError: `credentials_in_use`; the detail names the account.
        """
        check_name(connection, self._vault, record, credentials)

    @reading
    def known(self, connection: Connection, tenant_id: str, account_id: str, now: datetime) -> Known:
        """One account of the tenant with its integration, and the pauses that apply to it.

        Raises:
            CallerError: `unknown_account`.
            VaultError: the credentials cannot be decrypted.
        """
        parameters = {**owner(tenant_id, account_id), "now": now}
        found = connection.execute(KNOWN, parameters).one_or_none()
        if found is None:
            raise unknown_account()
        return Known(
            account_of(found),
            self._opened(account_id, found if found.account_id is not None else None),
            [pause_of(row) for row in connection.execute(MY_PAUSES, parameters)] if found.is_paused else [],
            found.imported_at,
        )

    @reading
    def integration(self, connection: Connection, tenant_id: str, account_id: str) -> Integration:
        """The account's integration with its credentials; a disabled one when it was never enabled.

        Raises:
            CallerError: `unknown_account`.
            VaultError: the credentials cannot be decrypted.
        """
        own_account(connection, tenant_id, account_id)
        mine = owned(INTEGRATIONS.c.account_id, tenant_id, account_id)
        return self._opened(account_id, connection.execute(select(INTEGRATIONS).where(mine)).first())

    @reading
    def of_accounts(self, connection: Connection, tenant_id: str, account_ids: Sequence[str]) -> dict[str, Integration]:
        """The integrations of the tenant's accounts, by account id, without their credentials."""
        query = (
            select(INTEGRATIONS)
            .join(ACCOUNTS, ACCOUNTS.c.id == INTEGRATIONS.c.account_id)
            .where(ACCOUNTS.c.tenant_id == tenant_id, INTEGRATIONS.c.account_id.in_(account_ids))
        )
        known = {row.account_id: integration_of(row) for row in connection.execute(query)}
        return {account_id: known.get(account_id, Integration(account_id=account_id)) for account_id in account_ids}

    async def enable(
        self, record: AccountRecord, integration: Integration, slot: str | None, *, consented: bool = False
    ) -> None:
        """Replace an account's integration; its token lies in `slot`, which is None to keep the token.

        Args:
            integration: the new one, with its credentials.
            slot: where its token lies.
            consented: whether that ends a consent flow.

        Raises:
            CallerError: `unknown_account`, or `credentials_in_use`.
        """
        try:
            await self._replace(record, integration, slot, consented=consented)
        except IntegrityError:
            if integration.credentials is not None:
                await self.check_name(record, integration.credentials)
            raise

    @transaction
    def start_consent(
        self, connection: Connection, tenant_id: str, account_id: str, consent: StartedConsent
    ) -> Integration:
        """Store a consent flow that has started; give the integration as it is then, without its credentials.

        Raises:
            CallerError: `unknown_account`.
        """
        own_account(connection, tenant_id, account_id)
        start_consent(connection, tenant_id, account_id, consent)
        mine = owned(INTEGRATIONS.c.account_id, tenant_id, account_id)
        return integration_of(connection.execute(select(INTEGRATIONS).where(mine)).one())

    @transaction
    def disable(self, connection: Connection, tenant_id: str, account_id: str) -> AccountRecord:
        """Erase the credentials and tokens of an account; give the account. The history of the integration stays.

        Raises:
            CallerError: `unknown_account`.
        """
        record = account_of(own_account(connection, tenant_id, account_id))
        delete_tokens(connection, account_id)
        delete_leases(connection, account_id)
        mine = owned(INTEGRATIONS.c.account_id, tenant_id, account_id)
        before = connection.scalar(select(INTEGRATIONS.c.state).where(mine).with_for_update())
        connection.execute(update(INTEGRATIONS).where(mine).values(state=State.DISABLED.value, **ERASED))
        # After the integration, which a reading that is being kept has locked: what it keeps is erased too.
        delete_kept(connection, tenant_id, account_id)
        delete_stored(connection, tenant_id, account_id)
        if before not in {None, State.DISABLED.value}:
            note_action(connection, tenant_id, Action.INTEGRATION_DISABLED, about("account", account_id))
        return record

    def _opened(self, account_id: str, row: Row[Any] | None) -> Integration:
        if row is None:
            return Integration(account_id=account_id)
        values = self._vault.decrypt(account_id, PURPOSE, row.sealed) if row.sealed is not None else None
        return integration_of(row, Credentials(values) if values is not None else None)

    @transaction
    def _replace(
        self,
        connection: Connection,
        record: AccountRecord,
        integration: Integration,
        slot: str | None,
        *,
        consented: bool,
    ) -> None:
        mine = owned(INTEGRATIONS.c.account_id, record.tenant_id, record.id)
        sealed_before = connection.scalar(delete(INTEGRATIONS).where(mine).returning(INTEGRATIONS.c.sealed))
        own_account(connection, record.tenant_id, record.id)
        if consented:
            note_action(connection, record.tenant_id, Action.CONSENT_FINISHED, about("account", record.id))
        insert_integration(connection, self._vault, record, integration, slot, replaces=sealed_before is not None)


def insert_integration(
    connection: Connection,
    vault: Vault,
    record: AccountRecord,
    integration: Integration,
    slot: str | None,
    *,
    replaces: bool = False,
) -> None:
    """Within a transaction that has found the account to be the tenant's: add an integration, and promote its token.

    Args:
        integration: with its credentials.
        slot: where its token lies; None to keep the token.
        replaces: whether other credentials were enabled until now.
    """
    if integration.credentials is None:
        raise TypeError("an integration cannot be enabled without credentials")
    sealed = vault.encrypt(record.id, PURPOSE, integration.credentials.values)
    values = integration_values(integration, sealed, digest_of(vault, record, integration.credentials))
    connection.execute(insert(INTEGRATIONS).values(values))
    if slot is not None:
        promote_tokens(connection, record.id, slot)
    action = Action.INTEGRATION_CREDENTIALS_REPLACED if replaces else Action.INTEGRATION_ENABLED
    note_action(connection, record.tenant_id, action, about("account", record.id))
    at = integration.enabled_at or shared_now(connection)
    active = Event(type=EventType.INTEGRATION_ACTIVE, tenant_id=record.tenant_id, account_id=record.id, at=at)
    note_event(connection, active, shared_now(connection))


def own_account(connection: Connection, tenant_id: str, account_id: str) -> Row[Any]:
    """Within a transaction: the account, when it is the tenant's.

    Raises:
        CallerError: `unknown_account`.
    """
    row = connection.execute(
        select(ACCOUNTS).where(ACCOUNTS.c.id == account_id, ACCOUNTS.c.tenant_id == tenant_id)
    ).first()
    if row is None:
        raise unknown_account()
    return row


def unknown_account() -> CallerError:
    """The error about an account that the tenant does not have, whether or not another tenant has it."""
    return CallerError("unknown_account", "there is no account of that id")
