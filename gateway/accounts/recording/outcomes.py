"""Records what readings have come to: for the integration, for the health of its bank, and in the store.

An outcome is recorded only if the integration is still the one that was read with, and with it what the statement
contains; the entries of a large one follow in many transactions. A database that fails or hangs holds no statement back
(`gateway.accounts.recording.notes`).
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TypeVar

from msgspec import Struct

from gateway.accounts.recording.continuity import Continuity, Gap, carried_on, gap_of, restated
from gateway.accounts.recording.entry_changes import EntryChanges
from gateway.accounts.recording.final_days import FinalDays, final_days
from gateway.accounts.recording.notes import Entries, Notes
from gateway.accounts.recording.settled_parts import settled_days
from gateway.accounts.recording.stored import StoredAnswers
from gateway.accounts.states import suspension
from gateway.accounts.states.bank_health import BankHealths
from gateway.accounts.states.refusals import one_refusal, seconds_held, suspicion_of
from gateway.clock import Clock
from gateway.concurrency.slots import Holder, Slots
from gateway.concurrency.workers import LARGE
from gateway.errors import BankFailure
from gateway.limits import RECORDS_WRITTEN_AT_ONCE, REFUSAL_RETRY_AFTER_SECONDS
from gateway.model import Period, Statement, StatementWarning
from gateway.statement import StatementReader
from gateway.storage.accounts.outcomes import Outcomes
from gateway.storage.accounts.records import AccountRecord, Integration, State
from gateway.storage.accounts.remembered import RememberedFailure, Suspicion
from gateway.storage.shared.leases import Lease
from gateway.storage.statements.day_digests import DayDigests, bring_nothing_new

__all__ = ["ReadStatement", "Recording"]

T = TypeVar("T")


class ReadStatement(Struct, frozen=True, kw_only=True):
    """A statement that a bank has just given, and what it was read with."""

    record: AccountRecord
    integration: Integration
    statement: Statement
    at: datetime
    """When the reading ended."""
    lease: Lease | None
    imported: bool
    """Whether the daily import asked for it."""


@dataclass(eq=False, repr=False)
class Recording:
    """Records outcomes of readings."""

    outcomes: Outcomes
    digests: DayDigests
    continuity: Continuity
    changes: EntryChanges
    stored: StoredAnswers
    reader: StatementReader
    """Reads days before a statement again."""
    health: BankHealths
    clock: Clock
    _slots: Slots = field(init=False, default_factory=lambda: Slots(RECORDS_WRITTEN_AT_ONCE, "note"))
    _notes: Notes = field(init=False, default_factory=Notes)

    async def failed(
        self, record: AccountRecord, integration: Integration, failure: BankFailure, lease: Lease | None = None
    ) -> None:
        """Record a failure for its integration and for the health of its bank; of a reading, under its lease."""
        # A period that the bank does not give and a request that we held back mean nothing for the integration.
        if failure.entry.actor == "caller" or failure.at in {"gateway", "authorization"} or failure.held_back:
            return
        now = self.clock.now()
        self.health.failed(record.bank, failure, now)
        suspicion = None
        if failure.entry.stops_integration:
            worked = integration.last_success_at is not None
            suspicion = suspicion_of(failure, integration.suspicion, now, has_worked=worked)
        if suspicion is not None:
            failure.may_pass(seconds_held(suspicion, now) or REFUSAL_RETRY_AFTER_SECONDS, one_refusal(suspicion))
        state = _state_after(failure, suspicion)
        remembered = RememberedFailure.of(failure, now)
        cycle = suspension.failed_cycle(failure, now) if state is State.BANK_FAILING else None

        write = partial(self.outcomes.failed, record.tenant_id, integration, state, remembered)
        await self._note(record, partial(write, cycle=cycle, suspicion=suspicion, lease=lease))

    async def succeeded(self, read: ReadStatement, until: float) -> tuple[Statement, list[StatementWarning]]:
        """Record a statement; give it with what the days before it add to it, and the warnings that this brings.

        Args:
            until: instant of the event loop's clock until which earlier days may be read again.
        """
        self.health.succeeded(read.record.bank, read.at)
        # Computed before a slot is taken: it takes long with a large statement, and others wait for the slot.
        days = await LARGE.run_if(read.statement.is_large, final_days, read.statement)

        noted = await self._notes.write(read.record, partial(self._noted, read, days))
        gap, found = noted or (Gap({}), [])
        if read.statement.is_large:
            await self._keep_entries(read, read.statement)
        if gap.open:
            left = until - asyncio.get_running_loop().time()
            again = partial(self._read_again, read)
            await self.continuity.read_back(read.statement, again, gap, read.at, seconds=left)
            found = await self._note(read.record, partial(self._compared, read, days, gap)) or []
        return carried_on(read.statement, gap), found

    async def _read_again(self, read: ReadStatement, period: Period) -> Statement:
        """The statement of days before one that was read, once its entries are compared with those that are kept."""
        statement = await self.reader.read(read.statement.account, period)
        await self._keep_entries(read, statement)
        return statement

    async def _keep_entries(self, read: ReadStatement, statement: Statement) -> None:
        if (settled := settled_days(statement)) is not None:
            turn = partial(self._turn, read.record)
            parts = self.changes.keep_in_parts(statement, read.integration, turn, self.clock.now())
            await self._notes.write_parts(read.record, Entries(settled, statement.fetched_at, parts))

    async def aclose(self) -> None:
        """Wait for what is being recorded."""
        await self._notes.aclose()

    async def _noted(self, read: ReadStatement, days: FinalDays) -> tuple[Gap, list[StatementWarning]] | None:
        """Store a statement and its outcome, and compare it with what was given before; None where it was not stored.

        Where the gap is open, it has still to be compared.
        """
        now = self.clock.now()
        contents = [await self.stored.storing(read.statement, days, read.integration, now, imported=read.imported)]
        if not read.statement.is_large:
            contents.append(self.changes.storing(read.statement, now))
        tenant_id = read.record.tenant_id
        async with self._turn(read.record):
            given = await self.outcomes.succeeded(
                tenant_id, read.integration, read.statement.period, read.at, read.lease, contents
            )
            if given is None:
                return None
            gap = gap_of(read.statement, given.balances)
            if gap.open:
                return gap, []
            if bring_nothing_new(days.digests, given.digests, read.at):
                return gap, await self.continuity.keep(read.statement, days, gap, read.at)
            return gap, await self._compared(read, days, gap)

    async def _compared(self, read: ReadStatement, days: FinalDays, gap: Gap) -> list[StatementWarning]:
        """Store the balances and digests of a statement's days; the warnings about those that have changed."""
        changed = await self.digests.renew(read.record.tenant_id, read.record.id, days.digests, read.at)
        found = await self.continuity.keep(read.statement, days, gap, read.at, restated=changed)
        return [*found, restated(changed)] if changed else found

    async def _note(self, record: AccountRecord, writing: Callable[[], Awaitable[T]]) -> T | None:
        """Record something of an account in turn; None where that failed or takes too long."""

        async def in_turn() -> T:
            async with self._turn(record):
                return await writing()

        return await self._notes.write(record, in_turn)

    def _turn(self, record: AccountRecord) -> AbstractAsyncContextManager[None]:
        """The account's turn to write."""
        return self._slots.held(Holder(record.tenant_id, record.bank))


def _state_after(failure: BankFailure, suspicion: Suspicion | None) -> State:
    if failure.code == "integration_paused":
        return State.PAUSED
    stops = failure.entry.stops_integration and suspicion is None
    return State.NEEDS_ACTION if stops else State.BANK_FAILING
