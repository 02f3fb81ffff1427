"""The state of a tenant's daily imports, and requests to import now what is missing."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import contracts
from gateway.clock import Clock
from gateway.importing.days import banks_due, hour_of
from gateway.limits import IMPORT_LATE
from gateway.model import BRASILIA
from gateway.storage.engine.listing import Cursor
from gateway.storage.imports.due import BankImports
from gateway.storage.imports.states import AccountState, ImportState, TenantImports, Today

__all__ = ["ImportStates", "late"]


@dataclass(eq=False, repr=False)
class ImportStates:
    """The imports of all tenants, of one at a time."""

    table: TenantImports
    clock: Clock

    async def by_bank(self, tenant_id: str) -> list[tuple[BankImports, int]]:
        """The tenant's imports of today, by bank, each with the number of accounts that are late."""
        today = self._today()
        return [(each, late(each, today.now)) for each in await self.table.by_bank(tenant_id, today)]

    async def page(
        self,
        tenant_id: str,
        limit: int,
        after: Cursor | None = None,
        *,
        bank: str | None = None,
        state: ImportState | None = None,
        account_ids: Collection[str] | None = None,
    ) -> tuple[list[AccountState], Cursor | None]:
        """A part of the tenant's enabled accounts, oldest first, with the next cursor.

        Args:
            limit: most accounts to give.
            after: the cursor of the part before.
            bank: only accounts at this bank.
            state: only accounts whose import stands so.
            account_ids: only these accounts; None for all.
        """
        return await self.table.page(
            tenant_id, self._today(), limit, after, bank=bank, state=state, account_ids=account_ids
        )

    async def ask(self, tenant_id: str, *, bank: str | None = None, account_id: str | None = None) -> int:
        """Let the next round import what is due and not imported yet, also what has failed.

        The request is stored, so that any process that imports finds it, also after a crash.

        Args:
            bank: only accounts at this bank.
            account_id: only this account.

        Returns:
            The number of accounts.
        """
        return await self.table.ask(tenant_id, self._today(), bank=bank, account_id=account_id)

    def _today(self) -> Today:
        now = self.clock.now()
        return Today(day=now.astimezone(BRASILIA).date(), now=now, banks=banks_due(now))


def late(imports: BankImports, now: datetime) -> int:
    """How many of a bank's accounts should have been imported at an instant."""
    missing = imports.due + imports.running + imports.failed
    if not missing or imports.bank not in contracts.banks():
        return 0
    day = now.astimezone(BRASILIA).date()
    return missing if now >= hour_of(day, contracts.load(imports.bank).period) + IMPORT_LATE else 0
