"""The daily import of one account: claims it, reads it, and records the outcome."""

import asyncio
from contextlib import suppress
from datetime import date, datetime
from time import perf_counter

import structlog

import contracts
from gateway.accounts.reading.readings import Readings
from gateway.calendar import settled_through
from gateway.claims import ClaimLost
from gateway.clock import Clock
from gateway.errors import BankFailure, CallerError, GatewayError, IntegrationInactive
from gateway.importing.days import day_of, next_attempt, next_look, period_of
from gateway.importing.figures import IMPORTS, TIME
from gateway.limits import IMPORT_CLAIM_RENEWAL_SECONDS, IMPORT_KEPT_LOOK_SECONDS, IMPORT_LONGEST_WAIT, NOTE_SECONDS
from gateway.model import DAY, Period, Statement
from gateway.storage.engine.database import DATABASE_ERRORS, storage_trouble
from gateway.storage.imports.outcomes import DONE, Begun, Imported, Imports
from gateway.storage.statements.kept_entries import KeptEntries
from gateway.work.claims import kept_fresh
from gateway.work.ending import to_the_end

__all__ = ["AccountImport"]

NOT_READY = "statement_not_ready"
"""The outcome of an import that has brought a statement which is not complete yet, by the warning's code."""

log = structlog.get_logger("gateway.imports")


