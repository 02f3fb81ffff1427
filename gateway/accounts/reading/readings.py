"""Reads statements of enabled integrations: whether the bank may be asked, and who shares a reading.

Rules.
1. Known failures are answered without asking the bank: a pause, a failure that only a person can mend, an expired
   certificate, and, for a while, a refusal that may pass and a bank that has failed for long
   (`gateway.accounts.reading.look_ups`).
2. Callers that ask for the same period of the same account share one reading, and its outcome is recorded once
   (`gateway.accounts.recording.outcomes`). A reading that ends while a caller's account is still being looked up is
   shared with that caller too.
3. Where several processes share a database, all of them share one reading (`gateway.accounts.reading.leases`).
4. What a caller accepts from the store is answered without asking the bank (`gateway.accounts.recording.stored`), but
   never instead of a known failure.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from msgspec.structs import replace

from gateway.accounts.access.at_banks import AccountsAtBanks
from gateway.accounts.reading.leases import Leases
from gateway.accounts.reading.look_ups import LookUps, Readable
from gateway.accounts.recording.outcomes import ReadStatement, Recording
from gateway.accounts.recording.stored import Answer, StoredAnswers, Wanted
from gateway.accounts.states.expiring import expiring
from gateway.clock import Clock
from gateway.concurrency.single_flight import Arrival, SingleFlight
from gateway.entry_ids import ID_VERSION
from gateway.errors import BankFailure, CallerError, GatewayError, IntegrationInactive
from gateway.limits import REPLACED_RETRY_AFTER_SECONDS
from gateway.model import Period, Statement, StatementWarning
from gateway.statement import StatementReader
from gateway.statement.warnings import warning
from gateway.storage.accounts.records import Integration
from gateway.storage.shared.leases import Lease
from gateway.storage.shared.tokens import digest

__all__ = ["Asked", "Readings"]

Asked: TypeAlias = tuple[str, Period, datetime | None, str]
"""Account, period, when the integration was enabled, digest of its credentials."""


@dataclass(eq=False, repr=False)
class Readings:
    """Reads statements and has their outcomes recorded."""

    look_ups: LookUps
    reader: StatementReader
    stored: StoredAnswers
    recording: Recording
    at_banks: AccountsAtBanks
    clock: Clock
    leases: Leases | None = None
    """Of all processes that share the database; None where this is the only one."""
    _shared: SingleFlight[Asked, Statement] = field(init=False, default_factory=SingleFlight)

    async def learn(self) -> None:
        """Load the banks of all accounts, so that banks are served in turn from the start."""
        await self.look_ups.learn()

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
            readable = await self.look_ups.readable(tenant_id, account_id)
            return await self._shared_with(caller, readable, period, imported=imported)

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
            readable = await self.look_ups.readable(tenant_id, account_id)
            now, integration = self.clock.now(), readable.integration
            account = self.at_banks.account(readable.record, readable.credentials)
            found = await self.stored.find(account, integration, period, wanted, now, readable.imported_at)
            if found is not None:
                return Answer(_with_warnings(integration, found, [], now), is_stored=True)
            if not wanted.asks_bank:
                detail = "no stored statement of the period is as new as the request demands"
                raise CallerError("not_stored", detail, bank=account.bank)
            return Answer(await self._shared_with(caller, readable, period), is_stored=False)

    async def _shared_with(
        self, caller: Arrival[Asked, Statement], readable: Readable, period: Period, *, imported: bool = False
    ) -> Statement:
        """The statement of a reading that all who ask for the same share."""
        asked = readable.record.id, period, readable.integration.enabled_at, digest(readable.credentials)
        return await caller.result(asked, lambda: self._read(readable, period, imported=imported))

    async def aclose(self) -> None:
        """Wait for the readings that are under way."""
        await self.look_ups.aclose()
        await self._shared.aclose()
        await self.recording.aclose()
        if self.leases is not None:
            await self.leases.aclose()

    async def _read(self, readable: Readable, period: Period, *, imported: bool) -> Statement:
        """One reading, shared by all who ask for it meanwhile, in whichever process."""
        if self.leases is None:
            return await self._read_at_bank(readable, period, None, imported=imported)
        record = readable.record

        async def read(lease: Lease | None, waited: bool) -> Statement:  # noqa: FBT001
            # The reading that was waited for may have shown that the bank must not be asked.
            known = await self.look_ups.readable(record.tenant_id, record.id) if waited else readable
            return await self._read_at_bank(known, period, lease, imported=imported)

        account = self.at_banks.account(record, readable.credentials)
        return await self.leases.one_reading(account, readable.integration, period, read)

    async def _read_at_bank(
        self, readable: Readable, period: Period, lease: Lease | None, *, imported: bool
    ) -> Statement:
        """Read, and record the outcome, unless the lease was lost meanwhile."""
        record, integration, credentials = readable.record, readable.integration, readable.credentials
        until = asyncio.get_running_loop().time() + self.reader.deadline
        try:
            statement = await self.reader.read(self.at_banks.account(record, credentials), period)
        except BankFailure as failure:
            await self.recording.failed(record, integration, failure, lease)
            await self._check_still_read_with(readable, failure)
            raise
        now = self.clock.now()
        read = ReadStatement(
            record=record, integration=integration, statement=statement, at=now, lease=lease, imported=imported
        )
        carried_on, found = await self.recording.succeeded(read, until)
        return _with_warnings(integration, carried_on, found, now)

    async def _check_still_read_with(self, readable: Readable, failure: BankFailure) -> None:
        """Say what holds now, where what the bank refuses was taken away or replaced while it was asked.

        Raises:
            CallerError: the account was removed.
            IntegrationInactive: the integration was disabled.
        """
        if not failure.entry.stops_integration:
            return
        try:
            present = await self.look_ups.readable(readable.record.tenant_id, readable.record.id)
        except (CallerError, IntegrationInactive) as changed:
            raise changed from failure
        except GatewayError:
            return
        if present.credentials != readable.credentials:
            failure.may_pass(REPLACED_RETRY_AFTER_SECONDS, "the credentials were replaced while the bank was asked")


def _with_warnings(
    integration: Integration, statement: Statement, found: list[StatementWarning], now: datetime
) -> Statement:
    """The statement with the gateway's own warnings about the account."""
    if integration.id_version != ID_VERSION:
        detail = f"ids are those of rule {ID_VERSION}; since it was enabled the account had those of another rule"
        found = [*found, warning("ids_renewed", detail)]
    found = [*found, *expiring(integration, now)]
    return replace(statement, warnings=[*statement.warnings, *found]) if found else statement
