"""Sums that prove a list of entries, or do not."""

from decimal import Decimal

import pytest

from gateway.completeness.totals import AnnouncedTotals, Totals
from gateway.errors import IncoherentPages


def reckoned(closing, announced, *pages):
    """A reckoning that begins at zero and has seen pages of amounts; those in a tuple only block or free money."""
    totals = announced and AnnouncedTotals(*(None if told is None else Decimal(told) for told in announced))
    reckoning = Totals("cora", Decimal(0), Decimal(closing), totals)
    for page in pages:
        reckoning.add((Decimal(each[0]), True) if isinstance(each, tuple) else (Decimal(each), False) for each in page)
    return reckoning


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
    """Totals and balances that agree settle the list; totals of the first page alone say nothing of the others."""
    reckoning = reckoned(closing, announced, *pages)

    assert reckoning.settled
    assert reckoning.conclude() is None


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
    """A list that its sums do not prove is no list."""
    reckoning = reckoned(closing, announced, *pages)

    assert not reckoning.settled
    with pytest.raises(IncoherentPages):
        reckoning.conclude()


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
    """What the totals mean may not be known: who asks is told that they disagree."""
    reckoning = reckoned(closing, announced, *pages)

    assert not reckoning.settled
    assert reckoning.conclude() == "the entries do not add up to the announced totals"


def test_what_the_balances_leave():
    """Entries that are not accounted for have moved this much, whether or not blocked money counts."""
    assert reckoned(10, None, [5, -2, (-1,)]).left() == {7, 8}


def test_totals_of_many_pages_outweigh_the_balances():
    """When the totals of the whole list agree, only the balances can be wrong: that is for the proof to tell."""
    reckoning = reckoned(4, (5, 2), [5], [-2])

    assert not reckoning.settled
    reckoning.conclude()


@pytest.mark.parametrize(("closing", "moves"), [(3, False), (2, True), (7, True)])
def test_blocked_money_moves_the_balances_unless_they_say_otherwise(closing, moves):
    """Only balances that agree without blocked money leave it out."""
    assert reckoned(closing, None, [5, -2, (-1,)]).blocks_move is moves


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
    """Totals are held against all entries, those included whose sign came last; what they tell of a page is its own."""
    moved = sum(sum(plain) - sum(size for _, size in unsigned) for plain, unsigned in pages)
    totals = AnnouncedTotals(*map(Decimal, announced))
    reckoning = Totals("cora", Decimal(0), Decimal(moved), totals)
    for plain, unsigned in pages:
        reckoning.add(((Decimal(each), False) for each in plain), ((kind, Decimal(size)) for kind, size in unsigned))

    assert not reckoning.settled
    assert not reckoning.counted
    reckoning.sign({"hold": -1})

    assert reckoning.settled is (met is not False)
    assert reckoning.counted is (met is True)
    assert (reckoning.conclude() is None) is (met is not False)


def test_one_choice_of_signs_is_the_solution():
    """Whether balances follow blocked money or not they must decide alike; without entries to decide of it is empty."""
    assert reckoned(10, None, [5, -2]).solved() == {}

    decided, undecided = reckoned(3, None, [5]), reckoned(5, None, [5])
    decided.add([], [("X", Decimal(2))])
    undecided.add([], [("X", Decimal(2)), ("Y", Decimal(2))])
    assert decided.solved() == {"X": -1}
    assert undecided.solved() is None

    doubtful = reckoned(5, None, [])
    doubtful.add([(Decimal(3), True)], [("X", Decimal(5)), ("Y", Decimal(2))])
    assert doubtful.left() == {Decimal(5), Decimal(2)}
    assert doubtful.solved() is None
