"""A list of entries is checked by announced totals and by the balances at both ends."""

from decimal import Decimal

import pytest

from gateway.completeness.totals import AnnouncedTotals, Totals
from gateway.errors import IncoherentPages


def totals_of(closing, announced, *pages):
    """Totals of a list that begins at zero, after pages of amounts; those in a tuple only block or free money."""
    sides = announced and AnnouncedTotals(*(None if side is None else Decimal(side) for side in announced))
    totals = Totals("cora", Decimal(0), Decimal(closing), sides)
    for page in pages:
        totals.add((Decimal(each[0]), True) if isinstance(each, tuple) else (Decimal(each), False) for each in page)
    return totals


@pytest.mark.parametrize(
    ("closing", "announced", "pages"),
    [
        (3, (5, 2), [[5], [-2]]),
        (3, None, [[5], [-2]]),
        (0, (0, 0), []),
        (0, None, [[]]),
        (3, (5, 0), [[5], [-2], []]),
        (3, (5, 3), [[5, -2, (-1,)]]),
        (2, (5, 3), [[5, -2, (-1,)]]),
        (2, (5, 2), [[5, -2, (-1,)]]),
        (3, (None, 2), [[5], [-2]]),
        (3, (5, None), [[5, -2]]),
        (3, (None, None), [[5], [-2]]),
    ],
    ids=[
        "totals",
        "balances",
        "nothing",
        "no_rows",
        "own_totals_of_the_first_page",
        "blocks",
        "both",
        "balance_only",
        "debits",
        "credits",
        "neither",
    ],
)
def test_sums_that_agree(closing, announced, pages):
    """A list is whole where totals and balances agree; totals of the first page alone show nothing of the others."""
    totals = totals_of(closing, announced, *pages)

    assert totals.agrees
    assert totals.finish() is None


@pytest.mark.parametrize(
    ("closing", "announced", "pages"),
    [
        (4, (6, 3), [[5], [-2]]),
        (4, None, [[5], [-2]]),
        (4, (5, 2), [[5, -2]]),
        (4, (5, 0), [[5], [-2]]),
        (1, (0, 0), []),
        (4, (None, 2), [[5], [-2]]),
    ],
    ids=[
        "both",
        "balances",
        "one_page",
        "own_totals_of_the_first_page",
        "nothing",
        "half_and_balances",
    ],
)
def test_sums_that_disagree(closing, announced, pages):
    """A list that neither totals nor balances prove is refused."""
    totals = totals_of(closing, announced, *pages)

    assert not totals.agrees
    with pytest.raises(IncoherentPages):
        totals.finish()


@pytest.mark.parametrize(
    ("closing", "announced", "pages"),
    [
        (3, (6, 3), [[5], [-2]]),
        (0, (2, 2), [[1], [-1]]),
        (3, (None, 4), [[5], [-2]]),
        (3, (7, None), [[5], [-2]]),
    ],
    ids=["totals", "cancelling_out", "debits", "credits"],
)
def test_totals_that_speak_against_the_balances(closing, announced, pages):
    """Totals that disagree are reported to the caller, not refused, because their meaning may not be known."""
    totals = totals_of(closing, announced, *pages)

    assert not totals.agrees
    assert totals.finish() == "the entries do not add up to the announced totals"


def test_what_the_balances_leave():
    """`unexplained` is what the entries leave of the balances' difference, with blocked money and without it."""
    assert totals_of(10, None, [5, -2, (-1,)]).unexplained() == {7, 8}


def test_totals_of_many_pages_outweigh_the_balances():
    """Where the totals of the whole list agree, balances that disagree are left to the proof of the statement."""
    totals = totals_of(4, (5, 2), [5], [-2])

    assert not totals.agrees
    totals.finish()


@pytest.mark.parametrize(("closing", "moves"), [(3, False), (2, True), (7, True)])
def test_blocked_money_moves_the_balances_unless_they_say_otherwise(closing, moves):
    """Blocked money counts in the balances unless they agree only without it."""
    assert totals_of(closing, None, [5, -2, (-1,)]).blocks_move is moves


@pytest.mark.parametrize(
    ("announced", "pages", "met"),
    [
        ((5, 2), [([5], [("hold", 2)])], True),
        ((5, 0), [([5], [("hold", 2)])], False),
        ((0, 2), [([], [("hold", 2)])], True),
        ((0, 1), [([], [("hold", 1)]), ([], [("hold", 1)])], None),
        ((5, 0), [([5], []), ([], [("hold", 2)])], None),
        ((5, 2), [([], [("hold", 2)]), ([5], [])], True),
    ],
    ids=["met", "missed", "alone", "own_totals", "own_totals_of_signed_rows", "first_page_without_signs"],
)
def test_totals_and_entries_without_sign(announced, pages, met):
    """Totals are compared with all entries, also those that get their sign last; one page's own totals prove less."""
    moved = sum(sum(plain) - sum(size for _, size in unsigned) for plain, unsigned in pages)
    sides = AnnouncedTotals(*map(Decimal, announced))
    totals = Totals("cora", Decimal(0), Decimal(moved), sides)
    for plain, unsigned in pages:
        totals.add(((Decimal(each), False) for each in plain), ((kind, Decimal(size)) for kind, size in unsigned))

    assert not totals.agrees
    assert not totals.totals_are_met
    totals.apply_signs({"hold": -1})

    assert totals.agrees is (met is not False)
    assert totals.totals_are_met is (met is True)
    assert (totals.finish() is None) is (met is not False)


def test_one_choice_of_signs_is_the_solution():
    """Signs are given where both meanings of blocked money give the same ones; without unsigned entries none are."""
    assert totals_of(10, None, [5, -2]).solved_signs() == {}

    decided, undecided = totals_of(3, None, [5]), totals_of(5, None, [5])
    decided.add([], [("X", Decimal(2))])
    undecided.add([], [("X", Decimal(2)), ("Y", Decimal(2))])
    assert decided.solved_signs() == {"X": -1}
    assert undecided.solved_signs() is None

    undecided = totals_of(5, None, [])
    undecided.add([(Decimal(3), True)], [("X", Decimal(5)), ("Y", Decimal(2))])
    assert undecided.unexplained() == {Decimal(5), Decimal(2)}
    assert undecided.solved_signs() is None
