"""The order of a list is found by the balances of its rows."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.completeness.ordering import in_order, possible_orders
from gateway.completeness.running_balance import BalanceLink


def link(day, amount, balance, row="row"):
    """A link of a day of March; without a row it is a balance row."""
    after = None if balance is None else Decimal(balance)
    return BalanceLink(date(2026, 3, day) if row else date.min, Decimal(amount), after, row)


def balance(amount):
    """A balance that stands among the links."""
    return link(1, 0, amount, None)


@pytest.mark.parametrize(
    ("came", "found"),
    [
        ([], [[]]),
        ([link(1, 5, 5)], [[link(1, 5, 5)]]),
        ([link(1, 5, 5), link(2, 5, 10)], [[link(1, 5, 5), link(2, 5, 10)]]),
        ([link(2, 5, 10), link(1, 5, 5)], [[link(1, 5, 5), link(2, 5, 10)]]),
        ([link(1, 5, 10), link(1, 5, 5), balance(0)], [[balance(0), link(1, 5, 5), link(1, 5, 10)]]),
        ([link(1, 5, 5), link(1, 5, 11)], [[link(1, 5, 5), link(1, 5, 11)]]),
        (
            [link(1, 5, 5), link(1, -5, 0)],
            [[link(1, 5, 5), link(1, -5, 0)], [link(1, -5, 0), link(1, 5, 5)]],
        ),
        ([link(2, 5, None), link(1, 5, None)], [[link(1, 5, None), link(2, 5, None)]]),
        ([link(1, 3, 8), link(1, 5, 5), link(1, 2, 10)], [[link(1, 5, 5), link(1, 3, 8), link(1, 2, 10)]]),
    ],
    ids=[
        *("none", "one", "oldest_first", "newest_first", "balance_at_the_end", "no_order", "either"),
        *("days_alone", "balances_alone"),
    ],
)
def test_possible_orders(came, found):
    """All orders in which balances and days follow are found; the order of arrival is the first of them."""
    assert possible_orders(came) == found


def test_the_order_of_arrival_is_kept_where_it_fits():
    """The reverse and other orders would fit as well."""
    came = [link(1, 5, 5, "there"), link(1, -5, 0, "back"), link(1, 5, 5, "again")]

    assert in_order(Decimal(0), came) == came


def test_balances_never_lead_to_an_earlier_day():
    """No order is better than one in which they do."""
    assert in_order(Decimal(0), [link(2, 5, 5), link(1, -5, 0)]) is None


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(-3, 3).filter(bool)), max_size=8), st.randoms())
def test_any_order_is_found(moves, random):
    """Links in any order are put into one that leads from the balance before them to the balance after them."""
    links, left = [], Decimal(100)
    for day, amount in sorted(moves, key=lambda move: move[0]):
        left += amount
        links.append(link(day, amount, left))
    came = [balance(100), *random.sample(links, len(links))]

    for found in possible_orders(came):
        rows = [each for each in found if each.row is not None]
        # A balance that is both the one before and the one after them may stand at either end.
        assert found == [came[0], *rows] or (found == [*rows, came[0]] and left == 100)
        assert [each.day.day for each in rows] == sorted(day for day, _ in moves)
        assert not rows or rows[-1].balance == left
        assert sorted(rows, key=repr) == sorted(links, key=repr)
    assert possible_orders(came)[0][0] == came[0]
