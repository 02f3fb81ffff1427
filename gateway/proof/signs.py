"""Finding out whether money came or went where only the kind of a movement would tell, and nobody knows the kind.

The balances around the movements say what all of them together came to. Where just one choice of directions, one for
each kind, comes to that, it is known.
"""

from collections.abc import Mapping
from decimal import Decimal
from itertools import product

__all__ = ["MOST_UNKNOWN", "solved"]

MOST_UNKNOWN = 6
"""Kinds whose signs are looked for together."""
ZERO = Decimal("0.00")


def solved(moved: Decimal, sizes: Mapping[str, Decimal], signs: Mapping[str, int] | None = None) -> dict[str, int]:
    """The signs with which these sizes make up what moved, if only one choice does; nothing otherwise.

    That a kind moved nothing, a sign of 0, is considered only where no choice of directions fits.

    Args:
        moved: what the balances leave for the kinds that are not known.
        sizes: what each of these kinds came to, without sign.
        signs: those that are known already.
    """
    kinds, known = sorted(sizes), signs or {}
    if len(kinds) > MOST_UNKNOWN:
        return {}
    for choices in ((1, -1), (1, -1, 0)):
        options = [(known[kind],) if kind in known else choices for kind in kinds]
        found = [
            chosen
            for chosen in product(*options)
            if sum((sign * sizes[kind] for sign, kind in zip(chosen, kinds, strict=True)), ZERO) == moved
        ]
        if found:
            return dict(zip(kinds, found[0], strict=True)) if len(found) == 1 else {}
    return {}
