"""Balances of days are asked for once, and decide what the entries between them leave open."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from gateway.completeness.day_balances import (
    LONGEST_SILENCE_DAYS,
    BalancesByDay,
    Day,
    DayBalances,
    all_declared_complete,
    complete_through,
)

FIRST = date(2026, 3, 9)
DAY = timedelta(days=1)


def balances_of(given):
    """A bank that gives these balances, by days after the first one, and the list of days that it is asked for."""
    asked = []

    def ask(day):
        asked.append(day)
        yield from ()
        return given.get((day - FIRST).days, DayBalances())

    return BalancesByDay(ask), asked


def result(flow):
    """The result of a flow that sends no request."""
    with pytest.raises(StopIteration) as ended:
        next(flow)
    return ended.value.value


def day(number, **fields):
    """A day of the list."""
    return Day(FIRST + number * DAY, **fields)


def signs_of(*told):
    """The signs of the first days."""
    return {FIRST + place * DAY: signs for place, signs in enumerate(told)}


def both(opening, closing):
    """Balances at both ends of a day."""
    return DayBalances(Decimal(opening), Decimal(closing))


def test_no_day_is_asked_for_twice():
    """The balances before a day, after it and of it come from one answer."""
    balances, asked = balances_of({0: both(1, 2)})

    assert (result(balances.before(FIRST)), result(balances.after(FIRST))) == (1, 2)
    assert result(balances.of(FIRST)) == both(1, 2)
    assert asked == [FIRST]


def test_days_without_balance_keep_the_balance_of_an_earlier_one():
    """A day without a balance has that of the last day with one, if it is not too long ago."""
    balances, asked = balances_of({0: both(1, 2)})
    furthest = FIRST + (LONGEST_SILENCE_DAYS - 1) * DAY

    assert result(balances.after(furthest)) == 2
    assert result(balances.before(furthest)) == 2
    assert len(asked) == LONGEST_SILENCE_DAYS
    assert result(balances.after(furthest + DAY)) is None
    assert result(balances.before(furthest + 2 * DAY)) is None


def test_an_opening_that_is_left_out_is_not_looked_for_before():
    """Where a day has only one of its balances, the other is unknown."""
    balances, asked = balances_of({-1: both(1, 1), 0: DayBalances(closing=Decimal(2))})

    assert result(balances.before(FIRST)) is None
    assert asked == [FIRST]


def test_signs_are_decided_by_the_balances():
    """Both balances of a day decide, or its opening and that of the next day; other days use what one day decides."""
    days = [
        day(0, entries=2, moved=Decimal(1), unknown={"x": Decimal(3), "y": Decimal(4)}),
        day(1, entries=1, unknown={"x": Decimal(5)}),
        day(2),
    ]
    balances, asked = balances_of({0: both(0, 2), 1: DayBalances(opening=Decimal(2)), 2: both(-3, -3)})

    assert result(balances.signs(days, Decimal(-3))) == signs_of({"x": -1, "y": 1}, {"x": -1}, {})
    assert list(result(balances.signs([day(2)], None)).values()) == [{}]
    assert asked == [FIRST]

    balances, asked = balances_of({1: DayBalances(opening=Decimal(2)), 2: both(-3, -3)})
    assert result(balances.signs(days[1:], Decimal(-5))) == dict(list(signs_of({}, {"x": -1}, {}).items())[1:])
    assert asked == [FIRST + DAY, FIRST + 2 * DAY]


def test_signs_that_nothing_decides_are_left_out():
    """Signs stay open without a balance after the last day, and where two choices would fit."""
    last = [day(0, entries=1, unknown={"x": Decimal(3)})]
    assert result(balances_of({0: DayBalances(opening=Decimal(1))})[0].signs(last, None)) == signs_of({})
    twins = [day(0, entries=2, unknown={"x": Decimal(3), "y": Decimal(3)})]
    assert result(balances_of({0: both(1, 1)})[0].signs(twins, Decimal(0))) == signs_of({})


def test_a_decided_day_counts_what_was_unknown():
    """A day with signs counts each kind by its sign, 0 for one that moved nothing, and keeps no pages."""
    left = day(0, entries=3, moved=Decimal(1), unknown={"x": Decimal(3), "y": Decimal(9)}, pages=("page",))

    assert left.with_signs({"x": -1, "y": 0}) == day(0, entries=3, moved=Decimal(-2))


def test_a_balance_that_changes_without_entries():
    """A change is noticed on days without entries for which the bank gives both balances."""
    given = {0: both(1, 2), 1: both(2, 3), 2: both(3, 3), 3: DayBalances(opening=Decimal(3))}
    balances, asked = balances_of(given)
    days = [day(0, entries=1), *map(day, range(1, 5))]

    assert result(balances.changed_without_entries(days)) == [FIRST + DAY]
    assert FIRST not in asked


@pytest.mark.parametrize(
    ("marks", "last", "through"),
    [
        ((True, True, True), None, 2),
        ((True, None, True), None, 2),
        ((True, False, True), None, 0),
        ((False, True, True), None, -1),
        ((None, None, None), None, -1),
        ((None, None, None), True, 2),
        ((True, None, None), False, 0),
        ((True, True, False), True, 1),
    ],
)
def test_complete_through(marks, last, through):
    """A day without a declaration is complete when a later one is; a day that is declared open ends the count."""
    days = [day(number, declared_complete=mark) for number, mark in enumerate(marks)]

    assert complete_through(days, DayBalances(declared_complete=last)) == FIRST + through * DAY


def test_all_answers_must_declare_a_day():
    """All answers must declare the day complete; those without a declaration do not count."""
    answers = ([], [None], [True, None], [True, False])

    assert [all_declared_complete(marks) for marks in answers] == [None, None, True, False]
