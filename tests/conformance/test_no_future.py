"""Nothing of the future is asked for, at any bank.

What a day to come will hold is no bank's to say: some refuse such a day, others list what is only planned. Requests are
read as the banks write their days, so that another form of the same day does not escape.
"""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

import httpx
import pytest

import contracts
from gateway.model import BRASILIA, Period
from simulators.banks import bank_class
from simulators.certify.checks.asked_days import days_of
from simulators.certify.harnesses.pure import PureHarness
from simulators.ledger import Fixed, LedgerEntry
from simulators.pki import Authority

DAY = timedelta(days=1)
TODAYS = (
    date(2026, 3, 18),  # an ordinary Wednesday
    date(2026, 10, 31),  # a Saturday that ends its month
    date(2026, 11, 1),  # a Sunday that begins one
    date(2026, 11, 2),  # a holiday on a Monday
    date(2026, 11, 30),  # a Monday that ends its month
    date(2027, 1, 1),  # a holiday that begins the year
    date(2028, 2, 29),
)
HOURS = (time(0, 0, 5), time(12), time(22, 30))
"""Just after midnight, at noon, and when the day is over in Greenwich already."""
PERIODS = {
    "today": lambda today: (today, today),
    "yesterday": lambda today: (today - DAY, today - DAY),
    "week through today": lambda today: (today - 6 * DAY, today),
    "month through yesterday": lambda today: (today - 30 * DAY, today - DAY),
    "month before": lambda today: (_month_before(today), today.replace(day=1) - DAY),
    "days of a month ago": lambda today: (today - 40 * DAY, today - 35 * DAY),
}


def _month_before(today):
    return (today.replace(day=1) - DAY).replace(day=1)


def moves(slug, today):
    """A credit, a debit and a credit late at night, on every sixth day, the days before today, and today."""
    days = sorted({today - n * DAY for n in (*range(0, 75, 6), 1, 2)})
    return Fixed(
        [_entry(slug, day, hour, cents) for day in days for hour, cents in ((8, 25000), (9, -4000), (23, 110))]
    )


def still(slug, today):
    """One movement long ago."""
    return Fixed([_entry(slug, today - 70 * DAY, 9, 990)])


def _entry(slug, day, hour, cents):
    kind = min(kind for kind, credit in bank_class(slug).kinds if credit == (cents > 0))
    return LedgerEntry(
        booked_at=datetime.combine(day, time(hour), BRASILIA), amount=Decimal(cents).scaleb(-2), type=kind
    )


@pytest.mark.parametrize("slug", contracts.banks())
@pytest.mark.parametrize("today", TODAYS, ids=str)
def test_no_request_names_a_day_after_today(slug, today):
    """Whatever the period, the hour and what the account holds; every bank's requests name some day."""
    contract = contracts.load(slug)
    named = []
    for hour in HOURS:
        for ledger in (moves, still):
            now = datetime.combine(today, hour, BRASILIA)
            pair = PureHarness(slug, now, source=ledger(slug, today), authority=Authority())
            for what, period in PERIODS.items():
                pair.requests.clear()
                pair.read(Period(*period(today)))
                for request in pair.requests:
                    days = days_of(contract, request, today)
                    assert all(day <= today for day in days), f"{what} at {now}: {request.method} {request.url}"
                    named += days
    assert named


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("/movement/2026-11-02", date(2026, 11, 2)),
        ("/extrato?fim=2026-11-02T02%3A59%3A59Z", date(2026, 11, 1)),
        ("/extrato?fim=2026-11-02T03:00:00Z", date(2026, 11, 2)),
        ("/extrato?fim=02/11/2026", date(2026, 11, 2)),
        ("/extrato?dataFim=02112026", date(2026, 11, 2)),
        ("/extrato?dataFim=2112026", date(2026, 11, 2)),
        ("/extrato?endDate=20261102", date(2026, 11, 2)),
    ],
)
def test_days_are_read_in_every_form(written, day):
    """What reads the requests knows each form of a day that a bank uses."""
    request = httpx.Request("GET", f"https://bank.example{written}")

    assert days_of(contracts.load("inter"), request, date(2026, 11, 1)) == [day]


@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("since=2026-11-01T03:00:00Z&until=2026-11-03T03:00:00Z", [date(2026, 11, 1), date(2026, 11, 2)]),
        ("since=2026-11-01T00:00:00&until=2026-11-03T00:00:00", [date(2026, 11, 1), date(2026, 11, 2)]),
        ("since=2026-11-03T03:00:00Z", [date(2026, 11, 3)]),
        ("since=2026-11-02T03:00:00Z&until=2026-11-03T03:00:01Z", [date(2026, 11, 2), date(2026, 11, 3)]),
        ("since=2026-11-03T03:00:00Z&until=2026-11-03T12:00:00Z", [date(2026, 11, 3), date(2026, 11, 3)]),
        ("report=a.2026-11-01.2026-11-02", [date(2026, 11, 1), date(2026, 11, 2)]),
        ("report=2026-11-01-2026-11-02", [date(2026, 11, 1), date(2026, 11, 2)]),
        ("report=2026-13-45.99/99/2026.12-34.2026", []),
    ],
)
def test_the_moments_of_a_request_are_days(written, days):
    """A midnight that ends a range is the end of the day before, one alone begins its day; other digits are no days."""
    request = httpx.Request("GET", f"https://bank.example/extrato?{written}")

    assert days_of(contracts.load("inter"), request, date(2026, 11, 1)) == days


def test_a_month_in_the_path_is_read_with_its_days():
    """A month of its own and days of their own make days."""
    contract = contracts.load("sicoob")
    path = contract.operations["statement"].path.format(mes="11", ano="2026")
    request = httpx.Request("GET", f"https://bank.example{path}?diaInicial=1&diaFinal=3")

    assert days_of(contract, request, date(2026, 11, 1)) == [date(2026, 11, 1), date(2026, 11, 3)]
