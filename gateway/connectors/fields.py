"""Money, dates and texts as the banks write them.

Every function here raises ValueError for what it cannot read exactly; nothing is rounded, guessed or dropped.

Long because every form in which banks write them is read in one place.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeVar

import msgspec
from msgspec import Raw

from gateway.connectors.kept import Kept
from gateway.limits import CREDIBLE_YEARS, KIND_CHARACTERS
from gateway.model import BRASILIA
from gateway.texts.controls import cleaned
from gateway.texts.normal_forms import normalised

__all__ = [
    "amount",
    "as_list",
    "brazilian_date",
    "brazilian_money",
    "centavos",
    "check_currency",
    "code",
    "count",
    "day",
    "digits",
    "first_day",
    "first_text",
    "fold",
    "has_time",
    "instant",
    "iso_date",
    "local_instant",
    "mapping",
    "money_text",
    "nonzero",
    "number",
    "optional_text",
    "raw_money",
    "raw_reais",
    "reais",
    "text",
    "told_reais",
    "utc_query",
    "word",
]

T = TypeVar("T")

LARGEST_EXPONENT = 15
"""No account of the world moves a quadrillion reais; more digits are an attack on memory."""
TOO_MUCH = Decimal(10) ** (LARGEST_EXPONENT + 1)
CENT = Decimal("0.01")
REAIS = frozenset({"", "BRL", "R", "REAL", "REAIS"})
"""Names of the one currency, for comparing; `R` is what is left of `R$`."""
MOST_CENTAVOS = 10 ** (LARGEST_EXPONENT + 3)
MOST_DECIMALS = 8
MOST_COUNT_DIGITS = 9
EXACT_FLOATS = 2**53
"""From here on whole numbers are no longer told apart once they have a decimal point."""
DAY_CHARACTERS = len("2026-01-01")
BRAZILIAN_SEPARATORS = frozenset("/.-")
"""What stands behind the first two digits of a day in the Brazilian way."""
AMBIGUOUS_DECIMALS = 3
"""So many may be decimals, or the last digits of a thousand."""

_CAPITALS = bytes(ord(chr(code).upper()) if code < 128 and chr(code).isalnum() else ord(" ") for code in range(256))
"""Of each ASCII character, what it is for comparing."""
_MARKS = re.compile("[\u0300-\u0344\u0346-\u034e\u0350-\u036f]")
"""Accents that stand apart, without those of this block whose capitals are letters or which combine with nothing."""

_MONEY = re.compile(r"-?\d{1,16}(?:\.(?!\d{3}$)\d{1,8})?", re.ASCII)
_SCIENTIFIC = re.compile(r"-?\d(?:\.\d{1,17})?[Ee][+-]?\d{1,2}", re.ASCII)
"""As Java writes a `double` of ten millions and more (`1.23456789E7`), and hundreds without their zeros (`1E+2`)."""
_BRAZILIAN_MONEY = re.compile(
    r"-?(?:(?P<grouped>[1-9]\d{0,2}(?:\.\d{3})+)(?:,(?P<cents>\d{1,2}))?|(?P<plain>\d{1,16})(?:[.,](?P<decimals>\d{1,2}))?)",
    re.ASCII,
)


def amount(value: Decimal) -> Decimal:
    """A decoded number as money, as exact as it came."""
    if value.same_quantum(CENT) and -TOO_MUCH < value < TOO_MUCH:
        return value
    if not value.is_finite():
        raise ValueError("an amount is not a finite number")
    _, _, exponent = value.as_tuple()
    if value.adjusted() > LARGEST_EXPONENT or not isinstance(exponent, int) or exponent < -MOST_DECIMALS:
        raise ValueError("an amount has an impossible number of digits")
    return value if exponent <= 0 else value.quantize(Decimal(1))


def reais(value: Decimal) -> Decimal:
    """A decoded number of reais, which may have come as a text: three decimals are refused, as in `money_text`."""
    if value.is_finite() and value.as_tuple().exponent == -AMBIGUOUS_DECIMALS:
        raise ValueError("an amount has three decimals")
    return amount(value)


def money_text(value: str) -> Decimal:
    """A text such as `24.9`, `-1000.00` or `1.5E7` as money: a dot, no thousands, at most eight decimals.

    Three decimals are refused: `1.555` may be a little more than one real, or a thousand and a half. With an exponent
    they mean one amount only.
    """
    written = value.strip()
    if _MONEY.fullmatch(written):
        # The pattern admits no more digits than `amount` does.
        return Decimal(written)
    if _SCIENTIFIC.fullmatch(written):
        return amount(Decimal(written))
    raise ValueError("an amount is not a decimal number")


def brazilian_money(value: str) -> Decimal:
    """A text such as `1.580,12`, `1.580`, `80`, `24,9` or `0.00` as money.

    Reais have at most two decimals, groups of thousands have exactly three digits: so a dot before three digits is
    one of thousands, a dot before one or two digits is the decimal sign, and no text can be read in two ways. What
    would need another rule, such as `1,580`, `0.580` or `1.580.1`, is refused.
    """
    found = _BRAZILIAN_MONEY.fullmatch(value.strip())
    if found is None:
        raise ValueError("an amount is not written in the Brazilian way")
    whole = (found["grouped"] or found["plain"]).replace(".", "")
    decimals = found["cents"] or found["decimals"] or "0"
    return amount(Decimal(f"{'-' if value.strip().startswith('-') else ''}{whole}.{decimals}"))


def centavos(value: int) -> Decimal:
    """Integer centavos as reais."""
    if not -MOST_CENTAVOS < value < MOST_CENTAVOS:
        raise ValueError("an amount has an impossible number of digits")
    return value * CENT


def as_list(sent: list[T] | T | str | None) -> list[T]:
    """What a bank lists: a list, its only element without one, or nothing where it is left out, null or blank.

    Gateways that make JSON of XML write lists so.
    """
    if isinstance(sent, list):
        return sent
    if isinstance(sent, str):
        if sent.strip():
            raise ValueError("a text stands where a list should be")
        return []
    return [] if sent is None else [sent]


def iso_date(value: str) -> date:
    """The day of `2026-03-10`, or of a longer text that begins with it."""
    return _day[value.strip()[:DAY_CHARACTERS]]


def raw_money(
    raw: Raw, written: Callable[[str], Decimal], number: Callable[[Decimal], Decimal] = amount
) -> Decimal | None:
    """An undecoded value as money, which may be a text or a bare number; None where it is left out, null or blank.

    Args:
        raw: the value as it came.
        written: how to read a text.
        number: how to read a number.
    """
    sent = bytes(raw).strip() or b"null"
    if sent.startswith(b'"'):
        text = msgspec.json.decode(sent, type=str)
        return written(text) if text.strip() else None
    value = msgspec.json.decode(sent, type=Decimal | None)
    return None if value is None else number(value)


def raw_reais(raw: Raw, number: Callable[[Decimal], Decimal] = reais) -> Decimal | None:
    """An undecoded amount in reais: a number, or a text with a decimal dot or written in the Brazilian way.

    A text needs a comma to be Brazilian: `1.580` may be a little more than one real, or a thousand and a half.
    """
    return raw_money(raw, lambda text: brazilian_money(text) if "," in text else money_text(text), number)


def told_reais(raw: Raw, number: Callable[[Decimal], Decimal] = reais) -> Decimal:
    """An undecoded amount as `raw_reais` reads it, in a place where there must be one.

    Raises:
        ValueError: it cannot be read, or is left out.
    """
    if (value := raw_reais(raw, number)) is None:
        raise ValueError("there is no amount")
    return value


def check_currency(currency: Any) -> None:
    """Check that an amount is in reais, as it is where no currency is told.

    Raises:
        ValueError: it is in another currency.
    """
    if fold(currency) not in REAIS or not isinstance(currency, str | None):
        raise ValueError(f"an amount is not in reais but in {word(currency)[:KIND_CHARACTERS]!r}")


def brazilian_date(value: str) -> date:
    """The day of `10/03/2026`, `10.03.2026`, `10-03-2026` or `10032026`, or of a text in which a time follows it."""
    return _brazilian_day[value]


def day(value: str) -> date:
    """The day of a text that `iso_date` or `brazilian_date` reads; none can be read in both ways."""
    return brazilian_date(value) if value.strip()[2:3] in BRAZILIAN_SEPARATORS else iso_date(value)


def first_day(*values: Any) -> date:
    """The day of the first of the texts that has one.

    The first instant of a calendar, and others of another age, stand for a day that is not known.

    Raises:
        ValueError: none of them has a day, or one before it cannot be read.
    """
    for value in values:
        if isinstance(value, str) and (written := text(value)) and (found := day(written)).year in CREDIBLE_YEARS:
            return found
    raise ValueError("a date is left out")


def local_instant(value: str) -> datetime:
    """A date-time without offset, in Brasília; an offset that is there is respected."""
    moment = _moment(value)
    if moment.tzinfo is None:
        # A third of the time that `replace` takes.
        return datetime.combine(moment.date(), moment.time(), BRASILIA)
    return moment.astimezone(BRASILIA)


def instant(value: str) -> datetime:
    """A date-time that has its offset, in Brasília's time."""
    moment = _moment(value)
    if moment.tzinfo is None:
        raise ValueError("an instant has no offset")
    return moment.astimezone(BRASILIA)


