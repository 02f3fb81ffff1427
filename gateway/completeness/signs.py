"""Decides by balances what rows of an unknown kind mean: whether they are entries, and in which direction.

The balances around the rows give the sum of all of them. Where exactly one choice, one direction for each kind, leads
to that sum, it is taken; where several do, the rows stay undecided, and where none does, something is wrong.
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from itertools import compress, product

from msgspec import Struct

from gateway.model import ZERO

__all__ = ["MOST_UNKNOWN", "DecidedKinds", "decide_kinds", "solve_signs"]

MOST_UNKNOWN = 6
"""Unknown kinds that are decided together; more would be too many choices to try (3 to the power of their number)."""


def solve_signs(moved: Decimal, sizes: Mapping[str, Decimal], signs: Mapping[str, int] | None = None) -> dict[str, int]:
    """The signs with which these sizes add up to `moved`; an empty mapping unless exactly one choice does.

    The sign 0 stands for a kind that moved nothing. It is a choice like 1 and -1: where one kind may have moved nothing
    and another everything, directions that happen to fit prove nothing. A kind whose rows are all zero gets the sign 1.

    Args:
        moved: the difference of the balances that the unknown kinds must explain.
        sizes: by kind, the sum of its rows without sign.
        signs: the signs that are known already, by kind.
    """
    kinds, known = sorted(kind for kind, size in sizes.items() if size), signs or {}
    if len(kinds) > MOST_UNKNOWN:
        return {}
    options = [(known[kind],) if kind in known else (1, -1, 0) for kind in kinds]
    found = [
        chosen
        for chosen in product(*options)
        if sum((sign * sizes[kind] for sign, kind in zip(chosen, kinds, strict=True)), ZERO) == moved
    ]
    if len(found) != 1:
        return {}
    return dict.fromkeys(sizes, 1) | dict(zip(kinds, found[0], strict=True))


class DecidedKinds(Struct, frozen=True):
    """What the balances tell of unknown kinds of rows. Of the kinds in neither set, the rows are no entries."""

    entries: frozenset[str] = frozenset()
    """The rows of these are entries: they are in every choice that fits."""
    undecided: frozenset[str] = frozenset()
    """The rows of these are entries in some choices that fit, and not in others."""
    fitting: frozenset[str] = frozenset()
    """The smallest choice that fits."""


def decide_kinds(kinds: Iterable[str], fits: Callable[[frozenset[str]], bool]) -> DecidedKinds | None:
    """Which of the kinds have rows that are entries; None where the balances fit no choice of kinds.

    Args:
        kinds: the kinds of which it is not known.
        fits: whether the balances agree, as far as there are any, when the rows of these kinds are entries and those of
            the others are not.
    """
    unknown = sorted(set(kinds))
    if len(unknown) > MOST_UNKNOWN:
        ends = (frozenset[str](), frozenset(unknown))
        choices = [choice for choice in ends if fits(choice)]
        return DecidedKinds(undecided=ends[1], fitting=choices[0]) if choices else None
    every = (frozenset(compress(unknown, chosen)) for chosen in product((False, True), repeat=len(unknown)))
    found = sorted(filter(fits, every), key=len)
    if not found:
        return None
    entries, some = frozenset.intersection(*found), frozenset.union(*found)
    return DecidedKinds(entries=entries, undecided=some - entries, fitting=found[0])
