"""When an integration is stopped because its bank has failed for too long.

The rule is that of daily cycles: an ERP asks once or twice a business day, and after ten failed cycles in a row
somebody has to look. An impatient ERP must not stop itself within a minute, so at most one failure an hour counts.
"""

from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace
from sqlalchemy import case, func, literal, or_

from gateway.accounts.failures import StoredFailure
from gateway.accounts.models import Instant, IntegrationRow
from gateway.accounts.records import Integration, State
from gateway.errors import BankFailure
from gateway.model import BRASILIA

__all__ = [
    "CYCLE",
    "FAILED_CYCLES_ALLOWED",
    "NO_CYCLES",
    "counts",
    "one_cycle_more",
    "stopped",
    "told",
]

FAILED_CYCLES_ALLOWED = 10
"""The integration is stopped with this one."""
IN_WORDS = "ten"
CYCLE = timedelta(hours=1)
"""Failures closer together belong to one cycle."""
NO_CYCLES = {"failed_cycles": 0, "failing_since": None, "cycle_failed_at": None}
"""The columns of an integration that works."""


def counts(failure: BankFailure) -> bool:
    """Whether a failure that has just been met says that the bank's side failed, not a person and not our own line."""
    if isinstance(failure, StoredFailure) or failure.held_back:
        return False
    return failure.entry.actor in {"bank", "gateway"}


def one_cycle_more(state: State, now: datetime) -> dict[str, Any]:
    """Columns that count a failed cycle, unless one was counted in the present cycle; the last one stops.

    The database decides, so that two processes whose readings fail at once count right.

    Args:
        state: what the integration becomes when it is not stopped.
        now: the present instant.
    """
    moment = literal(now, Instant())
    new = or_(IntegrationRow.cycle_failed_at.is_(None), IntegrationRow.cycle_failed_at <= now - CYCLE)
    counted = IntegrationRow.failed_cycles + case((new, 1), else_=0)
    return {
        "failed_cycles": counted,
        "failing_since": func.coalesce(IntegrationRow.failing_since, moment),
        "cycle_failed_at": case((new, moment), else_=IntegrationRow.cycle_failed_at),
        "state": case((counted >= FAILED_CYCLES_ALLOWED, State.NEEDS_ACTION.value), else_=state.value),
    }


def stopped(integration: Integration) -> str | None:
    """Why this rule has stopped an integration; None when it has not."""
    if integration.state is not State.NEEDS_ACTION or integration.failed_cycles < FAILED_CYCLES_ALLOWED:
        return None
    began, known = integration.failing_since, integration.last_failure
    since = f" since {began.astimezone(BRASILIA).isoformat(timespec='seconds')}" if began else ""
    last = f"; the last failure was {known.code}: {known.detail}" if known is not None else ""
    return f"stopped after {IN_WORDS} failed cycles{since}; enable the integration again to go on{last}"


def told(integration: Integration) -> Integration:
    """The integration as it is told: its last failure says so when it has failed too often."""
    known, why = integration.last_failure, stopped(integration)
    return (
        integration if known is None or why is None else replace(integration, last_failure=replace(known, detail=why))
    )