def has_time(value: str) -> bool:
    """Whether a text is more than a day."""
    return len(value.strip()) > DAY_CHARACTERS


def utc_query(moment: datetime) -> str:
    """An instant as `2026-03-10T03:00:00Z`, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def text(value: str) -> str:
    """The bank's own text in Unicode NFC without control characters and trailing blanks."""
    # A text that is printable has no control characters.
    plain = value if value.isprintable() else cleaned(value)
    return (plain if plain.isascii() else normalised("NFC", plain)).rstrip()


def optional_text(value: Any) -> str | None:
    """A text, or None when the bank left it out, sent null, blanks or something that is no text."""
    return (text(value) or None) if isinstance(value, str) else None


def digits(value: str) -> str:
    """Only the digits, without leading zeros."""
    return re.sub(r"\D", "", value).lstrip("0")


def first_text(*values: Any) -> str | None:
    """The first of the values that `optional_text` finds a text in."""
    for value in values:
        if isinstance(value, str) and (found := text(value)):
            return found
    return None


def word(value: Any) -> str:
    """A text as `text` gives it, or a whole number as one, `12.0` too; empty for anything else."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT_FLOATS:
        value = int(value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def code(value: Any) -> str:
    """A text or whole number as `word` gives it, without blanks around it; empty for anything else."""
    return word(value).strip()


def nonzero(value: Any) -> str:
    """The same; empty for zeros too, which stand for what the bank does not tell."""
    written = code(value)
    return written if written.strip("0") else ""


def number(value: Any) -> int | None:
    """A whole number or its digits, at most `MOST_COUNT_DIGITS` of them; None for anything else."""
    written = code(value)
    return int(written) if written.isascii() and written.isdecimal() and len(written) <= MOST_COUNT_DIGITS else None


def count(value: Any) -> int | None:
    """A number of rows or pages, which may have come as a text or as `12.0`; None where it is left out, null or blank.

    Raises:
        ValueError: it is no whole number, or negative.
    """
    found = number(value)
    if found is None and value is not None and (code(value) or not isinstance(value, str)):
        raise ValueError("a counter is no whole number")
    return found


def mapping(value: Any, text: str | None = None) -> dict[str, Any]:
    """An object of the bank as it came, or the only one of a list; empty for anything else.

    Args:
        value: what came.
        text: the field that a bare text in place of the object stands for; None where it stands for nothing.
    """
    if isinstance(value, dict):
        return value
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if text is not None and isinstance(value, str):
        return {text: value}
    return value if isinstance(value, dict) else {}


def fold(value: Any) -> str:
    """A text for comparing: capitals, without accents, and with single blanks for punctuation; empty for no text."""
    return _folded[value] if isinstance(value, str) else ""


@Kept
def _folded(value: str) -> str:
    plain = value if value.isascii() else _MARKS.sub("", normalised("NFKD", value))
    if plain.isascii():
        return b" ".join(plain.encode().translate(_CAPITALS).split()).decode()
    plain = plain.upper()
    kept = (character if character.isalnum() else " " for character in plain if not unicodedata.combining(character))
    return " ".join("".join(kept).split())


def _moment(value: str) -> datetime:
    try:
        return datetime.fromisoformat(value.strip())
    except ValueError as error:
        raise ValueError("a date-time is not that of ISO 8601, or is left out") from error


@Kept
def _day(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise ValueError("a date is not YYYY-MM-DD, or is left out") from error


@Kept
def _brazilian_day(value: str) -> date:
    found = re.fullmatch(r"(\d{2})([/.-]?)(\d{2})\2(\d{4})(?:[ T]\d{2}:\d{2}.*)?", value.strip(), re.ASCII)
    if found is None:
        raise ValueError("a date is not DD/MM/YYYY")
    return date(int(found[4]), int(found[3]), int(found[1]))
