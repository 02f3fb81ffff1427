"""Decides by balances what rows of an unknown kind mean: whether they are entries, and in which direction.

The balances around the rows give the sum of all of them. Where exactly one choice, one direction for each kind, leads
to that sum, it is taken; where several do or none does, the rows stay undecided.
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from itertools import compress, product

from gateway.model import ZERO

__all__ = ["MOST_UNKNOWN", "entry_kinds", "solve_signs"]

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


def entry_kinds(kinds: Iterable[str], fits: Callable[[frozenset[str]], bool]) -> frozenset[str] | None:
    """Those of the kinds whose rows are entries; None unless the balances fit exactly one choice of kinds.

    Args:
        kinds: the kinds of which it is not known.
        fits: whether the balances agree when the rows of these kinds are entries and those of the others are not.
    """
    unknown = sorted(set(kinds))
    if len(unknown) > MOST_UNKNOWN:
        return None
    choices = (frozenset(compress(unknown, chosen)) for chosen in product((False, True), repeat=len(unknown)))
    found = [choice for choice in choices if fits(choice)]
    return found[0] if len(found) == 1 else None