class AccountImport:
    """Imports one account at a time.

    Args:
        kept: knows which days of an account are kept.
        readings: reads statements.
        clock: decides what is due, and is the same for all processes that share the imports.
        here: decides which days are past where banks are asked, and is this machine's; `clock` without it.
        kept_seconds: time in which the entries of some further days of a statement must be kept.
    """

    def __init__(
        self,
        imports: Imports,
        kept: KeptEntries,
        readings: Readings,
        clock: Clock,
        here: Clock | None = None,
        *,
        kept_seconds: float = NOTE_SECONDS,
    ) -> None:
        self._imports = imports
        self._kept = kept
        self._readings = readings
        self._clock = clock
        self._here = here or clock
        self._kept_seconds = kept_seconds

    async def import_now(self, tenant_id: str, account_id: str, *, at_once: bool = False) -> Imported | None:
        """Import an account; give the outcome, or None where it is not due or is being imported elsewhere.

        Args:
            at_once: whether it is due although it has failed and its next attempt is later.

        Raises:
            SQLAlchemyError: the import cannot be begun, or its outcome cannot be stored.
        """
        now = self._clock.now()
        begun = await self._imports.begin(tenant_id, account_id, now)
        if begun is None:
            return None
        claim = _ImportClaim(self._imports, tenant_id, account_id, begun.claimed_at)
        try:
            today = day_of(begun.bank, now)
            if today is None or not _is_due(begun.imported, today, now, at_once=at_once):
                await self._imports.hand_back(*claim.mine)
                return None
            async with kept_fresh(claim, IMPORT_CLAIM_RENEWAL_SECONDS):
                imported = await self._attempt(tenant_id, account_id, begun, today, now)
        except BaseException:
            with suppress(*DATABASE_ERRORS):
                await to_the_end(self._imports.hand_back(*claim.mine))
            raise
        kept = await to_the_end(self._imports.keep(*claim.mine, imported))
        # Otherwise the integration was replaced or disabled meanwhile, and a new one is due by itself; or this process
        # slept, and another one has claimed the import.
        return imported if kept else None

    async def _attempt(self, tenant_id: str, account_id: str, begun: Begun, today: date, now: datetime) -> Imported:
        """One attempt, and what became of it. Nothing is stored."""
        before, began = begun.imported, perf_counter()
        attempts = before.attempts + 1 if before.tried_on == today else 1
        through, done_on, outcome, again = before.through, before.done_on, DONE, None
        try:
            period = await self._period(tenant_id, account_id, begun)
            statement = await self._read(tenant_id, account_id, before.enabled_at, period)
            # Not a day that a wrong clock took for past.
            through = max(statement.complete_through, min(through or date.min, period.last))
            # A machine whose clock is behind has asked for fewer days than are due.
            last = max(period.last, settled_through(now, contracts.load(begun.bank).period))
            again = next_look(statement.complete_through >= last, attempts, self._clock.now())
            done_on, outcome = (today, DONE) if again is None else (done_on, NOT_READY)
        except GatewayError as failure:
            outcome = failure.code
            again = next_attempt(failure, attempts, self._clock.now())
            at = failure.at if isinstance(failure, BankFailure) else None
            log.warning("import_failed", bank=begun.bank, account=account_id, code=outcome, at=at, attempts=attempts)
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

    async def _read(self, tenant_id: str, account_id: str, enabled_at: datetime, period: Period) -> Statement:
        """The statement of a period, once it is kept; of the last part that was read where it has too many entries.

        Raises:
            GatewayError: as reading it, and as `_check_kept`.
        """
        try:
            statement = await self._readings.read(tenant_id, account_id, period, imported=True)
        except CallerError as refusal:
            if refusal.code != "period_out_of_range" or period.first == period.last:
                raise
        else:
            await self._check_kept(tenant_id, account_id, enabled_at, statement)
            return statement
        for half in period.windows(((period.last - period.first).days + 2) // 2):
            statement = await self._read(tenant_id, account_id, enabled_at, half)
            if statement.complete_through < half.last:
                # The days after it would have a gap before them.
                break
        return statement

    async def _period(self, tenant_id: str, account_id: str, begun: Begun) -> Period:
        """The days to import: also those that were imported and are not kept, so that changes have no gap."""
        kept = await self._kept.kept(tenant_id, account_id)
        through = begun.imported.through
        if through is not None:
            through = min(through, kept.days.last) if kept is not None else None
        rules, now = contracts.load(begun.bank).period, self._here.now()
        return period_of(rules, now, first_import=begun.first_import, through=through)

    async def _check_kept(self, tenant_id: str, account_id: str, enabled_at: datetime, statement: Statement) -> None:
        """Wait until the days of a statement are kept through the last one that is complete, as long as others follow.

        Raises:
            IntegrationInactive: the integration is no longer the one that was enabled then: nothing is kept of what was
                read with it.
            GatewayError: `storage_unavailable`: the database has failed after the statement was read.
        """
        if statement.complete_through < statement.period.first:
            return
        began, before = perf_counter(), None
        while True:
            kept = await self._kept.kept(tenant_id, account_id)
            if kept is not None and kept.days.last >= statement.complete_through:
                return
            if kept != before:
                # Many entries are kept day by day.
                began, before = perf_counter(), kept
            if not await self._imports.is_of_present(tenant_id, account_id, enabled_at):
                raise IntegrationInactive("the integration was replaced or disabled while its account was being read")
            if perf_counter() - began >= self._kept_seconds:
                raise GatewayError("storage_unavailable", "the entries that were read could not be kept")
            # Answers do not wait for a slow database. Nobody waits for this one.
            await asyncio.sleep(IMPORT_KEPT_LOOK_SECONDS)


class _ImportClaim:
    """The claim of an import that is under way."""

    def __init__(self, imports: Imports, tenant_id: str, account_id: str, at: datetime) -> None:
        self._imports = imports
        self.mine = tenant_id, account_id, at
        """What names it in the table; the instant is that at which it was made or last renewed."""

    async def renew(self) -> None:
        """Show that its process is alive, as `Claim` says."""
        # To its end: whose claim it is has to be known.
        if not await to_the_end(self._renew()):
            log.warning("import_claim_lost", account=self.mine[1])
            raise ClaimLost(self)

    async def _renew(self) -> bool:
        tenant_id, account_id, at = self.mine
        renewed_at = await self._imports.renew(tenant_id, account_id, at)
        self.mine = tenant_id, account_id, renewed_at or at
        return renewed_at is not None


def _is_due(imported: Imported, today: date, now: datetime, *, at_once: bool) -> bool:
    # As `gateway.storage.imports.outcomes` says it in SQL.
    if imported.done_on is not None and today <= imported.done_on <= today + DAY:
        return False
    again = imported.next_attempt_at
    return at_once or again is None or not now < again <= now + IMPORT_LONGEST_WAIT
