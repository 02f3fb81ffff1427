"""When an account is due, which days are imported, and when a failure is tried again."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

import contracts
from gateway.calendar import is_business_day, settled_through
from gateway.errors import BankFailure
from gateway.importing.days import day_of, hour_of, next_attempt, next_look, period_of
from gateway.limits import IMPORT_ATTEMPTS, IMPORT_LOOK_SECONDS, IMPORT_LOOKS, IMPORT_OVERLAP_DAYS
from gateway.model import BRASILIA

RULES = {slug: contracts.load(slug).period for slug in contracts.banks()}
INTER = RULES["inter"]
moments = st.integers(0, 2 * 365 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=BRASILIA) + timedelta(minutes=minutes)
)


@given(moments, st.sampled_from(sorted(RULES)))
def test_due_on_business_days_after_the_hour(now, slug):
    """And at no other time."""
    day = day_of(slug, now)

    assert day == (now.date() if is_business_day(now.date()) and now >= hour_of(now.date(), RULES[slug]) else None)
    assert day is None or day.weekday() < 5


@pytest.mark.parametrize("day", ["2026-02-16", "2026-04-03", "2026-12-25", "2026-03-14"])
def test_never_due_on_a_holiday(day):
    """Carnival, Good Friday, Christmas, a Saturday; nor at a bank that is not installed."""
    assert day_of("a-bank-of-nobody", datetime.fromisoformat("2026-03-13T18:00-03:00")) is None
    assert day_of("inter", datetime.fromisoformat(f"{day}T18:00-03:00")) is None


@given(moments, st.sampled_from(sorted(RULES)), st.integers(0, 40), st.one_of(st.none(), st.integers(0, 60)))
def test_days_to_import(now, slug, first_days, through_days):
    """Without a hole after what was imported, and never beyond the first import, the history or the settled days."""
    rules, today = RULES[slug], now.date()
    first_import = today - timedelta(days=first_days)
    through = None if through_days is None else today - timedelta(days=through_days)
    period = period_of(rules, now, first_import=first_import, through=through)

    assert period.last == settled_through(now, rules)
    assert period.first >= min(first_import, period.last)
    if rules.history_days:
        assert period.first >= min(today - timedelta(days=rules.history_days), period.last)
    if through is not None and through >= first_import and not rules.history_days:
        assert period.first <= max(first_import, through + timedelta(days=1))
    if through is not None:
        assert (period.last - period.first).days <= IMPORT_OVERLAP_DAYS + max(0, (period.last - through).days)


@pytest.mark.parametrize("slug", RULES)
def test_the_first_import_goes_back_as_far_as_the_contract_says(slug):
    """Unless it was tried before: then it begins where it would have begun on that day."""
    now, rules = datetime(2026, 3, 16, 10, tzinfo=BRASILIA), RULES[slug]
    untried = period_of(rules, now, first_import=None, through=None)
    tried = period_of(rules, now, first_import=date(2026, 3, 1), through=None)

    assert untried.first == now.date() - timedelta(days=rules.first_import_days)
    assert tried.first == date(2026, 3, 1)


def test_after_a_gap_from_the_last_imported_day():
    """And the days before it that the bank may have restated."""
    now = datetime(2026, 3, 16, 10, tzinfo=BRASILIA)
    period = period_of(INTER, now, first_import=date(2026, 1, 1), through=date(2026, 2, 27))

    assert (period.first, period.last) == (date(2026, 2, 21), date(2026, 3, 15))


def test_days_that_a_clock_ahead_took_for_past_cost_no_overlap():
    """Once the clock is right, the days before the last settled one are read again as always."""
    now = datetime(2026, 3, 16, 10, tzinfo=BRASILIA)
    period = period_of(INTER, now, first_import=date(2026, 1, 1), through=date(2026, 4, 1))

    assert (period.first, period.last) == (date(2026, 3, 8), date(2026, 3, 15))


def failure(code, **more):
    return BankFailure(code, bank="inter", at="statement", detail="x", **more)


NOW = datetime(2026, 3, 16, 10, tzinfo=BRASILIA)
MIDNIGHT = datetime(2026, 3, 17, tzinfo=BRASILIA)


@pytest.mark.parametrize(
    ("code", "retry_after", "attempts", "again"),
    [
        ("bank_unavailable", None, 1, NOW + timedelta(seconds=300)),
        ("bank_unavailable", None, 3, NOW + timedelta(seconds=1200)),
        ("bank_unavailable", 7200, 1, NOW + timedelta(seconds=7200)),
        ("bank_unavailable", None, 11, NOW + timedelta(hours=1)),
        ("bank_unavailable", None, IMPORT_ATTEMPTS, MIDNIGHT),
        ("bank_communication_failed", None, 1, NOW + timedelta(days=1)),
        ("integration_paused", None, 1, NOW + timedelta(hours=1)),
        ("invalid_credentials", None, 1, MIDNIGHT),
        ("consent_revoked", None, 1, MIDNIGHT),
    ],
)
def test_retries_follow_the_catalogue(code, retry_after, attempts, again):
    """What the failure or the bank names, growing pauses, an end; none for what a person must mend."""
    assert next_attempt(failure(code, retry_after=retry_after), attempts, NOW) == again


def test_a_bank_that_is_late_has_time_until_it_is_asked_again():
    """As often as it is asked; not when nothing is missing."""
    assert next_look(False, 1, NOW) == NOW + timedelta(seconds=IMPORT_LOOK_SECONDS)
    assert next_look(False, IMPORT_LOOKS - 1, NOW) == NOW + timedelta(seconds=IMPORT_LOOK_SECONDS)
    assert next_look(False, IMPORT_LOOKS, NOW) is next_look(True, 1, NOW) is None
