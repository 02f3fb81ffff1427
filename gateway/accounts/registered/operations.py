"""The operator's actions, for all tenants: list accounts, pause and resume banks."""

from collections.abc import Sequence
from datetime import datetime

from gateway.accounts.states.pauses import PausesInForce
from gateway.accounts.states.shown import shown
from gateway.clock import Clock
from gateway.storage.accounts.pauses import Mode, Pause, Pauses
from gateway.storage.accounts.records import AccountRecord, Integration
from gateway.storage.accounts.registry import Accounts
from gateway.storage.management.all_tenants import AllTenants

__all__ = ["Operations"]


class Operations:
    """The operator's commands.

    Args:
        all_tenants: accounts and integrations of all tenants.
    """

    def __init__(self, all_tenants: AllTenants, accounts: Accounts, pauses: Pauses, clock: Clock) -> None:
        self._all_tenants = all_tenants
        self._accounts = accounts
        self._pauses = pauses
        self._clock = clock

    async def accounts(self) -> list[tuple[str, AccountRecord, Integration]]:
        """All accounts, with the tenant's name and the integration as callers see it, without credentials."""
        now = self._clock.now()
        pauses = PausesInForce(await self._pauses.all(now))
        return [
            (tenant, record, shown(record, integration, pauses, now))
            for tenant, record, integration in await self._all_tenants.everything()
        ]

    async def account(self, account_id: str) -> AccountRecord:
        """An account of any tenant.

        Raises:
            CallerError: `unknown_account`.
        """
        return await self._accounts.account(await self._all_tenants.owner_of(account_id), account_id)

    async def pause(
        self, bank: str, account_id: str | None = None, *, mode: Mode, reason: str, until: datetime | None
    ) -> None:
        """Stop asking a bank, or asking it for one account; replaces an earlier pause.

        Raises:
            ValueError: it would have ended already, or its reason is too long.
        """
        since = self._clock.now()
        pause = Pause(bank=bank, account_id=account_id, mode=mode, reason=reason, since=since, until=until)
        await self._pauses.begin(pause)

    async def resume(self, *, bank: str | None = None, account_id: str | None = None) -> bool:
        """End the pause of a bank, or of an account; give whether there was one in force."""
        return await self._pauses.end(bank=bank, account_id=account_id, now=self._clock.now())

    async def pauses(self) -> Sequence[Pause]:
        """The pauses in force, by bank, those of whole banks first."""
        return await self._pauses.all(self._clock.now())
