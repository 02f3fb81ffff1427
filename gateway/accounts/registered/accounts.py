"""Registered accounts as callers see them: listed, looked at, changed in what only the caller knows, and removed."""

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from gateway.accounts.access.tokens import Tokens
from gateway.accounts.changes import Changes
from gateway.accounts.enrolment.details import check_external_id, check_holder
from gateway.accounts.states.pauses import PausesInForce
from gateway.accounts.states.shown import shown
from gateway.clock import Clock
from gateway.storage.accounts.filters import EVERY, Filter
from gateway.storage.accounts.integrations import Integrations
from gateway.storage.accounts.pauses import Pauses
from gateway.storage.accounts.records import AccountRecord, Integration
from gateway.storage.accounts.registry import Accounts
from gateway.storage.engine.listing import Cursor

__all__ = ["RegisteredAccounts"]


@dataclass(eq=False, repr=False)
class RegisteredAccounts:
    """The registered accounts of all tenants, of one at a time. No bank is asked."""

    accounts: Accounts
    integration_table: Integrations
    pauses: Pauses
    tokens: Tokens
    """Holds those of enabled integrations in memory."""
    changes: Changes
    clock: Clock

    async def account(self, tenant_id: str, account_id: str) -> AccountRecord:
        """One account of the tenant.

        Raises:
            CallerError: there is no such account.
        """
        return await self.accounts.account(tenant_id, account_id)

    async def page(
        self, tenant_id: str, limit: int, offset: int = 0, after: Cursor | None = None, chosen: Filter = EVERY
    ) -> tuple[list[AccountRecord], int, Cursor | None]:
        """A part of the tenant's chosen accounts, oldest first, with the number of all of them and the next cursor.

        Tax id and own id are chosen as they were typed.

        Raises:
            CallerError: the tax id to look for is neither a CPF nor a CNPJ.
        """
        if chosen.holder_tax_id is not None:
            chosen = replace(chosen, holder_tax_id=check_holder("", chosen.holder_tax_id))
        if chosen.external_id is not None:
            chosen = replace(chosen, external_id=chosen.external_id.strip())
        return await self.accounts.page(tenant_id, self.clock.now(), limit, offset, after, chosen)

    async def change(
        self,
        tenant_id: str,
        account_id: str,
        *,
        description: str | None,
        default: bool | None,
        external_id: str | UnsetType | None = UNSET,
    ) -> AccountRecord:
        """Change the given fields; a new default replaces the tenant's default account.

        Raises:
            CallerError: there is no such account, or another one has that `external_id`.
        """
        if not isinstance(external_id, UnsetType):
            external_id = check_external_id(external_id)
        return await self.accounts.change(
            tenant_id, account_id, description=description, default=default, external_id=external_id
        )

    async def check_own_id(self, tenant_id: str, external_id: str | None) -> None:
        """Check that an account that is yet to be registered may have this id of the caller's.

        Raises:
            CallerError: it is too long or empty, or an account of the tenant has it.
        """
        await self.accounts.check_external_id(tenant_id, check_external_id(external_id), account_id="")

    async def disable(self, tenant_id: str, account_id: str) -> AccountRecord:
        """Disable an account's integration and erase its credentials and tokens; give the account.

        Raises:
            CallerError: there is no such account.
        """
        await self.accounts.account(tenant_id, account_id)  # only what is the tenant's own is claimed
        async with self.changes.one(account_id):
            record = await self.integration_table.disable(tenant_id, account_id)
            self.tokens.forget(account_id)
            return record

    async def remove(self, tenant_id: str, account_id: str) -> AccountRecord:
        """Remove an account with all that belongs to it; give its last record.

        Raises:
            CallerError: there is no such account.
        """
        await self.accounts.account(tenant_id, account_id)  # only what is the tenant's own is claimed
        async with self.changes.one(account_id):
            record = await self.accounts.remove(tenant_id, account_id)
            self.tokens.forget(account_id)
            return record

    async def integration(self, record: AccountRecord) -> Integration:
        """The integration of one account as callers see it, without its credentials."""
        return (await self.integrations(record.tenant_id, [record]))[record.id]

    async def integrations(self, tenant_id: str, records: Sequence[AccountRecord]) -> dict[str, Integration]:
        """The integrations of the tenant's accounts as callers see them, by account id, without their credentials."""
        known = await self.integration_table.of_accounts(tenant_id, [record.id for record in records])
        now = self.clock.now()
        paused = PausesInForce(await self.pauses.of_accounts(records, now))
        return {record.id: shown(record, known[record.id], paused, now) for record in records}
