"""Which way money went, by arithmetic."""

from decimal import Decimal

import pytest

from gateway.proof.signs import MOST_UNKNOWN, solved


def sizes(**told):
    return {kind: Decimal(size) for kind, size in told.items()}


@pytest.mark.parametrize(
    ("moved", "kinds", "known", "found"),
    [
        ("5", sizes(a="5"), {}, {"a": 1}),
        ("-5", sizes(a="5"), {}, {"a": -1}),
        ("-2", sizes(a="5", b="7"), {}, {"a": 1, "b": -1}),
        ("0", sizes(a="5"), {}, {"a": 0}),
        ("3", sizes(a="5"), {}, {}),
        ("0", sizes(a="5", b="5"), {}, {}),
        ("0", sizes(a="5", b="5"), {"a": -1}, {"a": -1, "b": 1}),
        ("0", sizes(a="0"), {}, {}),
        ("5", {f"k{n}": Decimal(2**n) for n in range(MOST_UNKNOWN + 1)}, {}, {}),
    ],
)
def test_only_one_choice_is_an_answer(moved, kinds, known, found):
    """Just one choice of directions is believed; that a kind moved nothing only where no direction fits."""
    assert solved(Decimal(moved), kinds, known) == found
