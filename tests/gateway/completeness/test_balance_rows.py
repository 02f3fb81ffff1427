"""A list is checked by the balance rows among its entries."""

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
    begun.add_balance(Decimal("10.00"), final=False)
    return begun


def test_entries_lead_from_balance_to_balance(rows):
    """A balance that the entries add up to is accepted, wherever it stands."""
    rows.add_entry(TUESDAY, Decimal("5.00"))
    rows.add_balance(Decimal(15), final=False)
    rows.add_entry(THURSDAY, Decimal("-1.50"))
    rows.add_balance(Decimal("13.50"), final=True)
    rows.finish()

    assert (rows.opening, rows.closing) == (Decimal(10), Decimal("13.50"))


def test_a_missing_entry(rows):
    """A balance that the entries do not add up to is refused; the failure names both amounts."""
    rows.add_entry(TUESDAY, Decimal("5.00"))
    rows.add_balance(Decimal("16.00"), final=True)

    with pytest.raises(IncoherentPages, match=r"15\.00.*16\.00"):
        rows.finish()


def listed(*steps):
    """A list of entries (numbers) and balances (texts, the final one with a full stop), once it has ended."""
    found = BalanceRows("a_bank", WEEK)
    for step in steps:
        if isinstance(step, str):
            found.add_balance(Decimal(step.rstrip(".")), final=step.endswith("."))
        else:
            found.add_entry(TUESDAY, Decimal(step))
    found.finish()
    return found.opening, found.closing


@pytest.mark.parametrize(
    ("steps", "opening", "closing"),
    [
        ((5, "15."), None, 15),
        (("10", 5), 10, None),
        ((5,), None, None),
        (("10", 5, "15"), 10, None),
        ((5, "15", 1, "16."), None, 16),
        (("10", "15", 5), 10, None),
        (("10.",), 10, 10),
    ],
)
def test_a_list_that_lacks_a_balance(steps, opening, closing):
    """Its entries are accepted; the balance that the bank gives is known, and the one that it leaves out is None."""
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
    """A list may begin with its oldest or its newest row, and its balances may stand at either end."""
    assert listed(*steps) == (10, 15)


@pytest.mark.parametrize("steps", [("10", "10.", 5), ("10", 5, "16."), ("16.", 5, "10"), ("10", 5, "14", 1, "16.")])
def test_balances_that_no_order_explains(steps):
    """A balance that the entries explain in no order is refused."""
    with pytest.raises(IncoherentPages):
        listed(*steps)


def test_a_list_without_entries(rows):
    """A list without entries is accepted with one balance and with none."""
    rows.finish()
    nothing = BalanceRows("a_bank", WEEK)
    nothing.finish()

    assert (rows.closing, nothing.closing) == (Decimal(10), None)


def test_an_entry_of_another_day(rows):
    """An entry of a day that was not asked for cannot be read."""
    with pytest.raises(ValueError, match="outside"):
        rows.add_entry(date(2026, 3, 14), Decimal(1))


def test_the_balance_during_days_without_entries(rows):
    """The balance of days without entries is the opening balance and the entries of the days before them."""
    rows.add_entry(TUESDAY, Decimal("2.50"))
    rows.finish()

    assert rows.balance_during(Period(THURSDAY, THURSDAY)) == Decimal("12.50")
    assert rows.balance_during(Period(WEEK.first, WEEK.first)) == Decimal("10.00")
    assert BalanceRows("a_bank", WEEK).balance_during(WEEK) is None


def test_days_without_entries_that_have_some(rows):
    """Entries on days that should have none are refused, even where they add up to zero."""
    rows.add_entry(TUESDAY, Decimal(2))
    rows.add_entry(TUESDAY, Decimal(-2))

    with pytest.raises(IncoherentPages, match="were said"):
        rows.balance_during(Period(WEEK.first, TUESDAY))
