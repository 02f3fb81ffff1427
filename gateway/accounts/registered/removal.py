"""An account's integration is disabled, or the account is removed; what was stored for it is erased."""

from gateway.accounts.access.tokens import Tokens
from gateway.accounts.changes import Changes
from gateway.storage.accounts.integrations import Integrations
from gateway.storage.accounts.records import AccountRecord
from gateway.storage.accounts.registry import Accounts

__all__ = ["Removal"]


class Removal:
    """Disables integrations and removes accounts.

    Args:
        accounts: the table of accounts.
        integrations: the table of integrations.
        tokens: holds tokens of enabled integrations in memory.
        changes: allows one change of an account at a time.
    """

    def __init__(self, accounts: Accounts, integrations: Integrations, tokens: Tokens, changes: Changes) -> None:
        self._accounts = accounts
        self._integrations = integrations
        self._tokens = tokens
        self._changes = changes

    async def disable(self, tenant_id: str, account_id: str) -> AccountRecord:
        """Disable an account's integration and erase its credentials and tokens; give the account.

        Raises:
            CallerError: there is no such account.
        """
        async with self._changes.one(account_id):
            record = await self._integrations.disable(tenant_id, account_id)
            self._tokens.forget(account_id)
            return record

    async def remove(self, tenant_id: str, account_id: str) -> AccountRecord:
        """Remove an account with all that belongs to it; give its last record.

        Raises:
            CallerError: there is no such account.
        """
        async with self._changes.one(account_id):
            record = await self._accounts.remove(tenant_id, account_id)
            self._tokens.forget(account_id)
            return record
