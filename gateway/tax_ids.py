"""CPF and CNPJ: form and check digits.

The CNPJ is alphanumeric since July 2026 (Receita Federal, Instrução Normativa RFB 2.229/2024): twelve places of
`0-9A-Z` and two numeric check digits. A character counts as its ASCII code minus 48, which for digits is the old rule.
"""

import re
from collections.abc import Sequence

__all__ = ["CNPJ_CHARACTERS", "CPF_CHARACTERS", "is_cnpj", "is_cpf", "normalise", "punctuated", "same_holder"]

CPF_CHARACTERS = 11
CNPJ_CHARACTERS = 14

_CNPJ = re.compile(r"[0-9A-Z]{12}[0-9]{2}", re.ASCII)
_CPF = re.compile(r"[0-9]{11}", re.ASCII)


def normalise(value: str) -> str:
    """A tax id without punctuation and blanks, letters in upper case."""
    return re.sub(r"[.\-/\s]", "", value).upper()


def punctuated(tax_id: str) -> str:
    """A normalised CPF as "123.456.789-09", a CNPJ as "11.222.333/0001-81"; what has another length stays as it is."""
    if len(tax_id) == CPF_CHARACTERS:
        return f"{tax_id[:3]}.{tax_id[3:6]}.{tax_id[6:9]}-{tax_id[9:]}"
    if len(tax_id) == CNPJ_CHARACTERS:
        return f"{tax_id[:2]}.{tax_id[2:5]}.{tax_id[5:8]}/{tax_id[8:12]}-{tax_id[12:]}"
    return tax_id


def is_cpf(value: str) -> bool:
    """Whether this is a normalised CPF with right check digits."""
    if not _CPF.fullmatch(value) or len(set(value)) == 1:
        return False
    return all(_check(value[:length], range(length + 1, 1, -1)) == value[length] for length in (9, 10))


def is_cnpj(value: str) -> bool:
    """Whether this is a normalised CNPJ, numeric or alphanumeric, with right check digits."""
    if not _CNPJ.fullmatch(value) or len(set(value)) == 1:
        return False
    # The weights run 2 to 9 from the right and begin again.
    return all(
        _check(value[:length], [2 + place % 8 for place in reversed(range(length))]) == value[length]
        for length in (12, 13)
    )


def same_holder(bank_tax_id: str, holder: str) -> bool:
    """Whether a tax id that a bank gives is the holder's, or that of another establishment of the same company.

    Args:
        bank_tax_id: as the bank writes it; a masked one, or a text that is no tax id, counts as the holder's.
        holder: the holder's normalised CPF or CNPJ.
    """
    plain = normalise(bank_tax_id)
    if is_cnpj(plain):
        return is_cnpj(holder) and plain[:8] == holder[:8]
    return plain == holder or not is_cpf(plain)


def _check(text: str, weights: Sequence[int]) -> str:
    total = sum((ord(character) - ord("0")) * weight for character, weight in zip(text, weights, strict=True))
    rest = total % 11
    return "0" if rest < 2 else str(11 - rest)
