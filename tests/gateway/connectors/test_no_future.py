"""Nothing of the future is asked for, at any bank.

What a day to come will hold is no bank's to say: some refuse such a day, others list what is only planned. Requests are
read as the banks write their days, so that another form of the same day does not escape.
"""

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from urllib.parse import unquote_plus

import httpx
import pytest

import contracts
from contracts.schema import path_pattern
from gateway.model import BRASILIA, Period
from simulators.banks import bank_class
from simulators.certify.pure_harness import PureHarness
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
INSTANT = re.compile(r"(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?")
SLASHED = re.compile(r"(?<!\d)(\d{2})[/.-](\d{2})[/.-](\d{4})(?!\d)")
PACKED = re.compile(r"(?<![0-9A-Za-z])\d{7,8}(?![0-9A-Za-z])")
CREDIBLE = timedelta(days=400)
"""Digits that make a day further away than this are no day."""


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


def days_of(contract, request, today):
    """The days that a request names, in whichever form, as days in Brasília."""
    named = _named_parts(contract, request)
    texts = [unquote_plus(str(request.url.raw_path, "ascii")), unquote_plus(request.content.decode())]
    found = [*_month_and_days(named), *(day for text in texts for day in _days_in(text))]
    values = [value for name, value in named.items() if "dat" in name.lower()]
    return found + [day for value in values for day in _packed(value, today)]


def _named_parts(contract, request):
    """The segments and parameters of a request by their names."""
    for operation in contract.operations.values():
        segments = path_pattern(operation.path, named=True).fullmatch(request.url.path)
        if segments is not None and operation.method == request.method:
            return {
                **segments.groupdict(),
                **dict(request.url.params),
                **dict(httpx.QueryParams(request.content.decode())),
            }
    return dict(request.url.params)


def _days_in(text):
    for day, clock in INSTANT.findall(text):
        moment = datetime.fromisoformat(day + clock)
        yield moment.astimezone(BRASILIA).date() if moment.tzinfo else moment.date()
    for day, month, year in SLASHED.findall(text):
        yield date(int(year), int(month), int(day))


def _packed(value, today):
    """The day of `DDMMYYYY`, `DMMYYYY` or `YYYYMMDD`."""
    for digits in PACKED.findall(value):
        padded = digits.zfill(8)
        for form, shown in (("%d%m%Y", padded), ("%Y%m%d", digits)):
            try:
                day = datetime.strptime(shown, form).date()  # noqa: DTZ007 - only its day is read
            except ValueError:
                continue
            if abs(day - today) < CREDIBLE:
                yield day


def _month_and_days(named):
    """The days of a request that names month and year in one place and days in another."""
    if not {"mes", "ano"} <= named.keys():
        return
    for name in ("diaInicial", "diaFinal"):
        yield date(int(named["ano"]), int(named["mes"]), int(named[name]))


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


def test_a_month_in_the_path_is_read_with_its_days():
    """A month of its own and days of their own make days."""
    contract = contracts.load("sicoob")
    path = contract.operations["statement"].path.format(mes="11", ano="2026")
    request = httpx.Request("GET", f"https://bank.example{path}?diaInicial=1&diaFinal=3")

    assert days_of(contract, request, date(2026, 11, 1)) == [date(2026, 11, 1), date(2026, 11, 3)]
