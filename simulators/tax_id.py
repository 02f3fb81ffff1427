"""CPF and CNPJ: whether their check digits are right."""

import re
from collections.abc import Sequence

__all__ = ["is_tax_id", "plain_tax_id"]

CPF, CNPJ = re.compile("[0-9]{11}"), re.compile("[0-9A-Z]{12}[0-9]{2}")


def plain_tax_id(text: str) -> str:
    """A CPF or CNPJ without punctuation, letters in upper case."""
    return re.sub(r"[.\-/\s]", "", text).upper()


def is_tax_id(text: str) -> bool:
    """Whether this is a CPF or a CNPJ, numeric or alphanumeric, without punctuation, whose check digits are right."""
    if len(set(text)) < 2:
        return False
    if CPF.fullmatch(text):
        return text[9:] == _check(text[:9], range(10, 1, -1)) + _check(text[:10], range(11, 1, -1))
    if CNPJ.fullmatch(text):
        weights = [2 + place % 8 for place in reversed(range(13))]
        return text[12:] == _check(text[:12], weights[1:]) + _check(text[:13], weights)
    return False


def _check(text: str, weights: Sequence[int]) -> str:
    """The check digit of these signs; a letter counts as its distance from the sign 0."""
    rest = sum((ord(sign) - 48) * weight for sign, weight in zip(text, weights, strict=True)) % 11
    return "0" if rest < 2 else str(11 - rest)
