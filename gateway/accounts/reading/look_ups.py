"""Looks accounts up for readings, within a time and in turn.

One look-up runs at a time. Waiting look-ups are served round-robin by tenant, and by bank within a tenant, with a pause
between two of one tenant and bank, so that a crowd of one tenant or at one bank delays no other. Callers that came
before a look-up of their account began share it.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from msgspec import Struct

from gateway.accounts.states.pauses import PausesInForce
from gateway.accounts.states.usable import usable
from gateway.clock import Clock
from gateway.concurrency.single_flight import SingleFlight
from gateway.concurrency.slots import Holder, Slots
from gateway.errors import GatewayError, IntegrationInactive
from gateway.limits import ACCOUNTS_OF_KNOWN_BANK, LOOK_UP_PACE_SECONDS, LOOK_UP_SECONDS, LOOK_UPS_AT_ONCE
from gateway.model import Credentials
from gateway.storage.accounts.integrations import Integrations
from gateway.storage.accounts.records import AccountRecord, Integration, State
from gateway.storage.management.all_tenants import AllTenants

__all__ = ["LookUps", "Readable"]


class Readable(Struct, frozen=True):
    """An account that may be read, with what it is read with."""

    record: AccountRecord
    integration: Integration
    credentials: Credentials
    imported_at: datetime | None
    """When the daily import has last read a statement of it that is stored; None where it has read none of them."""


@dataclass(eq=False, repr=False)
class LookUps:
    """Looks accounts up."""

    integrations: Integrations
    all_tenants: AllTenants
    """Knows the banks of all accounts."""
    clock: Clock
    _shared: SingleFlight[tuple[str, str], Readable] = field(init=False, default_factory=SingleFlight)
    _slots: Slots = field(
        init=False, default_factory=lambda: Slots(LOOK_UPS_AT_ONCE, "look_up", pace_seconds=LOOK_UP_PACE_SECONDS)
    )
    _banks: dict[str, str] = field(init=False, default_factory=dict)
    """Slugs of banks by account id, as far as they are known; used only for serving banks in turn."""

    async def learn(self) -> None:
        """Load the banks of all accounts, so that banks are served in turn from the start."""
        self._banks = await self.all_tenants.banks(ACCOUNTS_OF_KNOWN_BANK)

    def remember(self, record: AccountRecord) -> None:
        """Remember the bank of an account."""
        if len(self._banks) >= ACCOUNTS_OF_KNOWN_BANK:
            self._banks.clear()
        self._banks[record.id] = record.bank

    async def readable(self, tenant_id: str, account_id: str) -> Readable:
        """An account that may be read, with its integration and credentials, looked up now or a little later.

        Raises:
            CallerError: there is no such account.
            IntegrationInactive: its integration is not enabled.
            BankFailure: a known failure, or a pause, for which the bank must not be asked.
            GatewayError: `deadline_exceeded`.
        """
        whose = tenant_id, account_id
        try:
            async with asyncio.timeout(LOOK_UP_SECONDS):
                return await self._shared.result(whose, lambda: self._in_turn(*whose))
        except TimeoutError as error:
            detail = f"the account could not be looked up within {LOOK_UP_SECONDS:g} seconds"
            raise GatewayError("deadline_exceeded", detail) from error

    async def aclose(self) -> None:
        """Wait for the look-ups that are under way."""
        await self._shared.aclose()

    async def _in_turn(self, tenant_id: str, account_id: str) -> Readable:
        """Look an account up when it has a slot; tenants take turns, and the banks of each."""
        async with self._slots.held(Holder(tenant_id, self._banks.get(account_id, ""))):
            self._shared.close_to_newcomers((tenant_id, account_id))
            return await self._look_up(tenant_id, account_id)

    async def _look_up(self, tenant_id: str, account_id: str) -> Readable:
        now = self.clock.now()
        known = await self.integrations.known(tenant_id, account_id, now)
        record, integration = known.record, known.integration
        self.remember(record)
        if integration.state is State.DISABLED:
            raise IntegrationInactive("the integration of this account is not enabled")
        PausesInForce(known.pauses).check(record, now, enrolling=False)
        return Readable(record, integration, usable(record, integration, now), known.imported_at)
