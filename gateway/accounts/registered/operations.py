"""The operator's actions, for all tenants: list accounts, pause and resume banks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.accounts.states.pauses import PausesInForce
from gateway.accounts.states.shown import shown
from gateway.clock import Clock
from gateway.storage.accounts.pauses import Mode, Pause, Pauses
from gateway.storage.accounts.records import AccountRecord, Integration
from gateway.storage.accounts.registry import Accounts
from gateway.storage.management.all_tenants import AllTenants

__all__ = ["Operations"]


@dataclass(eq=False, repr=False)
class Operations:
    """The operator's commands."""

    all_tenants: AllTenants
    account_table: Accounts
    pause_table: Pauses
    clock: Clock

    async def accounts(self) -> list[tuple[str, AccountRecord, Integration]]:
        """All accounts, with the tenant's name and the integration as callers see it, without credentials."""
        now = self.clock.now()
        pauses = PausesInForce(await self.pause_table.all(now))
        return [
            (tenant, record, shown(record, integration, pauses, now))
            for tenant, record, integration in await self.all_tenants.everything()
        ]

    async def account(self, account_id: str) -> AccountRecord:
        """An account of any tenant.

        Raises:
            CallerError: `unknown_account`.
        """
        return await self.account_table.account(await self.all_tenants.owner_of(account_id), account_id)

    async def pause(
        self, bank: str, account_id: str | None = None, *, mode: Mode, reason: str, until: datetime | None
    ) -> None:
        """Stop asking a bank, or asking it for one account; replaces an earlier pause.

        Raises:
            ValueError: it would have ended already, or its reason is too long.
        """
        since = self.clock.now()
        pause = Pause(bank=bank, account_id=account_id, mode=mode, reason=reason, since=since, until=until)
        await self.pause_table.begin(pause)

    async def resume(self, *, bank: str | None = None, account_id: str | None = None) -> bool:
        """End the pause of a bank, or of an account; give whether there was one in force."""
        return await self.pause_table.end(bank=bank, account_id=account_id, now=self.clock.now())

    async def pauses(self) -> Sequence[Pause]:
        """The pauses in force, by bank, those of whole banks first."""
        return await self.pause_table.all(self.clock.now())
