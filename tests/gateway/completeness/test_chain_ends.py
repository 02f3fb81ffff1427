"""Where a chain begins and ends, to the second."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from gateway.completeness.chain import Chain, ChainLink
from gateway.errors import IncoherentPages

START = datetime(2026, 3, 10, 3, tzinfo=UTC)
END = START + timedelta(days=1)


def link(name, at, before, after):
    return ChainLink(name, at, Decimal(before), Decimal(after))


@pytest.mark.parametrize(
    ("at", "held"),
    [
        (START - timedelta(seconds=1), False),
        (START, True),
        (END - timedelta(seconds=1), True),
        (END, False),
    ],
)
def test_the_period_ends_before_its_end(at, held):
    """The instant `end` is not in the period: midnight belongs to the day that begins with it."""
    assert Chain("stone", START, END, None).is_in_period(link("a", at, "0", "1")) is held


@pytest.mark.parametrize(("younger", "names"), [(0, "ba"), (1, "ba"), (2, "a")])
def test_what_is_a_second_younger_belongs_to_the_tail(younger, names):
    """Links of the same or the next second stay in the tail: a bank may list them in another order when asked again."""
    chain = Chain("stone", START, END, None)
    at = START + timedelta(hours=1)

    chain.add_page([link("b", at + timedelta(seconds=younger), "1", "3"), link("a", at, "0", "1")], overlapping=False)

    assert "".join(each.id for each in chain.tail) == names


def test_an_account_begins_at_zero():
    """The oldest entry of an account begins at zero; another balance before it means that entries are missing."""
    first = link("a", START + timedelta(hours=1), "0.00", "1.00")
    whole = Chain("stone", START, END, None)
    whole.add_page([first], overlapping=False)
    assert whole.check_ends(first, may_have_grown=False)
    whole.check_present_balance(Decimal("1.00"))

    later = link("b", START + timedelta(hours=2), "1.00", "0.00")
    cut = Chain("stone", START, END, None)
    cut.add_page([later], overlapping=False)
    with pytest.raises(IncoherentPages, match="begin at zero"):
        cut.check_ends(later, may_have_grown=False)
