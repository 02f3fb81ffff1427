"""A list is checked by the balance after each entry, and two lists are joined by it."""

from datetime import date
from decimal import Decimal

import pytest

from gateway.completeness.running_balance import BalanceLink, RunningBalance, join, join_either
from gateway.errors import IncoherentPages

FIRST = date(2026, 3, 2)


def balance_row(balance):
    """A row that has a balance and moves nothing."""
    return BalanceLink(date.min, Decimal(0), None if balance is None else Decimal(balance), None)


def move(day, amount, balance=None):
    """An entry of March."""
    return BalanceLink(
        date(2026, 3, day), Decimal(amount), None if balance is None else Decimal(balance), f"row of {day}"
    )


def walk(*links):
    running = RunningBalance("bradesco")
    for link in links:
        running.add(link)
    return running.opening, running.closing


@pytest.mark.parametrize(
    ("links", "ends"),
    [
        ((), (None, None)),
        ((balance_row(10),), (10, 10)),
        ((balance_row(None),), (None, None)),
        ((balance_row(10), move(2, 5, 15), move(3, -20, -5)), (10, -5)),
        ((move(2, 5, 15),), (10, 15)),
        ((move(2, 5), move(2, 1, 16)), (10, 16)),
        ((balance_row(10), move(2, 5)), (10, None)),
        ((balance_row(10), move(2, 5), balance_row(15)), (10, 15)),
        ((balance_row(10), move(2, 5, 15), balance_row(None)), (10, 15)),
        ((move(2, 5), move(2, 1)), (None, None)),
        ((balance_row(10), move(2, 5), balance_row(None)), (10, None)),
    ],
)
def test_both_ends_of_a_chain(links, ends):
    """Any balance gives the opening; only a balance after the last entry gives the closing."""
    assert walk(*links) == ends


@pytest.mark.parametrize(
    "links",
    [
        (balance_row(10), move(2, 5, 16)),
        (balance_row(10), move(2, 5), move(2, 5, 15)),
        (balance_row(10), balance_row(11)),
        (move(2, 5, 15), balance_row(14)),
    ],
)
def test_a_broken_chain(links):
    """A balance that does not follow from the one before is refused."""
    with pytest.raises(IncoherentPages):
        walk(*links)


A, B, C, D = move(2, 1, 11), move(3, 2, 13), move(4, 3, 16), move(5, 4, 20)


@pytest.mark.parametrize(
    ("history", "latest", "joined"),
    [
        ([balance_row(10), A, B], [balance_row(13), C, D], [balance_row(10), A, B, balance_row(13), C, D]),
        ([balance_row(10), A, B], [balance_row(11), B, C], [balance_row(10), A, balance_row(11), B, C]),
        ([balance_row(10), A, B, C], [balance_row(11), B, C], [balance_row(10), A, balance_row(11), B, C]),
        ([balance_row(10), A], [balance_row(11)], [balance_row(10), A, balance_row(11)]),
        ([balance_row(10), A], [], [balance_row(10), A]),
        ([], [balance_row(10), A], [balance_row(10), A]),
        ([balance_row(10), A], [balance_row(10), A, B], [balance_row(10), balance_row(10), A, B]),
        ([balance_row(10), A, A], [balance_row(10), A, A, B], [balance_row(10), balance_row(10), A, A, B]),
    ],
)
def test_two_lists_are_joined(history, latest, joined):
    """Each entry stands once, twins included, whether or not the latest entries repeat the end of the history."""
    assert join("bradesco", history, latest, FIRST) == joined


def test_latest_entries_that_begin_before_the_history():
    """Entries before the history are left out; they only give the balance at which it begins."""
    joined = join("bradesco", [balance_row(11), B], [balance_row(10), A, B, C], date(2026, 3, 3))

    assert [link.place[1:] for link in joined] == [(0, 11), (0, 11), (2, 13), (3, 16)]
    joined = join("bradesco", [balance_row(13), C], [balance_row(10), A, B, C, D], date(2026, 3, 4))
    assert [link.place[1:] for link in joined] == [(0, 13), (0, 13), (3, 16), (4, 20)]


def test_the_day_of_a_balance_row_means_nothing():
    """It is no place at which the latest entries could continue the history."""
    late = BalanceLink(date(2026, 3, 9), Decimal(0), Decimal(10), None)

    assert join("bradesco", [late, A], [balance_row(11), B], FIRST) == [late, A, balance_row(11), B]


@pytest.mark.parametrize(
    ("history", "latest"),
    [
        ([balance_row(10), A, B, C], [balance_row(11), B, D]),
        ([balance_row(10), A, B, C], [balance_row(11), B]),
        ([balance_row(10), A, A, B], [balance_row(10), A, B]),
    ],
)
def test_lists_that_differ(history, latest):
    """Two lists that differ on a day that both have are refused."""
    with pytest.raises(IncoherentPages):
        join("bradesco", history, latest, FIRST)


def test_the_directions_that_follow_from_each_other_are_joined():
    """Orders that fit together are joined; among several, one that the balance before them leads to."""
    older, newer = move(2, 5, 15), move(3, 1, 16)
    running = RunningBalance("bradesco")

    assert join_either(running, [[newer, older], [older, newer]], [[newer]], FIRST) == [older, newer]

    one, other = [move(2, 5, 15)], [move(2, 5, 25)]
    running.check_balance(Decimal(20))
    assert join_either(running, [one, other], [[]], FIRST) == other
    assert join_either(running, [one], [[]], FIRST) == one


def test_lists_that_fit_in_no_direction():
    """The failure says what does not fit in the first order."""
    with pytest.raises(IncoherentPages, match="differ from the end"):
        join_either(RunningBalance("bradesco"), [[move(3, 5, 15)]], [[move(3, 6, 16)]], FIRST)
