"""The rounds that find what is due, and the task that imports an account.

Rules.
1. What is due follows from the database. A queue may forget its jobs, and a process may die at any moment: the next
   round finds the same accounts again, and an account that was done is not imported twice on one day.
2. An import is a reading like any caller's: the same tokens, quotas, records and warnings. A caller that asks goes
   first, because only a few imports are under way at a time.
3. The first attempts at a bank are spread over the time after its hour, each account always at the same minute.
4. Of a page of due accounts tenants take turns.
5. A bank that is late is asked again some times on the same day; then the day is done with what there is.
"""

import asyncio
import hashlib
from collections import deque
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import suppress
from datetime import date, datetime, timedelta
from time import perf_counter

import structlog

import contracts
from gateway.accounts.readings import Readings
from gateway.accounts.whole import ended, to_the_end
from gateway.clock import Clock
from gateway.errors import GatewayError
from gateway.importing.days import hour_of, import_day, next_attempt, next_look, period_of
from gateway.importing.figures import DONE_BY_BANK, DUE, FAILED, IMPORTS, LATE, TIME
from gateway.limits import IMPORT_CLAIM_RENEWAL_SECONDS, IMPORT_LATE, IMPORT_PAGE, IMPORT_SPREAD_SECONDS
from gateway.model import BRASILIA, Period, Statement
from gateway.storage.database import DATABASE_ERRORS, storage_trouble
from gateway.storage.due_imports import BankImports, Due, DueImports
from gateway.storage.imports import DONE, Begun, Imported, Imports
from gateway.storage.kept_entries import KeptEntries
from gateway.work.jobs import Job, Queue

__all__ = ["TASK", "DailyImport"]

TASK = "import"
"""Name of the task that imports an account."""
NOT_READY = "statement_not_ready"
"""The outcome of an import that has brought a statement which is not complete yet, by the warning's code."""

log = structlog.get_logger("gateway.imports")


