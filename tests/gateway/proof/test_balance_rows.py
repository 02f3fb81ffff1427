"""A list proved by the balances among its rows."""

from datetime import date
from decimal import Decimal

import pytest

from gateway.errors import IncoherentPages
from gateway.model import Period
from gateway.proof.balance_rows import BalanceRows

WEEK = Period(date(2026, 3, 9), date(2026, 3, 13))
TUESDAY, THURSDAY = date(2026, 3, 10), date(2026, 3, 12)


@pytest.fixture
def rows():
    """A list that begins with a balance of ten reais."""
    begun = BalanceRows("a_bank", WEEK)
    begun.meet(Decimal("10.00"), final=False)
    return begun


def test_entries_lead_from_balance_to_balance(rows):
    """A balance that is what the entries lead to is accepted, wherever it stands."""
    rows.move(TUESDAY, Decimal("5.00"))
    rows.meet(Decimal(15), final=False)
    rows.move(THURSDAY, Decimal("-1.50"))
    rows.meet(Decimal("13.50"), final=True)
    rows.end()

    assert (rows.opening, rows.closing) == (Decimal(10), Decimal("13.50"))


def test_a_missing_entry(rows):
    """A balance to which the entries do not lead is refused, with both amounts."""
    rows.move(TUESDAY, Decimal("5.00"))

    with pytest.raises(IncoherentPages, match=r"15\.00.*16\.00"):
        rows.meet(Decimal("16.00"), final=True)


def test_a_list_without_beginning():
    """An entry before any balance is refused."""
    with pytest.raises(IncoherentPages, match="begin"):
        BalanceRows("a_bank", WEEK).move(TUESDAY, Decimal(1))


@pytest.mark.parametrize("balances", [[], [(Decimal(11), False)]])
def test_a_list_without_end(rows, balances):
    """After entries only a final balance ends a list."""
    rows.move(TUESDAY, Decimal(1))
    for balance, final in balances:
        rows.meet(balance, final=final)

    with pytest.raises(IncoherentPages, match="end"):
        rows.end()


def test_an_entry_after_the_final_balance(rows):
    """A final balance in the middle is none."""
    rows.meet(Decimal(10), final=True)
    rows.move(TUESDAY, Decimal(1))

    with pytest.raises(IncoherentPages, match="end"):
        rows.end()


def test_a_list_without_entries(rows):
    """Without entries one balance is enough, and so is none at all."""
    rows.end()
    nothing = BalanceRows("a_bank", WEEK)
    nothing.end()

    assert (rows.closing, nothing.closing) == (Decimal(10), None)


def test_an_entry_of_another_day(rows):
    """An entry of a day that the list is not about cannot be read."""
    with pytest.raises(ValueError, match="outside"):
        rows.move(date(2026, 3, 14), Decimal(1))


def test_the_balance_during_silent_days(rows):
    """During days without entries the balance is what the days before them have led to."""
    rows.move(TUESDAY, Decimal("2.50"))

    assert rows.during(Period(THURSDAY, THURSDAY)) == Decimal("12.50")
    assert rows.during(Period(WEEK.first, WEEK.first)) == Decimal("10.00")
    assert BalanceRows("a_bank", WEEK).during(WEEK) is None


def test_silent_days_that_are_not(rows):
    """Days of which entries come after all are no silent days, not even when these add up to nothing."""
    rows.move(TUESDAY, Decimal(2))
    rows.move(TUESDAY, Decimal(-2))

    with pytest.raises(IncoherentPages, match="were said"):
        rows.during(Period(WEEK.first, TUESDAY))
