"""An account that gets entries while it is read: at every bank the statement is right through the day that it names.

The whole reader and line are in front of each simulated bank, whose ledger grows before each call. Lists that grow as
fast as they are read may end as a failure, which must have a name; others must bring the days that are settled.
"""

from collections import Counter
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from msgspec.structs import replace

import contracts
from gateway.calendar import is_business_day, settled_through
from gateway.errors import BankFailure
from gateway.model import BRASILIA, DAY, ZERO, BalanceAt, Balances, Contradiction, Movement, Period, Undecided, Verdict
from gateway.statement import reader
from gateway.statement.movements import Movements
from gateway.statement.parts import Part, balances_of, movements_of, parts_of
from simulators.banks import bank_class
from simulators.certify.harnesses.line import LineHarness
from simulators.ledger import Fixed, LedgerEntry
from simulators.pki import Authority

AUTHORITY = Authority()
NOON = datetime(2026, 3, 18, 14, tzinfo=BRASILIA)  # a Wednesday
EARLY = datetime(2026, 3, 18, 8, tzinfo=BRASILIA)
"""Before any bank has settled the day before."""
MONDAY = datetime(2026, 3, 16, 14, tzinfo=BRASILIA)
HOLIDAY_OVER = datetime(2026, 11, 3, 14, tzinfo=BRASILIA)  # a Tuesday after All Souls' Day
BUSY_CALLS = 60
"""Calls of a reading before which entries arrive; otherwise a list that grows as fast as it is read has no end."""
PAGES = [(1, 1), (2, 1), (2, 3), (3, 2), (5, 1), (5, 3), (20, 2)]
"""Entries of a page, and those that arrive before each call."""


def entry(slug, at, cents):
    kind = min(kind for kind, credit in bank_class(slug).kinds if credit)
    return LedgerEntry(booked_at=at, amount=Decimal(cents).scaleb(-2), type=kind)


def busy(slug, now, page_size, arriving, *, late=False, calls=BUSY_CALLS):
    """A bank at which entries arrive before each call: of the present, or `late` ones of the evening before."""
    days = [now.date() - n * DAY for n in range(9)]
    rows = [
        entry(slug, datetime.combine(day, time(hour), BRASILIA), 1000 + 100 * n + hour)
        for n, day in enumerate(days)
        for hour in (1, 5, 7)
    ]
    pair = LineHarness(slug, now, page_size=page_size, source=Fixed(rows), authority=AUTHORITY)
    pair.asked = 0
    answer = pair.bank.answer

    def answer_later(request):
        pair.asked += 1
        pair.clock.advance(timedelta(seconds=1))
        evening = datetime.combine(days[1], time(23), BRASILIA) + timedelta(seconds=4 * pair.asked)
        for number in range(arriving if pair.asked <= calls else 0):
            at = (evening if late else pair.clock.now() - timedelta(seconds=0.5)) + timedelta(milliseconds=number)
            pair.simulated.ledger.post(entry(slug, at, 10 * pair.asked + number))
        return answer(request)

    pair.bank.answer = answer_later
    return pair


def amounts(entries, through):
    return Counter((each.date, each.amount) for each in entries if each.date <= through)


def wrong(pair, found):
    """What in a statement is not so, in words."""
    ledger, first, through = pair.simulated.ledger, found.period.first, found.complete_through
    now = pair.clock.now()
    true = ledger.entries(first, found.period.last, now)
    if len({each.id for each in found.entries}) < len(found.entries):
        yield "two entries share an id"
    if amounts(found.entries, date.max) - amounts(true, date.max):
        yield "an entry is invented or doubled"
    if amounts(found.entries, through) != amounts(true, through):
        yield "a day that is called complete is not"
    if found.proof.verdict is Verdict.DISPROVED:
        yield "the statement is disproved"
    if found.opening_balance is not None:
        if found.opening_balance != ledger.balance(first, now):
            yield "the opening balance is another one"
        if found.closing_balance not in {None, found.opening_balance + sum(each.amount for each in found.entries)}:
            yield "the closing balance is not that after the entries"


CASES = {
    "at noon": (NOON, False, NOON.date()),
    "on a Monday": (MONDAY, False, MONDAY.date()),
    "on a Monday through Sunday": (MONDAY, False, MONDAY.date() - DAY),
    "late entries of the day before": (EARLY, True, EARLY.date()),
    "late entries, through the day before": (EARLY, True, EARLY.date() - DAY),
}


@pytest.mark.anyio
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("slug", contracts.banks())
async def test_a_busy_account_is_right_through_the_day_that_is_named(slug, case):
    """What moves while it is read spoils no settled day, and what is left out is named."""
    now, late, last = CASES[case]
    settled = settled_through(now, contracts.load(slug).period)
    while not is_business_day(settled):
        settled -= DAY
    for page_size, arriving in PAGES:
        pair = busy(slug, now, page_size, arriving, late=late)
        try:
            found = await pair.read(Period(now.date() - 6 * DAY, last))
        except BankFailure as failure:
            assert arriving >= page_size, failure
            assert failure.retryable
            continue
        assert list(wrong(pair, found)) == [], (page_size, arriving)
        assert found.complete_through >= settled, (page_size, arriving)
        lacking = list(Period(found.period.last + DAY, last).days) if found.period.last < last else []
        named = [each.days for each in found.warnings if each.code == "statement_not_ready" and each.days]
        assert named == ([tuple(lacking)] if lacking else [])


