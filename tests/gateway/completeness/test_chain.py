"""Running balances prove a list, and where they cannot, something else must."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from gateway.completeness.chain import Chain, ChainLink
from gateway.errors import IncoherentPages

START = datetime(2026, 3, 10, 3, tzinfo=UTC)
END = START + timedelta(days=1)


def links(*told):
    """Links newest first from (id, seconds after the period's start, what it moved), beginning at a balance of 1.00."""
    balance, found = Decimal("1.00"), []
    for name, seconds, moved in reversed(told):
        balance += Decimal(moved)
        found.insert(0, ChainLink(name, START + timedelta(seconds=seconds), balance - Decimal(moved), balance))
    return found


EARLIER = ("earlier", -100, "5.00")
TOLD = links(("after", 90_000, "1.00"), ("b", 200, "-2.00"), ("a", 100, "3.00"), EARLIER)


def chain_of(*pages, earlier=TOLD[-1]):
    chain = Chain("stone", START, END, earlier)
    for number, page in enumerate(pages):
        chain.join(page, overlapping=number > 0)
    return chain


def test_a_chain_past_both_ends_is_proved():
    """With a link on either side of the period nothing more is needed, and both balances are known."""
    chain = chain_of(TOLD)

    assert chain.complete
    assert chain.close(None, moving=False) is False
    assert (chain.opening, chain.closing) == (Decimal("6.00"), Decimal("7.00"))


def test_overlapping_pages_join_once():
    """A page repeats the end of the one before it; what it repeats is known."""
    chain = Chain("stone", START, END, TOLD[-1])

    assert chain.join(TOLD[:2], overlapping=False) == 0
    assert not chain.complete
    assert chain.join(TOLD[1:], overlapping=True) == 1
    assert chain.complete


@pytest.mark.parametrize(
    "second",
    [
        TOLD[2:],
        [*TOLD[:1], *TOLD[2:]],
        [*links(("unknown", 200, "1.00")), *TOLD[1:]],
        [],
    ],
)
def test_pages_that_do_not_overlap(second):
    """A page without the last known link, or with an unknown one before it, does not continue the chain."""
    with pytest.raises(IncoherentPages, match="overlap"):
        chain_of(TOLD[:2], second)


def test_a_lost_pair_that_cancels_out():
    """Balances meet although two links are missing; the overlap does not."""
    told = links(("c", 400, "1.00"), ("returned", 300, "-2.00"), ("paid", 200, "2.00"), ("a", 100, "3.00"), EARLIER)
    lost = [told[0], *told[3:]]

    assert lost[0].before == lost[1].after
    with pytest.raises(IncoherentPages, match="overlap"):
        chain_of(told[:1], told[3:])


def test_balances_that_do_not_meet():
    """A link whose balance is not its neighbour's is refused."""
    with pytest.raises(IncoherentPages, match="do not meet"):
        chain_of([TOLD[0], *TOLD[2:]])


def test_order_of_time():
    """A list that is not newest first is refused, even where the balances meet."""
    younger = ChainLink("younger", END, TOLD[-1].before, TOLD[-1].before)

    with pytest.raises(IncoherentPages, match="order of time"):
        chain_of([*TOLD, younger])


def test_an_entry_twice():
    """A link that comes back later in the list is refused."""
    with pytest.raises(IncoherentPages, match="came twice"):
        chain_of([*TOLD, TOLD[-1]])


def test_a_list_without_end(monkeypatch):
    """A conversation that never ends is given up."""
    monkeypatch.setattr("gateway.completeness.chain.MOST_PAGES", 2)

    with pytest.raises(IncoherentPages, match="more than 2 pages"):
        chain_of(TOLD[:2], TOLD[1:3], TOLD[2:])


def test_the_earlier_entry_must_be_reached():
    """A list that ends before the entry that the bank named is short."""
    with pytest.raises(IncoherentPages, match="does not reach"):
        chain_of(TOLD[:-1]).close(None, moving=False)


def test_another_earlier_entry():
    """A bank that names an older entry than the list shows has hidden one of the two times."""
    older = links(("b", 200, "-2.00"), ("hidden", -50, "1.00"), EARLIER)

    with pytest.raises(IncoherentPages, match="other entries"):
        chain_of(older, earlier=older[-1]).close(older[0], moving=False)


def test_no_earlier_entry():
    """A bank that names no earlier entry, but lists one, has hidden it."""
    chain = chain_of(TOLD, earlier=None)

    assert chain.complete
    with pytest.raises(IncoherentPages, match="other entries"):
        chain.close(None, moving=False)


def test_an_account_begins_at_zero():
    """Without an earlier entry the oldest one must begin at zero."""
    with pytest.raises(IncoherentPages, match="begin at zero"):
        chain_of(TOLD[:-1], earlier=None).close(None, moving=False)


def test_the_last_second_before_the_period_may_be_unnamed():
    """A bank that leaves out the end of what it is asked for names no entry of that second; the balance decides."""
    told = links(("b", 200, "-2.00"), ("last second", -1, "1.00"), EARLIER)
    chain = chain_of(told, earlier=told[-1])

    assert chain.close(told[0], moving=False) is True
    assert chain.opening == Decimal("7.00")


def test_nothing_after_the_period():
    """Without a later link the list must begin with the entry that the bank named."""
    assert chain_of(TOLD[1:]).close(TOLD[1], moving=False) is False
    for named in (TOLD[0], TOLD[2], None):
        with pytest.raises(IncoherentPages, match="begin with"):
            chain_of(TOLD[1:]).close(named, moving=False)


def test_entries_that_arrive_meanwhile():
    """While the period lasts, the list may begin with a newer entry than the one named before, never an older one."""
    assert chain_of(TOLD[1:]).close(TOLD[2], moving=True) is False
    with pytest.raises(IncoherentPages, match="begin with"):
        chain_of(TOLD[1:]).close(TOLD[0], moving=True)


def test_an_empty_end_rests_on_the_balance():
    """A period without links and without a later one is believed only if the present balance agrees."""
    chain = chain_of(TOLD[3:])

    assert chain.close(TOLD[3], moving=False) is True
    chain.rest_on(Decimal("6.00"))
    with pytest.raises(IncoherentPages, match="balance"):
        chain.rest_on(Decimal("6.01"))


def test_an_account_without_entries():
    """Nothing at all is an account at zero, if the balance says so."""
    chain = chain_of([], earlier=None)

    assert chain.close(None, moving=False) is True
    assert (chain.opening, chain.closing) == (Decimal("0.00"), Decimal("0.00"))
