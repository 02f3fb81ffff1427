"""Queries over all tenants: for the operator's commands, the rounds of renewals, and the start; never for a caller."""

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, select, update
from sqlalchemy.orm import Session

from gateway.actions import Action, about
from gateway.limits import FAILED_CYCLES_ALLOWED
from gateway.storage.accounts.integrations import unknown_account
from gateway.storage.accounts.names import fill_names
from gateway.storage.accounts.outcomes import NO_CYCLES
from gateway.storage.accounts.records import AccountRecord, Integration, State, account_of, integration_of
from gateway.storage.accounts.tables import AccountRow, IntegrationRow
from gateway.storage.connect.sessions import purge_connect, reencrypt_connect
from gateway.storage.encryption.key_check import reencrypt_check
from gateway.storage.encryption.vault import Vault, VaultError
from gateway.storage.engine.database import Database
from gateway.storage.engine.transactions import reading, shared_now, transaction
from gateway.storage.management.audit import note_action, tenant_of_account
from gateway.storage.management.tables import TenantRow
from gateway.storage.shared.tokens import reencrypt_tokens, unbury_tokens
from gateway.storage.statements.day_balances import reencrypt_balances
from gateway.storage.statements.kept_entries import reencrypt_kept
from gateway.storage.statements.stored import purge_stored, reencrypt_stored
from gateway.storage.webhooks.registry import reencrypt_webhooks

__all__ = ["AllTenants"]

SEALED = (("sealed", "credentials"), ("authorization_sealed", "authorization"))
"""Columns of an integration that hold encrypted values, and the names of these values."""


class AllTenants:
    """Accounts and integrations of all tenants.

    Args:
        database: holds them.
        vault: encrypts credentials.
    """

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    @reading
    def everything(
        self, session: Session, banks: Iterable[str] | None = None
    ) -> list[tuple[str, AccountRecord, Integration]]:
        """All accounts, or those at these banks, with the tenant's name and the integration without credentials."""
        query: Select[AccountRow, str, IntegrationRow | None] = (
            select(AccountRow, TenantRow.name, IntegrationRow)
            .join(TenantRow, TenantRow.id == AccountRow.tenant_id)
            .outerjoin(IntegrationRow, IntegrationRow.account_id == AccountRow.id)
            .order_by(TenantRow.name, AccountRow.created_at, AccountRow.id)
        )
        if banks is not None:
            query = query.where(AccountRow.bank.in_(banks))
        rows = session.execute(query).all()
        return [
            (name, account_of(row), integration_of(known) if known else Integration(account_id=row.id))
            for row, name, known in rows
        ]

    @transaction
    def banks(self, session: Session, most: int) -> dict[str, str]:
        """The banks of the `most` newest accounts, by account id."""
        query = select(AccountRow.id, AccountRow.bank).order_by(AccountRow.created_at.desc()).limit(most)
        return {row.id: row.bank for row in session.execute(query)}

    @reading
    def owner_of(self, session: Session, account_id: str) -> str:
        """The id of the tenant that registered an account.

        Raises:
            CallerError: `unknown_account`.
        """
        owner = session.scalar(select(AccountRow.tenant_id).where(AccountRow.id == account_id))
        if owner is None:
            raise unknown_account()
        return owner

    @transaction
    def revive(self, session: Session, bank: str | None = None, account_id: str | None = None) -> int:
        """Let stopped and suspended integrations, all or these, be tried again; give their number.

        They keep their credentials, and refused refresh tokens may be sent once more.
        """
        at_rest = (IntegrationRow.state == State.NEEDS_ACTION.value) | IntegrationRow.suspicion.is_not(None)
        failing = IntegrationRow.failed_cycles >= FAILED_CYCLES_ALLOWED
        where: list[ColumnElement[bool]] = [at_rest | failing, IntegrationRow.sealed.is_not(None)]
        if bank is not None:
            where.append(IntegrationRow.account_id.in_(select(AccountRow.id).where(AccountRow.bank == bank)))
        if account_id is not None:
            where.append(IntegrationRow.account_id == account_id)
        found = session.scalars(select(IntegrationRow.account_id).where(*where)).all()
        for revived in found:
            mine = IntegrationRow.account_id == revived
            values = {"state": State.BANK_FAILING.value, "suspicion": None, **NO_CYCLES}
            session.execute(update(IntegrationRow).where(mine).values(values))
            unbury_tokens(session, revived)
        if found:
            what = about("bank", bank) if bank is not None else ""
            what = about("account", account_id) if account_id is not None else what
            note_action(session, tenant_of_account(session, account_id), Action.INTEGRATION_REVIVED, what)
        return len(found)

    @transaction
    def purge_stored(self, session: Session, oldest: date) -> None:
        """Delete stored days before the oldest one, and the stored statements that begin before it."""
        purge_stored(session, oldest)

    @transaction
    def purge_connect(self, session: Session, now: datetime, before: datetime) -> None:
        """Erase what was typed in expired sessions of the connect page, and delete those that expired before."""
        purge_connect(session, now, before)

    @transaction
    def fill_in(self, session: Session) -> None:
        """Add to integrations what an older version did not store: the digests of their names, the ends of flows.

        It forgot the end of a consent flow before the outcome was stored; where its process died in between, the
        integration would wait for ever.
        """
        fill_names(session, self._vault)
        endless = IntegrationRow.authorization_expires_at.is_(None)
        session.execute(
            update(IntegrationRow)
            .where(IntegrationRow.state == State.PENDING_AUTHORIZATION.value, endless)
            .values(authorization_expires_at=shared_now(session))
            .execution_options(synchronize_session=False)
        )

    @transaction
    def rotate(self, session: Session) -> tuple[int, list[str]]:
        """Encrypt every stored secret anew with the newest key; give their number, and those that no key decrypts.

        Damaged secrets stay as they are. What other processes write waits until the end, or is read here, so that
        nothing of theirs is replaced with what was there before.
        """
        # The first statement writes: it locks SQLite's file. PostgreSQL locks each row before it is read.
        note_action(session, None, Action.VAULT_ROTATED, "")
        session.flush()
        count, damaged = 0, []
        for row in session.scalars(select(IntegrationRow).with_for_update(key_share=True)).all():
            for column, what in SEALED:
                if (sealed := getattr(row, column)) is None:
                    continue
                try:
                    setattr(row, column, self._vault.rotate(sealed))
                    count += 1
                except VaultError:
                    damaged.append(f"{what} of account {row.account_id}")
        tokens, damaged_tokens = reencrypt_tokens(session, self._vault)
        # Balances and entries are encrypted too, but are no credentials, so that they do not count.
        reencrypt_balances(session, self._vault)
        reencrypt_kept(session, self._vault)
        reencrypt_stored(session, self._vault)
        damaged += [f"webhook {webhook_id}" for webhook_id in reencrypt_webhooks(session, self._vault)]
        damaged += [f"connect session {session_id}" for session_id in reencrypt_connect(session, self._vault)]
        fill_names(session, self._vault, anew=True)
        reencrypt_check(session, self._vault)
        return count + tokens, damaged + damaged_tokens