@pytest.mark.anyio
@pytest.mark.parametrize("slug", contracts.banks())
async def test_entries_that_arrive_at_once_cost_none_of_today(slug):
    """Where nothing arrives in the second reading it brings all days, in few calls more than one reading has."""
    week = Period(NOON.date() - 6 * DAY, NOON.date())
    quiet = busy(slug, NOON, 5, 0)
    before = await quiet.read(week)
    burst = busy(slug, NOON, 5, 1, calls=quiet.asked - 1)

    found = await burst.read(week)

    assert list(wrong(burst, found)) == []
    assert found.period == week
    assert {each.id for each in before.entries} <= {each.id for each in found.entries}
    assert burst.asked <= 2 * quiet.asked + 10


@pytest.mark.anyio
@pytest.mark.parametrize("now", [NOON, EARLY, MONDAY, HOLIDAY_OVER], ids=str)
@pytest.mark.parametrize("slug", contracts.banks())
async def test_parts_make_the_same_statement_as_one_reading(slug, now, monkeypatch):
    """Entries, ids, order, balances, proof and warnings do not depend on how the period was read."""
    week = Period(now.date() - 6 * DAY, now.date())
    whole = await busy(slug, now, 3, 0).read(week)
    monkeypatch.setattr(reader, "STATEMENT_ATTEMPTS", 1)

    joined = await busy(slug, now, 3, 0).read(week)

    assert replace(joined, available_balance=None) == replace(whole, available_balance=None)
    assert [each.date for each in whole.entries if each.date == now.date()]


def test_parts_end_with_settled_business_days_and_yesterday():
    """A period whose days are all settled, or none of them, is one part."""
    rules = contracts.load("inter").period
    march = Period(date(2026, 3, 1), date(2026, 3, 18))

    def lasts(period, now):
        parts = parts_of(period, rules, now)
        assert [parts[0].first, parts[-1].last] == [period.first, period.last]
        assert all(after.first == before.last + DAY for before, after in pairwise(parts))
        return [part.last.day for part in parts]

    assert lasts(march, NOON) == [17, 18]
    assert lasts(march, EARLY) == [16, 17, 18]
    assert lasts(Period(date(2026, 3, 17), NOON.date()), NOON) == [17, 18]
    assert lasts(Period(march.first, MONDAY.date()), MONDAY) == [13, 15, 16]
    assert lasts(Period(march.first, date(2026, 3, 17)), NOON) == [17]
    assert lasts(Period(NOON.date(), NOON.date()), NOON) == [18]
    assert settled_through(HOLIDAY_OVER, rules) == date(2026, 11, 2)
    assert lasts(Period(date(2026, 10, 26), date(2026, 11, 3)), HOLIDAY_OVER) == [30, 2, 3]


def movement(day, amount):
    return Movement(date=date(2026, 3, day), amount=Decimal(amount), content=f"{day} {amount}".encode())


@pytest.mark.parametrize("most_held", [1, 1000])
@pytest.mark.parametrize("newest_first", [True, False])
def test_each_day_is_that_of_the_part_that_asked_for_it(newest_first, most_held):
    """In memory and in a file; what lies before the first part and after the last is kept for the balances."""
    read = {
        (10, 15): [(9, 1), (10, 2), (10, 3), (15, 4), (16, 99)],
        (16, 17): [(15, 98), (16, 5), (16, 6), (17, 7), (18, 8)],
    }
    parts = []
    for (first, last), rows in read.items():
        movements = Movements(newest_first=newest_first, most_held=most_held)
        for row in reversed(rows) if newest_first else rows:
            movements.add([movement(*row)])
        movements.finish()
        parts.append(Part(Period(date(2026, 3, first), date(2026, 3, last)), movements, Balances(), NOON))

    together = movements_of(parts, most_held)

    assert [int(each.amount) for each in together.within(Period(date.min, date.max))] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert sum((each.amount for each in together.sums), ZERO) == 36


def test_the_balances_of_parts_are_those_around_all_of_them():
    """What speaks against one part, and what it lacks, holds for all."""
    doubt = Contradiction("a count", contracts.schema.Evidence.ASSUMED)
    early, late = BalanceAt(date(2026, 3, 9), Decimal(1)), BalanceAt(date(2026, 3, 17), Decimal(2))
    between = BalanceAt(date(2026, 3, 15), Decimal(3))

    def parts(*declared, contradictions=()):
        first = Balances(opening=early, closing=between, complete_through=declared[0], contradictions=contradictions)
        second = Balances(opening=between, closing=late, complete_through=declared[1], available=Decimal(5))
        days = Period(date(2026, 3, 10), date(2026, 3, 15)), Period(date(2026, 3, 16), date(2026, 3, 17))
        return [Part(each, Movements.of([]), read, NOON) for each, read in zip(days, (first, second), strict=True)]

    found = balances_of(parts(None, None, contradictions=(doubt,)))
    assert (found.opening, found.closing, found.available) == (early, late, Decimal(5))
    assert (found.contradictions, found.complete_through) == ((doubt,), None)
    assert balances_of(parts(date(2026, 3, 15), date(2026, 3, 16))).complete_through == date(2026, 3, 16)
    assert balances_of(parts(date(2026, 3, 12), None)).complete_through == date(2026, 3, 12)


@pytest.mark.parametrize("place", [0, 1])
def test_what_is_told_of_one_part_is_told_of_the_statement(place):
    """Warnings, the reason why there is no balance, rows that nobody can tell, and words in place of a list."""
    told = Balances(
        reason="no balance was given",
        warnings=(("grouped_entries", "some rows stand for several entries"),),
        empty_by_words=True,
        undecided=frozenset({Undecided(date(2026, 3, 15), "X9")}),
    )
    days = Period(date(2026, 3, 10), date(2026, 3, 15)), Period(date(2026, 3, 16), date(2026, 3, 17))
    parts = [
        Part(each, Movements.of([]), told if number == place else Balances(), NOON) for number, each in enumerate(days)
    ]

    assert balances_of(parts) == told
