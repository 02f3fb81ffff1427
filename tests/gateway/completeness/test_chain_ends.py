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
    """Midnight belongs to the day that begins with it."""
    assert Chain("stone", START, END, None).holds(link("a", at, "0", "1")) is held


@pytest.mark.parametrize(("younger", "names"), [(0, "ba"), (1, "ba"), (2, "a")])
def test_what_is_a_second_younger_belongs_to_the_tail(younger, names):
    """The bank may list what was booked within a second in another order when it is asked again."""
    chain = Chain("stone", START, END, None)
    at = START + timedelta(hours=1)

    chain.join([link("b", at + timedelta(seconds=younger), "1", "3"), link("a", at, "0", "1")], overlapping=False)

    assert "".join(each.id for each in chain.tail) == names


def test_an_account_begins_at_zero():
    """Without an earlier entry the oldest one begins with nothing; another beginning means that entries are missing."""
    first = link("a", START + timedelta(hours=1), "0.00", "1.00")
    whole = Chain("stone", START, END, None)
    whole.join([first], overlapping=False)
    assert whole.close(first, moving=False)
    whole.rest_on(Decimal("1.00"))

    later = link("b", START + timedelta(hours=2), "1.00", "0.00")
    cut = Chain("stone", START, END, None)
    cut.join([later], overlapping=False)
    with pytest.raises(IncoherentPages, match="begin at zero"):
        cut.close(later, moving=False)
