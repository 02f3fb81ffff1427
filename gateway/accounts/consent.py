"""Consent journeys: an account holder goes to the bank's page, lets us read, and comes back with a code.

Theory of operation. Credentials that lack the holder's authorization begin a journey: they are kept sealed, and a
`state` that nobody can guess is put into the address of the bank's page; only its hash is stored. The holder's browser
brings the state back. It is good once, for the account it was made for, and for as long as the contract says. What
works goes on working until the journey has ended well.
"""

import hashlib
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import cast

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.schema import Contract
from gateway.accounts.whole import to_the_end
from gateway.auth.authorization_code import CODE, REDIRECT_URI, AuthorizationCode
from gateway.connectors import find
from gateway.errors import BankFailure, CallerError, GatewayError
from gateway.model import Account, Credentials
from gateway.storage.database import Database
from gateway.storage.records import AccountRecord, Integration, State, account_of
from gateway.storage.remembered import RememberedFailure
from gateway.storage.tables import AccountRow, IntegrationRow
from gateway.storage.vault import Vault

__all__ = ["CALLBACK", "Begun", "Journeys", "Pending", "Returned", "Unfinished", "begin", "redeemable"]

CALLBACK = "/v1/authorizations/callback"
"""Where the bank sends the account holder's browser back to."""
PURPOSE = AT = "authorization"
REASONS = {
    "unknown": "the state belongs to no authorization that is under way, or was used before",
    "expired": "the authorization was not completed in time",
    "denied": "the account holder did not authorise",
    "refused": "the bank sent the browser back without a code",
    "another_issuer": "the answer comes from another server than the one the browser was sent to",
    "not_redeemed": "the bank did not redeem the code",
}
WORKING = frozenset({State.ACTIVE, State.BANK_FAILING})
"""States in which an integration is left alone until its successor has been accepted."""


class Unfinished(GatewayError):
    """A journey that did not end well; `reason` is a key of REASONS."""

    def __init__(self, reason: str, bank: str = "") -> None:
        super().__init__("authorization_incomplete", REASONS[reason])
        self.reason = reason
        self.bank = bank

    def remembered(self, now: datetime) -> RememberedFailure:
        """What is kept of it."""
        return RememberedFailure.of(self, now, at=AT)


class Returned(Struct, frozen=True, kw_only=True):
    """What the account holder's browser brought back. Its text shows nothing."""

    state: str = ""
    code: str = ""
    issuer: str = ""
    error: str = ""

    def __repr__(self) -> str:
        return "Returned()"

    __str__ = __repr__


class Begun(Struct, frozen=True, kw_only=True):
    """A journey that has just begun. Its text shows nothing."""

    state_hash: str
    sealed: str
    page: str
    """The bank's page with the state in it, to be shown once."""
    expires_at: datetime

    def shown(self, integration: Integration) -> Integration:
        """The integration as told to whoever began the journey: with the page."""
        waiting = integration.state if integration.state in WORKING else State.PENDING_AUTHORIZATION
        return replace(
            integration, state=waiting, authorization_page=self.page, authorization_expires_at=self.expires_at
        )

    def __repr__(self) -> str:
        return "Begun()"

    __str__ = __repr__


class _Kept(Struct, frozen=True):
    """What is sealed."""

    credentials: dict[str, str]
    redirect_uri: str


class Pending(Struct, frozen=True, kw_only=True):
    """A journey as it was kept, now taken up again."""

    record: AccountRecord
    credentials: Credentials
    redirect_uri: str
    expires_at: datetime


