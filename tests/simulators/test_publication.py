"""What a bank shows of its movements, and when: each way of publishing them, at a weekend of March."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from simulators.clock import BRASILIA
from simulators.ledger import LedgerEntry
from simulators.publication import PUBLICATIONS, UNSEEN


def at(day, hour=12):
    """An instant of March 2026, of which the 13th is a Friday."""
    return datetime(2026, 3, day, hour, tzinfo=BRASILIA)


def entry(day, amount="1", hour=10, kind="PIX"):
    return LedgerEntry(booked_at=at(day, hour), amount=Decimal(amount), type=kind)


THURSDAY, FRIDAY, SATURDAY, SUNDAY, MONDAY = (entry(day) for day in range(12, 17))
WEEK = [THURSDAY, FRIDAY, SATURDAY, SUNDAY, MONDAY]


def shown(name, now, entries=WEEK):
    """The days under which movements are shown, and the day on which each was booked first."""
    return [(each.date.day, (each.first_booked_at or each.booked_at).day) for each in PUBLICATIONS[name](entries, now)]


@pytest.mark.parametrize(
    ("name", "now", "days"),
    [
        ("after_one_day", at(16, 23), [12, 13, 14, 15]),
        ("after_one_day", at(17, 0), [12, 13, 14, 15]),
        ("after_one_day", at(17, 6), [12, 13, 14, 15, 16]),
        ("after_two_days", at(17, 6), [12, 13, 14, 15]),
        ("after_two_days", at(17, 0), [12, 13, 14]),
        ("after_two_days", at(18, 6), [12, 13, 14, 15, 16]),
        ("after_the_weekend", at(15, 23), [12, 13, 16]),
        ("after_the_weekend", at(16, 0), [12, 13, 16]),
        ("after_the_weekend", at(16, 6), [12, 13, 14, 15, 16]),
    ],
)
def test_movements_that_are_shown_later(name, now, days):
    """From the morning of their day of publication on, under the day on which they were booked."""
    assert shown(name, now) == [(day, day) for day in days]


def test_a_weekend_under_the_next_business_day():
    """Until the morning of that day each movement stands on its own."""
    assert shown("weekend_dated_anew", at(16, 0)) == [(day, day) for day in range(12, 17)]
    assert shown("weekend_dated_anew", at(16, 6)) == [(12, 12), (13, 13), (16, 14), (16, 15), (16, 16)]


def test_a_day_that_is_restated_lacks_its_first_movement():
    """Until the second morning after it; one day in three is so, and the others are right at once."""
    entries = [entry(day, amount) for day in (12, 13, 14) for amount in ("1", "2")]
    (wrong,) = (day for day in (12, 13, 14) if date(2026, 3, day).toordinal() % 3 == 0)
    restated = PUBLICATIONS["restated"]

    early = restated(entries, at(14, 0))

    assert early == [each for each in entries if each.date.day != wrong or each.amount == 2]
    assert len(restated(entries, at(wrong + 2, 0))) == len(entries) - 1
    assert restated(entries, at(wrong + 2, 6)) == entries


def test_movements_of_today_are_one_sum_of_each_kind():
    """Credits and debits apart; what is over stands there by itself."""
    over = [entry(12), entry(12)]
    entries = [*over, entry(13, "1", 8), entry(13, "-5", 9), entry(13, "2", 10), entry(13, "4", 11, "TED")]
    grouped = PUBLICATIONS["grouped_on_its_day"]

    today = [(each.amount, each.type, each.description) for each in grouped(entries, at(13))]

    assert today[:2] == [(1, "PIX", over[0].description)] * 2
    assert today[2:] == [(3, "PIX", "TOTAL PIX"), (-5, "PIX", "TOTAL PIX"), (4, "TED", "TOTAL TED")]
    assert grouped(entries, at(14, 0)) == entries


def test_a_balance_that_moves_without_an_entry():
    """At each noon after the first day, up to now."""
    found = PUBLICATIONS["unseen_movements"]([THURSDAY, SATURDAY], at(14, 11))

    assert [(each.date.day, each.amount) for each in found if not each.hidden] == [(12, 1), (14, 1)]
    assert [(each.date.day, each.amount) for each in found if each.hidden] == [(13, UNSEEN)]
    assert [each.date.day for each in found] == [12, 13, 14]
    assert len(PUBLICATIONS["unseen_movements"](WEEK[:1], at(14))) == 3
    assert PUBLICATIONS["unseen_movements"]([], at(14)) == []
