"""The table of accounts. Every query names the tenant, and reads and changes only that tenant's rows."""

from collections.abc import Mapping

from sqlalchemy import case, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.errors import CallerError
from gateway.storage.consents import StartedConsent, start_consent
from gateway.storage.database import Database
from gateway.storage.integrations import insert_integration, own_account, unknown_account
from gateway.storage.listing import Cursor
from gateway.storage.names import check_name
from gateway.storage.pauses import delete_pauses
from gateway.storage.records import AccountRecord, Integration, account_of, account_row
from gateway.storage.tables import AccountRow, IntegrationRow, owned
from gateway.storage.tokens import delete_tokens
from gateway.storage.vault import Vault

__all__ = ["Accounts"]


class Accounts:
    """The table of accounts.

    Args:
        database: holds the table.
        vault: encrypts credentials.
    """

    def __init__(self, database: Database, vault: Vault) -> None:
        self._sessions = database.sessions
        self._vault = vault

    async def find(
        self, tenant_id: str, bank: str, branch: str, number: str, account_id: str | None = None
    ) -> AccountRecord | None:
        """The tenant's account of that number, or the one with that id, whose number is spelled otherwise, or None."""
        named = (AccountRow.bank == bank) & (AccountRow.branch == branch) & (AccountRow.number == number)
        mine = select(AccountRow).where(AccountRow.tenant_id == tenant_id, named | (AccountRow.id == account_id))
        async with self._sessions() as session:
            row = await session.scalar(mine.order_by(case((named, 0), else_=1)).limit(1))
        return account_of(row) if row is not None else None

    async def add(
        self,
        record: AccountRecord,
        integration: Integration | None = None,
        slot: str | None = None,
        *,
        consent: StartedConsent | None = None,
    ) -> None:
        """Register an account: alone, with an integration whose token lies in `slot`, or with a consent flow.

        Raises:
            CallerError: `account_exists` or `credentials_in_use`; the detail names the account.
        """
        try:
            async with self._sessions.begin() as session:
                if record.default:
                    await _unset_defaults(session, record.tenant_id)
                session.add(account_row(record))
                await session.flush()
                if integration is not None:
                    await insert_integration(session, self._vault, record, integration, slot)
                if consent is not None:
                    await start_consent(session, record.tenant_id, record.id, consent)
        except IntegrityError as error:
            if integration is not None and integration.credentials is not None:
                async with self._sessions() as session:
                    await check_name(session, self._vault, record, integration.credentials)
            raise CallerError("account_exists", f"the account is registered as {record.id}") from error

    async def account(self, tenant_id: str, account_id: str) -> AccountRecord:
        """One account of the tenant.

        Raises:
            CallerError: `unknown_account`.
        """
        async with self._sessions() as session:
            return account_of(await own_account(session, tenant_id, account_id))

    async def page(
        self, tenant_id: str, limit: int, offset: int = 0, after: Cursor | None = None
    ) -> tuple[list[AccountRecord], int, Cursor | None]:
        """A part of the tenant's accounts, oldest first, with the number of all of them and the next cursor."""
        mine = select(AccountRow).where(AccountRow.tenant_id == tenant_id)
        order = AccountRow.created_at, AccountRow.id
        query = mine.order_by(*order).limit(limit + 1).offset(offset)
        if after is not None:
            later = AccountRow.created_at > after.created_at
            beside = (AccountRow.created_at == after.created_at) & (AccountRow.id > after.id)
            query = query.where(later | beside)
        async with self._sessions() as session:
            found = [account_of(row) for row in await session.scalars(query)]
            total = await session.scalar(select(func.count()).select_from(mine.subquery()))
        listed = found[:limit]
        return listed, total or 0, Cursor.after(listed[-1]) if len(found) > limit else None

    async def change(
        self, tenant_id: str, account_id: str, *, description: str | None, default: bool | None
    ) -> AccountRecord:
        """Change the given fields; a new default replaces the tenant's default account.

        Raises:
            CallerError: `unknown_account`.
        """
        given: Mapping[str, str | bool | None] = {"description": description, "is_default": default}
        values = {name: value for name, value in given.items() if value is not None}
        mine = (AccountRow.id == account_id, AccountRow.tenant_id == tenant_id)
        async with self._sessions.begin() as session:
            if default:
                await _unset_defaults(session, tenant_id)
            if values:
                await session.execute(update(AccountRow).where(*mine).values(values))
            return account_of(await own_account(session, tenant_id, account_id))

    async def remove(self, tenant_id: str, account_id: str) -> AccountRecord:
        """Remove an account with its integration, credentials, tokens, digests, balances and pause; give the account.

        Raises:
            CallerError: `unknown_account`.
        """
        async with self._sessions.begin() as session:
            record = account_of(await own_account(session, tenant_id, account_id))
            await delete_tokens(session, account_id)
            await delete_pauses(session, account_id)
            mine = owned(IntegrationRow.account_id, tenant_id, account_id)
            await session.execute(delete(IntegrationRow).where(mine))
            removed = delete(AccountRow).where(AccountRow.id == account_id, AccountRow.tenant_id == tenant_id)
            if not (await session.scalars(removed.returning(AccountRow.id))).all():
                raise unknown_account()
        return record


async def _unset_defaults(session: AsyncSession, tenant_id: str) -> None:
    await session.execute(update(AccountRow).where(AccountRow.tenant_id == tenant_id).values(is_default=False))
