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
    found.add_closing(MONDAY, Decimal(70))
    found.add_closing(FRIDAY, Decimal("100.00"))
    found.add_entry(FRIDAY, Decimal(999))
    found.add_entry(SATURDAY, Decimal(saturday))
    found.add_entry(MONDAY, Decimal(monday))
    return found


def test_days_without_a_closing_belong_to_the_next_one():
    """The entries of a weekend count, with those of Monday, between the closings of Friday and Monday."""
    closings(saturday=-50, monday=20).check()


def test_an_entry_too_few_is_noticed():
    """A closing that the entries do not add up to is refused."""
    with pytest.raises(IncoherentPages, match="2026-03-13"):
        closings(saturday=-50, monday=0).check()


def test_two_balances_for_one_day():
    """The same closing may be given again; a different one is refused."""
    found = closings(saturday=-50, monday=20)
    found.add_closing(MONDAY, Decimal("70.00"))
    with pytest.raises(IncoherentPages, match="two closing balances"):
        found.add_closing(MONDAY, Decimal("70.01"))


def test_the_nearest_closings_are_found():
    """`last_before` and `first_from` give the nearest closing, or None."""
    found = closings(saturday=0, monday=0)

    assert found.last_before(MONDAY) == BalanceAt(FRIDAY, Decimal(100))
    assert found.first_from(SATURDAY) == BalanceAt(MONDAY, Decimal(70))
    assert found.first_from(FRIDAY) == BalanceAt(FRIDAY, Decimal(100))
    assert found.last_before(FRIDAY) is None
    assert found.first_from(date(2026, 3, 17)) is None


def test_presumed_closings_count_until_they_are_contradicted():
    """A presumed closing proves like a named one, is dropped where it does not fit, and replaces no named one."""
    fits, wrong, other = (closings(saturday=-50, monday=20) for _ in range(3))
    fits.add_presumed_closing(SATURDAY, Decimal(50))
    wrong.add_presumed_closing(SATURDAY, Decimal(51))
    other.add_presumed_closing(MONDAY, Decimal(9))

    assert fits.check() is None
    assert fits.first_from(SATURDAY) == BalanceAt(SATURDAY, Decimal(50))
    assert "2026-03-13" in wrong.check()
    assert wrong.first_from(SATURDAY) == BalanceAt(MONDAY, Decimal(70))
    assert other.check() is None
    assert other.first_from(MONDAY) == BalanceAt(MONDAY, Decimal(70))


def test_two_presumed_closings_of_a_day_are_none():
    """Two presumed closings of a day are both ignored, because either could be the one at its end."""
    found = closings(saturday=-50, monday=20)
    found.add_presumed_closing(SATURDAY, Decimal(50))
    found.add_presumed_closing(SATURDAY, Decimal(51))

    assert found.check() is None
    assert found.first_from(SATURDAY) == BalanceAt(MONDAY, Decimal(70))


def test_presumed_closings_excuse_no_others():
    """Entries that miss a named closing are refused, whatever is presumed besides."""
    found = closings(saturday=-50, monday=0)
    found.add_presumed_closing(SATURDAY, Decimal(51))

    with pytest.raises(IncoherentPages):
        found.check()
