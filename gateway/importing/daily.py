"""The rounds that find which accounts are due for their daily import.

Rules.
1. What is due follows from the database. A queue may forget its jobs, and a process may die at any moment: the next
   round finds the same accounts again, and an account that was done is not imported twice on one day.
2. An import is a reading like any caller's: the same tokens, quotas, records and warnings. A caller that asks goes
   first, because only a few imports are under way at a time.
3. The first attempts at a bank are spread over the time after its hour, each account always at the same minute.
4. Of a page of due accounts tenants take turns.
5. A bank that is late is asked again some times on the same day; then the day is done with what there is.
"""

import hashlib
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import KW_ONLY, dataclass
from datetime import datetime, timedelta
from itertools import zip_longest

from msgspec.structs import replace

import contracts
from gateway.clock import Clock
from gateway.importing.account import AccountImport
from gateway.importing.days import banks_due, day_of, hour_of
from gateway.importing.figures import DONE_BY_BANK, DUE, FAILED, LATE
from gateway.importing.states import late
from gateway.limits import IMPORT_PAGE, IMPORT_SPREAD_SECONDS
from gateway.model import BRASILIA
from gateway.storage.imports.due import EVERY_ACCOUNT, BankImports, Due, DueImports, Selection
from gateway.work.jobs import Job, Queue

__all__ = ["TASK", "DailyImport"]

TASK = "import"
"""Name of the task that imports an account."""


@dataclass(eq=False, repr=False)
class DailyImport:
    """Finds what is due, and has it imported."""

    due: DueImports
    accounts: AccountImport
    clock: Clock
    """Decides what is due, and is the same for all processes that share the imports."""
    _: KW_ONLY
    spread_seconds: float = IMPORT_SPREAD_SECONDS
    """Time after a bank's hour over which first attempts are spread."""

    async def round(self, queue: Queue) -> None:
        """Put a job for each account that is due into a queue.

        Raises:
            SQLAlchemyError: the database does not answer.
            GatewayError: the queue does not.
        """
        now = self.clock.now()
        async for page in self.pages(now):
            await queue.put([self._job(each, now) for each in page])
        await self.status()

    async def pages(
        self,
        now: datetime,
        selection: Selection = EVERY_ACCOUNT,
        *,
        at_once: bool = False,
    ) -> AsyncIterator[list[Due]]:
        """The accounts that are due, page by page, tenants in turn within each.

        Args:
            selection: only these accounts.
            at_once: whether accounts are due that have failed and whose next attempt is later.
        """
        banks, after = banks_due(now), ""
        while banks:
            found = await self.due.page(
                banks,
                now.astimezone(BRASILIA).date(),
                now,
                after=after,
                limit=IMPORT_PAGE,
                selection=selection,
                at_once=at_once,
            )
            if not found:
                return
            after = found[-1].account_id
            yield _in_turn(found)

    async def run(self, arguments: Mapping[str, str]) -> None:
        """Import an account, if that is due (a `Task`). When to try again stands in the database: a round finds it."""
        await self.accounts.import_now(arguments["tenant"], arguments["account"])

    async def status(self) -> list[BankImports]:
        """The imports of today, by bank; the metrics are set to them.

        At a bank whose import of today is not due, nothing is due, done or failed.

        Raises:
            SQLAlchemyError: the database does not answer.
        """
        now = self.clock.now()
        found = [
            replace(_nothing(each.bank), enabled=each.enabled, running=each.running)
            if day_of(each.bank, now) is None
            else each
            for each in await self.due.by_bank(now.date(), now)
        ]
        # A bank without accounts to be imported, as while it is paused, has zeros: a gauge keeps what it had.
        zeros = {bank: _nothing(bank) for bank in contracts.banks()}
        for bank, imports in (zeros | {each.bank: each for each in found}).items():
            DUE.labels(bank).set(imports.due)
            DONE_BY_BANK.labels(bank).set(imports.done)
            FAILED.labels(bank).set(imports.failed)
            LATE.labels(bank).set(self.late(imports))
        return found

    def late(self, imports: BankImports) -> int:
        """How many of a bank's accounts should have been imported by now."""
        return late(imports, self.clock.now())

    def _job(self, due: Due, now: datetime) -> Job:
        at, key = None, f"{TASK}:{due.account_id}:again"
        if due.next_attempt_at is None:
            rules = contracts.load(due.bank).period
            at = hour_of(now.date(), rules) + timedelta(seconds=self._offset(due.account_id))
            # Another one than that of a further attempt, which may be asked for while the first one waits for its time.
            key = f"{TASK}:{due.account_id}"
        return Job(
            task=TASK,
            arguments={"tenant": due.tenant_id, "account": due.account_id},
            key=key,
            lock=f"{TASK}:{due.lock}",
            at=at if at is not None and at > now else None,
        )

    def _offset(self, account_id: str) -> float:
        """Seconds after the hour of its bank at which an account is imported: always the same."""
        part: int = int.from_bytes(hashlib.sha256(account_id.encode()).digest()[:4])
        return self.spread_seconds * part / 2**32


def _nothing(bank: str) -> BankImports:
    return BankImports(bank=bank, enabled=0, done=0, running=0, due=0, failed=0)


def _in_turn(found: Iterable[Due]) -> list[Due]:
    """The same accounts, one of each tenant after the other."""
    by_tenant: dict[str, list[Due]] = {}
    for each in found:
        by_tenant.setdefault(each.tenant_id, []).append(each)
    return [each for turns in zip_longest(*by_tenant.values()) for each in turns if each is not None]
