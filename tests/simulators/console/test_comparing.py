"""The true movements beside those that the bank shows."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from simulators.clock import BRASILIA
from simulators.console.comparing import MOST_DAYS, MOST_ROWS, Mark, compared
from simulators.ledger import Fixed, Ledger, LedgerEntry
from simulators.publication import PUBLICATIONS

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 3, 18, 10, tzinfo=BRASILIA)
FIRST, LAST = date(2026, 3, 9), date(2026, 3, 18)


def at(day, hour=9, month=3):
    return datetime(2026, month, day, hour, tzinfo=BRASILIA)


def movement(day, hour, amount, kind="PIX"):
    return LedgerEntry(booked_at=at(day, hour), amount=Decimal(amount), type=kind, description=f"{day} {hour}")


MOVEMENTS = [
    movement(9, 9, "100.00"),
    movement(13, 9, "50.00"),
    movement(14, 9, "-7.31"),  # a Saturday
    movement(17, 9, "1.00"),
    movement(18, 8, "10.00"),
    movement(18, 9, "20.00"),
    movement(18, 9, "-5.00"),
    movement(18, 11, "99.00"),  # later than now
]


def marks(publication, now=NOW, first=FIRST, last=LAST):
    ledger = Ledger(Fixed(MOVEMENTS), PUBLICATIONS[publication] if publication else None)
    found = compared(ledger, first, last, now)
    return [(row.truth.description if row.truth else None, row.mark) for row in found.rows], found


def test_a_bank_that_shows_everything():
    """All rows are the same, to the cent, and what has not happened yet is in neither."""
    shown, found = marks("")
    assert [mark for _, mark in shown] == [Mark.SAME] * 7
    assert (found.true_count, found.shown_count, found.differing) == (7, 7, 0)
    assert found.opening_balance == 0
    assert found.closing_balance == found.true_closing == Decimal("168.69")


def test_movements_that_come_late():
    shown, found = marks("after_one_day")
    assert dict(shown)["18 8"] is dict(shown)["18 9"] is Mark.LATE
    assert dict(shown)["17 9"] is Mark.SAME
    assert (found.true_count, found.shown_count, found.differing) == (7, 4, 3)
    assert found.true_sum - found.shown_sum == Decimal("25.00")


def test_movements_in_one_sum():
    """The first of each kind and direction stands for the sum; the others are part of it."""
    shown, found = marks("grouped_on_its_day")
    assert shown[-3:] == [("18 8", Mark.SUM), ("18 9", Mark.REGROUPED), ("18 9", Mark.SAME)]
    assert found.rows[-3].shown.amount == Decimal("30.00")
    assert found.true_sum == found.shown_sum


def test_a_weekend_under_another_date():
    shown, _ = marks("weekend_dated_anew")
    assert dict(shown)["14 9"] is Mark.DATED_ANEW
    before_it, _ = marks("weekend_dated_anew", now=at(15))
    assert dict(before_it)["14 9"] is Mark.SAME
    monday, found = marks("weekend_dated_anew", first=date(2026, 3, 16), last=date(2026, 3, 16))
    assert monday == [(None, Mark.ONLY_SHOWN)]
    assert found.rows[0].shown.amount == Decimal("-7.31")


def test_a_weekend_that_is_held_back():
    """It is late until the next business day, and then like all others."""
    assert dict(marks("after_the_weekend", now=at(15))[0])["14 9"] is Mark.LATE
    assert dict(marks("after_the_weekend", now=at(16))[0])["14 9"] is Mark.SAME


def test_what_is_never_shown():
    def without_debits(entries, now):
        return [entry for entry in entries if entry.amount > 0]

    found = compared(Ledger(Fixed(MOVEMENTS), without_debits), FIRST, LAST, NOW)
    assert [row.truth.description for row in found.rows if row.mark is Mark.HIDDEN] == ["14 9", "18 9"]


def test_a_balance_that_moves_unseen():
    """No row differs; the balances do."""
    _, found = marks("unseen_movements")
    assert found.differing == 0
    assert found.closing_balance - found.true_closing == Decimal("0.37") * 8


@pytest.mark.parametrize("days", [(LAST, FIRST), (date(2020, 1, 1), LAST)])
def test_a_period_that_is_none(days):
    with pytest.raises(ValueError, match=str(MOST_DAYS)):
        compared(Ledger(Fixed(MOVEMENTS)), *days, NOW)


def test_a_period_before_the_account():
    ledger = Ledger(Fixed(MOVEMENTS))
    assert compared(ledger, date(2026, 1, 1), date(2026, 1, 5), NOW).rows == ()


def test_many_movements_are_cut():
    many = Ledger(Fixed([movement(9, 9, "1.00")] * (MOST_ROWS + 5)))
    found = compared(many, FIRST, LAST, NOW)
    assert (len(found.rows), found.cut, found.true_count) == (MOST_ROWS, True, MOST_ROWS + 5)


async def test_the_page(client, opened):
    """Money as it is written in Brazil, marks in words, and a wrong period by the names of its fields."""
    account = opened("stone", "next_day")
    at_page = f"/console/worlds/outro/contas/stone/{account.number}/livro"
    text = (await client.get(f"{at_page}?de=2026-03-16&ate=2026-03-18")).text
    assert "ainda não aparece" in text
    assert "R$ " in text
    for wrong in ("de=2026-03-18&ate=2026-03-01", "de=x", "ate=2026-13-01", "de=2020-01-01", "ate=0001-01-02"):
        answer = await client.get(f"{at_page}?{wrong}")
        assert answer.status_code == 422, wrong
        assert "de" in answer.text
