"""Looking for a value in a text, in whatever form it may stand there.

The forms: as it is, several words in capital and in small letters, a CPF or CNPJ with and without its punctuation,
percent-encoded, with the escapes of JSON, in hexadecimal digits, and in base64, wherever in it the value begins.
"""

import base64
import json
import re
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

__all__ = ["SHORTEST", "Spellings"]

SHORTEST = 4
"""Characters. A shorter value stands in any text by chance, and names nobody."""
SHORTEST_ENCODED = 6
"""The same of what is encoded: a few characters of base64 stand anywhere."""
AMOUNT = re.compile(r"-?\d+(?:[.,]\d+)+")
TAX_ID_SIGNS = frozenset({11, 14})


class Spellings:
    """A text in which values are looked for.

    Args:
        text: what is looked through.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._folded = text.casefold()
        self._plain = re.sub(r"(?<=\w)[./-](?=\w)", "", self._folded)

    def hold(self, value: str) -> bool:
        """Whether the value stands in the text in any form; never for one that is too short to mean anything."""
        if len(value) < SHORTEST:
            return False
        if AMOUNT.fullmatch(value) or (value.isdecimal() and len(value) < SHORTEST_ENCODED):
            # A few digits stand in many a longer number.
            return re.search(rf"(?<![\d.,]){re.escape(value)}(?!\d)", self._text) is not None
        folded = value.casefold()
        # A single word may be a word of the API in other letters.
        if value in self._text or (" " in value and folded in self._folded):
            return True
        plain = re.sub(r"[./-]", "", folded)
        if len(plain) in TAX_ID_SIGNS and plain.isalnum() and plain in self._plain:
            return True
        if len(value) < SHORTEST_ENCODED or re.search(r"[^\W\d_]|\d{6}", value) is None:
            return False
        return any(form.casefold() in self._folded for form in _escaped(value)) or any(
            form in self._text for form in _in_base64(value.encode())
        )


def _escaped(value: str) -> Iterator[str]:
    yield quote(value, safe="")
    yield quote_plus(value)
    yield json.dumps(value)[1:-1]
    yield value.encode().hex()


def _in_base64(content: bytes) -> Iterator[str]:
    """The characters that stand for nothing but the content, for each of the three places at which it may begin."""
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + content).decode()
        form = encoded[-(-before * 8 // 6) : (before + len(content)) * 8 // 6]
        yield form
        yield form.replace("+", "-").replace("/", "_")
