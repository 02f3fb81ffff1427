"""Business days, and the day through which a bank has settled."""

from datetime import date, datetime, timedelta

import holidays
import pytest

from contracts.schema import Evidence, PeriodRules
from gateway.calendar import bank_holidays, easter, is_business_day, last_hour, next_business_day, settled_through
from gateway.model import BRASILIA


def day(text: str) -> date:
    return date.fromisoformat(text)


def bank(lag_days: int = 1, by: str = "09:00", *, weekends_again: bool = True) -> PeriodRules:
    return PeriodRules(
        lag_days=lag_days,
        available_by=by,
        sends_weekends_again=weekends_again,
        evidence=Evidence.ASSUMED,
        source="a test",
    )


def settled(now: str, period: PeriodRules) -> date:
    return settled_through(datetime.fromisoformat(now).replace(tzinfo=BRASILIA), period)


@pytest.mark.parametrize(
    "found",
    [
        *("1724-04-16", "1818-03-22", "1886-04-25", "1961-04-02", "2000-04-23", "2024-03-31", "2025-04-20"),
        *("2026-04-05", "2038-04-25"),
    ],
)
def test_easter(found: str) -> None:
    """Known Sundays of several centuries, among them the earliest and the latest there can be."""
    assert easter(int(found[:4])) == day(found)


@pytest.mark.parametrize("year", range(2003, 2078))
def test_the_calendar_of_a_library_agrees(year: int) -> None:
    """Every public holiday is ours, and ours beyond them are the three that only banks keep."""
    public = set(holidays.country_holidays("BR", years=year))
    optional = set(holidays.country_holidays("BR", years=year, categories=("optional",)))

    assert public <= bank_holidays(year)
    only_banks = bank_holidays(year) - public
    assert len(only_banks) == 3
    assert only_banks <= optional


@pytest.mark.parametrize(
    ("text", "business"),
    [
        ("2026-03-13", True),
        ("2026-03-14", False),
        ("2026-03-15", False),
        ("2026-02-16", False),
        ("2026-02-17", False),
        ("2026-02-18", True),
        ("2026-04-02", True),
        ("2026-04-03", False),
        ("2026-06-04", False),
        ("2023-11-20", True),
        ("2026-11-20", False),
        ("2026-12-31", True),
    ],
)
def test_business_days(text: str, business: bool) -> None:
    """Weekends, Carnival, Good Friday, Corpus Christi; 20 November since 2024."""
    assert is_business_day(day(text)) is business


@pytest.mark.parametrize(
    ("text", "following"),
    [
        ("2026-03-11", "2026-03-12"),
        ("2026-03-13", "2026-03-16"),
        ("2026-03-14", "2026-03-16"),
        ("2026-02-13", "2026-02-18"),
        ("2025-12-31", "2026-01-02"),
    ],
)
def test_next_business_day(text: str, following: str) -> None:
    """The day after, unless that is a weekend, Carnival or the first of January."""
    assert next_business_day(day(text)) == day(following)


@pytest.mark.parametrize(
    ("now", "through"),
    [
        ("2026-03-18T08:59:59", "2026-03-16"),
        ("2026-03-18T09:00:00", "2026-03-17"),
        ("2026-03-18T23:59:59", "2026-03-17"),
        # Friday is settled on Saturday, the weekend with Monday on Tuesday.
        ("2026-03-14T08:59:00", "2026-03-12"),
        ("2026-03-14T09:00:00", "2026-03-13"),
        ("2026-03-15T12:00:00", "2026-03-13"),
        ("2026-03-16T12:00:00", "2026-03-13"),
        ("2026-03-17T08:59:00", "2026-03-13"),
        ("2026-03-17T09:00:00", "2026-03-16"),
        # Carnival 2026: Friday the 13th, then five days of which Wednesday is the first business day.
        ("2026-02-18T10:00:00", "2026-02-13"),
        ("2026-02-19T10:00:00", "2026-02-18"),
        ("2026-01-01T10:00:00", "2025-12-31"),
        ("2026-01-02T10:00:00", "2025-12-31"),
    ],
)
def test_settled_through(now: str, through: str) -> None:
    """At a bank that sends weekends again: from its hour on, and never in the middle of a weekend."""
    assert settled(now, bank()) == day(through)


@pytest.mark.parametrize(
    ("now", "through"),
    [
        ("2026-03-14T08:59:59", "2026-03-12"),
        ("2026-03-14T09:00:00", "2026-03-13"),
        ("2026-03-15T12:00:00", "2026-03-14"),
        ("2026-03-16T12:00:00", "2026-03-15"),
    ],
)
def test_at_other_banks_a_weekend_is_like_any_day(now: str, through: str) -> None:
    """Yesterday, from the bank's hour on."""
    assert settled(now, bank(weekends_again=False)) == day(through)


def test_a_slower_bank_is_settled_later() -> None:
    """Two days of lag, ready at noon."""
    assert settled("2026-03-19T11:59:00", bank(2, "12:00")) == day("2026-03-16")
    assert settled("2026-03-19T12:00:00", bank(2, "12:00")) == day("2026-03-17")


def test_settled_days_only_ever_grow() -> None:
    """Hour by hour through a year; and every business day is settled on the next day."""
    moment = datetime(2026, 1, 1, tzinfo=BRASILIA)
    last = settled_through(moment, bank())
    for _ in range(24 * 365):
        moment += timedelta(hours=1)
        now = settled_through(moment, bank())
        assert now >= last
        assert is_business_day(now)
        if moment.hour >= 9 and is_business_day(moment.date() - timedelta(days=1)):
            assert now == moment.date() - timedelta(days=1)
        last = now


@pytest.mark.parametrize(
    ("now", "hour"),
    [
        ("2026-03-16T09:00", "2026-03-16T09:00"),
        ("2026-03-16T08:59:59", "2026-03-13T09:00"),
        ("2026-03-16T23:59", "2026-03-16T09:00"),
        ("2026-03-15T12:00", "2026-03-13T09:00"),
        ("2026-04-03T12:00", "2026-04-02T09:00"),
    ],
)
def test_last_hour(now: str, hour: str) -> None:
    """That of the present business day from then on, else of the one before; none of a weekend or a holiday."""
    moment = datetime.fromisoformat(now).replace(tzinfo=BRASILIA)
    assert last_hour(moment, bank()) == datetime.fromisoformat(hour).replace(tzinfo=BRASILIA)
