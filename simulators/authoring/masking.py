"""Replacing what recorded traffic says of real people and accounts by invented values of the same form.

Rules.
1. Everything is replaced but what is declared harmless, by the name of its field.
2. Equal values become equal values, so that what belongs together stays together.
3. Texts keep their length and the class of each character (digit, capital, small letter, letter with an accent).
4. A CPF or CNPJ becomes another one, with right check digits and the same punctuation, inside of texts too.
5. Amounts are multiplied by one whole number: what added up adds up, and balances follow from their entries as before.
   Zero stays zero.
6. Days and instants move by one number of whole weeks, so that their order and their weekdays stay.
7. A token, and a value that has a name of its own (a credential), becomes that name, in harmless fields too.
8. What was replaced stands nowhere in the result, in none of the forms of `spellings`; `check` sees to it.
"""

import re
from collections.abc import Collection
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from simulators.authoring.spellings import Spellings
from simulators.generate import cnpj, cpf

__all__ = ["TOKENS", "Masker", "Unmaskable", "amount_fields"]

TOKENS = frozenset({"access_token", "refresh_token", "id_token"})
IDENTIFIER_DIGITS = 6
"""In a word that must stand nowhere, even if it was only a part of what was replaced."""
DIGITS = re.compile(r"\d{4}")
"""Of a name of a field: what has them may be the number of an account or a day, and is no name of the API's."""
CPF = r"\d{3}\.?\d{3}\.?\d{3}-?\d{2}"
CNPJ = r"[0-9A-Z]{2}\.?[0-9A-Z]{3}\.?[0-9A-Z]{3}/?[0-9A-Z]{4}-?\d{2}"
TAX_ID = re.compile(rf"(?<![0-9A-Za-z])(?:{CPF}|{CNPJ})(?![0-9A-Za-z])")
DAY = re.compile(r"(?<!\d)(?:(?P<iso>\d{4}-\d{2}-\d{2})|(?P<brazilian>\d{2}/\d{2}/\d{4}))(?!\d)")
AMOUNT = re.compile(r"-?(?:\d+\.\d{1,2}|\d{1,3}(?:\.\d{3})*,\d{2})")
WHOLE = re.compile(r"-?\d+")
ACCENTED = "áâãàçéêíóôõú"


def amount_fields(value: Any, field: str = "") -> set[str]:
    """The names of the fields of a decoded JSON value that hold an amount with decimals: whole ones are amounts too."""
    if isinstance(value, dict):
        return set().union(*(amount_fields(inner, name) for name, inner in value.items()))
    if isinstance(value, list):
        return set().union(*(amount_fields(inner, field) for inner in value))
    return {field} if isinstance(value, Decimal) or (isinstance(value, str) and AMOUNT.fullmatch(value)) else set()


class Unmaskable(ValueError):
    """Something that was to be replaced would still stand in the result."""


