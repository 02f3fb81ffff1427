"""The end of a consent flow: the code that the account holder's browser brought back is redeemed and enables.

As with all new credentials, they take the place of old ones only after the bank has accepted them.
"""

from dataclasses import dataclass

from gateway.accounts.banks import contract_kept
from gateway.accounts.changes import Changes
from gateway.accounts.enrolment.consent import ConsentFlows, Returned
from gateway.accounts.enrolment.replacement import Replacement
from gateway.accounts.states.pauses import check_paused
from gateway.clock import Clock
from gateway.storage.accounts.integrations import Integrations
from gateway.storage.accounts.pauses import Pauses
from gateway.storage.accounts.records import AccountRecord, Integration

__all__ = ["Authorising"]


@dataclass(eq=False, repr=False)
class Authorising:
    """Ends consent flows."""

    flows: ConsentFlows
    integrations: Integrations
    pauses: Pauses
    replacement: Replacement
    changes: Changes
    clock: Clock

    @property
    def redirect_uri(self) -> str:
        """The address to which banks send the account holder's browser back."""
        return self.flows.redirect_uri

    async def authorise(self, returned: Returned) -> tuple[AccountRecord, Integration]:
        """End a consent flow: redeem the code, verify with one small read, enable.

        A passing failure of the bank after it has given its token does not undo the account holder's consent. Neither a
        pause nor a bank that is not installed uses up the flow.

        Raises:
            Unfinished: there is no such flow, or it did not end well.
            CallerError: `credentials_in_use`; the code was not sent to the bank.
            BankFailure: the bank refuses the code or the credentials, or is paused.
        """
        account = await self.flows.account_of(returned.state)
        async with self.changes.one(account.id):
            before = await self.replacement.before(account.tenant_id, account.id)
            await check_paused(self.pauses, account, self.clock.now(), enrolling=not before.enabled)
            contract_kept(account.bank)
            pending = await self.flows.take(account, returned.state)
            async with (
                self.flows.ending(pending, self.clock.now()),
                self.changes.one(*self.integrations.claims(account, pending.credentials)),
            ):
                now = self.clock.now()
                credentials = self.flows.redeemable(pending, returned, now)
                await self.integrations.check_name(account, credentials)
                return account, await self.replacement.consented(account, credentials, now)

    async def unchanging(self, account_id: str) -> None:
        """Wait until no change of an account is under way, such as the end of a flow.

        Raises:
            GatewayError: `deadline_exceeded`: one did not end.
        """
        async with self.changes.one(account_id):
            pass
