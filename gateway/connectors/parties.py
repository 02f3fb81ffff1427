"""Who was on the other side of a movement, as the banks write it: tax ids, institutions, names.

One rule for every bank: a tax id is one only with right check digits, a masked one is shown as such, and an institution
is named by its COMPE code, its ISPB code and its name, each in a field of its own.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from contracts.institutions import by_compe, by_ispb
from gateway.connectors import fields, wording
from gateway.connectors.kept import Kept
from gateway.model import Counterparty
from gateway.tax_ids import CNPJ_CHARACTERS, CPF_CHARACTERS, is_cnpj, is_cpf, normalise

__all__ = [
    "COMPE_DIGITS",
    "ISPB_DIGITS",
    "counterparty",
    "masked_tax_id",
    "tax_id",
    "tax_id_length",
    "unshown",
    "written_tax_id",
]

ISPB_DIGITS = 8
COMPE_DIGITS = 3
LENGTHS = (CPF_CHARACTERS, CNPJ_CHARACTERS)
LENGTH_OF = {"F": CPF_CHARACTERS, "CPF": CPF_CHARACTERS, "J": CNPJ_CHARACTERS, "CNPJ": CNPJ_CHARACTERS}
"""By the first letter of the kind of person, or by the name of the document."""
MOST_LOST_ZEROS = 2
"""A number with fewer digits may be anything."""

_CODE_AND_NAME = re.compile(r"(?P<code>[0-9]{3,4}|[0-9]{8}) *[-\u2013] *(?P<name>[^0-9 ].*)")
_MASKED = re.compile(r"[0-9A-Z*•#]*(?:[*•#]{2,}|X{3,})[0-9A-Z*•#]*")


def tax_id(value: Any) -> str | None:
    """A whole CPF or CNPJ without punctuation, CNPJs with letters included; None for anything else.

    Only right check digits make it one: what a bank masks, cuts off or fills with zeros identifies nobody.
    """
    return _tax_id[value] if isinstance(value, str) else None


def tax_id_length(kind: Any) -> int:
    """How many digits a tax id has that may have lost its zeros, by what the bank calls its holder or it; else 0."""
    word = fields.fold(kind)
    return LENGTH_OF.get(word) or LENGTH_OF.get(word[:1], 0)


def written_tax_id(value: Any) -> str | None:
    """What stands where a tax id does as text; a number that is nearly as long as one has lost its zeros."""
    text = _as_text(value)
    if text is value or text is None:
        return text
    return text.zfill(next((length for length in LENGTHS if length - MOST_LOST_ZEROS <= len(text) <= length), 0))


def masked_tax_id(value: Any) -> str | None:
    """A CPF or CNPJ with hidden digits, as the bank writes it; None for anything else."""
    return _mask[value] if isinstance(value, str) else None


def counterparty(
    *,
    name: Any = None,
    tax_ids: Iterable[Any] = (),
    bank: Any = None,
    ispb: Any = None,
    bank_name: Any = None,
    branch: Any = None,
    account: Any = None,
) -> Counterparty | None:
    """The other party from what a bank sends of it, each value as it came; None when none of it names anybody.

    Args:
        name: its name.
        tax_ids: what may be its CPF or CNPJ, the most trustworthy first: texts, or numbers that have lost their zeros.
        bank: its institution: a COMPE or ISPB code, as text or as a number that has lost its zeros, a name, or a code
            with the name behind it.
        ispb: an ISPB code, as text or as a number that has lost its zeros.
        bank_name: the name of its institution.
        branch: its branch.
        account: its account.
    """
    texts = map(_as_text, (name, bank, ispb, bank_name, branch, account))
    return _party[(tuple(map(written_tax_id, tax_ids)), *texts)]


def unshown(party: Counterparty | None, *values: Any) -> Iterator[str]:
    """What a bank says where tax ids stand and the other party does not show: what is none, or is another one.

    Args:
        party: the other party, or None where there is none.
        values: of such fields; zeros alone say nothing.
    """
    shown = set() if party is None else {party.tax_id, party.tax_id_masked} - {None}
    for value in values:
        text = fields.word(written_tax_id(value))
        if text and text.strip(" 0.-/") and not shown & {tax_id(text), masked_tax_id(text)}:
            yield text


@Kept
def _tax_id(value: str) -> str | None:
    plain = normalise(value)
    return plain if is_cpf(plain) or is_cnpj(plain) else None


@Kept
def _mask(value: str) -> str | None:
    shown = value.strip()
    plain = normalise(shown)
    return shown if len(plain) in LENGTHS and _MASKED.fullmatch(plain) and not tax_id(plain) else None


def _as_text(value: Any) -> str | None:
    """A text as it came, anything else as `wording.text_of` reads it; None for nothing."""
    return value if value is None or isinstance(value, str) else wording.text_of(value)


@Kept
def _party(sent: tuple[Any, ...]) -> Counterparty | None:
    """The other party from the texts that `counterparty` gets of it."""
    candidates, *texts = sent
    name, bank, ispb, bank_name, branch, account = map(fields.optional_text, texts)
    compe, code, institution_name = _institution(bank or "", ispb or "", bank_name)
    whole = next(filter(None, map(tax_id, candidates)), None)
    found = Counterparty(
        name=name,
        tax_id=whole,
        tax_id_masked=None if whole else next(filter(None, map(masked_tax_id, candidates)), None),
        bank=compe,
        ispb=code,
        bank_name=institution_name,
        branch=branch,
        account=account,
    )
    return None if found == Counterparty() else found


def _institution(bank: str, ispb: str, name: str | None) -> tuple[str | None, str | None, str | None]:
    """COMPE, ISPB and name of an institution, what is not sent being looked up by what is."""
    if not bank and not ispb:
        return None, None, name
    compe = code = None
    shown = bank.strip()
    if both := _CODE_AND_NAME.fullmatch(shown):
        shown, name = both["code"], name or both["name"]
    number = shown.lstrip("0") if shown.isdecimal() else ""
    if len(shown) == ISPB_DIGITS and shown.isdecimal():
        code = shown
    elif 0 < len(number) <= COMPE_DIGITS:
        compe = number.zfill(COMPE_DIGITS)
    elif 0 < len(number) <= ISPB_DIGITS and by_ispb(number.zfill(ISPB_DIGITS)):
        # An ISPB code that has lost its zeros.
        code = number.zfill(ISPB_DIGITS)
    elif shown.strip("0"):
        name = name or shown
    shown = ispb.strip()
    if shown.isdecimal() and (int(shown) or len(shown) == ISPB_DIGITS) and len(shown) <= ISPB_DIGITS:
        code = shown.zfill(ISPB_DIGITS)
    known = (by_compe(compe) if compe else None) or (by_ispb(code) if code else None)
    if known is not None:
        return known.compe if compe is None else compe, known.ispb if code is None else code, name or known.name
    return compe, code, name
