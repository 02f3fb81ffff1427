"""The direction of rows of an unknown kind is decided by the balances around them."""

from decimal import Decimal

import pytest

from gateway.completeness.signs import MOST_UNKNOWN, decide_kinds, solve_signs

KINDS = [f"k{number}" for number in range(MOST_UNKNOWN + 1)]
"""One more than are told apart."""


def sizes(**by_kind):
    return {kind: Decimal(size) for kind, size in by_kind.items()}


@pytest.mark.parametrize(
    ("moved", "kinds", "known", "found"),
    [
        ("5", sizes(a="5"), {}, {"a": 1}),
        ("-5", sizes(a="5"), {}, {"a": -1}),
        ("-2", sizes(a="5", b="7"), {}, {"a": 1, "b": -1}),
        ("0", sizes(a="5"), {}, {"a": 0}),
        ("50", sizes(a="100", b="50"), {}, {}),
        ("50", sizes(a="100", b="50"), {"a": 0}, {"a": 0, "b": 1}),
        ("3", sizes(a="5"), {}, {}),
        ("0", sizes(a="5", b="5"), {}, {}),
        ("0", sizes(a="5", b="5"), {"a": -1}, {"a": -1, "b": 1}),
        ("5", {kind: Decimal(2**number) for number, kind in enumerate(KINDS)}, {}, {}),
        (MOST_UNKNOWN, dict.fromkeys(KINDS[:-1], Decimal(1)), {}, dict.fromkeys(KINDS[:-1], 1)),
        (MOST_UNKNOWN + 1, dict.fromkeys(KINDS, Decimal(1)), {}, {}),
        ("-5", sizes(a="5", b="0"), {}, {"a": -1, "b": 1}),
        ("0", sizes(a="0"), {}, {"a": 1}),
    ],
)
def test_only_one_choice_is_an_answer(moved, kinds, known, found):
    """Signs are given where exactly one choice fits; 0, for a kind that moved nothing, is a choice like the others."""
    assert solve_signs(Decimal(moved), kinds, known) == found


@pytest.mark.parametrize(
    ("moved", "sums", "entries", "undecided"),
    [
        (5, {"a": 5}, "a", ""),
        (0, {"a": 5}, "", ""),
        (5, {"a": 5, "b": 3}, "a", ""),
        (5, {"a": 5, "b": 0}, "a", "b"),
        (5, {"a": 5, "b": 5}, "", "ab"),
    ],
)
def test_what_is_in_every_choice_is_an_entry(moved, sums, entries, undecided):
    """What one kind is says nothing of another, least of all of one that cancels itself out."""
    found = decide_kinds(sums, lambda kinds: sum(sums[kind] for kind in kinds) == moved)

    assert (found.entries, found.undecided) == (set(entries), set(undecided))
    assert sum(sums[kind] for kind in found.fitting) == moved


def test_no_choice_of_entries_fits():
    """The balances contradict all of them."""
    assert decide_kinds({"a": 5}, lambda kinds: False) is None


@pytest.mark.parametrize(("fitting", "decided"), [(0, True), (MOST_UNKNOWN + 1, True), (1, False)])
def test_too_many_kinds_are_undecided(fitting, decided):
    """Not all choices are tried then: that none of them are entries, and that all are."""
    kinds = {f"k{number}" for number in range(MOST_UNKNOWN + 1)}
    found = decide_kinds(kinds, lambda choice: len(choice) == fitting)

    assert (found is not None) is decided
    assert found is None or (found.entries, found.undecided, len(found.fitting)) == (set(), kinds, fitting)
