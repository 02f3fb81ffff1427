"""Records the outcomes of readings in the integrations, whichever process has read.

An outcome is recorded only if the integration is still the one that was read with, and if the reading has not lost its
lease to another. What was read is stored in the same transaction: a commit costs more than most of what it commits.
Every query names the tenant.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, TypeAlias

from msgspec import Struct
from sqlalchemy import Connection, CursorResult, Update, bindparam, case, func, or_, update

from gateway.events import Event, EventType
from gateway.model import Period
from gateway.storage.accounts.records import Integration, State
from gateway.storage.accounts.remembered import RememberedFailure, Suspicion
from gateway.storage.accounts.tables import INTEGRATIONS, OWNED, owner
from gateway.storage.engine.column_types import Instant
from gateway.storage.engine.stores import SealedStore
from gateway.storage.engine.transactions import shared_now, transaction
from gateway.storage.shared.leases import Lease, is_held
from gateway.storage.statements.given_before import GivenBefore, given_before
from gateway.storage.webhooks.deliveries import note_event

__all__ = ["NO_CYCLES", "FailedCycle", "Outcomes", "Storing", "is_present"]

NO_CYCLES = {"failed_cycles": 0, "failing_since": None, "cycle_failed_at": None}
"""Values of the columns that count failed cycles in an integration that works."""

OF_SEEN = update(INTEGRATIONS).where(
    INTEGRATIONS.c.account_id.in_(OWNED),
    INTEGRATIONS.c.enabled_at == bindparam("seen_at"),
    INTEGRATIONS.c.sealed.is_not(None),
)
PRESENT = OF_SEEN.values(enabled_at=INTEGRATIONS.c.enabled_at)
SUCCEEDED = OF_SEEN.values(
    state=State.ACTIVE.value,
    last_success_at=bindparam("now"),
    last_failure=None,
    failures_in_a_row=0,
    suspicion=None,
    **NO_CYCLES,
)
ENTERS = (
    OF_SEEN.where(INTEGRATIONS.c.state != bindparam("new_state"))
    .values(state=bindparam("new_state"))
    .returning(INTEGRATIONS.c.account_id)
)
FAILED = OF_SEEN.values(
    state=bindparam("new_state"),
    last_failure=bindparam("failure"),
    failures_in_a_row=INTEGRATIONS.c.failures_in_a_row + 1,
)
NEW_CYCLE = or_(INTEGRATIONS.c.cycle_failed_at.is_(None), INTEGRATIONS.c.cycle_failed_at < bindparam("began"))
"""The database decides, so that two processes whose readings fail at once count a cycle once."""
SINCE = bindparam("since", type_=Instant())
ALSO_NOTED: dict[str, dict[str, Any]] = {
    "since": {"failing_since": func.coalesce(INTEGRATIONS.c.failing_since, SINCE)},
    "began": {
        "failed_cycles": INTEGRATIONS.c.failed_cycles + case((NEW_CYCLE, 1), else_=0),
        "cycle_failed_at": case((NEW_CYCLE, SINCE), else_=INTEGRATIONS.c.cycle_failed_at),
    },
    "new_suspicion": {"suspicion": bindparam("new_suspicion")},
}
"""Values of further columns, by the parameter that a failure has only where they are to change."""

Storing: TypeAlias = Callable[[Connection], object]
"""Stores something within a transaction that holds the lock of an integration, which is present."""


class FailedCycle(Struct, frozen=True):
    """A cycle that counts for the suspension of an integration (see `gateway.accounts.states.suspension`)."""

    began: datetime | None
    """None on days without a cycle: only the time of their first failure counts."""


class Outcomes(SealedStore):
    """Records outcomes."""

    @transaction
    def succeeded(
        self,
        connection: Connection,
        tenant_id: str,
        seen: Integration,
        period: Period,
        now: datetime,
        lease: Lease | None = None,
        contents: Iterable[Storing] = (),
    ) -> GivenBefore | None:
        """Record a statement, and store its contents, unless the integration is no longer the one that was read with.

        Args:
            seen: the integration that was read with.
            period: of the statement.
            lease: of the reading; None where it has none.
            contents: each stores a part of what was read.

        Returns:
            What was given of the statement's period and of the day before it; None where the lease of the reading is
            lost.
        """
        if lease is not None and not is_held(connection, lease):
            return None
        if seen.state is not State.ACTIVE:
            _note_transition(connection, tenant_id, seen, State.ACTIVE, EventType.INTEGRATION_RECOVERED, now)
        found = connection.execute(
            SUCCEEDED, {**owner(tenant_id, seen.account_id), "seen_at": seen.enabled_at, "now": now}
        )
        if _is_one(found):
            for storing in contents:
                storing(connection)
        return given_before(connection, self._vault, tenant_id, seen.account_id, period, now)

    async def failed(
        self,
        tenant_id: str,
        seen: Integration,
        state: State,
        failure: RememberedFailure,
        *,
        cycle: FailedCycle | None = None,
        suspicion: Suspicion | None = None,
        lease: Lease | None = None,
    ) -> None:
        """Record a failure, unless the integration is no longer the one that was read with.

        Args:
            seen: the integration that was read with.
            state: the new state.
            failure: the failure to store.
            cycle: the cycle that has failed; None where the failure does not count for the integration's suspension.
            suspicion: the new suspicion; None to keep the former.
            lease: of the reading that has failed; None where it has none.
        """
        noted: dict[str, Any] = {"new_state": state.value, "failure": failure.to_json()}
        if cycle is not None:
            noted["since"] = failure.since
            if cycle.began is not None:
                noted["began"] = cycle.began
        if suspicion is not None:
            noted["new_suspicion"] = suspicion.to_json()
        await self._note(tenant_id, seen, state, failure, lease, noted)

    @transaction
    def _note(
        self,
        connection: Connection,
        /,
        tenant_id: str,
        seen: Integration,
        state: State,
        failure: RememberedFailure,
        lease: Lease | None,
        noted: Mapping[str, Any],
    ) -> None:
        if lease is not None and not is_held(connection, lease):
            return
        if state is State.NEEDS_ACTION:
            stopped, detail = EventType.INTEGRATION_NEEDS_ACTION, {"code": failure.code}
            _note_transition(connection, tenant_id, seen, State.NEEDS_ACTION, stopped, failure.since, detail)
        connection.execute(
            _failed(frozenset(noted.keys() & ALSO_NOTED.keys())),
            {**owner(tenant_id, seen.account_id), "seen_at": seen.enabled_at, **noted},
        )


def is_present(connection: Connection, tenant_id: str, account_id: str, enabled_at: datetime | None) -> bool:
    """Within a transaction: whether the integration that was enabled then is still there, as it is until the end of it.

    A transaction that would disable or replace it waits for the end of this one.
    """
    return _is_one(connection.execute(PRESENT, {**owner(tenant_id, account_id), "seen_at": enabled_at}))


def _is_one(updated: CursorResult[Any]) -> bool:
    return updated.rowcount == 1


def _note_transition(
    connection: Connection,
    tenant_id: str,
    seen: Integration,
    state: State,
    event: EventType,
    now: datetime,
    detail: dict[str, str] | None = None,
) -> None:
    """Within a transaction: note an event if the integration is not in that state yet, which it has afterwards.

    The database decides, so that of two processes that see the same one notes it.
    """
    whose = {**owner(tenant_id, seen.account_id), "seen_at": seen.enabled_at}
    if connection.scalar(ENTERS, {**whose, "new_state": state.value}) is not None:
        happened = Event(type=event, tenant_id=tenant_id, account_id=seen.account_id, at=now, detail=detail or {})
        note_event(connection, happened, shared_now(connection))


@cache
def _failed(also: frozenset[str]) -> Update:
    """The statement that notes a failure and what its further parameters say; composed once, since that takes long."""
    columns: dict[str, Any] = {}
    for name in also:
        columns |= ALSO_NOTED[name]
    return FAILED.values(columns)
