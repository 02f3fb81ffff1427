"""A list is checked by the balances around each entry, and its ends by the entries that the bank gives alone."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from gateway.completeness.chain import Chain, ChainLink, newest_first
from gateway.errors import IncoherentPages

START = datetime(2026, 3, 10, 3, tzinfo=UTC)
END = START + timedelta(days=1)


def links(*moves):
    """Links newest first from (id, seconds after the period's start, amount), from a balance of 1.00 on."""
    balance, found = Decimal("1.00"), []
    for name, seconds, moved in reversed(moves):
        balance += Decimal(moved)
        found.insert(0, ChainLink(name, START + timedelta(seconds=seconds), balance - Decimal(moved), balance))
    return found


EARLIER = ("earlier", -100, "5.00")
LISTED = links(("after", 90_000, "1.00"), ("b", 200, "-2.00"), ("a", 100, "3.00"), EARLIER)


def chain_of(*pages, earlier=LISTED[-1]):
    chain = Chain("stone", START, END, earlier)
    for number, page in enumerate(pages):
        chain.add_page(page, overlapping=number > 0)
    return chain


def test_a_chain_past_both_ends_is_proved():
    """A chain with a link on either side of the period is complete, and both balances are known."""
    chain = chain_of(LISTED)

    assert chain.reaches_before_period
    assert chain.check_ends(None, may_have_grown=False) is False
    assert (chain.opening, chain.closing) == (Decimal("6.00"), Decimal("7.00"))


def test_entries_of_one_instant_stay_as_they_came_where_their_balances_follow():
    """Other orders of them would follow as well; the bank's own is kept."""
    listed = links(("again", 100, "2.00"), ("back", 100, "-2.00"), ("there", 100, "2.00"))

    assert newest_first(listed) == [0, 1, 2]


def test_overlapping_pages_join_once():
    """The links of a page that repeat the end of the page before are counted as known."""
    chain = Chain("stone", START, END, LISTED[-1])

    assert chain.add_page(LISTED[:2], overlapping=False) == 0
    assert not chain.reaches_before_period
    assert chain.add_page(LISTED[1:], overlapping=True) == 1
    assert chain.reaches_before_period


@pytest.mark.parametrize(
    "second",
    [
        LISTED[2:],
        [*LISTED[:1], *LISTED[2:]],
        [*links(("unknown", 200, "1.00")), *LISTED[1:]],
        [],
    ],
)
def test_pages_that_do_not_overlap(second):
    """A page without the last known link, or with an unknown one before it, does not continue the chain."""
    with pytest.raises(IncoherentPages, match="overlap"):
        chain_of(LISTED[:2], second)


def test_a_lost_pair_that_cancels_out():
    """Two missing links that cancel out leave the balances right; the missing overlap shows them."""
    listed = links(("c", 400, "1.00"), ("returned", 300, "-2.00"), ("paid", 200, "2.00"), ("a", 100, "3.00"), EARLIER)
    lost = [listed[0], *listed[3:]]

    assert lost[0].before == lost[1].after
    with pytest.raises(IncoherentPages, match="overlap"):
        chain_of(listed[:1], listed[3:])


def test_balances_that_do_not_meet():
    """A link that does not begin at its neighbour's balance is refused."""
    with pytest.raises(IncoherentPages, match="do not meet"):
        chain_of([LISTED[0], *LISTED[2:]])


def test_order_of_time():
    """A list that is not newest first is refused, even where its balances follow from each other."""
    younger = ChainLink("younger", END, LISTED[-1].before, LISTED[-1].before)

    with pytest.raises(IncoherentPages, match="order of time"):
        chain_of([*LISTED, younger])


def test_an_entry_twice():
    """A link that comes back later in the list is refused."""
    with pytest.raises(IncoherentPages, match="came twice"):
        chain_of([*LISTED, LISTED[-1]])


def test_a_list_without_end(monkeypatch):
    """A list of too many pages is refused."""
    monkeypatch.setattr("gateway.completeness.chain.MOST_PAGES", 2)

    with pytest.raises(IncoherentPages, match="more than 2 pages"):
        chain_of(LISTED[:2], LISTED[1:3], LISTED[2:])


def test_the_earlier_entry_must_be_reached():
    """A list that ends before the entry that the bank gave alone is refused."""
    with pytest.raises(IncoherentPages, match="does not reach"):
        chain_of(LISTED[:-1]).check_ends(None, may_have_grown=False)


def test_another_earlier_entry():
    """An entry in the list between the period and the entry that the bank gave alone is refused."""
    older = links(("b", 200, "-2.00"), ("hidden", -50, "1.00"), EARLIER)

    with pytest.raises(IncoherentPages, match="other entries"):
        chain_of(older, earlier=older[-1]).check_ends(older[0], may_have_grown=False)


def test_no_earlier_entry():
    """An earlier entry in the list is refused where the bank, asked for it alone, gave none."""
    chain = chain_of(LISTED, earlier=None)

    assert chain.reaches_before_period
    with pytest.raises(IncoherentPages, match="other entries"):
        chain.check_ends(None, may_have_grown=False)


def test_an_account_begins_at_zero():
    """The oldest entry of an account must begin at zero."""
    with pytest.raises(IncoherentPages, match="begin at zero"):
        chain_of(LISTED[:-1], earlier=None).check_ends(None, may_have_grown=False)


def test_the_last_second_before_the_period_may_be_unnamed():
    """A bank that leaves out the last second that it is asked for gives no entry of it; the present balance decides."""
    listed = links(("b", 200, "-2.00"), ("last second", -1, "1.00"), EARLIER)
    chain = chain_of(listed, earlier=listed[-1])

    assert chain.check_ends(listed[0], may_have_grown=False) is True
    assert chain.opening == Decimal("7.00")


def test_nothing_after_the_period():
    """A list without a later link must begin with the entry that the bank gave as the newest."""
    assert chain_of(LISTED[1:]).check_ends(LISTED[1], may_have_grown=False) is False
    for named in (LISTED[0], LISTED[2], None):
        with pytest.raises(IncoherentPages, match="begin with"):
            chain_of(LISTED[1:]).check_ends(named, may_have_grown=False)


def test_entries_that_arrive_meanwhile():
    """While the period lasts, the list may begin with a newer entry than the one given before, never with an older."""
    assert chain_of(LISTED[1:]).check_ends(LISTED[2], may_have_grown=True) is False
    with pytest.raises(IncoherentPages, match="begin with"):
        chain_of(LISTED[1:]).check_ends(LISTED[0], may_have_grown=True)


def test_an_empty_end_rests_on_the_balance():
    """A period without links and without a later one is accepted only if the present balance agrees."""
    chain = chain_of(LISTED[3:])

    assert chain.check_ends(LISTED[3], may_have_grown=False) is True
    chain.check_present_balance(Decimal("6.00"))
    with pytest.raises(IncoherentPages, match="balance"):
        chain.check_present_balance(Decimal("6.01"))


def test_an_account_without_entries():
    """A list without any link is an account at zero, to be checked by the present balance."""
    chain = chain_of([], earlier=None)

    assert chain.check_ends(None, may_have_grown=False) is True
    assert (chain.opening, chain.closing) == (Decimal("0.00"), Decimal("0.00"))
