"""What callers do with accounts: register, enable, disable, read a statement; and what each outcome means.

Rules.
1. New credentials replace old ones only after the bank has accepted them; a refusal changes nothing.
2. Credentials that lack the account holder's authorization begin a journey to the bank's page; when it has ended well,
   rule 1 holds for what came of it.
3. While the operator has paused a bank or a connection, nothing of it is enabled; a pause of new enrolments leaves
   alone what is enabled already.

How statements are read, and what their outcomes mean, is told in `gateway.accounts.readings`; how tokens are kept alive
that nobody reads with, in `gateway.accounts.renewals`.

Long because all that callers do with accounts, and the order of its steps, stands in one place.
"""

from collections.abc import Coroutine, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from contracts.schema import OperationKind
from gateway import connectors
from gateway.accounts import enrolment, expiring, suspension
from gateway.accounts.bank_health import BankHealth, Outcomes
from gateway.accounts.certificates import CHECKS
from gateway.accounts.consent import Journeys, Pending, Returned, redeemable
from gateway.accounts.held import check_held
from gateway.accounts.pauses import Pauses
from gateway.accounts.pkcs12 import Bundles
from gateway.accounts.readings import Asked, Readings
from gateway.accounts.renewals import Renewals
from gateway.accounts.restatements import DaySeals
from gateway.accounts.tokens import Tokens
from gateway.accounts.whole import to_the_end
from gateway.clock import Clock, SystemClock
from gateway.concurrency.single_flight import Arrival
from gateway.connectors import find
from gateway.errors import BankFailure, CallerError, GatewayError
from gateway.limits import TRIALS_KEPT
from gateway.model import Credentials, Period, Statement
from gateway.statement import Line, StatementReader
from gateway.storage.changes import Changes
from gateway.storage.records import AccountRecord, Integration, NewAccount, State
from gateway.storage.remembered import RememberedFailure
from gateway.storage.store import Store
from gateway.storage.tokens import ACTIVE, TokenRows
from gateway.storage.vault import VaultError

__all__ = ["NewAccount", "Service"]


READS = frozenset(kind.value for kind in OperationKind if kind is not OperationKind.TOKEN)


