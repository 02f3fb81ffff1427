"""Reads statements of enabled integrations: whether the bank may be asked, and what an outcome means.

Rules.
1. Known failures are answered without asking the bank: a pause, a failure that only a person can mend, an expired
   certificate, and, for a while, a refusal that may pass and a bank that has failed for long.
2. Callers that ask for the same period of the same account share one reading, and its outcome is recorded once. A
   reading that ends while a caller's account is still being looked up is shared with that caller too.
3. One account look-up runs at a time. Waiting look-ups are served round-robin by tenant, and by bank within a tenant,
   with a pause between two of one tenant and bank, so that a crowd of one tenant or at one bank delays no other.
   Callers that came before a look-up of their account began share it.
4. An outcome is recorded only if the integration is still the one that was read with, and with it what the statement
   contains; the entries of a large one follow in many transactions.
5. Where several processes share a database, all of them share one reading (`gateway.accounts.leases`).
6. What a caller accepts from the store is answered without asking the bank (`gateway.accounts.stored`), but never
   instead of a known failure.

Long because the way of a reading is to be read in one place.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import TypeAlias, TypeVar

from msgspec.structs import replace

from gateway.accounts import enrolment, suspension
from gateway.accounts.bank_health import BankHealths
from gateway.accounts.continuity import Continuity, Gap, carried_on, gap_of
from gateway.accounts.entry_changes import EntryChanges
from gateway.accounts.expiring import expiring
from gateway.accounts.final_days import final_days
from gateway.accounts.hiding import hide
from gateway.accounts.leases import Leases
from gateway.accounts.notes import Notes
from gateway.accounts.pauses import PausesInForce
from gateway.accounts.refusals import seconds_held, suspicion_of
from gateway.accounts.restatements import restated
from gateway.accounts.stored import Answer, StoredAnswers, Wanted
from gateway.accounts.tokens import Tokens
from gateway.accounts.usable import ONE_REFUSAL, usable
from gateway.clock import Clock
from gateway.concurrency.single_flight import Arrival, SingleFlight
from gateway.concurrency.slots import Holder, Slots
from gateway.concurrency.workers import LARGE
from gateway.errors import BankFailure, CallerError, GatewayError, IntegrationInactive
from gateway.identity import ID_VERSION
from gateway.limits import (
    ACCOUNTS_OF_KNOWN_BANK,
    LOOK_UP_PACE_SECONDS,
    LOOK_UP_SECONDS,
    LOOK_UPS_AT_ONCE,
    MANY_ENTRIES,
    RECORDS_WRITTEN_AT_ONCE,
    REFUSAL_RETRY_AFTER_SECONDS,
)
from gateway.model import Account, Credentials, Period, Statement, StatementWarning
from gateway.statement import StatementReader
from gateway.statement_warnings import warning
from gateway.storage.all_tenants import AllTenants
from gateway.storage.day_digests import DayDigests, bring_nothing_new
from gateway.storage.integrations import Integrations
from gateway.storage.leases import Lease
from gateway.storage.outcomes import Outcomes, Storing
from gateway.storage.records import AccountRecord, Integration, State
from gateway.storage.remembered import RememberedFailure, Suspicion
from gateway.storage.tokens import digest

__all__ = ["Asked", "Readings"]

T = TypeVar("T")

Readable: TypeAlias = tuple[AccountRecord, Integration, Credentials]
Asked: TypeAlias = tuple[str, Period, datetime | None, str]
"""Account, period, when the integration was enabled, digest of its credentials."""


class Readings:
    """Reads statements and records their outcomes.

    Args:
        integrations: the table of integrations.
        outcomes: records outcomes in it.
        all_tenants: knows the banks of all accounts.
        tokens: knows the tokens that no text may quote.
        digests: stored digests of final days.
        continuity: compares statements with the balances that were given before.
        changes: keeps the entries of statements, and tells what has changed in them.
        stored: keeps statements, and answers from them.
        health: the health of each bank.
        reader: reads statements at the bank.
        clock: gives the present instant.
        environment: which of each bank's environments is called.
        leases: of all processes that share the database; None where this is the only one.
    """

    def __init__(
        self,
        integrations: Integrations,
        outcomes: Outcomes,
        all_tenants: AllTenants,
        tokens: Tokens,
        digests: DayDigests,
        continuity: Continuity,
        changes: EntryChanges,
        stored: StoredAnswers,
        health: BankHealths,
        reader: StatementReader,
        clock: Clock,
        environment: str,
        leases: Leases | None = None,
    ) -> None:
        self._integrations = integrations
        self._outcomes = outcomes
        self._all_tenants = all_tenants
        self._tokens = tokens
        self._digests = digests
        self._health = health
        self._continuity = continuity
        self._changes = changes
        self._stored = stored
        self._reader = reader
        self._clock = clock
        self._environment = environment
        self._leases = leases
        self._shared: SingleFlight[Asked, Statement] = SingleFlight()
        self._look_ups: SingleFlight[tuple[str, str], Readable] = SingleFlight()
        self._look_up_slots = Slots(LOOK_UPS_AT_ONCE, "look_up", pace_seconds=LOOK_UP_PACE_SECONDS)
        self._note_slots = Slots(RECORDS_WRITTEN_AT_ONCE, "note")
        self._notes = Notes()
        self._banks: dict[str, str] = {}
        """Slugs of banks by account id, as far as they are known; used only for serving banks in turn."""

    async def learn(self) -> None:
        """Load the banks of all accounts, so that banks are served in turn from the start."""
        self._banks = await self._all_tenants.banks(ACCOUNTS_OF_KNOWN_BANK)

    def remember(self, record: AccountRecord) -> None:
        """Remember the bank of an account."""
        if len(self._banks) >= ACCOUNTS_OF_KNOWN_BANK:
            self._banks.clear()
        self._banks[record.id] = record.bank

    def arrival(self) -> Arrival[Asked, Statement]:
        """The arrival of a caller: readings that end from now on may be shared with it. It ends as a context."""
        return self._shared.arrival()

    async def read(
        self,
        tenant_id: str,
        account_id: str,
        period: Period,
        arrival: Arrival[Asked, Statement] | None = None,
        *,
        imported: bool = False,
    ) -> Statement:
        """The statement of a period, for a caller that came with `arrival`, or that comes now; the bank is asked.

        Args:
            tenant_id: whose account it is.
            account_id: the account.
            period: the days.
            arrival: of the caller.
            imported: whether the daily import asks.

        Raises:
            CallerError: there is no such account, or the bank cannot be asked for that period.
            IntegrationInactive: its integration is not enabled.
            BankFailure: the bank gave something other than a statement, now or before, or must not be asked.
            GatewayError: `deadline_exceeded`.
        """
        with arrival or self.arrival() as caller:
            return await self._shared_with(
                caller, await self._readable(tenant_id, account_id), period, imported=imported
            )

    async def answer(
        self,
        tenant_id: str,
        account_id: str,
        period: Period,
        wanted: Wanted,
        arrival: Arrival[Asked, Statement] | None = None,
    ) -> Answer:
        """The statement of a period, from the store where that has one that the caller accepts.

        Raises:
            CallerError: as `read`; `not_stored`: the store has none, and the caller does not want the bank to be asked.
            GatewayError: as `read`.
        """
        with arrival or self.arrival() as caller:
            readable = record, integration, credentials = await self._readable(tenant_id, account_id)
            now = self._clock.now()
            found = await self._stored.find(self.account(record, credentials), integration, period, wanted, now)
            if found is not None:
                return Answer(_with_warnings(integration, found, [], now), is_stored=True)
            if not wanted.asks_bank:
                detail = "no stored statement of the period is as new as the request demands"
                raise CallerError("not_stored", detail, bank=record.bank)
            return Answer(await self._shared_with(caller, readable, period), is_stored=False)

    async def _shared_with(
        self,
        caller: Arrival[Asked, Statement],
        readable: Readable,
        period: Period,
        *,
        imported: bool = False,
    ) -> Statement:
        """The statement of a reading that all who ask for the same share."""
        record, integration, credentials = readable
        asked = record.id, period, integration.enabled_at, digest(credentials)
        return await caller.result(
            asked, lambda: self._read(record, integration, credentials, period, imported=imported)
        )

    async def _readable(self, tenant_id: str, account_id: str) -> Readable:
        """An account that may be read, with its integration and credentials, looked up now or a little later.

        Raises:
            GatewayError: `deadline_exceeded`, and the errors of `read`.
        """
        whose = tenant_id, account_id
        try:
            async with asyncio.timeout(LOOK_UP_SECONDS):
                return await self._look_ups.result(whose, lambda: self._in_turn(*whose))
        except TimeoutError as error:
            detail = f"the account could not be looked up within {LOOK_UP_SECONDS:g} seconds"
            raise GatewayError("deadline_exceeded", detail) from error

    async def _in_turn(self, tenant_id: str, account_id: str) -> Readable:
        """Look an account up when it has a slot; tenants take turns, and the banks of each."""
        async with self._look_up_slots.held(Holder(tenant_id, self._banks.get(account_id, ""))):
            self._look_ups.close_to_newcomers((tenant_id, account_id))
            return await self._look_up(tenant_id, account_id)

    async def _look_up(self, tenant_id: str, account_id: str) -> Readable:
        """An account that may be read, with its integration and credentials."""
        now = self._clock.now()
        record, integration, pauses = await self._integrations.known(tenant_id, account_id, now)
        self.remember(record)
        if integration.state is State.DISABLED:
            raise IntegrationInactive("the integration of this account is not enabled")
        PausesInForce(pauses).check(record, now, enrolling=False)
        return record, integration, usable(record, integration, now)

    async def aclose(self) -> None:
        """Wait for the readings that are under way."""
        await self._look_ups.aclose()
        await self._shared.aclose()
        await self._notes.aclose()
        if self._leases is not None:
            await self._leases.aclose()

    def account(self, record: AccountRecord, credentials: Credentials) -> Account:
        """The account with what is needed to read it.

        Raises:
            BankNotInstalled: the package that brought the bank is broken or gone.
            BankFailure: `integration_paused`: the bank is not in this gateway's environment.
        """
        contract = enrolment.contract_kept(record.bank)
        if self._environment not in contract.environments:
            detail = f"{contract.name} has no environment {self._environment}"
            raise BankFailure("integration_paused", bank=record.bank, at="gateway", detail=detail)
        return record.with_credentials(credentials, self._environment)

    def hide(self, failure: BankFailure, record: AccountRecord, credentials: Credentials) -> None:
        """Remove our own credentials, tokens and tax id from a failure, where the bank has quoted them."""
        hide(failure, {*credentials.values.values(), *self._tokens.in_memory(record.id), record.holder_tax_id})

    async def note_failure(
        self, record: AccountRecord, integration: Integration, failure: BankFailure, lease: Lease | None = None
    ) -> None:
        """Record a failure for its integration and for the health of its bank; of a reading, under its lease."""
        # A period that the bank does not give and a request that we held back mean nothing for the integration.
        if failure.entry.actor == "caller" or failure.at in {"gateway", "authorization"}:
            return
        if failure.held_back:
            return
        now = self._clock.now()
        self._health.failed(record.bank, failure, now)
        suspicion = None
        if failure.entry.stops_integration:
            worked = integration.last_success_at is not None
            suspicion = suspicion_of(failure, integration.suspicion, now, has_worked=worked)
        if suspicion is not None:
            failure.may_pass(seconds_held(suspicion, now) or REFUSAL_RETRY_AFTER_SECONDS, ONE_REFUSAL)
        state = _state_after(failure, suspicion)
        remembered = RememberedFailure.of(failure, now)
        counts = suspension.counts(failure) and state is State.BANK_FAILING

        failed = partial(self._outcomes.failed, record.tenant_id, integration, state, remembered)
        began = suspension.cycle_began(now)
        await self._note(record, partial(failed, counts=counts, cycle_began=began, suspicion=suspicion, lease=lease))

    async def _note(self, record: AccountRecord, writing: Callable[[], Awaitable[T]]) -> T | None:
        """Record something of an account in turn; None where that failed or takes too long."""

        async def in_turn() -> T:
            async with self._note_slots.held(Holder(record.tenant_id, record.bank)):
                return await writing()

        return await self._notes.write(record, in_turn)

    async def _read(
        self,
        record: AccountRecord,
        integration: Integration,
        credentials: Credentials,
        period: Period,
        *,
        imported: bool,
    ) -> Statement:
        """One reading, shared by all who ask for it meanwhile, in whichever process."""
        if self._leases is None:
            return await self._read_at_bank(record, integration, credentials, period, None, imported=imported)

        async def read(lease: Lease | None, waited: bool) -> Statement:  # noqa: FBT001
            # The reading that was waited for may have shown that the bank must not be asked.
            known = await self._readable(record.tenant_id, record.id) if waited else (record, integration, credentials)
            return await self._read_at_bank(*known, period, lease, imported=imported)

        return await self._leases.one_reading(self.account(record, credentials), integration, period, read)

    async def _read_at_bank(
        self,
        record: AccountRecord,
        integration: Integration,
        credentials: Credentials,
        period: Period,
        lease: Lease | None,
        *,
        imported: bool,
    ) -> Statement:
        """Read, and record the outcome, unless the lease was lost meanwhile."""
        began = _seconds()
        try:
            statement = await self._reader.read(self.account(record, credentials), period)
        except BankFailure as failure:
            self.hide(failure, record, credentials)
            await self.note_failure(record, integration, failure, lease)
            raise
        now = self._clock.now()
        self._health.succeeded(record.bank, now)

        # Computed before a slot is taken: it takes long with a large statement, and others wait for the slot.
        is_large = len(statement.entries) > MANY_ENTRIES
        days = await LARGE.run_if(is_large, final_days, statement)

        async def kept(gap: Gap) -> list[StatementWarning]:
            found = await self._continuity.keep(statement, days, gap, now)
            if changed := await self._digests.renew(record.tenant_id, record.id, days.digests, now):
                found.append(restated(changed))
            return found

        turn = partial(self._note_slots.held, Holder(record.tenant_id, record.bank))

        async def noting() -> tuple[Gap, list[StatementWarning]] | None:
            contents = [await self._stored.storing(statement, days, integration, imported=imported)]
            if not is_large:
                contents.append(self._changes.storing(statement))
            async with turn():
                return await noted_with(contents)

        async def noted_with(contents: list[Storing]) -> tuple[Gap, list[StatementWarning]] | None:
            given = await self._outcomes.succeeded(record.tenant_id, integration, period, now, lease, contents)
            if given is None:
                return None
            gap = gap_of(statement, given.balances)
            if gap.open:
                return gap, []
            if bring_nothing_new(days.digests, given.digests, now):
                return gap, await self._continuity.keep(statement, days, gap, now)
            return gap, await kept(gap)

        noted = await self._notes.write(record, noting)
        gap, found = noted or (Gap({}), [])
        if gap.open:
            left = self._reader.deadline - (_seconds() - began)
            await self._continuity.read_back(statement.account, statement, gap, now, seconds=left)
            found = await self._note(record, partial(kept, gap)) or []

        if is_large:
            await self._notes.write_parts(record, self._changes.keep_in_parts(statement, integration, turn))
        return _with_warnings(integration, carried_on(statement, gap), found, now)


def _seconds() -> float:
    """The event loop's clock, by which deadlines run."""
    return asyncio.get_running_loop().time()


def _state_after(failure: BankFailure, suspicion: Suspicion | None) -> State:
    if failure.code == "integration_paused":
        return State.PAUSED
    stops = failure.entry.stops_integration and suspicion is None
    return State.NEEDS_ACTION if stops else State.BANK_FAILING


def _with_warnings(
    integration: Integration, statement: Statement, found: list[StatementWarning], now: datetime
) -> Statement:
    """The statement with the gateway's own warnings about the account."""
    if integration.id_version != ID_VERSION:
        detail = f"ids are those of rule {ID_VERSION}; since it was enabled the account had those of another rule"
        found = [*found, warning("ids_renewed", detail)]
    found = [*found, *expiring(integration, now)]
    return replace(statement, warnings=[*statement.warnings, *found]) if found else statement