class Masker:
    """One consistent replacement of many values.

    Args:
        chance: chooses the invented values.
        keep: names of fields whose values are harmless.
        amounts: names of fields whose whole numbers are amounts too.
    """

    def __init__(self, chance: Random, keep: Collection[str] = (), amounts: Collection[str] = ()) -> None:
        self._chance = chance
        self._keep = frozenset(keep)
        self._amounts = frozenset(amounts)
        self._known: dict[str, str] = {}
        self._factor = chance.randrange(3, 98)
        self._moved = timedelta(weeks=-chance.randrange(5, 150))
        self._named: dict[str, str] = {}
        self.secrets: set[str] = set()
        """Former values that are never shown."""
        self.replaced: dict[tuple[str, str], str] = {}
        """By field and former value: what stands in its place."""

    def name(self, field: str, secret: str, name: str) -> None:
        """Have a name stand wherever a secret stood alone, in any field."""
        self.secrets.add(secret)
        self._named[secret] = name
        self.replaced[field, secret] = name

    def masked(self, value: Any, field: str = "") -> Any:
        """A decoded JSON value with all in it replaced; numbers with decimals are decoded as `Decimal`."""
        if isinstance(value, dict):
            return {self._field(name): self.masked(inner, name) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.masked(inner, field) for inner in value]
        if field in TOKENS and value:
            self.name(field, str(value), self._named.get(str(value), f"invented-{len(self._named) + 1}"))
        if isinstance(value, str) and value in self._named:
            return self._named[value]
        if field in self._keep or value is None or isinstance(value, bool):
            return value
        new = self._invented(value, field)
        self.replaced[field, str(value)] = str(new)
        return new

    def _invented(self, value: Any, field: str) -> Any:
        """What stands for one value: for an amount its multiple, for anything else something of the same form."""
        if isinstance(value, Decimal) or (isinstance(value, int) and field in self._amounts):
            return value * self._factor
        if isinstance(value, str) and field in self._amounts and WHOLE.fullmatch(value):
            return str(int(value) * self._factor)
        return int(self._number(str(value))) if isinstance(value, int) else self._text(str(value))

    def day(self, value: date) -> date:
        """A day, moved as all days are."""
        return value + self._moved

    def instant(self, value: datetime) -> datetime:
        """An instant, moved as all instants are."""
        return value + self._moved

    def check(self, result: str) -> None:
        """See to it that nothing that was replaced stands in the result.

        Raises:
            Unmaskable: something does.
        """
        spellings = Spellings(result)
        for (field, former), new in self.replaced.items():
            if former != new and spellings.hold(former):
                raise Unmaskable(
                    f"a value of {field} stands in a field that is kept too; {field} is kept as well, or that one not"
                )
        if any(map(spellings.hold, self.secrets)):
            raise Unmaskable("a secret, or the name or tax id of somebody, stands in a field that is kept")
        for word, new in self._known.items():
            if word != new and len(re.sub(r"\D", "", word)) >= IDENTIFIER_DIGITS and spellings.hold(word):
                raise Unmaskable("a number that is a part of what was replaced stands in a field that is kept")

    def _field(self, name: str) -> str:
        return self._text(name) if DIGITS.search(name) else name

    def _text(self, text: str) -> str:
        if AMOUNT.fullmatch(text):
            return self._amount(text)
        if DAY.match(text):
            return DAY.sub(self._day, text)
        return TAX_ID.sub(self._tax_id, self._words(text))

    def _words(self, text: str) -> str:
        """The text with every word replaced that is not part of a tax id."""
        pieces, end = [], 0
        for found in TAX_ID.finditer(text):
            pieces += [re.sub(r"\w+", self._word, text[end : found.start()]), found[0]]
            end = found.end()
        return "".join([*pieces, re.sub(r"\w+", self._word, text[end:])])

    def _word(self, found: re.Match[str]) -> str:
        word = found[0]
        if word not in self._known:
            self._known[word] = "".join(map(self._character, word))
        return self._known[word]

    def _character(self, character: str) -> str:
        if character.isdecimal():
            return str(self._chance.randrange(10))
        if not character.isalpha():
            return character
        letters = "abcdefghijklmnopqrstuvwxyz" if character.isascii() else ACCENTED
        new = self._chance.choice(letters)
        return new.upper() if character.isupper() else new

    def _number(self, digits: str) -> str:
        """Another whole number of as many digits."""
        sign, plain = ("-", digits[1:]) if digits.startswith("-") else ("", digits)
        if plain not in self._known:
            first = str(self._chance.randrange(1, 10)) if plain != "0" else "0"
            self._known[plain] = first + "".join(map(self._character, plain[1:]))
        return sign + self._known[plain]

    def _amount(self, text: str) -> str:
        if "," not in text:
            return str(Decimal(text) * self._factor)
        scaled = Decimal(text.replace(".", "").replace(",", ".")) * self._factor
        grouped = f"{scaled:,.2f}" if "." in text or abs(scaled) < 1000 else f"{scaled:.2f}"
        return grouped.translate(str.maketrans(",.", ".,"))

    def _day(self, found: re.Match[str]) -> str:
        form = "%Y-%m-%d" if found["iso"] else "%d/%m/%Y"
        try:
            return f"{datetime.strptime(found[0], form) + self._moved:{form}}"  # noqa: DTZ007 - a day has no zone
        except ValueError:
            return "".join(map(self._character, found[0]))

    def _tax_id(self, found: re.Match[str]) -> str:
        plain = re.sub(r"\W", "", found[0])
        if plain not in self._known:
            self._known[plain] = (
                cpf(self._chance) if len(plain) == 11 else cnpj(self._chance, letters=not plain.isdecimal())
            )
        characters = iter(self._known[plain])
        return "".join(next(characters) if each.isalnum() else each for each in found[0])
