"""Amounts as text."""

from decimal import Decimal

from gateway.amounts import trimmed

__all__ = ["is_exact", "money"]

EXACT_DIGITS = 15
"""Digits of a number that a spreadsheet keeps and shows."""


def money(amount: Decimal) -> str:
    """An amount in plain notation with two decimals, or as many more as mean something; never a negative zero."""
    text = str(amount)
    if text[-3:-2] == "." and text != "-0.00":
        # Two decimals, as nearly all amounts have: only plain notation has a point in this place.
        return text
    amount = trimmed(amount)
    exponent = amount.as_tuple().exponent
    if isinstance(exponent, int) and exponent > -2:
        # Zeros are appended rather than quantised: quantising fails beyond the context's precision.
        sign, digits, _ = amount.as_tuple()
        amount = Decimal((sign, digits + (0,) * (exponent + 2), -2))
    text = format(amount, "f")
    return text.removeprefix("-") if amount == 0 else text


def is_exact(written: str) -> bool:
    """Whether a spreadsheet keeps an amount, in plain notation, with all of its digits."""
    return len(written.strip("-0").replace(".", "")) <= EXACT_DIGITS
