"""Suspends an integration whose bank, or whose gateway, has failed for long.

An outage needs no action of a user: working credentials are kept, and the integration stays enabled. A cycle is a
business day, since an ERP asks once or twice on each. After ten failed cycles in a row the integration is suspended:
callers get the last failure, and the bank is asked at most once an hour, by the first caller of that hour. A statement
that such a probe brings ends the suspension.
"""

from datetime import datetime, time

from msgspec.structs import replace

from gateway.accounts.states.refusals import seconds_until
from gateway.calendar import is_business_day
from gateway.errors import BankFailure
from gateway.limits import FAILED_CYCLES_ALLOWED, SUSPENSION_PROBE_AFTER
from gateway.model import BRASILIA
from gateway.storage.accounts.outcomes import FailedCycle
from gateway.storage.accounts.records import Integration, State
from gateway.storage.accounts.remembered import StoredFailure

__all__ = ["cycle_at", "failed_cycle", "seconds_to_probe", "shown", "suspended"]


def failed_cycle(failure: BankFailure, now: datetime) -> FailedCycle | None:
    """The cycle that a new failure counts for; None where it lies with a person or with our own line."""
    if isinstance(failure, StoredFailure) or failure.held_back or failure.entry.actor not in {"bank", "gateway"}:
        return None
    return cycle_at(now)


def cycle_at(now: datetime) -> FailedCycle:
    """The cycle of an instant, which began at its midnight in Brasília if the day is a business day."""
    today = now.astimezone(BRASILIA).date()
    return FailedCycle(datetime.combine(today, time(), BRASILIA) if is_business_day(today) else None)


def suspended(integration: Integration) -> str | None:
    """Why an integration is suspended; None when it is not."""
    if integration.state is not State.BANK_FAILING or integration.failed_cycles < FAILED_CYCLES_ALLOWED:
        return None
    began = integration.failing_since
    since = f" since {began.astimezone(BRASILIA).isoformat(timespec='seconds')}" if began else ""
    return f"suspended after ten failed business days{since}; the bank is asked again once an hour"


def seconds_to_probe(integration: Integration, now: datetime) -> int | None:
    """Seconds until the bank may be asked for a suspended integration; None when it may be asked now."""
    known = integration.last_failure
    if known is None or suspended(integration) is None:
        return None
    return seconds_until(known.since + SUSPENSION_PROBE_AFTER, now)


def shown(integration: Integration) -> Integration:
    """The integration as shown to callers: when it is suspended, the detail of its last failure explains it."""
    known, why = integration.last_failure, suspended(integration)
    if known is None or why is None:
        return integration
    return replace(integration, last_failure=replace(known, detail=f"{known.detail}; {why}"))
