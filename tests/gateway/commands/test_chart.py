"""The small chart of balances."""

from decimal import Decimal

import pytest

from gateway.commands.chart import HEIGHT, chart


def balances(*values):
    return [Decimal(value) for value in values]


def test_the_highest_reaches_the_top_and_the_lowest_is_seen():
    """Each day has a mark, also the one with the least."""
    lines = chart(balances("-100.00", "0.00", "350.00"), 10)

    assert len(lines) == HEIGHT
    assert lines[0] == "  █"
    assert lines[-1] == "▁▇█"


def test_a_balance_that_stays_is_level():
    """Half the height, for nothing is high or low."""
    assert chart(balances("5", "5"), 10) == ["", "", "██", "██"]


def test_many_days_share_columns():
    """Each column has the last of its days, and the last day is always seen."""
    lines = chart(balances(*range(365)), 40)

    assert {len(line) for line in lines if line} <= set(range(41))
    assert len(lines[-1]) == 40
    assert lines[0].endswith("█")


@pytest.mark.parametrize("width", [1, 3, 200])
def test_plain_marks_are_ascii(width):
    """For terminals whose encoding lacks blocks."""
    lines = chart(balances("1", "2", "3"), width, plain=True)

    assert "".join(lines).isascii()
    assert all(len(line) <= width for line in lines)
    assert "#" in "".join(lines)


def test_nothing_gives_no_chart():
    """Neither no balance nor no room."""
    assert chart([], 10) == []
    assert chart(balances("1"), 0) == []
