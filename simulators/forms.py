"""Texts, ids and amounts in forms that several banks use. What a field is called stays with each bank."""

import unicodedata
from datetime import UTC
from decimal import Decimal

from simulators.ledger import LedgerEntry, Party

__all__ = ["centavos", "end_to_end_id", "is_person", "joined", "masked_cpf", "whole_numbers", "without_accents"]


def joined(*texts: str) -> str:
    """The texts with ` - ` between them, without those whose words an earlier one has."""
    kept: list[str] = []
    for text in map(str.strip, texts):
        if text and not any(f" {_words(text)} " in f" {_words(other)} " for other in kept):
            kept.append(text)
    return " - ".join(kept)


def _words(text: str) -> str:
    """The words of a text in capitals, without accents and punctuation."""
    plain = without_accents(text.upper())
    return " ".join("".join(each if each.isalnum() else " " for each in plain).split())


def without_accents(text: str) -> str:
    """The text with plain letters in place of accented ones."""
    return "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))


def centavos(amount: Decimal) -> int:
    """An amount in reais as a whole number of centavos."""
    return int(amount.scaleb(2))


def end_to_end_id(entry: LedgerEntry, own_ispb: str, mark: str = "E") -> str:
    """The id of a Pix: a mark, the payer's institution, the minute in UTC, a sequence.

    Args:
        entry: the Pix.
        own_ispb: the bank's own code, which stands where the account pays or the payer's institution is not known.
        mark: `E` for a payment, `D` for a return.
    """
    payer = entry.counterparty.ispb if entry.counterparty and entry.amount > 0 else ""
    return f"{mark}{payer or own_ispb}{entry.booked_at.astimezone(UTC):%Y%m%d%H%M}{entry.serial % 10**11:011d}"


def whole_numbers(party: Party) -> set[str]:
    """Of branch and account the fields that a bank tells whole which sends both as numbers: those lose their zeros."""
    return {name for name in ("branch", "account") if not getattr(party, name).startswith("0")}


def is_person(tax_id: str) -> bool:
    """Whether a tax id is a CPF, and not a CNPJ."""
    return len(tax_id) == len("12345678909")


def masked_cpf(tax_id: str) -> str:
    """A CPF that shows only its six middle digits."""
    return f"***.{tax_id[3:6]}.{tax_id[6:9]}-**"