class DailyImport:
    """Finds what is due, and imports it.

    Args:
        due: lists what is due.
        imports: the table of imports.
        kept: knows which days of an account are kept.
        readings: reads statements.
        clock: gives the present instant.
        spread_seconds: time after a bank's hour over which first attempts are spread.
    """

    def __init__(
        self,
        due: DueImports,
        imports: Imports,
        kept: KeptEntries,
        readings: Readings,
        clock: Clock,
        *,
        spread_seconds: float = IMPORT_SPREAD_SECONDS,
    ) -> None:
        self._due = due
        self._imports = imports
        self._kept = kept
        self._readings = readings
        self._clock = clock
        self._spread_seconds = spread_seconds

    async def round(self, queue: Queue) -> None:
        """Put a job for each account that is due into a queue.

        Raises:
            SQLAlchemyError: the database or the queue does not answer.
        """
        now = self._clock.now()
        async for page in self.pages(now):
            await queue.put([self._job(each, now) for each in page])
        await self.status()

    async def pages(
        self,
        now: datetime,
        *,
        bank: str | None = None,
        tenant: str | None = None,
        account_id: str | None = None,
        at_once: bool = False,
    ) -> AsyncIterator[list[Due]]:
        """The accounts that are due, page by page, tenants in turn within each.

        Args:
            now: the present instant.
            bank: only accounts at this bank.
            tenant: only accounts of the tenant with this name.
            account_id: only this account.
            at_once: whether accounts are due that have failed and whose next attempt is later.
        """
        banks = [slug for slug in contracts.banks() if bank in {None, slug} and self._day(slug, now) is not None]
        after = ""
        while banks:
            found = await self._due.page(
                banks,
                now.astimezone(BRASILIA).date(),
                now,
                after=after,
                limit=IMPORT_PAGE,
                tenant=tenant,
                account_id=account_id,
                at_once=at_once,
            )
            if not found:
                return
            after = found[-1].account_id
            yield _in_turn(found)

    async def run(self, arguments: Mapping[str, str]) -> None:
        """Import an account, if that is due (a `Task`). When to try again stands in the database: a round finds it."""
        await self.import_now(arguments["tenant"], arguments["account"])

    async def import_now(self, tenant_id: str, account_id: str, *, at_once: bool = False) -> Imported | None:
        """Import an account; give what became of it, or None where it is not due or is being imported elsewhere.

        Args:
            tenant_id: whose account it is.
            account_id: of the account.
            at_once: whether it is due although it has failed and its next attempt is later.

        Raises:
            SQLAlchemyError: the import cannot be begun, or its outcome cannot be stored.
        """
        now = self._clock.now()
        begun = await self._imports.begin(tenant_id, account_id, now)
        if begun is None:
            return None
        try:
            today = self._day(begun.bank, now)
            if today is None or not _is_due(begun.imported, today, now, at_once=at_once):
                await self._imports.hand_back(tenant_id, account_id)
                return None
            renewing = asyncio.create_task(self._renew(tenant_id, account_id))
            try:
                imported = await self._attempt(tenant_id, account_id, begun, today, now)
            finally:
                await ended(renewing)
        except BaseException:
            with suppress(*DATABASE_ERRORS):
                await to_the_end(self._imports.hand_back(tenant_id, account_id))
            raise
        kept = await to_the_end(self._imports.keep(tenant_id, account_id, imported))
        # Otherwise the integration was replaced or disabled meanwhile. A new one is due by itself.
        return imported if kept else None

    async def _renew(self, tenant_id: str, account_id: str) -> None:
        """Renew the claim of an import while it is under way."""
        while True:
            await asyncio.sleep(IMPORT_CLAIM_RENEWAL_SECONDS)
            with suppress(*DATABASE_ERRORS):
                await self._imports.renew(tenant_id, account_id, self._clock.now())

    async def status(self) -> list[BankImports]:
        """The imports of today, by bank; the metrics are set to them.

        At a bank whose import of today is not due, nothing is due, done or failed.

        Raises:
            SQLAlchemyError: the database does not answer.
        """
        now = self._clock.now()
        found = []
        for each in await self._due.by_bank(now.date(), now):
            shown = each
            if each.bank not in contracts.banks() or self._day(each.bank, now) is None:
                shown = BankImports(bank=each.bank, enabled=each.enabled, done=0, running=each.running, due=0, failed=0)
            found.append(shown)
            DUE.labels(shown.bank).set(shown.due)
            DONE_BY_BANK.labels(shown.bank).set(shown.done)
            FAILED.labels(shown.bank).set(shown.failed)
            LATE.labels(shown.bank).set(self.late(shown))
        return found

    def late(self, imports: BankImports) -> int:
        """How many of a bank's accounts should have been imported by now."""
        now = self._clock.now()
        missing = imports.due + imports.running + imports.failed
        if not missing or imports.bank not in contracts.banks():
            return 0
        return missing if now >= hour_of(now.date(), contracts.load(imports.bank).period) + IMPORT_LATE else 0

    async def _attempt(self, tenant_id: str, account_id: str, begun: Begun, today: date, now: datetime) -> Imported:
        """One attempt, and what became of it. Nothing is stored."""
        before, began = begun.imported, perf_counter()
        attempts = before.attempts + 1 if before.tried_on == today else 1
        through, done_on, outcome, again = before.through, before.done_on, DONE, None
        try:
            period = await self._period(tenant_id, account_id, begun, now)
            statement = await self._readings.read(tenant_id, account_id, period, imported=True)
            await self._check_kept(tenant_id, account_id, statement)
            through = max(statement.complete_through, through or date.min)
            again = next_look(statement.complete_through >= period.last, attempts, self._clock.now())
            done_on, outcome = (today, DONE) if again is None else (done_on, NOT_READY)
        except GatewayError as failure:
            outcome = failure.code
            again = next_attempt(failure, attempts, self._clock.now())
            log.warning("import_failed", bank=begun.bank, account=account_id, code=outcome, attempts=attempts)
        except Exception as error:
            trouble = storage_trouble(error) or GatewayError("internal_error", "the import has failed")
            outcome = trouble.code
            again = next_attempt(trouble, attempts, self._clock.now())
            log.exception("import_failed", bank=begun.bank, account=account_id, code=outcome, exc_info=error)
        IMPORTS.labels(begun.bank, outcome).inc()
        TIME.labels(begun.bank).observe(perf_counter() - began)
        return Imported(
            enabled_at=before.enabled_at,
            through=through,
            done_on=done_on,
            tried_on=today,
            attempts=attempts,
            attempted_at=self._clock.now(),
            outcome=outcome,
            next_attempt_at=again,
        )

    async def _period(self, tenant_id: str, account_id: str, begun: Begun, now: datetime) -> Period:
        """The days to import: also those that were imported and are not kept, so that changes have no gap."""
        kept = await self._kept.kept(tenant_id, account_id)
        through = begun.imported.through
        if through is not None:
            through = min(through, kept.days.last) if kept is not None else None
        return period_of(contracts.load(begun.bank).period, now, first_import=begun.first_import, through=through)

    async def _check_kept(self, tenant_id: str, account_id: str, statement: Statement) -> None:
        """Check that the days of a statement are kept through the last one that is complete.

        Raises:
            GatewayError: `storage_unavailable`: the database has failed after the statement was read.
        """
        if statement.complete_through < statement.period.first:
            return
        kept = await self._kept.kept(tenant_id, account_id)
        if kept is None or kept.days.last < statement.complete_through:
            raise GatewayError("storage_unavailable", "the entries that were read could not be kept")

    def _job(self, due: Due, now: datetime) -> Job:
        at = None
        if due.next_attempt_at is None:
            rules = contracts.load(due.bank).period
            at = hour_of(now.date(), rules) + timedelta(seconds=self._offset(due.account_id))
        return Job(
            task=TASK,
            arguments={"tenant": due.tenant_id, "account": due.account_id},
            key=f"{TASK}:{due.account_id}",
            lock=f"{TASK}:{due.lock}",
            priority=-1,
            at=at if at is not None and at > now else None,
        )

    def _offset(self, account_id: str) -> float:
        """Seconds after the hour of its bank at which an account is imported: always the same."""
        part: int = int.from_bytes(hashlib.sha256(account_id.encode()).digest()[:4])
        return self._spread_seconds * part / 2**32

    def _day(self, bank: str, now: datetime) -> date | None:
        return import_day(contracts.load(bank).period, now) if bank in contracts.banks() else None


def _is_due(imported: Imported, today: date, now: datetime, *, at_once: bool) -> bool:
    if imported.done_on is not None and imported.done_on >= today:
        return False
    return at_once or imported.next_attempt_at is None or imported.next_attempt_at <= now


def _in_turn(found: Iterable[Due]) -> list[Due]:
    """The same accounts, one of each tenant after the other."""
    by_tenant: dict[str, deque[Due]] = {}
    for each in found:
        by_tenant.setdefault(each.tenant_id, deque()).append(each)
    ordered: list[Due] = []
    while by_tenant:
        for tenant, waiting in list(by_tenant.items()):
            ordered.append(waiting.popleft())
            if not waiting:
                del by_tenant[tenant]
    return ordered
