"""When an account is imported, which days of it, and when an import that failed is tried again."""

from datetime import date, datetime, time, timedelta

import contracts
from contracts.schema import PeriodRules
from gateway.calendar import is_business_day, oldest_day, settled_through
from gateway.errors import GatewayError
from gateway.limits import (
    IMPORT_ATTEMPTS,
    IMPORT_LONGEST_RETRY_SECONDS,
    IMPORT_LOOK_SECONDS,
    IMPORT_LOOKS,
    IMPORT_OVERLAP_DAYS,
    IMPORT_RETRY_SECONDS,
)
from gateway.model import BRASILIA, DAY, Period

__all__ = ["banks_due", "day_of", "hour_of", "next_attempt", "next_look", "period_of"]


def hour_of(day: date, rules: PeriodRules) -> datetime:
    """The instant of a day at which a bank is expected to have the day before complete."""
    return datetime.combine(day, time.fromisoformat(rules.available_by), BRASILIA)


def day_of(bank: str, now: datetime) -> date | None:
    """The business day whose import is due at a bank.

    None before its hour, on days without business, and where the bank is not installed.
    """
    if bank not in contracts.banks():
        return None
    now = now.astimezone(BRASILIA)
    today = now.date()
    return today if is_business_day(today) and now >= hour_of(today, contracts.load(bank).period) else None


def banks_due(now: datetime) -> list[str]:
    """The banks at which imports are due."""
    return [slug for slug in contracts.banks() if day_of(slug, now) is not None]


def period_of(rules: PeriodRules, now: datetime, *, first_import: date | None, through: date | None) -> Period:
    """The days to import.

    They end with the last one that the bank has settled. They begin some days before the first one that was not
    imported yet, since a bank may have restated those; without an import before, with the first import of the
    integration. Days before that one are never asked for, nor days that the bank no longer answers.

    Args:
        rules: the contract's rules about days.
        first_import: the first day of the integration's first import.
        through: the last day that was imported; None without an import before.
    """
    now = now.astimezone(BRASILIA)
    last = settled_through(now, rules)
    earliest = first_import or now.date() - timedelta(days=rules.first_import_days)
    earliest = max(earliest, oldest_day(now.date(), rules))
    first = earliest if through is None else max(earliest, min(through + DAY, last) - timedelta(IMPORT_OVERLAP_DAYS))
    return Period(min(first, last), last)


def next_look(complete: bool, attempts: int, now: datetime) -> datetime | None:  # noqa: FBT001
    """When a bank is asked again whose statement was not complete; None where it was, or was asked for enough.

    Args:
        complete: whether the statement was complete through its last day.
        attempts: those of the day, this one included.
    """
    return None if complete or attempts >= IMPORT_LOOKS else now + timedelta(seconds=IMPORT_LOOK_SECONDS)


def next_attempt(failure: GatewayError, attempts: int, now: datetime) -> datetime:
    """When an import is tried again that has failed.

    A failure that may pass is tried again after the time that it names, or that the bank has named; the pauses grow.
    Any other one waits for the next business day, as does the last attempt of a day. An integration that a person has
    to mend is not due meanwhile, and one that is enabled anew is due at once.

    Args:
        failure: of the attempt.
        attempts: those of the day, this one included.
    """
    if not failure.retryable or attempts >= IMPORT_ATTEMPTS:
        tomorrow = now.astimezone(BRASILIA).date() + DAY
        return datetime.combine(tomorrow, time(), BRASILIA)
    named = failure.retry_after or IMPORT_RETRY_SECONDS
    grown = min(IMPORT_RETRY_SECONDS * 2 ** (attempts - 1), IMPORT_LONGEST_RETRY_SECONDS)
    return now + timedelta(seconds=max(named, grown))
