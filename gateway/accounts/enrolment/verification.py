"""New credentials are tried at the bank with one small read, before they take the place of what was enabled."""

import math
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from msgspec.structs import replace

from contracts.schema import Contract, OperationKind
from gateway.accounts.access.at_banks import AccountsAtBanks
from gateway.accounts.access.tokens import Tokens
from gateway.accounts.banks import contract_of
from gateway.accounts.enrolment.held import check_held
from gateway.accounts.states.bank_health import BankHealths
from gateway.actions import Action, about, refused
from gateway.calendar import oldest_day
from gateway.clock import Clock
from gateway.connectors import find
from gateway.errors import BankFailure, CallerError, GatewayError
from gateway.limits import NEW_CREDENTIALS_REFUSED, NEW_CREDENTIALS_WINDOW
from gateway.model import Credentials, Period
from gateway.statement import StatementReader
from gateway.storage.accounts.records import AccountRecord, Integration, State
from gateway.storage.accounts.remembered import RememberedFailure
from gateway.storage.engine.database import DATABASE_ERRORS
from gateway.storage.management.audit import Audit
from gateway.storage.shared.tokens import TokenRows
from gateway.work.ending import to_the_end

__all__ = ["TooManyRefusals", "Verification", "first_import"]

READS = frozenset(kind.value for kind in OperationKind if kind is not OperationKind.TOKEN)


class TooManyRefusals(CallerError):
    """The bank has refused new credentials of an account too often, and is not asked for now.

    Args:
        bank: its slug.
        seconds: after which it is asked again.
    """

    def __init__(self, bank: str, seconds: int) -> None:
        detail = f"{bank} has refused credentials of this account {NEW_CREDENTIALS_REFUSED} times within an hour"
        super().__init__("too_many_refusals", detail, bank=bank)
        self._seconds = seconds

    @property
    def retry_after(self) -> int:
        """Seconds until the bank is asked again."""
        return self._seconds


@dataclass(eq=False, repr=False)
class Verification:
    """Tries credentials."""

    reader: StatementReader
    """Reads with the tokens of enabled integrations."""
    trial_reader: StatementReader
    """Reads with `trials`."""
    trials: Tokens
    """The tokens of credentials that are not enabled."""
    rows: TokenRows
    at_banks: AccountsAtBanks
    health: BankHealths
    audit: Audit
    clock: Clock

    async def verified(
        self, record: AccountRecord, before: Integration, credentials: Credentials, expires: datetime | None
    ) -> tuple[Integration, str | None]:
        """A new integration whose credentials the bank has just accepted, and the slot of its token.

        The slot is None when the credentials are those of before: then their token is the one to go on with, since
        the refresh token in the form has been spent long ago.

        Raises:
            TooManyRefusals: the bank has refused others before, and was not asked.
            BankFailure: the bank refuses them, or knows the account under another number or holder.
            GatewayError: `deadline_exceeded`.
        """
        await self._check_refusals(record)
        try:
            return await self._tried(record, before, credentials, expires)
        except BankFailure as failure:
            if not failure.retryable:
                await to_the_end(self._note_refusal(record, before, failure.code))
            raise

    async def _check_refusals(self, record: AccountRecord) -> None:
        """Count the bank's refusals: all processes record them, also of accounts that are not registered yet.

        Raises:
            TooManyRefusals: there were too many.
        """
        age = await self.audit.refusal_age(record.tenant_id, record.id, NEW_CREDENTIALS_REFUSED)
        if age is not None and age < NEW_CREDENTIALS_WINDOW:
            raise TooManyRefusals(record.bank, math.ceil((NEW_CREDENTIALS_WINDOW - age).total_seconds()))

    async def _note_refusal(self, record: AccountRecord, before: Integration, code: str) -> None:
        """Record that the bank has refused credentials. Without a database the caller still learns of the refusal."""
        action = Action.INTEGRATION_CREDENTIALS_REPLACED if before.enabled else Action.INTEGRATION_ENABLED
        with suppress(*DATABASE_ERRORS):
            await self.audit.note(record.tenant_id, action, about("account", record.id), refused(code))

    async def _tried(
        self, record: AccountRecord, before: Integration, credentials: Credentials, expires: datetime | None
    ) -> tuple[Integration, str | None]:
        """As `verified`, without a record of refusals."""
        now = self.clock.now()
        account = self.at_banks.account(record, credentials)
        same = before.credentials is not None and before.credentials.values == credentials.values
        yesterday = now.date() - timedelta(days=1)
        reader = self.reader if same else self.trial_reader
        try:
            await reader.read(account, Period(yesterday, yesterday))
            check_held(record, await reader.identify(account))
        except BankFailure as failure:
            self.health.failed(record.bank, failure, now)
            if not same and not find(record.bank).auth(account).rotates:
                await self.trials.discard_trial(account)
            raise
        self.health.succeeded(record.bank, now)
        integration = _enabled(record, credentials, expires, now)
        if same:
            return replace(integration, consent_expires_at=before.consent_expires_at), None
        return integration, self.rows.trial_slot(record.id, credentials)

    async def verified_after_consent(
        self, record: AccountRecord, credentials: Credentials, now: datetime
    ) -> tuple[Integration, str | None]:
        """As `verified`, for credentials with a code, which can be redeemed only once.

        A passing failure of the bank after it has given its token does not undo the account holder's consent.

        Raises:
            BankFailure: the bank refuses them.
            GatewayError: `deadline_exceeded`, without a token.
        """
        try:
            return await self._tried(record, Integration(account_id=record.id), credentials, None)
        except GatewayError as failure:
            tried = self.at_banks.account(record, credentials)
            if not _passing(failure, got_token=self.trials.has_token(tried)):
                await self.trials.discard_trial(tried)
                raise
            integration = replace(
                _enabled(record, credentials, None, now),
                state=State.BANK_FAILING,
                last_success_at=None,
                last_failure=RememberedFailure.of(failure, now, at="statement"),
                failures_in_a_row=1,
            )
            return integration, self.rows.trial_slot(record.id, credentials)


def _enabled(record: AccountRecord, credentials: Credentials, expires: datetime | None, now: datetime) -> Integration:
    """A new integration, whose credentials the bank has just accepted."""
    return Integration(
        account_id=record.id,
        state=State.ACTIVE,
        credentials=credentials,
        enabled_at=now,
        first_import=first_import(contract_of(record.bank), now.date()),
        last_success_at=now,
        certificate_expires_at=expires,
    )


def first_import(contract: Contract, today: date) -> Period:
    """The days of a first import: as many as the contract says, the last of them yesterday."""
    yesterday = today - timedelta(days=1)
    first = max(today - timedelta(days=contract.period.first_import_days), oldest_day(today, contract.period))
    return Period(min(first, yesterday), yesterday)


def _passing(failure: GatewayError, *, got_token: bool) -> bool:
    """Whether a bank that has given its token failed at a read, or was too slow for it, in a way that may pass."""
    if failure.code == "deadline_exceeded":
        return got_token
    return isinstance(failure, BankFailure) and failure.at in READS and failure.entry.retryable
