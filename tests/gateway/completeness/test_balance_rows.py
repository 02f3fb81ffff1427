"""A list proved by the balances among its rows."""

from datetime import date
from decimal import Decimal

import pytest

from gateway.completeness.balance_rows import BalanceRows
from gateway.errors import IncoherentPages
from gateway.model import Period

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
    rows.meet(Decimal("16.00"), final=True)

    with pytest.raises(IncoherentPages, match=r"15\.00.*16\.00"):
        rows.end()


def listed(*steps):
    """A list of entries (numbers) and balances (texts, the final one with a full stop), once it has ended."""
    found = BalanceRows("a_bank", WEEK)
    for step in steps:
        if isinstance(step, str):
            found.meet(Decimal(step.rstrip(".")), final=step.endswith("."))
        else:
            found.move(TUESDAY, Decimal(step))
    found.end()
    return found.opening, found.closing


@pytest.mark.parametrize(
    ("steps", "opening", "closing"),
    [
        ((5, "15."), None, 15),
        (("10", 5), 10, None),
        ((5,), None, None),
        (("10", 5, "15"), 10, None),
        ((5, "15", 1, "16."), None, 16),
    ],
)
def test_a_list_that_lacks_a_balance(steps, opening, closing):
    """It has entries, and nothing is held against them; what was told is known, what was not is not made up."""
    assert listed(*steps) == (opening, closing)


@pytest.mark.parametrize(
    "steps",
    [
        ("15.", 2, "13", 3, "10"),
        ("10", "15.", 2, 3),
        (2, 3, "15.", "10"),
        ("10", 2, "12", 3, "15."),
    ],
)
def test_a_list_in_any_order(steps):
    """Nobody has said with which end a list begins."""
    assert listed(*steps) == (10, 15)


@pytest.mark.parametrize("steps", [("10", "10.", 5), ("10", 5, "16."), ("16.", 5, "10"), ("10", 5, "14", 1, "16.")])
def test_balances_that_no_order_explains(steps):
    """A balance that is told must be explained."""
    with pytest.raises(IncoherentPages):
        listed(*steps)


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
    rows.end()

    assert rows.during(Period(THURSDAY, THURSDAY)) == Decimal("12.50")
    assert rows.during(Period(WEEK.first, WEEK.first)) == Decimal("10.00")
    assert BalanceRows("a_bank", WEEK).during(WEEK) is None


def test_silent_days_that_are_not(rows):
    """Days of which entries come after all are no silent days, not even when these add up to nothing."""
    rows.move(TUESDAY, Decimal(2))
    rows.move(TUESDAY, Decimal(-2))

    with pytest.raises(IncoherentPages, match="were said"):
        rows.during(Period(WEEK.first, TUESDAY))
