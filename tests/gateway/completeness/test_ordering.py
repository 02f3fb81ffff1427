"""The order of a list whose rows tell balances."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.completeness.ordering import directions
from gateway.completeness.running_balance import BalanceLink


def link(day, amount, balance, row="row"):
    """A link of a day of March; without a row it only tells a balance."""
    told = None if balance is None else Decimal(balance)
    return BalanceLink(date(2026, 3, day) if row else date.min, Decimal(amount), told, row)


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
    ],
    ids=["none", "one", "oldest_first", "newest_first", "balance_at_the_end", "no_order", "either"],
)
def test_directions(came, found):
    """Every way of reading in which balances and days follow, the one in which the links came first."""
    assert directions(came) == found


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(-3, 3).filter(bool)), max_size=8), st.randoms())
def test_any_order_is_found(moves, random):
    """Links in whatever order are put into one that leads from the balance before them to the one after them."""
    links, left = [], Decimal(100)
    for day, amount in sorted(moves, key=lambda move: move[0]):
        left += amount
        links.append(link(day, amount, left))
    came = [balance(100), *random.sample(links, len(links))]

    for found in directions(came):
        rows = [each for each in found if each.row is not None]
        # A balance that is both the one before and the one after them may stand at either end.
        assert found == [came[0], *rows] or (found == [*rows, came[0]] and left == 100)
        assert [each.day.day for each in rows] == sorted(day for day, _ in moves)
        assert not rows or rows[-1].balance == left
        assert sorted(rows, key=repr) == sorted(links, key=repr)
    assert directions(came)[0][0] == came[0]
