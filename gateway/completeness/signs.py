"""Finding out whether money came or went, or moved at all, where only the kind of a row would tell, which nobody knows.

The balances around the movements say what all of them together came to. Where just one choice of directions, one for
each kind, comes to that, it is known.
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from itertools import compress, product

from gateway.model import ZERO

__all__ = ["MOST_UNKNOWN", "entries_among", "solved"]

MOST_UNKNOWN = 6
"""Kinds that are looked for together."""


def solved(moved: Decimal, sizes: Mapping[str, Decimal], signs: Mapping[str, int] | None = None) -> dict[str, int]:
    """The signs with which these sizes make up what moved, if only one choice does; nothing otherwise.

    A sign of 0 stands for a kind that moved nothing. It is a choice like the others: where one kind may have moved
    nothing and another the whole, directions that happen to fit prove nothing. A kind whose rows are all zero may have
    any sign.

    Args:
        moved: what the balances leave for the kinds that are not known.
        sizes: what each of these kinds came to, without sign.
        signs: those that are known already.
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


def entries_among(kinds: Iterable[str], fits: Callable[[frozenset[str]], bool]) -> frozenset[str] | None:
    """The kinds of row that are entries, if the balances fit just one choice of them; None otherwise.

    Args:
        kinds: those of which it is not known.
        fits: whether the balances agree when the rows of these kinds are entries and those of the others are not.
    """
    told = sorted(set(kinds))
    if len(told) > MOST_UNKNOWN:
        return None
    choices = (frozenset(compress(told, chosen)) for chosen in product((False, True), repeat=len(told)))
    found = [choice for choice in choices if fits(choice)]
    return found[0] if len(found) == 1 else None
