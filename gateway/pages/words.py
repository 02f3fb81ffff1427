"""Amounts, days, instants and tax ids as they are written in Brazil."""

from datetime import date, datetime
from decimal import Decimal

from gateway.help.words import duration
from gateway.model import BRASILIA
from gateway.tax_ids import CNPJ_CHARACTERS, CPF_CHARACTERS, punctuated

__all__ = ["KINDS", "day", "instant", "later", "money", "short_day", "tax_id"]

KINDS = {"PJ": "Empresa (PJ)", "PF": "Pessoa física (PF)"}


def money(amount: Decimal | None) -> str:
    """An amount in reais: "R$ 1.234,56"; more decimals than two where the bank gives more, empty for none."""
    if amount is None:
        return ""
    decimals = max(2, -int(amount.normalize().as_tuple().exponent))
    whole, _, cents = f"{abs(amount):,.{decimals}f}".partition(".")
    return f"{'-' if amount < 0 else ''}R$\u00a0{whole.replace(',', '.')},{cents}"


def day(value: date) -> str:
    """A day: "31/10/2026"."""
    return value.strftime("%d/%m/%Y")


def short_day(value: date) -> str:
    """A day of a year that is known: "31/10"."""
    return value.strftime("%d/%m")


def instant(value: datetime | None) -> str:
    """An instant in Brasília's time: "31/10/2026 às 09:05"; empty where there is none."""
    return value.astimezone(BRASILIA).strftime("%d/%m/%Y às %H:%M") if value is not None else ""


def later(seconds: int) -> str:
    """After a wait, in whole minutes, or hours where it is long: "Daqui a 5 minutos"."""
    unit = 60 if seconds < 5400 else 3600
    return f"Daqui a {duration(max(unit, -(-seconds // unit) * unit))}"


def tax_id(typed: str) -> str:
    """A CPF, "123.456.789-09", or a CNPJ, "11.222.333/0001-81"; what has the length of neither stays as it is."""
    bare = "".join(character for character in typed if character.isalnum())
    return punctuated(bare) if len(bare) in {CPF_CHARACTERS, CNPJ_CHARACTERS} else typed