class Journeys:
    """Begins journeys and takes them up again.

    Args:
        database: where they are kept.
        vault: seals the credentials.
        public_url: the address at which browsers reach this gateway.
    """

    def __init__(self, database: Database, vault: Vault, public_url: str) -> None:
        self._sessions = database.sessions
        self._vault = vault
        self.redirect_uri = public_url.rstrip("/") + CALLBACK

    def begun(self, account: Account, contract: Contract, now: datetime) -> Begun | None:
        """A new journey for an account whose credentials lack an authorization; None where none is needed."""
        auth = find(account.bank).auth(account)
        if contract.authorization is None or not isinstance(auth, AuthorizationCode) or auth.authorised:
            return None
        state = secrets.token_urlsafe(32)
        kept = _Kept(account.credentials.values, self.redirect_uri)
        return Begun(
            state_hash=_hash(state),
            sealed=self._vault.seal(account.id, PURPOSE, msgspec.to_builtins(kept)),
            page=auth.page(self.redirect_uri, state),
            expires_at=now + timedelta(seconds=contract.authorization.pending_seconds),
        )

    async def account_of(self, state: str) -> AccountRecord:
        """The account that a state was made for.

        Raises:
            Unfinished: of no account.
        """
        query = (
            select(AccountRow)
            .join(IntegrationRow, IntegrationRow.account_id == AccountRow.id)
            .where(IntegrationRow.authorization_hash == _hash(state))
        )
        async with self._sessions() as session:
            found = await session.scalar(query)
        if found is None:
            raise Unfinished("unknown")
        return account_of(found)

    async def take(self, state: str) -> Pending:
        """The journey of a state, which from now on is used up.

        Raises:
            Unfinished: there is none.
            VaultError: it does not open.
        """
        # The first statement writes: of two browsers with the same state only one finds it.
        use_up = (
            update(IntegrationRow)
            .where(IntegrationRow.authorization_hash == _hash(state))
            .values(authorization_hash=None)
            .returning(IntegrationRow.account_id)
            .execution_options(synchronize_session=False)
        )
        async with self._sessions.begin() as session:
            account_id = await session.scalar(use_up)
            row = await session.get(IntegrationRow, account_id) if account_id is not None else None
            account = await session.get(AccountRow, account_id) if account_id is not None else None
            if row is None or account is None:
                raise Unfinished("unknown")
            sealed, expires_at = row.authorization_sealed, row.authorization_expires_at
            row.authorization_sealed = row.authorization_expires_at = None
        kept = msgspec.convert(self._vault.open(account.id, PURPOSE, sealed or ""), _Kept)
        return Pending(
            record=account_of(account),
            credentials=Credentials(kept.credentials),
            redirect_uri=kept.redirect_uri,
            expires_at=cast("datetime", expires_at),
        )

    async def fail(self, pending: Pending, failure: RememberedFailure) -> None:
        """Note that a journey has ended badly, unless something else has happened to the integration meanwhile."""
        async with self._sessions.begin() as session:
            row = await session.get(IntegrationRow, pending.record.id, with_for_update=True)
            # Another journey may have begun meanwhile, and an integration that works is none of this one's business.
            if row is not None and row.state == State.PENDING_AUTHORIZATION and row.authorization_hash is None:
                row.state = State.NEEDS_ACTION.value
                row.last_failure = failure.to_json()
                row.failures_in_a_row += 1

    async def fell_through(self, pending: Pending, failure: GatewayError, now: datetime) -> GatewayError:
        """Note how a journey ended after its state had been used up, and give what to tell of it."""
        says_why = isinstance(failure, Unfinished | CallerError | BankFailure) and not failure.entry.retryable
        # The code may have been used up: only another journey brings another one.
        ended = failure if says_why else Unfinished("not_redeemed", pending.record.bank)
        await self.fail(pending, RememberedFailure.of(ended, now, at=AT))
        return ended

    @asynccontextmanager
    async def ending(self, pending: Pending, now: datetime) -> AsyncIterator[None]:
        """While this lasts a journey is ended. However it ends, its integration does not go on waiting for a browser.

        Raises:
            GatewayError: how it ended, where that is not the failure that ended it.
        """
        try:
            yield
        except GatewayError as failure:
            ended = await to_the_end(self.fell_through(pending, failure, now))
            if ended is failure:
                raise
            raise ended from failure
        except BaseException:
            # Trouble with the database, a defect, or the end of the process.
            with suppress(SQLAlchemyError, OSError):
                unknown = Unfinished("not_redeemed", pending.record.bank)
                await to_the_end(self.fail(pending, unknown.remembered(now)))
            raise


def redeemable(pending: Pending, returned: Returned, issuer: str, now: datetime) -> Credentials:
    """The credentials of a journey with the code that came back.

    Raises:
        Unfinished: none came, or from another issuer, or too late.
    """
    bank = pending.record.bank
    if now >= pending.expires_at:
        raise Unfinished("expired", bank)
    if returned.issuer not in {"", issuer}:
        raise Unfinished("another_issuer", bank)
    if returned.error or not returned.code:
        raise Unfinished("denied" if returned.error == "access_denied" else "refused", bank)
    return Credentials({**pending.credentials.values, CODE: returned.code, REDIRECT_URI: pending.redirect_uri})


async def begin(session: AsyncSession, account_id: str, begun: Begun) -> None:
    """Within a transaction: keep a journey, in the place of the one before it."""
    row = await session.get(IntegrationRow, account_id)
    if row is None:
        row = IntegrationRow(account_id=account_id, state=State.PENDING_AUTHORIZATION.value, failures_in_a_row=0)
        session.add(row)
    elif State(row.state) not in WORKING:
        # One that needs action is being renewed: that it was enabled stays known. One that was disabled begins anew.
        row.enabled_at = None if row.state == State.DISABLED else row.enabled_at
        row.state, row.sealed, row.name_digest = State.PENDING_AUTHORIZATION.value, None, None
    row.authorization_hash, row.authorization_sealed = begun.state_hash, begun.sealed
    row.authorization_expires_at = begun.expires_at


def _hash(state: str) -> str:
    return hashlib.sha256(state.encode("utf-8", "surrogateescape")).hexdigest()
