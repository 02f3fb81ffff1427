"""Amounts in the one form in which they are given: two decimals, and more only where they mean something."""

from decimal import Decimal

__all__ = ["trimmed"]

CENT = Decimal("0.01")


def trimmed(amount: Decimal) -> Decimal:
    """An amount without the zeros behind its second decimal, as exact as it came: some banks tell `10.5000`."""
    if amount.same_quantum(CENT):
        return amount
    sign, digits, exponent = amount.as_tuple()
    cent = CENT.as_tuple().exponent
    if not isinstance(exponent, int) or not isinstance(cent, int) or exponent >= cent:
        return amount
    if not amount:
        return Decimal((sign, (0,), cent))
    # The digits are cut rather than normalised, which rounds to the context's precision.
    kept = len(digits)
    while exponent < cent and digits[kept - 1] == 0:
        kept, exponent = kept - 1, exponent + 1
    return Decimal((sign, digits[:kept], exponent))
