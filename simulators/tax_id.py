"""CPF and CNPJ: whether their check digits are right."""

import re
from collections.abc import Sequence

__all__ = ["cnpj", "cpf", "is_tax_id", "plain_tax_id"]

CPF, CNPJ = re.compile("[0-9]{11}"), re.compile("[0-9A-Z]{12}[0-9]{2}")

WEIGHTS = [2 + place % 8 for place in reversed(range(13))]
"""Of the characters of a CNPJ before its last check digit."""


def plain_tax_id(text: str) -> str:
    """A CPF or CNPJ without punctuation, letters in upper case."""
    return re.sub(r"[.\-/\s]", "", text).upper()


def is_tax_id(text: str) -> bool:
    """Whether this is a CPF or a CNPJ, numeric or alphanumeric, without punctuation, whose check digits are right."""
    if len(set(text)) < 2:
        return False
    if CPF.fullmatch(text):
        return text == cpf(text[:9])
    if CNPJ.fullmatch(text):
        return text == cnpj(text[:12])
    return False


def cpf(stem: str) -> str:
    """The CPF that begins with these nine digits."""
    for highest in (10, 11):
        stem += _check(stem, range(highest, 1, -1))
    return stem


def cnpj(stem: str) -> str:
    """The CNPJ that begins with these twelve characters."""
    for weights in (WEIGHTS[1:], WEIGHTS):
        stem += _check(stem, weights)
    return stem


def _check(text: str, weights: Sequence[int]) -> str:
    """The check digit of these characters; a letter counts as its distance from the character 0."""
    rest = sum((ord(each) - 48) * weight for each, weight in zip(text, weights, strict=True)) % 11
    return "0" if rest < 2 else str(11 - rest)
