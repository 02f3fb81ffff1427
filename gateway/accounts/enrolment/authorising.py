"""The end of a consent flow: the code that the account holder's browser brought back is redeemed and enables.

As with all new credentials, they take the place of old ones only after the bank has accepted them.
"""

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


class Authorising:
    """Ends consent flows.

    Args:
        flows: the consent flows that have been started.
        integrations: the table of integrations.
        pauses: the table of pauses.
        replacement: stores what the bank has accepted.
        changes: allows one change of an account at a time.
        clock: gives the present instant.
    """

    def __init__(
        self,
        flows: ConsentFlows,
        integrations: Integrations,
        pauses: Pauses,
        replacement: Replacement,
        changes: Changes,
        clock: Clock,
    ) -> None:
        self._flows = flows
        self.redirect_uri = flows.redirect_uri
        """The address to which banks send the account holder's browser back."""
        self._integrations = integrations
        self._pauses = pauses
        self._replacement = replacement
        self._changes = changes
        self._clock = clock

    async def authorise(self, returned: Returned) -> tuple[AccountRecord, Integration]:
        """End a consent flow: redeem the code, verify with one small read, enable.

        A passing failure of the bank after it has given its token does not undo the account holder's consent. Neither a
        pause nor a bank that is not installed uses up the flow.

        Raises:
            Unfinished: there is no such flow, or it did not end well.
            CallerError: `credentials_in_use`; the code was not sent to the bank.
            BankFailure: the bank refuses the code or the credentials, or is paused.
        """
        account = await self._flows.account_of(returned.state)
        async with self._changes.one(account.id):
            before = await self._replacement.before(account.tenant_id, account.id)
            await check_paused(self._pauses, account, self._clock.now(), enrolling=not before.enabled)
            contract_kept(account.bank)
            pending = await self._flows.take(account, returned.state)
            async with (
                self._flows.ending(pending, self._clock.now()),
                self._changes.one(*self._integrations.claims(account, pending.credentials)),
            ):
                now = self._clock.now()
                credentials = self._flows.redeemable(pending, returned, now)
                await self._integrations.check_name(account, credentials)
                return account, await self._replacement.consented(account, credentials, now)

    async def unchanging(self, account_id: str) -> None:
        """Wait until no change of an account is under way, such as the end of a flow.

        Raises:
            GatewayError: `deadline_exceeded`: one did not end.
        """
        async with self._changes.one(account_id):
            pass
