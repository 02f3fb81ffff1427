"""Closing balances prove the entries between them."""

from datetime import date
from decimal import Decimal

import pytest

from gateway.completeness.closing_balances import ClosingBalances
from gateway.errors import IncoherentPages
from gateway.model import BalanceAt

FRIDAY, SATURDAY, MONDAY = date(2026, 3, 13), date(2026, 3, 14), date(2026, 3, 16)


def closings(*, saturday, monday):
    """A weekend between a closing of 100 and one of 70."""
    found = ClosingBalances("itau")
    found.close(MONDAY, Decimal(70))
    found.close(FRIDAY, Decimal("100.00"))
    found.move(FRIDAY, Decimal(999))
    found.move(SATURDAY, Decimal(saturday))
    found.move(MONDAY, Decimal(monday))
    return found


def test_days_without_a_closing_belong_to_the_next_one():
    """The entries of a weekend lead, with Monday's, from Friday's closing to Monday's."""
    closings(saturday=-50, monday=20).check()


def test_an_entry_too_few_is_noticed():
    """A closing that is not reached by the entries fails."""
    with pytest.raises(IncoherentPages, match="2026-03-13"):
        closings(saturday=-50, monday=0).check()


def test_two_balances_for_one_day():
    """The same balance may be given again, another one may not."""
    found = closings(saturday=-50, monday=20)
    found.close(MONDAY, Decimal("70.00"))
    with pytest.raises(IncoherentPages, match="two closing balances"):
        found.close(MONDAY, Decimal("70.01"))


def test_the_nearest_closings_are_found():
    """The last closing before a day, the first from a day on; none where there is none."""
    found = closings(saturday=0, monday=0)

    assert found.before(MONDAY) == BalanceAt(FRIDAY, Decimal(100))
    assert found.from_day(SATURDAY) == BalanceAt(MONDAY, Decimal(70))
    assert found.from_day(FRIDAY) == BalanceAt(FRIDAY, Decimal(100))
    assert found.before(FRIDAY) is None
    assert found.from_day(date(2026, 3, 17)) is None


def test_supposed_closings_count_until_they_are_contradicted():
    """Balances that may be others prove like closings, are dropped where they do not fit, and replace none."""
    fits, wrong, other = (closings(saturday=-50, monday=20) for _ in range(3))
    fits.suppose(SATURDAY, Decimal(50))
    wrong.suppose(SATURDAY, Decimal(51))
    other.suppose(MONDAY, Decimal(9))

    assert fits.check() is None
    assert fits.from_day(SATURDAY) == BalanceAt(SATURDAY, Decimal(50))
    assert "2026-03-13" in wrong.check()
    assert wrong.from_day(SATURDAY) == BalanceAt(MONDAY, Decimal(70))
    assert other.check() is None
    assert other.from_day(MONDAY) == BalanceAt(MONDAY, Decimal(70))


def test_two_supposed_closings_of_a_day_are_none():
    """Nothing tells which of them it would be."""
    found = closings(saturday=-50, monday=20)
    found.suppose(SATURDAY, Decimal(50))
    found.suppose(SATURDAY, Decimal(51))

    assert found.check() is None
    assert found.from_day(SATURDAY) == BalanceAt(MONDAY, Decimal(70))


def test_supposed_closings_excuse_no_others():
    """Entries that miss a closing which is one are refused, whatever else is supposed."""
    found = closings(saturday=-50, monday=0)
    found.suppose(SATURDAY, Decimal(51))

    with pytest.raises(IncoherentPages):
        found.check()