class Service:
    """Accounts, integrations and statements of all tenants.

    Args:
        store: the queries.
        rows: the table of tokens.
        tokens: keeps the tokens of enabled integrations.
        journeys: begins consent journeys and takes them up again.
        pauses: the operator's switch.
        seals: what final days were like.
        line: carries requests to banks.
        clock: tells the time.
        changes: sees to it that one change is made at a time.
        environment: which of each bank's environments is called.
        page_size: entries to ask for in one page; 0 for the largest each bank accepts.
        deadline: seconds after which a statement is given up.
    """

    def __init__(
        self,
        store: Store,
        rows: TokenRows,
        tokens: Tokens,
        journeys: Journeys,
        pauses: Pauses,
        seals: DaySeals,
        line: Line,
        clock: Clock,
        *,
        changes: Changes,
        environment: str = "production",
        page_size: int = 0,
        deadline: float = 120.0,
    ) -> None:
        self.store = store
        self.pauses = pauses
        self._outcomes = Outcomes()
        self._bundles = Bundles()
        self._rows = rows
        self._tokens = tokens
        self._journeys = journeys
        self.redirect_uri = journeys.redirect_uri
        self._trials = tokens.trial()
        self._clock = clock
        self._environment = environment
        self._reader = StatementReader(line, self._tokens, clock, page_size=page_size, deadline=deadline)
        self._verifier = StatementReader(line, self._trials, clock, page_size=page_size, deadline=deadline)
        self._readings = Readings(
            store, self._tokens, seals, self._outcomes, self._reader, clock, environment=environment
        )
        self._renewals = Renewals(store, rows, pauses, self._readings, self._reader, clock)
        self._changes = changes

    async def register(self, tenant_id: str, new: NewAccount) -> tuple[AccountRecord, Integration]:
        """Register an account, and enable its integration when credentials come with it.

        Raises:
            CallerError: something about it is wrong, or it is registered already, perhaps under another number.
            BankFailure: the bank refuses the credentials, is paused, or knows the account under another number or
                holder; nothing is registered.
        """
        opened = await self._bundles.opened(new.bank, new.credentials or {})
        new = replace(new, credentials=opened.values if new.credentials is not None else None)
        record, form = await CHECKS.run(enrolment.checked, tenant_id, new, self._clock.now(), opened.refused)
        contract = enrolment.contract_of(record.bank)
        names = self.store.claims(record, form[0]) if form is not None else []
        async with self._changes.one(record.id, *names):
            where = record.bank, record.branch, record.number, record.id
            if (existing := await self.store.find(tenant_id, *where)) is not None:
                raise CallerError("account_exists", f"the account is registered as {existing.id}")
            self._readings.remember(record)
            before = Integration(account_id=record.id)
            if form is None:
                await self.store.add(record)
                return record, before
            credentials, expires = form
            await self.pauses.check(record, self._clock.now(), enrolling=True)
            await self.store.check_name(record, credentials)
            if begun := self._journeys.begun(self._readings.account(record, credentials), contract, self._clock.now()):
                await self.store.add(record, begun=begun)
                return record, begun.shown(before)
            integration, slot = await self._verified(record, before, credentials, expires)
            await to_the_end(self._write(self.store.add(record, integration, slot), record.id))
            return record, integration

    async def enable(
        self, tenant_id: str, account_id: str, given: Mapping[str, Any]
    ) -> tuple[AccountRecord, Integration]:
        """Enable an account's integration with credentials that the bank has accepted, or begin a consent journey.

        Raises:
            CallerError: there is no such account, or the credentials do not have the bank's form.
            BankFailure: the bank refuses them, or is paused; what was enabled before stays as it was.
        """
        record = await self.store.account(tenant_id, account_id)
        opened = await self._bundles.opened(record.bank, given)
        async with self._changes.one(account_id):
            before = await self._before(tenant_id, account_id)
            contract, now = enrolment.contract_kept(record.bank), self._clock.now()
            await self.pauses.check(record, now, enrolling=not before.enabled)
            credentials, expires = await CHECKS.run(
                enrolment.check_credentials, contract, opened.values, now, opened.refused
            )
            async with self._changes.one(*self.store.claims(record, credentials)):
                await self.store.check_name(record, credentials)
                if begun := self._journeys.begun(self._readings.account(record, credentials), contract, now):
                    return record, begun.shown(await self.store.begin(tenant_id, account_id, begun))
                integration, slot = await self._verified(record, before, credentials, expires)
                writing = self.store.enable(tenant_id, integration, slot)
                await to_the_end(self._write(writing, account_id if slot is not None else None))
                return record, integration

    async def authorise(self, returned: Returned) -> tuple[AccountRecord, Integration]:
        """End a consent journey: redeem the code, verify with one small read, enable.

        A bank that fails for the moment once it has given its token does not undo the account holder's consent. A pause
        does not use the journey up, nor does a bank that is not installed.

        Raises:
            Unfinished: there is no such journey, or it did not end well.
            CallerError: `credentials_in_use`; the code was not sent to the bank.
            BankFailure: the bank refuses what came of it, or is paused.
        """
        account = await self._journeys.account_of(returned.state)
        async with self._changes.one(account.id):
            before = await self._before(account.tenant_id, account.id)
            await self.pauses.check(account, self._clock.now(), enrolling=not before.enabled)
            enrolment.contract_kept(account.bank)
            pending = await self._journeys.take(returned.state)
            async with (
                self._journeys.ending(pending, self._clock.now()),
                self._changes.one(*self.store.claims(pending.record, pending.credentials)),
            ):
                return pending.record, await self._redeemed(pending, returned)

    async def _redeemed(self, pending: Pending, returned: Returned) -> Integration:
        """The integration that came of a consent journey, enabled.

        Raises:
            Unfinished: the browser brought no code.
            CallerError: `credentials_in_use`; the bank was not asked.
            BankFailure: the bank refuses what came of it.
        """
        record, now = pending.record, self._clock.now()
        contract = enrolment.contract_kept(record.bank)
        credentials = redeemable(pending, returned, contract.issuer(self._environment), now)
        await self.store.check_name(record, credentials)
        try:
            integration, slot = await self._verified(record, Integration(account_id=record.id), credentials, None)
        except GatewayError as failure:
            tried = self._readings.account(record, credentials)
            if not _passing(failure, got_token=self._trials.has_got(tried)):
                await self._trials.discard_trial(tried)
                raise
            integration = replace(
                enrolment.enabled(record, credentials, None, now),
                state=State.BANK_FAILING,
                last_success_at=None,
                last_failure=RememberedFailure.of(failure, now, at="statement"),
                failures_in_a_row=1,
            )
            slot = self._rows.trial_slot(record.id, credentials)
        await to_the_end(self._write(self.store.enable(record.tenant_id, integration, slot), record.id))
        return integration

    async def disable(self, tenant_id: str, account_id: str) -> AccountRecord:
        """Disable an account's integration and erase its credentials and tokens; whose they were.

        Raises:
            CallerError: there is no such account.
        """
        async with self._changes.one(account_id):
            record = await self.store.disable(tenant_id, account_id)
            self._tokens.forget(account_id)
            return record

    async def remove(self, tenant_id: str, account_id: str) -> AccountRecord:
        """Remove an account with all that belongs to it; what it was.

        Raises:
            CallerError: there is no such account.
        """
        async with self._changes.one(account_id):
            record = await self.store.remove(tenant_id, account_id)
            self._tokens.forget(account_id)
            return record

    def asking(self) -> Arrival[Asked, Statement]:
        """A caller who has just come and will ask for a statement. To be closed when he has gone."""
        return self._readings.asking()

    async def statement(
        self, tenant_id: str, account_id: str, period: Period, asking: Arrival[Asked, Statement] | None = None
    ) -> Statement:
        """The statement of a period, for a caller who came when `asking` began, or who comes now.

        Raises:
            CallerError: there is no such account, or the bank cannot be asked for that period.
            IntegrationInactive: its integration is not enabled.
            BankFailure: the bank gave something other than a statement, now or before.
            GatewayError: `deadline_exceeded`.
        """
        return await self._readings.read(tenant_id, account_id, period, asking)

    async def integrations(self, tenant_id: str, records: Sequence[AccountRecord]) -> dict[str, Integration]:
        """The integrations of the tenant's accounts as callers see them, by account id, without their credentials."""
        known = await self.store.integrations(tenant_id, [record.id for record in records])
        now = self._clock.now()
        paused = await self.pauses.of_accounts(records, now)
        shown = {record.id: expiring.told(suspension.told(known[record.id]), now) for record in records}
        return {record.id: paused.shown(record, shown[record.id]) for record in records}

    async def health(self) -> dict[str, BankHealth]:
        """How each bank has been doing in this process, and whether the operator has paused it, by slug."""
        pauses = await self.pauses.of_banks(self._clock.now())
        return {bank: self._outcomes.of(bank).under(pauses.of_bank(bank)) for bank in connectors.banks()}

    async def start(self) -> None:
        """Learn what is needed before the first request."""
        await self.store.fill_names()
        await self._readings.learn()

    async def keep_alive(self) -> None:
        """Make one round of renewals, of all tenants' tokens, and remove what was left behind."""
        try:
            await self.tidy()
        finally:
            await self._renewals.round()

    async def tidy(self) -> None:
        """Remove the tokens of credentials that were not enabled within a day, and the changes of processes that died.

        Raises:
            SQLAlchemyError: the database does not answer.
        """
        await self._rows.purge_trials(SystemClock().now() - TRIALS_KEPT)
        await self._changes.purge()

    async def aclose(self) -> None:
        """Wait for the readings that are under way."""
        await self._readings.aclose()

    async def _verified(
        self, record: AccountRecord, before: Integration, credentials: Credentials, expires: datetime | None
    ) -> tuple[Integration, str | None]:
        """A new integration whose credentials the bank has just accepted, and the slot of its token.

        The slot is None when the credentials are those of before: then their token is the one to go on with, since
        the refresh token in the form has been spent long ago.
        """
        now = self._clock.now()
        account = self._readings.account(record, credentials)
        same = before.credentials is not None and before.credentials.values == credentials.values
        yesterday = now.date() - timedelta(days=1)
        reader = self._reader if same else self._verifier
        try:
            await reader.read(account, Period(yesterday, yesterday))
            check_held(record, await reader.identify(account))
        except BankFailure as failure:
            self._readings.hide(failure, record, credentials)
            self._outcomes.failed(record.bank, failure, now)
            if not same and not find(record.bank).auth(account).rotates:
                await self._trials.discard_trial(account)
            raise
        self._outcomes.succeeded(record.bank, now)
        integration = enrolment.enabled(record, credentials, expires, now)
        if same:
            return replace(integration, consent_expires_at=before.consent_expires_at), None
        return integration, self._rows.trial_slot(record.id, credentials)

    async def _before(self, tenant_id: str, account_id: str) -> Integration:
        """The integration that new credentials are to replace.

        It is without its credentials where they, or its token, do not open any more: what is damaged must not stand in
        the way of what takes its place.
        """
        try:
            before = await self.store.integration(tenant_id, account_id)
            if before.credentials is not None:
                await self._rows.load(account_id, ACTIVE)
        except VaultError:
            return (await self.store.integrations(tenant_id, [account_id]))[account_id]
        return before

    async def _write(self, writing: Coroutine[Any, Any, None], account_id: str | None) -> None:
        """Write an integration down, and drop from memory the tokens whose rows that has promoted."""
        await writing
        if account_id is not None:
            self._tokens.forget(account_id)


def _passing(failure: GatewayError, *, got_token: bool) -> bool:
    """Whether a bank that has given its token failed at a read, or was too slow for it, and may do better soon."""
    if failure.code == "deadline_exceeded":
        return got_token
    return isinstance(failure, BankFailure) and failure.at in READS and failure.entry.retryable
