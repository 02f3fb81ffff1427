"""A list is proved by the balance after each entry, and two lists are joined by it."""

from datetime import date
from decimal import Decimal

import pytest

from gateway.completeness.running_balance import BalanceLink, RunningBalance, join, join_either
from gateway.errors import IncoherentPages

FIRST = date(2026, 3, 2)


def told(balance):
    """A row that only tells a balance."""
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
        ((told(10),), (10, 10)),
        ((told(None),), (None, None)),
        ((told(10), move(2, 5, 15), move(3, -20, -5)), (10, -5)),
        ((move(2, 5, 15),), (10, 15)),
        ((move(2, 5), move(2, 1, 16)), (10, 16)),
        ((told(10), move(2, 5)), (10, None)),
        ((told(10), move(2, 5), told(15)), (10, 15)),
        ((told(10), move(2, 5, 15), told(None)), (10, 15)),
        ((move(2, 5), move(2, 1)), (None, None)),
        ((told(10), move(2, 5), told(None)), (10, None)),
    ],
)
def test_both_ends_of_a_chain(links, ends):
    """The balance before the list follows from any that is told; the one after it only from one told there."""
    assert walk(*links) == ends


@pytest.mark.parametrize(
    "links",
    [
        (told(10), move(2, 5, 16)),
        (told(10), move(2, 5), move(2, 5, 15)),
        (told(10), told(11)),
        (move(2, 5, 15), told(14)),
    ],
)
def test_a_broken_chain(links):
    """A balance that does not follow from the one before is not believed."""
    with pytest.raises(IncoherentPages):
        walk(*links)


A, B, C, D = move(2, 1, 11), move(3, 2, 13), move(4, 3, 16), move(5, 4, 20)


@pytest.mark.parametrize(
    ("history", "latest", "joined"),
    [
        ([told(10), A, B], [told(13), C, D], [told(10), A, B, told(13), C, D]),
        ([told(10), A, B], [told(11), B, C], [told(10), A, told(11), B, C]),
        ([told(10), A, B, C], [told(11), B, C], [told(10), A, told(11), B, C]),
        ([told(10), A], [told(11)], [told(10), A, told(11)]),
        ([told(10), A], [], [told(10), A]),
        ([], [told(10), A], [told(10), A]),
        ([told(10), A], [told(10), A, B], [told(10), told(10), A, B]),
        ([told(10), A, A], [told(10), A, A, B], [told(10), told(10), A, A, B]),
    ],
)
def test_two_lists_are_joined(history, latest, joined):
    """Whether or not the latest entries repeat the end of the history, each stands once, twins included."""
    assert join("bradesco", history, latest, FIRST) == joined


def test_latest_entries_that_begin_before_the_history():
    """What lies before the history only tells the balance with which the history begins."""
    joined = join("bradesco", [told(11), B], [told(10), A, B, C], date(2026, 3, 3))

    assert [link.place[1:] for link in joined] == [(0, 11), (0, 11), (2, 13), (3, 16)]


@pytest.mark.parametrize(
    ("history", "latest"),
    [
        ([told(10), A, B, C], [told(11), B, D]),
        ([told(10), A, B, C], [told(11), B]),
        ([told(10), A, A, B], [told(10), A, B]),
    ],
)
def test_lists_that_differ(history, latest):
    """On a day that both have, the two lists must have the same entries."""
    with pytest.raises(IncoherentPages):
        join("bradesco", history, latest, FIRST)


def test_the_directions_that_follow_from_each_other_are_joined():
    """Of several ways to read two lists those that fit, and among these one that the balance before them leads to."""
    older, newer = move(2, 5, 15), move(3, 1, 16)
    running = RunningBalance("bradesco")

    assert join_either(running, [[newer, older], [older, newer]], [[newer]], FIRST) == [older, newer]

    one, other = [move(2, 5, 15)], [move(2, 5, 25)]
    running.meet(Decimal(20))
    assert join_either(running, [one, other], [[]], FIRST) == other
    assert join_either(running, [one], [[]], FIRST) == one


def test_lists_that_fit_in_no_direction():
    """The first way of reading them says what does not fit."""
    with pytest.raises(IncoherentPages, match="differ from the end"):
        join_either(RunningBalance("bradesco"), [[move(3, 5, 15)]], [[move(3, 6, 16)]], FIRST)
