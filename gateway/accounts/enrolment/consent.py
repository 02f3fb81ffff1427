"""Consent flows: an account holder goes to the bank's page, lets us read, and comes back with a code.

Theory of operation. Credentials that lack the holder's authorization start a flow: they are stored encrypted, and an
unguessable `state` is put into the address of the bank's page; only its hash is stored. The holder's browser brings the
state back. It is valid once, for its account, and for as long as the contract says. A working integration goes on
working until the flow has ended well.
"""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from gateway.accounts.access.at_banks import AccountsAtBanks
from gateway.accounts.banks import contract_kept
from gateway.accounts.hashing import hash_of
from gateway.auth.authorization_code import CODE, REDIRECT_URI, VERIFIER, AuthorizationCode
from gateway.connectors import find
from gateway.errors import BankFailure, CallerError, GatewayError
from gateway.model import Credentials
from gateway.storage.accounts.consents import WORKING, Consents, PendingConsent, StartedConsent
from gateway.storage.accounts.records import AccountRecord, Integration, State
from gateway.storage.accounts.remembered import RememberedFailure
from gateway.storage.engine.database import DATABASE_ERRORS
from gateway.work.ending import to_the_end

__all__ = ["CALLBACK", "ConsentFlows", "Returned", "StartedFlow", "Unfinished"]

CALLBACK = "/v1/authorizations/callback"
"""Path to which the bank sends the account holder's browser back."""
REASONS = {
    "unknown": "the state belongs to no authorization that is under way, or was used before",
    "expired": "the authorization was not completed in time",
    "denied": "the account holder did not authorise",
    "refused": "the bank sent the browser back without a code",
    "another_issuer": "the answer comes from another server than the one the browser was sent to",
    "not_redeemed": "the bank did not redeem the code",
}


class Unfinished(GatewayError):
    """A flow that did not end well; `reason` is a key of REASONS."""

    def __init__(self, reason: str, bank: str = "") -> None:
        super().__init__("authorization_incomplete", REASONS[reason])
        self.reason = reason
        self.bank = bank


class Returned(Struct, frozen=True, kw_only=True):
    """The parameters that the account holder's browser brought back. Its text shows none of them."""

    state: str = ""
    code: str = ""
    issuer: str = ""
    error: str = ""

    def __repr__(self) -> str:
        return "Returned()"


class StartedFlow(Struct, frozen=True, kw_only=True):
    """A consent flow that has just started. Its text shows nothing."""

    kept: StartedConsent
    page: str
    """The bank's page with the state in it, to be shown once."""

    def shown(self, integration: Integration) -> Integration:
        """The integration as shown to the caller that started the flow: with the page."""
        waiting = integration.state if integration.state in WORKING else State.PENDING_AUTHORIZATION
        return replace(
            integration, state=waiting, authorization_page=self.page, authorization_expires_at=self.kept.expires_at
        )

    def __repr__(self) -> str:
        return "StartedFlow()"


@dataclass(eq=False, repr=False)
class ConsentFlows:
    """Starts consent flows and resumes them."""

    consents: Consents
    at_banks: AccountsAtBanks
    public_url: str
    """The address at which browsers reach this gateway."""

    @property
    def redirect_uri(self) -> str:
        """The address to which banks send the account holder's browser back."""
        return self.public_url.rstrip("/") + CALLBACK

    def started(self, record: AccountRecord, credentials: Credentials, now: datetime) -> StartedFlow | None:
        """A new flow for an account whose credentials lack an authorization; None where none is needed.

        Raises:
            BankNotInstalled: the package that brought the bank is broken or gone.
            BankFailure: `integration_paused`: the bank is not in this gateway's environment.
        """
        authorization = contract_kept(record.bank).authorization
        if authorization is not None and authorization.challenge:
            credentials = Credentials({**credentials.values, VERIFIER: secrets.token_urlsafe(32)})
        account = self.at_banks.account(record, credentials)
        auth = find(account.bank).auth(account)
        if authorization is None or not isinstance(auth, AuthorizationCode) or auth.authorised:
            return None
        state = secrets.token_urlsafe(32)
        kept = StartedConsent(
            state_hash=hash_of(state),
            sealed=self.consents.encrypted(account.id, account.credentials, self.redirect_uri),
            expires_at=now + timedelta(seconds=authorization.pending_seconds),
        )
        return StartedFlow(kept=kept, page=auth.page(self.redirect_uri, state))

    async def account_of(self, state: str) -> AccountRecord:
        """The account that a state was made for.

        Raises:
            Unfinished: there is no such account.
        """
        found = await self.consents.owner_of(hash_of(state))
        if found is None:
            raise Unfinished("unknown")
        return found

    async def take(self, record: AccountRecord, state: str) -> PendingConsent:
        """The flow of a state of this account; the state is used up by this call.

        Raises:
            Unfinished: there is none.
            VaultError: its credentials cannot be decrypted.
        """
        pending = await self.consents.take(record, hash_of(state))
        if pending is None:
            raise Unfinished("unknown")
        return pending

    def redeemable(self, pending: PendingConsent, returned: Returned, now: datetime) -> Credentials:
        """The credentials of a flow with the code that came back.

        Raises:
            Unfinished: no code came, or it came from another issuer, or too late.
            BankNotInstalled: the package that brought the bank is broken or gone.
        """
        bank = pending.record.bank
        issuer = contract_kept(bank).issuer(self.at_banks.environment)
        if now >= pending.expires_at:
            raise Unfinished("expired", bank)
        if returned.issuer not in {"", issuer}:
            raise Unfinished("another_issuer", bank)
        if returned.error or not returned.code:
            raise Unfinished("denied" if returned.error == "access_denied" else "refused", bank)
        return Credentials({**pending.credentials.values, CODE: returned.code, REDIRECT_URI: pending.redirect_uri})

    @asynccontextmanager
    async def ending(self, pending: PendingConsent, now: datetime) -> AsyncIterator[None]:
        """End a flow in the block. After an error its integration does not go on waiting for a browser.

        Raises:
            GatewayError: the failure to answer with, where it differs from the one of the block.
        """
        # The code may have been used up: only another flow brings another one.
        not_redeemed = Unfinished("not_redeemed", pending.record.bank)
        try:
            yield
        except GatewayError as failure:
            says_why = isinstance(failure, Unfinished | CallerError | BankFailure) and not failure.entry.retryable
            await to_the_end(self._fail(pending, failure if says_why else not_redeemed, now))
            if says_why:
                raise
            raise not_redeemed from failure
        except BaseException:
            # An error of the database, a defect, or the end of the process.
            with suppress(*DATABASE_ERRORS):
                await to_the_end(self._fail(pending, not_redeemed, now))
            raise

    async def _fail(self, pending: PendingConsent, failure: GatewayError, now: datetime) -> None:
        remembered = RememberedFailure.of(failure, now, at="authorization")
        await self.consents.fail(pending.record.tenant_id, pending.record.id, remembered)
