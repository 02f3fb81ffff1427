"""New credentials take the place of old ones, or of none, only after the bank has accepted them.

A refusal changes nothing. The integration and the token that it was tried with are stored together, and a caller that
goes away does not stop that.
"""

from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.accounts.access.tokens import Tokens
from gateway.accounts.enrolment.verification import Verification
from gateway.model import Credentials
from gateway.storage.accounts.integrations import Integrations
from gateway.storage.accounts.records import AccountRecord, Integration
from gateway.storage.accounts.registry import Accounts
from gateway.storage.encryption.vault import VaultError
from gateway.storage.shared.tokens import ACTIVE, TokenRows
from gateway.work.ending import to_the_end

__all__ = ["Replacement"]


@dataclass(eq=False, repr=False)
class Replacement:
    """Has credentials verified, and stores integrations with those that the bank has accepted."""

    accounts: Accounts
    integrations: Integrations
    rows: TokenRows
    tokens: Tokens
    """Provides the tokens of enabled integrations."""
    verification: Verification

    async def before(self, tenant_id: str, account_id: str) -> Integration:
        """The integration that new credentials are to replace.

        It comes without its credentials where they, or its token, cannot be decrypted any more: damaged values must not
        prevent their replacement.

        Raises:
            CallerError: there is no such account.
        """
        try:
            before = await self.integrations.integration(tenant_id, account_id)
            if before.credentials is not None:
                await self.rows.load(account_id, ACTIVE)
        except VaultError:
            return (await self.integrations.of_accounts(tenant_id, [account_id]))[account_id]
        return before

    async def registered(
        self, record: AccountRecord, credentials: Credentials, expires: datetime | None
    ) -> Integration:
        """The integration of a new account, stored together with the account.

        Args:
            record: the account, which is not stored yet.
            credentials: a checked form.
            expires: when its certificate does.

        Raises:
            BankFailure: the bank refuses the credentials, or knows the account under another number or holder.
            GatewayError: `deadline_exceeded`.
        """
        none = Integration(account_id=record.id)
        integration, slot = await self.verification.verified(record, none, credentials, expires)
        await to_the_end(self._write(self.accounts.add(record, integration, slot), record.id, slot))
        return integration

    async def enabled(
        self, record: AccountRecord, before: Integration, credentials: Credentials, expires: datetime | None
    ) -> Integration:
        """The integration of an account after its credentials were replaced.

        Raises:
            BankFailure: as `registered`.
            GatewayError: as `registered`.
        """
        integration, slot = await self.verification.verified(record, before, credentials, expires)
        await to_the_end(self._write(self.integrations.enable(record, integration, slot), record.id, slot))
        return integration

    async def consented(self, record: AccountRecord, credentials: Credentials, now: datetime) -> Integration:
        """The integration of an account after its holder has consented.

        A passing failure of the bank after it has given its token does not undo the consent.

        Args:
            credentials: with the code, which can be redeemed only once.

        Raises:
            BankFailure: the bank refuses the code or the credentials.
            GatewayError: `deadline_exceeded`, without a token.
        """
        integration, slot = await self.verification.verified_after_consent(record, credentials, now)
        writing = self.integrations.enable(record, integration, slot, consented=True)
        await to_the_end(self._write(writing, record.id, slot))
        return integration

    async def _write(self, writing: Coroutine[Any, Any, None], account_id: str, slot: str | None) -> None:
        """Store an integration, and drop from memory the tokens whose rows were promoted with it, if there are any."""
        await writing
        if slot is not None:
            self.tokens.forget(account_id)
